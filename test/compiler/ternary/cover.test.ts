import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  bitsFor,
  type Cover,
  coverGrid,
  coverRange,
  fullKey,
  type GridFunction,
  type KeySpec,
  naiveEntries,
  prefixesOfRange,
  prefixMask,
  snapThreshold,
} from '../../../src/compiler/ternary/index.ts';

const Ternary = suite('ternary covers');

/** Label of the winning entry, or the miss label; −9 when two best entries tie. Values are wire bits. */
function lookUp(cover: Cover, keys: readonly KeySpec[], wire: readonly number[]): number | undefined {
  let best = Number.POSITIVE_INFINITY;
  let label = cover.missLabel;
  for (const e of cover.entries) {
    if (e.priority > best) break;
    const hit = e.value.every((v, k) => {
      const mask = prefixMask(keys[k].bits, e.wild[k]);
      return (wire[k] & mask) >>> 0 === v;
    });
    if (!hit) continue;
    if (e.priority === best) return -9;
    best = e.priority;
    label = e.label;
  }
  return label;
}

const wireOf = (key: KeySpec, value: number): number => (value < 0 ? value + 2 ** key.bits : value);
const cellOf = (cuts: readonly number[], value: number): number => {
  const at = cuts.findIndex((cut) => value <= cut);
  return at < 0 ? cuts.length : at;
};

Ternary('range 0..5 of 3 bits against the rest takes two prefixes and a miss', () => {
  const cover = coverRange(fullKey(3), [5], [0, 1]);
  assert.is(cover.entries.length, 1);
  assert.is(cover.missLabel, 0);
});

Ternary('three ranges 0..1, 2..5, 6..7 of 3 bits: 01*, 10* hide behind two entries and a miss', () => {
  const cover = coverRange(fullKey(3), [1, 5], [0, 1, 2]);
  assert.is(cover.entries.length, 2);
});

Ternary('the range 1..14 of 4 bits takes six prefixes expanded, two entries and a miss here', () => {
  assert.is(prefixesOfRange(1, 14), 6);
  assert.is(coverRange(fullKey(4), [0, 14], [0, 1, 0]).entries.length, 2);
});

Ternary('exhaustive: 1-D covers of random ranges answer every key up to 16 bits', () => {
  const cases = fc.record({
    bits: fc.integer({ min: 1, max: 12 }),
    signed: fc.boolean(),
    raw: fc.array(fc.integer({ min: -70000, max: 70000 }), { maxLength: 16 }),
    labels: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 17, maxLength: 17 }),
  });
  const check = (bits: number, signed: boolean, raw: number[], labels: number[]): void => {
    const key = fullKey(bits, signed);
    const span = 2 ** bits;
    const cuts = [...new Set(raw.map((r) => key.min + (((r % span) + span) % span)))].sort((a, b) => a - b);
    const cover = coverRange(key, cuts, labels);
    for (let v = key.min; v <= key.max; v++)
      assert.is(lookUp(cover, [key], [wireOf(key, v)]), labels[cellOf(cuts, v)], `${bits} ${v}`);
  };
  fc.assert(
    fc.property(cases, (c) => check(c.bits, c.signed, c.raw, c.labels)),
    { numRuns: 60, seed: 1 },
  );
  check(16, true, [3, 77, 1029, -5000, 30000, 12], [...Array(17).keys()]);
  check(16, false, [3, 77, 1029, 5000, 30000, 12], [...Array(17).keys()]);
});

/** Fewest prefixes of any longest-prefix table over 3 bits, by trying all label assignments of the 15 trie nodes. */
function bruteForce(labels: readonly number[], kinds: number): number {
  let best = 99;
  const nodes = Array<number>(15).fill(-1);
  const visit = (n: number, used: number): void => {
    if (used >= best) return;
    if (n === 15) {
      for (let v = 0; v < 8; v++) {
        let node = 7 + v;
        while (node > 0 && nodes[node] < 0) node = (node - 1) >> 1;
        if (nodes[node] !== labels[v]) return;
      }
      best = used;
      return;
    }
    for (let l = -1; l < kinds; l++) {
      nodes[n] = l;
      visit(n + 1, used + (l < 0 ? 0 : 1));
    }
    nodes[n] = -1;
  };
  visit(0, 0);
  return best;
}

Ternary(
  '1-D covers over 3 bits are the smallest that exhaustive search finds (12 random functions of 2 labels)',
  () => {
    for (let seed = 1; seed <= 12; seed++) {
      const labels = Array.from({ length: 8 }, (_, i) => ((seed * 37 + i * i * 11 + (seed >> 1) * i) >> 1) & 1);
      const cover = coverRange(fullKey(3), [0, 1, 2, 3, 4, 5, 6], labels);
      const count = cover.entries.length + (cover.missLabel === undefined ? 0 : 1);
      assert.is(count, bruteForce(labels, 2), labels.join(''));
    }
  },
);

