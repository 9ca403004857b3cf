/** Tokens of a P4 text, and a cursor that says where reading fails. */

const TOKEN =
  /\s+|\/\/[^\n]*|(#[^\n]*)|("[^"]*")|(\d+[ws](?:0x[0-9a-fA-F]+|\d+))|(0x[0-9a-fA-F]+|\d+)|([A-Za-z_]\w*)|(\|\+\||\|-\||&&&|&&|\|\||==|!=|<=|>=|<<|->|[-+*/%&|^~!<>=?:;,.(){}[\]@])/y;

export function tokens(text: string): string[] {
  const out: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw new Error(`no P4 token at: ${text.slice(from, from + 40)}`);
    if (match[1] ?? match[2] ?? match[3] ?? match[4] ?? match[5] ?? match[6]) out.push(match[0]);
  }
  return out;
}

/** Token cursor; errors show where. */
export class Cursor {
  private at = 0;
  constructor(private readonly list: readonly string[]) {}
  get done(): boolean {
    return this.at >= this.list.length;
  }
  peek(ahead = 0): string {
    return this.list[this.at + ahead] ?? '';
  }
  next(): string {
    return this.list[this.at++];
  }
  is(token: string): boolean {
    return this.peek() === token;
  }
  take(token: string): boolean {
    if (!this.is(token)) return false;
    this.at++;
    return true;
  }
  expect(token: string): void {
    if (!this.take(token))
      throw new Error(`expected ${token} in: ${this.list.slice(Math.max(0, this.at - 8), this.at + 6).join(' ')}`);
  }
  name(): string {
    if (!/^[A-Za-z_]\w*$/.test(this.peek()))
      throw new Error(`expected a name, found ${this.peek()} after ${this.list.slice(this.at - 6, this.at).join(' ')}`);
    return this.next();
  }
}

/** A type as text: `bit<16>`, `Register<bit<32>,bit<16>>`, `headers_t`. */
export function typeText(c: Cursor): string {
  let text = c.name();
  if (c.take('<')) {
    const parts: string[] = [];
    do parts.push(/^\d/.test(c.peek()) ? c.next() : typeText(c));
    while (c.take(','));
    c.expect('>');
    text += `<${parts.join(',')}>`;
  }
  return text;
}
