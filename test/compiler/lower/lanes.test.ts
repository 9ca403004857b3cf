import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  assembleProgram,
  evaluateNetwork,
  frontInputs,
  heapTree,
  inputRanges,
  type Lane,
  lowerNetwork,
  type NetMap,
  networkBounds,
  planLanes,
  type TableNetwork,
  type TreeMap,
} from '../../../src/compiler/lower/index.ts';
import { runEngine } from '../../../src/engine/index.ts';
import { injectedColumns, injectedFront } from '../../../src/features/index.ts';
import { type Program, type RunColumns, validateProgram } from '../../../src/program/index.ts';
import { chipNamed, placeProgram, runReference } from '../../../src/switch/index.ts';
import { generator } from './mlp.ts';

const Lanes = suite('packed lanes');

/** Row network x → h → y; h has `size` elements whose tables hold numbers of up to `spread` around `shift`. */
interface Shape {
  readonly seed: number;
  readonly size: number;
  readonly spread: number;
  readonly shift: number;
  readonly bias: boolean;
}

const FEATURES = [0, 1, 2, 3].map((i) => ({ name: `f${i}`, bits: 6 }));
const ROWS = 40;

function randomNetwork({ seed, size, spread, shift, bias }: Shape): TableNetwork {
  const next = generator(seed);
  const around = (): number => next(2 * spread + 1) - spread + shift;
  const tree = (value: number, indices: number[], span: number, from: number) =>
    heapTree(
      indices.map((index) => ({ value, index })),
      Array.from({ length: 7 }, () => next(indices.length)),
      Array.from({ length: 7 }, () => from + next(span)),
    );
  const maps: NetMap[] = FEATURES.map((_, i): TreeMap => {
    // Every map leaves some elements alone.
    const outIndex = Int32Array.from([...Array(size).keys()].filter((e) => size < 3 || (e + i) % 3 !== 0));
    const lut = Int32Array.from({ length: 8 * outIndex.length }, around);
    return { kind: 'tree', name: `h.g${i}`, trees: [tree(0, [i], 64, 0)], output: 1, outIndex, lut };
  });
  const everything = Int32Array.from({ length: size }, (_, e) => e);
  const constant = Int32Array.from({ length: size }, around);
  maps.push({ kind: 'tree', name: 'h.c', trees: [], output: 1, outIndex: everything, lut: constant });
  for (let e = 0; e + 1 < size; e += 2) {
    const reach = 4 * (spread + Math.abs(shift));
    maps.push({
      kind: 'tree',
      name: `y.g${e}`,
      trees: [tree(1, [e, e + 1], 2 * reach, -reach)],
      output: 2,
      outIndex: Int32Array.from([0, 1, 2]),
      lut: Int32Array.from({ length: 24 }, () => next(200) - 100),
    });
  }
  return {
    name: 'random',
    classes: ['a', 'b', 'c'],
    window: 1,
    features: FEATURES,
    values: [
      { name: 'x', size: FEATURES.length },
      { name: 'h', size, ...(bias ? { bias: Int32Array.from({ length: size }, around) } : {}) },
      { name: 'y', size: 3 },
    ],
    maps,
    verdict: { kind: 'argmax', value: 2 },
  };
}

const options = { features: FEATURES.map((f) => f.name), bits: FEATURES.map((f) => f.bits) };

function inputsOf(seed: number): Uint32Array {
  const next = generator(seed);
  return Uint32Array.from({ length: ROWS * FEATURES.length }, () => next(64));
}

interface Built {
  readonly program: Program;
  readonly lanes: readonly Lane[];
  readonly run: (input: Uint32Array) => Promise<[RunColumns, RunColumns]>;
}

