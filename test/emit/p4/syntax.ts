/** A reader of the P4-16 subset that a network program needs: text to a tree. Written from the language specification for the tests. */

export type Expression =
  | { readonly kind: 'number'; readonly bits?: number; readonly signed: boolean; readonly value: bigint }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'name'; readonly path: readonly string[] }
  | { readonly kind: 'slice'; readonly of: Expression; readonly high: number; readonly low: number }
  | { readonly kind: 'cast'; readonly type: string; readonly of: Expression }
  | { readonly kind: 'unary'; readonly op: string; readonly of: Expression }
  | { readonly kind: 'binary'; readonly op: string; readonly a: Expression; readonly b: Expression }
  | { readonly kind: 'choice'; readonly test: Expression; readonly yes: Expression; readonly no: Expression }
  | {
      readonly kind: 'call';
      readonly path: readonly string[];
      readonly type?: string;
      readonly args: readonly Expression[];
    }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'any' };

export type Statement =
  | { readonly kind: 'declare'; readonly type: string; readonly name: string; readonly value?: Expression }
  | { readonly kind: 'assign'; readonly to: Expression; readonly value: Expression }
  | { readonly kind: 'call'; readonly call: Extract<Expression, { kind: 'call' }> }
  | {
      readonly kind: 'if';
      readonly test: Expression;
      readonly yes: readonly Statement[];
      readonly no: readonly Statement[];
    }
  | { readonly kind: 'transition'; readonly to: string }
  | {
      readonly kind: 'select';
      readonly keys: readonly Expression[];
      readonly cases: readonly { readonly sets: readonly Expression[]; readonly to: string }[];
    };

export interface Parameter {
  readonly direction: string;
  readonly type: string;
  readonly name: string;
}

export interface ActionNode {
  readonly name: string;
  readonly id?: number;
  readonly params: readonly Parameter[];
  readonly body: readonly Statement[];
}

export interface TableNode {
  readonly name: string;
  readonly id?: number;
  readonly stages: readonly number[];
  readonly keys: readonly { readonly of: Expression; readonly match: string; readonly name: string }[];
  readonly actions: readonly string[];
  readonly fallback: Extract<Expression, { kind: 'call' }>;
  readonly size?: number;
}

/** An extern instance, e.g. a register; `body` is the apply method of a RegisterAction. */
export interface InstanceNode {
  readonly name: string;
  readonly type: string;
  readonly args: readonly Expression[];
  readonly annotations: readonly string[];
  readonly body?: { readonly params: readonly Parameter[]; readonly statements: readonly Statement[] };
}

export interface ControlNode {
  readonly name: string;
  readonly params: readonly Parameter[];
  readonly instances: readonly InstanceNode[];
  readonly actions: readonly ActionNode[];
  readonly tables: readonly TableNode[];
  readonly apply: readonly Statement[];
}

export interface ParserNode {
  readonly name: string;
  readonly params: readonly Parameter[];
  readonly states: ReadonlyMap<string, readonly Statement[]>;
}

export interface P4Tree {
  readonly includes: readonly string[];
  readonly constants: ReadonlyMap<string, Expression>;
  /** Headers and structs: member name → type. */
  readonly types: ReadonlyMap<string, { readonly header: boolean; readonly members: ReadonlyMap<string, string> }>;
  readonly parsers: ReadonlyMap<string, ParserNode>;
  readonly controls: ReadonlyMap<string, ControlNode>;
  /** Instantiations at the top, as text: package and its arguments. */
  readonly main: readonly { readonly type: string; readonly args: readonly string[]; readonly name: string }[];
}

