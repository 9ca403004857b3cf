import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  assembleProgram,
  evaluateNetwork,
  frontInputs,
  heapTree,
  inputRanges,
  joinIndices,
  lowerNetwork,
  networkBounds,
  searchLayout,
  type TableNetwork,
  type TreeMap,
} from '../../../src/compiler/lower/index.ts';
import { injectedColumns, injectedFront } from '../../../src/features/index.ts';
import { validateProgram } from '../../../src/program/index.ts';
import { chipNamed, placeProgram, runReference } from '../../../src/switch/index.ts';

const Lower = suite('lowering');

function generator(seed: number): (n: number) => number {
  let state = seed >>> 0;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

/** Random network: `features` inputs per packet → a hidden value over pairs → logits, trees of 4 leaves. */
function randomNetwork(seed: number, window: number, classes: number): TableNetwork {
  const next = generator(seed);
  const features = [0, 1, 2].map((i) => ({ name: `f${i}`, bits: 6 }));
  const tree = (refs: { value: number; index: number }[], span: number, shift: number) =>
    heapTree(
      refs,
      Array.from({ length: 3 }, () => next(refs.length)),
      Array.from({ length: 3 }, () => next(span) - shift),
    );
  const lut = (n: number, size: number): Int32Array => Int32Array.from({ length: n }, () => next(2 * size) - size);
  const maps: TreeMap[] = [];
  const inputs = window * features.length;
  for (let i = 0; i < inputs; i++) {
    maps.push({
      kind: 'tree',
      name: `h.g${i}`,
      trees: [tree([{ value: 0, index: i }], 64, 0)],
      output: 1,
      outIndex: Int32Array.from([0, 1, 2, 3]),
      lut: lut(16, 40),
    });
  }
  for (let g = 0; g < 2; g++) {
    const refs = [
      { value: 1, index: 2 * g },
      { value: 1, index: 2 * g + 1 },
    ];
    maps.push({
      kind: 'tree',
      name: `y.g${g}`,
      trees: [tree(refs, 80, 40)],
      output: 2,
      outIndex: Int32Array.from({ length: classes }, (_, c) => c),
      lut: lut(4 * classes, 9),
    });
  }
  const values = [
    { name: 'x', size: inputs },
    { name: 'h', size: 4, bias: Int32Array.from([1, -2, 3, 0]) },
    { name: 'y', size: classes },
  ];
  return {
    name: 'random',
    classes: Array.from({ length: classes }, (_, c) => `c${c}`),
    window,
    features,
    values,
    maps,
    verdict: { kind: 'argmax', value: 2 },
  };
}

/** Rows where the program's logits or class differ from the network's. */
function differences(network: TableNetwork, rows: number, seed: number, chip: string): number {
  const options = {
    features: network.features.map((f) => f.name),
    bits: network.features.map((f) => f.bits),
    window: network.window,
  };
  const front = injectedFront(options);
  const { program, placement } = searchLayout('t', network, front, chipNamed(chip), {
    inputs: frontInputs(front, network),
  });
  assert.equal(validateProgram(program), []);
  const next = generator(seed);
  const input = Uint32Array.from({ length: rows * network.values[0].size }, () => next(64));
  const columns = runReference(program, placement, { kind: 'injected', ...injectedColumns(input, rows, options) });
  const expected = evaluateNetwork(network, input, rows);
  const n = network.values[2].size;
  let different = 0;
  for (let r = 0; r < rows; r++) {
    const at = r * network.window + network.window - 1;
    const same = Array.from({ length: n }, (_, c) => columns.logits[at * n + c] === expected.values[2][r * n + c]);
    if (!same.every(Boolean) || columns.verdict[at] !== expected.classes[r]) different++;
  }
  return different;
}

Lower('random row networks of 2..9 classes answer as evaluated, ties to the first maximum', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 2, max: 9 }), (seed, classes) => {
      assert.is(differences(randomNetwork(seed, 1, classes), 60, seed + 1, 'unbounded'), 0);
    }),
    { numRuns: 12, seed: 7 },
  );
});

Lower('random row networks keep their answers in Tofino 2 layouts', () => {
  for (const seed of [3, 4]) assert.is(differences(randomNetwork(seed, 1, 3), 60, seed, 'tofino2'), 0);
});

