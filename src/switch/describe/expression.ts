/** Sizes as programs write them: decimal and hexadecimal numbers, defined names, + - * << and parentheses. */

/** The value of an expression, or undefined if it cannot be read. `defines` maps names to expressions. */
export function evaluate(text: string, defines: Readonly<Record<string, string>>, depth = 0): number | undefined {
  if (depth > 16) return undefined;
  const tokens = text.match(/0[xX][0-9a-fA-F]+|\d+|[A-Za-z_]\w*|<<|[()+\-*]/g);
  if (!tokens || tokens.join('') !== text.replace(/\s+/g, '')) return undefined;
  let at = 0;
  const primary = (): number | undefined => {
    const token = tokens[at++];
    if (token === '(') {
      const inner = shifted();
      return tokens[at++] === ')' ? inner : undefined;
    }
    if (token === undefined) return undefined;
    if (/^\d/.test(token)) return Number(token);
    return token in defines ? evaluate(defines[token], defines, depth + 1) : undefined;
  };
  const chain = (
    next: () => number | undefined,
    operators: Readonly<Record<string, (a: number, b: number) => number>>,
  ) => {
    let left = next();
    while (left !== undefined && tokens[at] in operators) {
      const operator = operators[tokens[at++]];
      const right = next();
      left = right === undefined ? undefined : operator(left, right);
    }
    return left;
  };
  const product = () => chain(primary, { '*': (a, b) => a * b });
  const sum = () => chain(product, { '+': (a, b) => a + b, '-': (a, b) => a - b });
  const shifted = (): number | undefined => chain(sum, { '<<': (a, b) => a * 2 ** b });
  const value = shifted();
  return at === tokens.length ? value : undefined;
}