/** Lowers `h` packed or not into `banks` accumulators, and runs it through the reference pipeline and the engine. */
function build(network: TableNetwork, packed: boolean, banks: number): Built {
  const front = injectedFront(options);
  const layout = [undefined, { bits: 8, banks, packed } as const, { bits: 8, banks: 1 } as const];
  const lowered = lowerNetwork(network, { inputs: frontInputs(front, network), layout });
  const program = assembleProgram('lanes', lowered, front);
  assert.equal(validateProgram(program), []);
  const { placement } = placeProgram(program, chipNamed('unbounded'));
  const run: Built['run'] = async (input) => {
    const columns = { kind: 'injected', ...injectedColumns(input, ROWS, options) } as const;
    return [runReference(program, placement, columns), await runEngine(program, placement, columns, { workers: 1 })];
  };
  return { program, lanes: lowered.sums.find((s) => s.value === 'h')?.lanes ?? [], run };
}

const shapes = fc.record({
  seed: fc.integer({ min: 1, max: 1e6 }),
  size: fc.integer({ min: 2, max: 9 }),
  spread: fc.constantFrom(1, 7, 60, 500, 4000),
  shift: fc.constantFrom(0, 0, -900, 900),
  bias: fc.boolean(),
});

Lanes(
  'random programs answer alike packed and unpacked, logits and verdict, in the reference pipeline and the engine',
  async () => {
    let packedPrograms = 0;
    await fc.assert(
      fc.asyncProperty(shapes, fc.integer({ min: 1, max: 3 }), async (shape, banks) => {
        const network = randomNetwork(shape);
        const input = inputsOf(shape.seed + 1);
        const expected = evaluateNetwork(network, input, ROWS);
        const packed = build(network, true, banks);
        if (packed.lanes.length > 0) packedPrograms++;
        for (const built of [packed, build(network, false, banks)]) {
          for (const columns of await built.run(input)) {
            assert.equal([...columns.logits], [...expected.values[2]]);
            assert.equal([...columns.verdict], [...expected.classes]);
          }
        }
      }),
      { numRuns: 30, seed: 11 },
    );
    assert.ok(packedPrograms >= 25, `only ${packedPrograms} of 30 programs had lanes`);
  },
);

Lanes(
  'the proof holds: finished lanes stay in excess form within 0..most, most below 2^bits, lanes apart by their guards',
  () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const network = randomNetwork(shape);
        const bounds = networkBounds(network, inputRanges(network));
        const plan = planLanes(network, 1, bounds);
        if ('refused' in plan) return;
        const h = evaluateNetwork(network, inputsOf(shape.seed), ROWS).values[1];
        for (const { element, min, max, excess, most, bits } of plan.of) {
          assert.equal({ min, max }, bounds[1][element]);
          assert.ok(most < 2 ** bits && most === max + excess && min + excess >= 0);
          for (let r = 0; r < ROWS; r++) {
            const held = h[r * shape.size + element] + excess;
            assert.ok(held >= 0 && held <= most, `0 ≤ ${held} ≤ ${most}`);
          }
        }
        for (const lanes of plan.slots) {
          lanes.forEach(({ low, bits, guard }, i) => {
            assert.is(low + bits + guard, lanes[i + 1]?.low ?? 32);
          });
        }
      }),
      { numRuns: 60, seed: 12 },
    );
  },
);

/** h of two elements, one table each, whose rows are `rows`; y reads both. */
function pair(rows: readonly (readonly [number, number])[]): TableNetwork {
  const network = randomNetwork({ seed: 1, size: 2, spread: 1, shift: 0, bias: false });
  const lut = Int32Array.from(Array.from({ length: 8 }, (_, leaf) => rows[leaf % rows.length]).flat());
  const wide = { ...network.maps[0], lut, outIndex: Int32Array.from([0, 1]) } as TreeMap;
  return { ...network, maps: [wide, ...network.maps.filter((m) => m.output === 2)] };
}

Lanes('two signed 13-bit sums lie at bits 0 and 19 with six guard bits between, as published', () => {
  const network = pair([
    [-4096, 4095],
    [4095, -4096],
  ]);
  const plan = planLanes(network, 1, networkBounds(network, inputRanges(network)));
  if ('refused' in plan) throw new Error(plan.refused);
  assert.equal(
    plan.of.map(({ low, bits, guard, excess, most }) => ({ low, bits, guard, excess, most })),
    [
      { low: 0, bits: 13, guard: 6, excess: 4096, most: 8191 },
      { low: 19, bits: 13, guard: 0, excess: 4096, most: 8191 },
    ],
  );
});