Lower('random windows of 3 and 8 packets answer from the rings as evaluated offline', () => {
  for (const window of [3, 8]) assert.is(differences(randomNetwork(window, window, 3), 40, 5, 'unbounded'), 0);
});

Lower('joined indices add what the single tables added, also into different elements', () => {
  const network = randomNetwork(21, 1, 3);
  const maps = network.maps.map((m, i) =>
    m.output === 1 && m.kind === 'tree' ? { ...m, outIndex: Int32Array.from([0, 1, 2, 3].map((e) => (e + i) % 4)) } : m,
  );
  const joined = joinIndices({ ...network, maps }, 1, 3);
  assert.is(joined.maps.filter((m) => m.output === 1).length, 1);
  const next = generator(9);
  const input = Uint32Array.from({ length: 300 }, () => next(64));
  const [a, b] = [{ ...network, maps }, joined].map((n) => evaluateNetwork(n, input, 100).values[2]);
  assert.equal([...a], [...b]);
});

Lower('bounds hold every sum of random inputs and widths follow from them', () => {
  for (let seed = 1; seed <= 10; seed++) {
    const network = randomNetwork(seed, 1, 3);
    const bounds = networkBounds(network, inputRanges(network));
    const next = generator(seed);
    const input = Uint32Array.from({ length: 300 }, () => next(64));
    const { values } = evaluateNetwork(network, input, 100);
    for (const v of [1, 2]) {
      const size = network.values[v].size;
      values[v].forEach((x, i) => {
        const { min, max } = bounds[v][i % size];
        assert.ok(x >= min && x <= max, `${min} ≤ ${x} ≤ ${max}`);
      });
    }
  }
});

Lower('a threshold no score reaches never alarms, one below all always does, one between parts them', () => {
  const scored = randomNetwork(5, 1, 1);
  const options = { features: ['f0', 'f1', 'f2'], bits: [6, 6, 6] };
  const front = injectedFront(options);
  const next = generator(3);
  const input = Uint32Array.from({ length: 90 }, () => next(64));
  for (const threshold of [1e9, -1e9, 2]) {
    const network: TableNetwork = { ...scored, verdict: { kind: 'score', value: 2, divide: 1, threshold } };
    const { program, placement } = searchLayout('t', network, front, chipNamed('unbounded'), {
      inputs: frontInputs(front, network),
    });
    assert.equal(validateProgram(program), []);
    const columns = runReference(program, placement, { kind: 'injected', ...injectedColumns(input, 30, options) });
    const scores = [...evaluateNetwork(network, input, 30).values[2]];
    assert.equal(
      [...columns.verdict],
      scores.map((x) => (x > threshold ? 1 : 0)),
      `threshold ${threshold}`,
    );
    if (threshold === 2) assert.is(new Set(columns.verdict).size, 2);
  }
});

Lower('a sum beyond 32 bits is refused with what it needs', () => {
  const network = randomNetwork(1, 1, 2);
  const huge = { ...network.maps[0], lut: new Int32Array(16).fill(2 ** 31 - 1) } as TreeMap;
  const front = injectedFront({ features: ['f0', 'f1', 'f2'], bits: [6, 6, 6] });
  const wide = { ...network, maps: [huge, huge, ...network.maps] };
  assert.throws(() => lowerNetwork(wide, { inputs: frontInputs(front, wide) }), /can exceed 32 bits/);
});

Lower('phases moved to egress read only what is bridged: the answers stay', () => {
  const network = randomNetwork(11, 1, 3);
  const options = { features: ['f0', 'f1', 'f2'], bits: [6, 6, 6] };
  const front = injectedFront(options);
  const lowered = lowerNetwork(network, { inputs: frontInputs(front, network) });
  const next = generator(2);
  const input = Uint32Array.from({ length: 90 }, () => next(64));
  const expected = evaluateNetwork(network, input, 30);
  for (let cut = 0; cut < lowered.phases.length; cut++) {
    const program = assembleProgram('cut', lowered, front, cut);
    assert.equal(validateProgram(program), []);
    const { placement } = placeProgram(program, chipNamed('unbounded'));
    const columns = runReference(program, placement, { kind: 'injected', ...injectedColumns(input, 30, options) });
    assert.equal([...columns.verdict], [...expected.classes], `cut ${cut}`);
  }
});

Lower.run();
