import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assembleProgram, evaluateNetwork, frontInputs, lowerNetwork } from '../../../src/compiler/lower/index.ts';
import { heapTree, type NetMap, type TableNetwork } from '../../../src/compiler/lower/network.ts';
import { foldBiases, takeovers } from '../../../src/compiler/lower/reuse.ts';
import { injectedColumns, injectedFront } from '../../../src/features/index.ts';
import { validateProgram } from '../../../src/program/index.ts';
import { chipNamed, placeProgram, runReference } from '../../../src/switch/index.ts';

const Reuse = suite('accumulators used again');

/** x → v1 → v2 → v3 → v4, two elements each; `also`: a value that reads v1 as well. */
function chain(also?: number): TableNetwork {
  const maps: NetMap[] = [];
  const step = (from: number, output: number): void => {
    maps.push({
      kind: 'tree',
      name: `m${output}${from}`,
      trees: [heapTree([{ value: from, index: 0 }], [0, 0, 0], [8, 4, 12])],
      output,
      outIndex: Int32Array.of(0, 1),
      lut: Int32Array.of(1, 2, 3, 4, 5, 6, 7, 8),
    });
  };
  for (let v = 1; v <= 4; v++) step(v - 1, v);
  if (also !== undefined) step(1, also);
  const values = [
    { name: 'x', size: 1 },
    ...[1, 2, 3, 4].map((v) => ({ name: `v${v}`, size: 2, bias: Int32Array.of(v, 0) })),
  ];
  return {
    name: 'chain',
    classes: ['a', 'b'],
    window: 1,
    features: [{ name: 'ip.tos', bits: 4 }],
    values,
    maps,
    verdict: { kind: 'argmax', value: 4 },
  };
}

Reuse('four steps alternate between two sets of fields', () => {
  const shape = (v: number): string | undefined => (v === 0 ? undefined : 's');
  assert.equal(takeovers(chain(), shape), [undefined, undefined, undefined, 1, 2]);
});

Reuse('a value that is read again later keeps its fields until then', () => {
  const shape = (v: number): string | undefined => (v === 0 ? undefined : 's');
  assert.equal(takeovers(chain(3), shape), [undefined, undefined, undefined, undefined, 1]);
  assert.equal(
    takeovers(chain(), (v) => (v === 3 ? 'other' : shape(v))),
    [undefined, undefined, undefined, undefined, 1],
  );
});

Reuse('biases folded into tables: 16 inputs give the same sums, and no bias is left', () => {
  const network = chain();
  const folded = foldBiases(network);
  const x = Array.from({ length: 16 }, (_, i) => i);
  assert.ok(folded.values.every((value) => value.bias === undefined));
  const [before, after] = [evaluateNetwork(network, x, 16), evaluateNetwork(folded, x, 16)];
  for (let v = 1; v <= 4; v++) assert.equal([...after.values[v]], [...before.values[v]]);
});

Reuse(
  'a value that uses more banks than the one it takes over has all its fields declared, and the program answers',
  () => {
    const network = chain();
    const more = network.maps.map((map) => ({ ...map, name: `${map.name}b` })).filter((map) => map.output === 3);
    const wide = { ...network, maps: [...network.maps, ...more].sort((a, b) => a.output - b.output) };
    const shape = { features: ['ip.tos'], bits: [4] };
    const front = injectedFront(shape);
    const layout = wide.values.map((_, v) => (v === 0 ? undefined : ({ bits: 16, banks: v === 4 ? 1 : 2 } as const)));
    const program = assembleProgram('wide', lowerNetwork(wide, { inputs: frontInputs(front, wide), layout }), front);
    assert.equal(validateProgram(program), []);
    const input = Uint32Array.from({ length: 16 }, (_, i) => i);
    const { placement } = placeProgram(program, chipNamed('unbounded'));
    const run = runReference(program, placement, { kind: 'injected', ...injectedColumns(input, 16, shape) });
    assert.equal([...run.logits], [...evaluateNetwork(wide, input, 16).values[4]]);
  },
);

Reuse.run();
