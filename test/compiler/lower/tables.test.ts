import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  frontInputs,
  heapTree,
  lowerNetwork,
  type TableNetwork,
  type Tree,
} from '../../../src/compiler/lower/index.ts';
import { leafOf } from '../../../src/compiler/lower/network.ts';
import { injectedFront } from '../../../src/features/index.ts';
import type { Table } from '../../../src/program/index.ts';

const Tables = suite('tables of trees');

function generator(seed: number): (n: number) => number {
  let state = seed >>> 0;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

/** Two 8-bit inputs → h (2 signed sums) → y: every table has one or two keys of at most 16 bits together. */
function network(seed: number): TableNetwork {
  const next = generator(seed);
  const tree = (value: number, indices: readonly number[], span: number, from: number): Tree =>
    heapTree(
      indices.map((index) => ({ value, index })),
      Array.from({ length: 15 }, () => next(indices.length)),
      Array.from({ length: 15 }, () => from + next(span)),
    );
  const lut = (n: number, reach: number): Int32Array => Int32Array.from({ length: n }, () => next(2 * reach) - reach);
  const features = ['a', 'b'].map((name) => ({ name, bits: 8 }));
  const common = { kind: 'tree', outIndex: Int32Array.from([0, 1]) } as const;
  return {
    name: 'small',
    classes: ['p', 'q'],
    window: 1,
    features,
    values: [
      { name: 'x', size: 2 },
      { name: 'h', size: 2 },
      { name: 'y', size: 2 },
    ],
    maps: [
      { ...common, name: 'h.pair', trees: [tree(0, [0, 1], 255, 0)], output: 1, lut: lut(32, 30) },
      { ...common, name: 'h.one', trees: [tree(0, [1], 255, 0)], output: 1, lut: lut(32, 30) },
      { ...common, name: 'y.pair', trees: [tree(1, [0, 1], 110, -55)], output: 2, lut: lut(32, 90) },
    ],
    verdict: { kind: 'argmax', value: 2 },
  };
}

/** Row number of the entry that wins, −1 for a miss; two best entries fail the test. */
function winner(table: Table, keys: readonly number[]): number {
  const { count, keyWords, value, mask, priority } = table.entries;
  let best = -1;
  for (let i = 0; i < count; i++) {
    if (!keys.every((key, k) => (key & mask[i * keyWords + k]) >>> 0 === value[i * keyWords + k])) continue;
    if (best >= 0) assert.is.not(priority[i], priority[best], `entries ${best} and ${i} tie`);
    if (best < 0 || priority[i] < priority[best]) best = i;
  }
  return best;
}

for (const packed of [false, true]) {
  Tables(
    `exhaustive: every key of every table answers its tree's leaf, ${packed ? 'packed lanes' : 'single fields'}`,
    () => {
      for (const seed of [1, 2, 3]) {
        const net = network(seed);
        const front = injectedFront({ features: ['a', 'b'], bits: [8, 8] });
        const layout = [undefined, { bits: 8, banks: 1, packed } as const, { bits: 16, banks: 1 } as const];
        const lowered = lowerNetwork(net, { inputs: frontInputs(front, net), layout });
        const sums = lowered.sums.find((s) => s.value === 'h')!;
        assert.is(sums.lanes !== undefined, packed);
        for (const map of net.maps) {
          if (map.kind !== 'tree') continue;
          const [tree] = map.trees;
          const table = lowered.tables.find((t) => t.name === `nn_${map.name.replace('.', '_')}`)!;
          const rowOf = (leaf: number): string => [...map.lut.subarray(leaf * 2, leaf * 2 + 2)].join();
          // What the table answers must be one and the same for all keys of a leaf row, and different rows must differ.
          const answer = new Map<string, string>();
          const ranges = tree.inputs.map(({ value, index }) =>
            value === 0 ? { min: 0, max: 255 } : sums.ranges[index],
          );
          const visit = (x: readonly number[]): void => {
            const k = x.length;
            if (k < tree.inputs.length) {
              for (let v = ranges[k].min; v <= ranges[k].max; v++) visit([...x, v]);
              return;
            }
            const keys = table.keys.map(({ field, slice }) => {
              const at = tree.inputs.findIndex(({ value, index }) =>
                value === 0
                  ? field.endsWith(['a', 'b'][index])
                  : keyOf(sums.lanes?.[index].low) === keyOf(slice?.low) && (packed || field.endsWith(`_${index}`)),
              );
              const bits = slice?.bits ?? 8;
              const lane = tree.inputs[at].value === 0 ? undefined : sums.lanes?.[tree.inputs[at].index];
              return (x[at] + (lane?.excess ?? 0) + 2 ** 32) % 2 ** bits;
            });
            const hit = winner(table, keys);
            const words = table.entries.dataWords;
            const data =
              hit < 0 ? table.defaultAction.data : table.entries.data.subarray(hit * words, (hit + 1) * words);
            const row = rowOf(leafOf(tree, (c) => x[c]));
            const text = [...data].join();
            assert.is(answer.get(row) ?? text, text, `${map.name} at ${x}`);
            answer.set(row, text);
          };
          visit([]);
          assert.is(new Set(answer.values()).size, answer.size, map.name);
        }
      }
    },
  );
}

const keyOf = (low: number | undefined): number => low ?? 0;

Tables.run();