const TOKEN =
  /\s+|\/\/[^\n]*|(#[^\n]*)|("[^"]*")|(\d+[ws](?:0x[0-9a-fA-F]+|\d+))|(0x[0-9a-fA-F]+|\d+)|([A-Za-z_]\w*)|(\|\+\||\|-\||&&&|&&|\|\||==|!=|<=|>=|<<|->|[-+*/%&|^~!<>=?:;,.(){}[\]@])/y;

function tokens(text: string): string[] {
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
class Cursor {
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
function typeText(c: Cursor): string {
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

// The specification's precedence: bitwise operators bind tighter than comparisons.
const LEVELS: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['==', '!='],
  ['<', '>', '<=', '>='],
  ['|'],
  ['^'],
  ['&'],
  ['<<', '>>'],
  ['+', '-', '|+|', '|-|'],
  ['*'],
];

export function expression(c: Cursor): Expression {
  const test = binary(c, 0);
  if (!c.take('?')) return test;
  const yes = expression(c);
  c.expect(':');
  return { kind: 'choice', test, yes, no: expression(c) };
}

function operator(c: Cursor, level: number): string | undefined {
  // `>>` is not a token of its own: it would break nested type arguments.
  if (LEVELS[level].includes('>>') && c.is('>') && c.peek(1) === '>') return '>>';
  if (c.is('>') && c.peek(1) === '>') return undefined;
  return LEVELS[level].find((op) => c.is(op));
}

function binary(c: Cursor, level: number): Expression {
  if (level === LEVELS.length) return unary(c);
  let left = binary(c, level + 1);
  for (let op = operator(c, level); op !== undefined; op = operator(c, level)) {
    c.next();
    if (op === '>>') c.next();
    left = { kind: 'binary', op, a: left, b: binary(c, level + 1) };
  }
  return left;
}

function unary(c: Cursor): Expression {
  for (const op of ['!', '~', '-']) if (c.take(op)) return { kind: 'unary', op, of: unary(c) };
  const casting = c.is('(') && ['bit', 'int', 'bool'].includes(c.peek(1));
  if (casting) {
    c.expect('(');
    const type = typeText(c);
    c.expect(')');
    return { kind: 'cast', type, of: unary(c) };
  }
  return postfix(c);
}

function postfix(c: Cursor): Expression {
  let one = primary(c);
  while (c.is('[')) {
    c.expect('[');
    const high = Number(c.next());
    c.expect(':');
    one = { kind: 'slice', of: one, high, low: Number(c.next()) };
    c.expect(']');
  }
  return one;
}

function primary(c: Cursor): Expression {
  const token = c.peek();
  if (c.take('(')) {
    const inner = expression(c);
    c.expect(')');
    return inner;
  }
  if (c.take('{')) return { kind: 'list', items: items(c, '}') };
  if (/^\d/.test(token)) return number(c.next());
  if (token === 'true' || token === 'false') return { kind: 'bool', value: c.next() === 'true' };
  if (token === '_') {
    c.next();
    return { kind: 'any' };
  }
  return pathExpression(c);
}

function pathExpression(c: Cursor): Expression {
  const path = [c.name()];
  while (c.take('.')) path.push(c.name());
  let type: string | undefined;
  if (c.is('<') && path[path.length - 1] === 'lookahead') {
    c.expect('<');
    type = typeText(c);
    c.expect('>');
  }
  if (!c.take('(')) return { kind: 'name', path };
  const args = items(c, ')');
  return type === undefined ? { kind: 'call', path, args } : { kind: 'call', path, type, args };
}

function items(c: Cursor, close: string): Expression[] {
  const out: Expression[] = [];
  while (!c.take(close)) {
    out.push(expression(c));
    if (!c.is(close)) c.expect(',');
  }
  return out;
}

function number(token: string): Expression {
  const sized = /^(\d+)([ws])(.*)$/.exec(token);
  if (!sized) return { kind: 'number', signed: true, value: BigInt(token) };
  return { kind: 'number', bits: Number(sized[1]), signed: sized[2] === 's', value: BigInt(sized[3]) };
}

function block(c: Cursor): Statement[] {
  c.expect('{');
  const out: Statement[] = [];
  while (!c.take('}')) out.push(statement(c));
  return out;
}

function statement(c: Cursor): Statement {
  if (c.take('if')) {
    c.expect('(');
    const test = expression(c);
    c.expect(')');
    const yes = block(c);
    const no = c.take('else') ? (c.is('if') ? [statement(c)] : block(c)) : [];
    return { kind: 'if', test, yes, no };
  }
  if (c.take('transition')) return transition(c);
  const declares = ['bit', 'int', 'bool'].includes(c.peek());
  if (declares) {
    const type = typeText(c);
    const name = c.name();
    const value = c.take('=') ? expression(c) : undefined;
    c.expect(';');
    return value === undefined ? { kind: 'declare', type, name } : { kind: 'declare', type, name, value };
  }
  const left = postfix(c);
  if (c.take('=')) {
    const value = expression(c);
    c.expect(';');
    return { kind: 'assign', to: left, value };
  }
  c.expect(';');
  if (left.kind !== 'call') throw new Error(`a statement that does nothing: ${JSON.stringify(left)}`);
  return { kind: 'call', call: left };
}

function transition(c: Cursor): Statement {
  if (!c.take('select')) {
    const to = c.name();
    c.expect(';');
    return { kind: 'transition', to };
  }
  c.expect('(');
  const keys = items(c, ')');
  c.expect('{');
  const cases: { sets: Expression[]; to: string }[] = [];
  while (!c.take('}')) {
    const sets = c.take('default')
      ? keys.map((): Expression => ({ kind: 'any' }))
      : c.take('(')
        ? keySets(c)
        : [keySet(c)];
    c.expect(':');
    cases.push({ sets, to: c.name() });
    c.expect(';');
  }
  return { kind: 'select', keys, cases };
}

function keySets(c: Cursor): Expression[] {
  const sets = [keySet(c)];
  while (c.take(',')) sets.push(keySet(c));
  c.expect(')');
  return sets;
}

function keySet(c: Cursor): Expression {
  const value = binary(c, 1);
  return c.take('&&&') ? { kind: 'binary', op: '&&&', a: value, b: binary(c, 1) } : value;
}

function parameters(c: Cursor): Parameter[] {
  c.expect('(');
  const out: Parameter[] = [];
  while (!c.take(')')) {
    const direction = ['in', 'out', 'inout'].includes(c.peek()) ? c.next() : '';
    out.push({ direction, type: typeText(c), name: c.name() });
    if (!c.is(')')) c.expect(',');
  }
  return out;
}

/** Annotations ahead of a declaration, as text: `@id(5)`, `@defaultonly`. */
function annotations(c: Cursor): string[] {
  const out: string[] = [];
  while (c.take('@')) {
    let text = c.name();
    if (c.is('(')) {
      while (!c.is(')')) text += c.next();
      text += c.next();
    }
    out.push(text);
  }
  return out;
}

function annotated(list: readonly string[], name: string): number[] {
  return list.flatMap((one) => (one.startsWith(`${name}(`) ? [Number.parseInt(one.slice(name.length + 1), 10)] : []));
}

function tableNode(c: Cursor, notes: readonly string[]): TableNode {
  const name = c.name();
  const keys: { of: Expression; match: string; name: string }[] = [];
  const actions: string[] = [];
  let fallback: TableNode['fallback'] | undefined;
  let size: number | undefined;
  c.expect('{');
  while (!c.take('}')) {
    c.take('const');
    const property = c.name();
    c.expect('=');
    if (property === 'key') {
      c.expect('{');
      while (!c.take('}')) {
        const of = expression(c);
        c.expect(':');
        const match = c.name();
        const [label] = annotations(c);
        keys.push({ of, match, name: /"(.*)"/.exec(label ?? '')?.[1] ?? '' });
        c.expect(';');
      }
    } else if (property === 'actions') {
      c.expect('{');
      while (!c.take('}')) {
        annotations(c);
        actions.push(c.name());
        c.expect(';');
      }
    } else {
      const value = expression(c);
      c.expect(';');
      if (property === 'size' && value.kind === 'number') size = Number(value.value);
      else if (property === 'default_action' && value.kind === 'call') fallback = value;
      else throw new Error(`table ${name}: property ${property}`);
    }
  }
  if (!fallback) throw new Error(`table ${name} has no default action`);
  const [id] = annotated(notes, 'id');
  const made = { name, stages: annotated(notes, 'stage'), keys, actions, fallback };
  return { ...made, ...(id === undefined ? {} : { id }), ...(size === undefined ? {} : { size }) };
}

function instanceNode(c: Cursor, notes: readonly string[]): InstanceNode {
  const type = typeText(c);
  c.expect('(');
  const args = items(c, ')');
  const name = c.name();
  let body: InstanceNode['body'];
  if (c.take('=')) {
    c.expect('{');
    c.expect('void');
    c.expect('apply');
    body = { params: parameters(c), statements: block(c) };
    c.expect('}');
  }
  c.expect(';');
  return { name, type, args, annotations: notes, ...(body ? { body } : {}) };
}

function controlNode(c: Cursor): ControlNode {
  const name = c.name();
  const params = parameters(c);
  const instances: InstanceNode[] = [];
  const actions: ActionNode[] = [];
  const tables: TableNode[] = [];
  let apply: Statement[] | undefined;
  c.expect('{');
  while (!c.take('}')) {
    const notes = annotations(c);
    if (c.take('action')) {
      const [id] = annotated(notes, 'id');
      const made = { name: c.name(), params: parameters(c), body: block(c) };
      actions.push(id === undefined ? made : { ...made, id });
    } else if (c.take('table')) tables.push(tableNode(c, notes));
    else if (c.take('apply')) apply = block(c);
    else instances.push(instanceNode(c, notes));
  }
  return { name, params, instances, actions, tables, apply: apply ?? [] };
}

/** The tree of a P4 text. Throws on anything outside the subset. */
export function parseP4(text: string): P4Tree {
  const c = new Cursor(tokens(text));
  const tree = {
    includes: [] as string[],
    constants: new Map<string, Expression>(),
    types: new Map<string, { header: boolean; members: Map<string, string> }>(),
    parsers: new Map<string, ParserNode>(),
    controls: new Map<string, ControlNode>(),
    main: [] as { type: string; args: string[]; name: string }[],
  };
  while (!c.done) {
    annotations(c);
    const token = c.peek();
    if (token.startsWith('#')) tree.includes.push(c.next());
    else if (c.take('const')) {
      typeText(c);
      const name = c.name();
      c.expect('=');
      tree.constants.set(name, expression(c));
      c.expect(';');
    } else if (c.take('header') || c.take('struct')) {
      const name = c.name();
      if (tree.types.has(name)) throw new Error(`type ${name} declared twice`);
      const members = new Map<string, string>();
      c.expect('{');
      while (!c.take('}')) {
        const type = typeText(c);
        const member = c.name();
        if (members.has(member)) throw new Error(`member ${name}.${member} declared twice`);
        members.set(member, type);
        c.expect(';');
      }
      tree.types.set(name, { header: token === 'header', members });
    } else if (c.take('parser')) {
      const name = c.name();
      const params = parameters(c);
      const states = new Map<string, Statement[]>();
      c.expect('{');
      while (!c.take('}')) {
        c.expect('state');
        const state = c.name();
        if (states.has(state)) throw new Error(`state ${state} declared twice`);
        states.set(state, block(c));
      }
      tree.parsers.set(name, { name, params, states });
    } else if (c.take('control')) {
      const node = controlNode(c);
      tree.controls.set(node.name, node);
    } else {
      const type = typeText(c);
      c.expect('(');
      const args = items(c, ')').map((one) => (one.kind === 'call' || one.kind === 'name' ? one.path.join('.') : '?'));
      tree.main.push({ type, args, name: c.name() });
      c.expect(';');
    }
  }
  return tree;
}
