/** Values of P4 expressions and the operations on them, with the specification's type rules checked. */

/** bit<bits> or int<bits> (value kept unsigned); bits −1: a boolean; bits 0: a number without a width. */
export interface Value {
  readonly bits: number;
  readonly signed: boolean;
  readonly value: bigint;
}

export const cut = (value: bigint, bits: number) => BigInt.asUintN(bits, value);
export const bit = (value: bigint, bits: number): Value => ({ bits, signed: false, value: cut(value, bits) });
export const TRUE: Value = { bits: -1, signed: false, value: 1n };
export const FALSE: Value = { bits: -1, signed: false, value: 0n };

/** The number a value stands for. */
export function real(one: Value): bigint {
  return one.signed && one.bits > 0 ? BigInt.asIntN(one.bits, one.value) : one.value;
}

/** 0 of a type written `bit<8>` or `int<8>`. */
export function zero(type: string): Value {
  const bits = Number(/<(\d+)>/.exec(type)![1]);
  return { bits, signed: type.startsWith('int'), value: 0n };
}

export function truth(one: Value): boolean {
  if (one.bits !== -1) throw new Error('a condition that is not boolean');
  return one.value === 1n;
}

export function sameType(a: Value, b: Value): void {
  if (a.bits !== 0 && b.bits !== 0 && (a.bits !== b.bits || a.signed !== b.signed)) {
    throw new Error(`types differ: ${a.signed ? 'int' : 'bit'}<${a.bits}> and ${b.signed ? 'int' : 'bit'}<${b.bits}>`);
  }
}

export function unary(op: string, one: Value): Value {
  if (op === '!') return truth(one) ? FALSE : TRUE;
  return { ...one, value: one.bits > 0 ? cut(op === '~' ? ~one.value : -real(one), one.bits) : -one.value };
}

/** Casts as the specification allows them: width or sign changes, never both at once; bit<1> and bool. */
export function convert(one: Value, type: string, explicit: boolean): Value {
  if (type === 'bool') return one.value === 1n ? TRUE : FALSE;
  const to = zero(type);
  if (one.bits === -1) {
    if (to.bits !== 1 || to.signed) throw new Error(`a boolean cast to ${type}`);
    return { ...to, value: one.value };
  }
  if (!explicit) sameType(one, to);
  if (one.bits > 0 && one.bits !== to.bits && one.signed !== to.signed) {
    throw new Error(`a cast that changes width and sign: ${type}`);
  }
  return { ...to, value: cut(real(one), to.bits) };
}

/** Every binary operator but && and ||. */
export function combine(op: string, a: Value, b: Value): Value {
  if (op === '<<' || op === '>>') {
    if (a.bits <= 0) throw new Error('a shift of a number without a width');
    return { ...a, value: cut(op === '<<' ? a.value << b.value : real(a) >> b.value, a.bits) };
  }
  sameType(a, b);
  const bits = Math.max(a.bits, b.bits);
  const [x, y] = [real(a), real(b)];
  const tests: Record<string, boolean> = {
    '==': x === y,
    '!=': x !== y,
    '<': x < y,
    '<=': x <= y,
    '>': x > y,
    '>=': x >= y,
  };
  if (op in tests) return tests[op] ? TRUE : FALSE;
  const half = 1n << BigInt(bits - 1);
  const [low, high] = a.signed ? [-half, half - 1n] : [0n, 2n * half - 1n];
  const clamp = (value: bigint) => (value < low ? low : value > high ? high : value);
  const results: Record<string, () => bigint> = {
    '+': () => x + y,
    '-': () => x - y,
    '*': () => x * y,
    '&': () => x & y,
    '|': () => x | y,
    '^': () => x ^ y,
    '|+|': () => clamp(x + y),
    '|-|': () => clamp(x - y),
  };
  return { bits, signed: a.signed, value: cut(results[op](), bits) };
}
