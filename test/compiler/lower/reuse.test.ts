import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { evaluateNetwork } from '../../../src/compiler/lower/index.ts';
import { heapTree, type NetMap, type TableNetwork } from '../../../src/compiler/lower/network.ts';
import { foldBiases, takeovers } from '../../../src/compiler/lower/reuse.ts';

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

Reuse.run();
