/** Dealing flows or captures to train, validation and test: seeded, per class, the same for everybody. */
import { fail } from '../../problem.ts';
import { NO_SPLIT, TEST, TRAIN, VALIDATION } from '../columns.ts';
import { mixSeed, newRandom, shuffle } from '../random.ts';

const ORDER = [TRAIN, TEST, VALIDATION] as const;
export const DEFAULT_FRACTIONS: readonly [number, number, number] = [0.6, 0.2, 0.2];

/** @throws ProblemError TRAFFIC-SPLIT unless the three shares are ≥ 0 and add up to 1 */
export function checkFractions(
  fractions: readonly [number, number, number] = DEFAULT_FRACTIONS,
): readonly [number, number, number] {
  const sum = fractions[0] + fractions[1] + fractions[2];
  if (fractions.length !== 3 || fractions.some((part) => !(part >= 0)) || Math.abs(sum - 1) > 1e-6) {
    fail({
      code: 'TRAFFIC-SPLIT',
      message: 'split fractions must be three shares that add up to 1',
      have: fractions.join(', '),
    });
  }
  return fractions;
}

/**
 * Deal items to splits, class by class: shuffled, then cut at the shares. Items of class -1 get NO_SPLIT.
 * @returns split per item
 */
export function dealItems(
  classOf: Int16Array,
  classCount: number,
  seed: number,
  fractions: readonly [number, number, number] = DEFAULT_FRACTIONS,
): Uint8Array {
  const split = new Uint8Array(classOf.length).fill(NO_SPLIT);
  checkFractions(fractions);
  for (let c = 0; c < classCount; c++) {
    const items = Uint32Array.from(classOf.keys()).filter((i) => classOf[i] === c);
    shuffle(items, newRandom(mixSeed(seed, c)));
    const trainEnd = Math.round(items.length * fractions[0]);
    const validationEnd = Math.round(items.length * (fractions[0] + fractions[1]));
    items.forEach((item, i) => {
      split[item] = i < trainEnd ? TRAIN : i < validationEnd ? VALIDATION : TEST;
    });
  }
  return split;
}

/**
 * Deal whole groups (captures, runs): largest first, each to the split whose classes lack most of their share.
 * @param weight items per group and class, row major: group × classCount
 * @returns split per group; NO_SPLIT for groups without items
 */
export function dealGroups(
  weight: Float64Array,
  groups: number,
  classCount: number,
  seed: number,
  fractions: readonly [number, number, number] = DEFAULT_FRACTIONS,
): Uint8Array {
  checkFractions(fractions);
  const totals = new Float64Array(classCount);
  const size = new Float64Array(groups);
  for (let g = 0; g < groups; g++) {
    for (let c = 0; c < classCount; c++) {
      totals[c]! += weight[g * classCount + c]!;
      size[g]! += weight[g * classCount + c]!;
    }
  }
  const order = Array.from(size.keys()).filter((g) => size[g]! > 0);
  shuffle(order, newRandom(seed));
  order.sort((a, b) => size[b]! - size[a]!);
  const have = ORDER.map(() => new Float64Array(classCount));
  const split = new Uint8Array(groups).fill(NO_SPLIT);
  for (const group of order) {
    const row = weight.subarray(group * classCount, (group + 1) * classCount);
    const best = neediest(row, totals, have, fractions);
    split[group] = ORDER[best]!;
    row.forEach((items, c) => {
      have[best]![c]! += items;
    });
  }
  return split;
}

/** Position in ORDER of the split that lacks most, in shares of the classes this group holds. */
function neediest(
  row: Float64Array,
  totals: Float64Array,
  have: readonly Float64Array[],
  fractions: readonly [number, number, number],
): number {
  let best = 0;
  let bestLack = Number.NEGATIVE_INFINITY;
  ORDER.forEach((split, at) => {
    if (fractions[split] === 0) return;
    let lack = 0;
    row.forEach((items, c) => {
      if (items > 0) lack += (items / totals[c]!) * (fractions[split]! - have[at]![c]! / totals[c]!);
    });
    if (lack > bestLack + 1e-12) {
      bestLack = lack;
      best = at;
    }
  });
  return best;
}

/** @throws ProblemError TRAFFIC-SPLIT naming the first class that has nothing to train on or nothing to test on */
export function checkSplit(classOf: Int16Array, split: Uint8Array, classes: readonly string[], by: string): void {
  const seen = new Uint32Array(classes.length * 256);
  classOf.forEach((c, i) => {
    if (c >= 0) seen[c * 256 + split[i]!]!++;
  });
  const lacking = (c: number, part: number): boolean => seen[c * 256 + part] === 0;
  classes.forEach((name, c) => {
    const part = lacking(c, TRAIN) ? 'train' : lacking(c, TEST) ? 'test' : undefined;
    if (part === undefined) return;
    const hint =
      by === 'file' ? 'the class has too few captures: split by flow, or add captures' : 'add flows of this class';
    fail({ code: 'TRAFFIC-SPLIT', message: `class "${name}" has nothing in the ${part} split`, hint });
  });
}