Lanes('two 16-bit sums fill a field, 17 + 16 bits are refused with what they need', () => {
  const fits = pair([
    [-32768, 32767],
    [32767, -32768],
  ]);
  const bounds = networkBounds(fits, inputRanges(fits));
  assert.ok(!('refused' in planLanes(fits, 1, bounds)));
  const wide = pair([
    [-32769, 32767],
    [32767, -32768],
  ]);
  assert.equal(planLanes(wide, 1, networkBounds(wide, inputRanges(wide))), {
    refused: 'h needs 16 + 17 bits for two lanes, 32 there are',
  });
});

Lanes('values that are compared, subtracted or kept in registers are not packed, and the refusal says why', () => {
  const network = randomNetwork({ seed: 5, size: 4, spread: 7, shift: 0, bias: true });
  const bounds = networkBounds(network, inputRanges(network));
  assert.equal(planLanes(network, 2, bounds), { refused: 'y is compared by subtraction' });
  const differences: TableNetwork = {
    ...network,
    values: [...network.values, { name: 'score', size: 1 }],
    maps: [
      ...network.maps,
      { kind: 'absdiff', name: 'd', a: [{ value: 1, index: 0 }], b: [{ value: 1, index: 1 }], output: 3 },
    ],
  };
  assert.equal(planLanes(differences, 1, bounds), { refused: 'd computes with h itself' });
  const kept: TableNetwork = {
    ...network,
    values: [...network.values, { name: 'kept', size: 1, kept: [{ source: { value: 1, index: 0 }, age: 1 }] }],
  };
  assert.equal(planLanes(kept, 1, bounds), { refused: "h is kept in the flow's registers" });
});

Lanes('a lane that overflows carries into its neighbour, in the reference pipeline and in the engine', async () => {
  const network = pair([
    [100, 3],
    [-50, 5],
  ]);
  const { program } = build(network, true, 1);
  const table = program.tables.find((t) => t.name === 'nn_h_g0')!;
  const field = program.fields.find((f) => f.lanes !== undefined)!;
  const [low, high] = field.lanes!;
  // Tables changed behind the compiler's back: the low lane holds 78 or 228, and passes its guards when 150 are reached.
  const much = 2 ** high.low - 150;
  const data = table.entries.data.map((word) => word + much);
  const fallback = table.defaultAction.data.map((word) => Number(word) + much);
  const entries = { ...table.entries, data };
  const broken = { ...table, entries, defaultAction: { ...table.defaultAction, data: fallback } };
  const changed = { ...program, tables: program.tables.map((t) => (t === table ? broken : t)) };
  const { placement } = placeProgram(changed, chipNamed('unbounded'));
  const columns = { kind: 'injected', ...injectedColumns(inputsOf(3), ROWS, options) } as const;
  const observe = [field.name];
  const reference = runReference(changed, placement, columns, { observe });
  const engine = await runEngine(changed, placement, columns, { workers: 1, observe });
  assert.equal([...engine.observed[field.name]], [...reference.observed[field.name]]);
  const h = evaluateNetwork(network, inputsOf(3), ROWS).values[1];
  const plan = planLanes(network, 1, networkBounds(network, inputRanges(network)));
  if ('refused' in plan) throw new Error(plan.refused);
  let carries = 0;
  reference.observed[field.name].forEach((word, r) => {
    const carry = h[2 * r] + plan.of[0].excess >= 150 ? 1 : 0;
    carries += carry;
    assert.is((word >>> low.low) % 2 ** low.bits, (h[2 * r] + plan.of[0].excess + much) % 2 ** low.bits);
    assert.is(word >>> high.low, h[2 * r + 1] + plan.of[1].excess + carry);
  });
  assert.ok(carries > 0 && carries < ROWS, `${carries} carries`);
});

Lanes.run();
