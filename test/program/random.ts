/** A small seeded generator of random choices: random programs and packets are a function of one integer. */

export interface Random {
  /** Whole number 0 .. below−1. */
  readonly nat: (below: number) => number;
  /** Whole number low .. high. */
  readonly between: (low: number, high: number) => number;
  readonly chance: (probability: number) => boolean;
  readonly pick: <T>(list: readonly T[]) => T;
  /** `count` different members (fewer if the list is shorter), in random order. */
  readonly sample: <T>(list: readonly T[], count: number) => T[];
  /** Unsigned value of `bits` ≤ 32 bits; small, extreme and uniform values mixed. */
  readonly bits: (bits: number) => number;
}

/** mulberry32. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  const nat = (below: number) => Math.floor((next() / 2 ** 32) * below);
  const sample = <T>(list: readonly T[], count: number): T[] => {
    const rest = [...list];
    const out: T[] = [];
    while (out.length < count && rest.length > 0) out.push(...rest.splice(nat(rest.length), 1));
    return out;
  };
  const bits = (width: number) => {
    const span = 2 ** width;
    const kind = nat(8);
    if (kind === 0) return 0;
    if (kind === 1) return span - 1;
    if (kind === 2) return span / 2;
    if (kind === 3) return nat(Math.min(span, 9));
    return nat(span);
  };
  return {
    nat,
    between: (low, high) => low + nat(high - low + 1),
    chance: (probability) => next() / 2 ** 32 < probability,
    pick: (list) => list[nat(list.length)],
    sample,
    bits,
  };
}
