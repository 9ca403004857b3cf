/** Operations on one word, for the twin's columns and register scans. */

/** Arithmetic by number of opcodes.ts BINARY on words shifted up to the word's end; wraps or saturates there. */
export function arithmetic(sub: number, a: number, b: number): number {
  switch (sub) {
    case 0:
      return a + b;
    case 1:
      return a - b;
    case 2:
      return Math.min((a >>> 0) + (b >>> 0), 0xffffffff);
    case 3:
      return clamp((a | 0) + (b | 0));
    case 4:
      return Math.max((a >>> 0) - (b >>> 0), 0);
    case 5:
      return clamp((a | 0) - (b | 0));
    case 6:
      return Math.min(a >>> 0, b >>> 0);
    case 7:
      return Math.min(a | 0, b | 0);
    case 8:
      return Math.max(a >>> 0, b >>> 0);
    case 9:
      return Math.max(a | 0, b | 0);
    case 10:
      return a & b;
    case 11:
      return a | b;
    default:
      return a ^ b;
  }
}

function clamp(value: number): number {
  return Math.max(-0x80000000, Math.min(0x7fffffff, value));
}

/** Comparisons by number of opcodes.ts COMPARE; operands are words. */
export function holds(sub: number, a: number, b: number): boolean {
  const [x, y] = sub < 6 ? [a >>> 0, b >>> 0] : [a | 0, b | 0];
  switch (sub) {
    case 0:
      return x === y;
    case 1:
      return x !== y;
    case 2:
    case 6:
      return x < y;
    case 3:
    case 7:
      return x <= y;
    case 4:
    case 8:
      return x > y;
    default:
      return x >= y;
  }
}
