/** P4 expressions by the specification's grammar. */

import { type Cursor, typeText } from './cursor.ts';
import type { Expression } from './tree.ts';

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

export function binary(c: Cursor, level: number): Expression {
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

export function postfix(c: Cursor): Expression {
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

export function items(c: Cursor, close: string): Expression[] {
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