Ternary('2-D and 3-D covers of random grids answer every key; domains may be narrower than the key', () => {
  const grid = (dims: number, seed: number): void => {
    let state = seed * 2654435761;
    const next = (n: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * n);
    };
    const keys: KeySpec[] = Array.from({ length: dims }, () => {
      const full = fullKey(dims === 2 ? 5 : 4, next(2) === 1);
      return { ...full, min: full.min + next(3), max: full.max - next(5) };
    });
    const cuts = keys.map((key) =>
      [...new Set(Array.from({ length: 4 }, () => key.min + next(key.max - key.min)))].sort((a, b) => a - b),
    );
    const sizes = cuts.map((c) => c.length + 1);
    const labels = Array.from({ length: sizes.reduce((a, b) => a * b, 1) }, () => next(4));
    const label = (cells: readonly number[]): number => labels[cells.reduce((sum, c, k) => sum * sizes[k] + c, 0)];
    const cover = coverGrid({ keys, cuts, label });
    assert.ok(cover.entries.length <= naiveEntries({ keys, cuts, label }), 'no larger than the naive product');
    const visit = (values: number[]): void => {
      const k = values.length;
      if (k < dims) {
        for (let v = keys[k].min; v <= keys[k].max; v++) visit([...values, v]);
        return;
      }
      const wire = values.map((v, i) => wireOf(keys[i], v));
      assert.is(lookUp(cover, keys, wire), label(values.map((v, i) => cellOf(cuts[i], v))));
    };
    visit([]);
  };
  for (let seed = 1; seed <= 12; seed++) grid(2, seed);
  for (let seed = 1; seed <= 4; seed++) grid(3, seed);
});

/** Random cuts of a key's domain, and random labels of the grid's cells. */
function randomGrid(keys: readonly KeySpec[], cutsPerKey: number, labels: number, seed: number): GridFunction {
  let state = seed * 2654435761;
  const next = (n: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const cuts = keys.map((key) =>
    [...new Set(Array.from({ length: cutsPerKey }, () => key.min + next(key.max - key.min)))].sort((a, b) => a - b),
  );
  const sizes = cuts.map((c) => c.length + 1);
  const table = Array.from({ length: sizes.reduce((a, b) => a * b, 1) }, () => next(labels));
  return { keys, cuts, label: (cells) => table[cells.reduce((index, c, k) => index * sizes[k] + c, 0)] };
}

function answers(grid: GridFunction, cover: Cover, values: readonly number[]): void {
  const wire = values.map((v, k) => wireOf(grid.keys[k], v));
  assert.is(lookUp(cover, grid.keys, wire), grid.label(values.map((v, k) => cellOf(grid.cuts[k], v))), values.join());
}

Ternary('exhaustive: every pair of two 8-bit keys, signed and not, of three random grids of 36 cells', () => {
  for (const [seed, signed] of [
    [1, [false, false]],
    [2, [true, false]],
    [3, [true, true]],
  ] as const) {
    const keys = signed.map((s) => fullKey(8, s));
    const grid = randomGrid(keys, 5, 6, seed);
    const cover = coverGrid(grid);
    for (let a = keys[0].min; a <= keys[0].max; a++)
      for (let b = keys[1].min; b <= keys[1].max; b++) answers(grid, cover, [a, b]);
  }
});

Ternary('beyond 16 bits: random keys and both sides of every cut, for one, two and three keys of 20 to 32 bits', () => {
  const random = fc.sample(fc.double({ min: 0, max: 1, noNaN: true }), { numRuns: 900, seed: 5 });
  for (const [seed, widths] of [
    [4, [32]],
    [5, [24, 32]],
    [6, [32, 32]],
    [7, [20, 24, 20]],
  ] as const) {
    const keys = widths.map((bits, k) => fullKey(bits, k === 1));
    const grid = randomGrid(keys, widths.length > 2 ? 3 : 6, 5, seed);
    const cover = coverGrid(grid);
    const edges = keys.map((key, k) => [key.min, key.max, ...grid.cuts[k].flatMap((c) => [c, c + 1])]);
    for (let i = 0; i + 3 <= random.length; i += 3) {
      const values = keys.map((key, k) => Math.floor(key.min + random[i + k] * (key.max - key.min)));
      answers(grid, cover, values);
      answers(
        grid,
        cover,
        edges.map((list, k) => list[Math.floor(random[i + k] * list.length) % list.length]),
      );
    }
  }
});

Ternary('excess keys carry their position: the same entries as two’s complement, top bit flipped', () => {
  const signed = fullKey(8, true);
  const [plain, excess] = [signed, { ...signed, excess: true }].map((key) =>
    coverRange(key, [-40, 0, 17], [0, 1, 2, 0]),
  );
  assert.is(excess.entries.length, plain.entries.length);
  for (const [i, entry] of excess.entries.entries()) {
    const flipped = entry.wild[0] === 8 ? entry.value[0] : entry.value[0] ^ 128;
    assert.ok(
      plain.entries.some((e) => e.value[0] === flipped && e.wild[0] === entry.wild[0]),
      `entry ${i}`,
    );
  }
  for (let v = -128; v <= 127; v++)
    assert.is(lookUp(excess, [signed], [v + 128]), [0, 1, 2, 0][cellOf([-40, 0, 17], v)]);
});

Ternary('don’t-care keys outside 0..1500 make 0..1023 | 1024..1500 one entry and a miss', () => {
  const cover = coverRange({ bits: 16, signed: false, min: 0, max: 1500 }, [1023], [0, 1]);
  assert.is(cover.entries.length, 1);
});

Ternary('32-bit signed keys around zero: sign bit alone separates', () => {
  const cover = coverRange(fullKey(32, true), [-1], [0, 1]);
  assert.is(cover.entries.length, 1);
  assert.is(cover.entries[0].wild[0], 31);
});

Ternary('bitsFor: −104..62 takes 8 signed bits, 0..255 8 unsigned', () => {
  assert.equal(bitsFor(-104, 62), { bits: 8, signed: true });
  assert.equal(bitsFor(0, 255), { bits: 8, signed: false });
});

Ternary('snapping 37..70 finds the boundary 63 | 64, −5..−3 finds −5 | −4', () => {
  assert.is(snapThreshold(37, 70), 63);
  assert.is(snapThreshold(-5, -3), -5);
  assert.is(snapThreshold(9, 9), 9);
});

Ternary.run();
