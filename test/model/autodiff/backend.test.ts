/** The WebAssembly kernels against their plain TypeScript twins, on random shapes. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRandom, plainBackend, wasmBackend } from '../../../src/model/autodiff/index.ts';
import type { Kernels, Numbers } from '../../../src/model/autodiff/kernels.ts';

const Backends = suite('training kernels');

const PLAIN = plainBackend('float32');
const WASM = wasmBackend();

/** Run the same kernel on the same random arrays in both backends; the first `outputs` arrays must agree to 1e-5 of the largest value. */
function agree(
  seed: number,
  sizes: readonly number[],
  outputs: number,
  run: (kernels: Kernels, arrays: Numbers[]) => void,
): void {
  const [plain, wasm] = [PLAIN, WASM].map((backend) => {
    const random = createRandom(seed);
    const arrays = sizes.map((size) => {
      const array = backend.allocate(size);
      for (let i = 0; i < size; i++) array[i] = random.normal();
      return array;
    });
    run(backend.kernels, arrays);
    return arrays;
  });
  for (let k = 0; k < outputs; k++) {
    const largest = Math.max(1, ...Array.from(plain[k], Math.abs));
    plain[k].forEach((value, i) => {
      assert.ok(Math.abs(value - wasm[k][i]) <= 1e-5 * largest, `array ${k}, element ${i}: ${value} and ${wasm[k][i]}`);
    });
  }
}

const SHAPES = fc.tuple(
  fc.nat(1e6),
  fc.integer({ min: 1, max: 19 }),
  fc.integer({ min: 1, max: 21 }),
  fc.integer({ min: 1, max: 23 }),
);

function property(name: string, check: (seed: number, m: number, k: number, n: number) => void): void {
  Backends(`${name} equals its twin`, () => {
    fc.assert(
      fc.property(SHAPES, ([seed, m, k, n]) => check(seed, m, k, n)),
      { numRuns: 60, seed: 11 },
    );
  });
}

property('product', (seed, m, k, n) =>
  agree(seed, [m * n, m * k, k * n], 1, (kernels, [c, a, b]) => kernels.addProduct(c, a, b, m, k, n)),
);
property('transposed product', (seed, m, k, n) =>
  agree(seed, [k * n, m * k, m * n], 1, (kernels, [c, a, b]) => kernels.addTransposedProduct(c, a, b, m, k, n)),
);
property('transpose', (seed, _, k, n) =>
  agree(seed, [k * n, k * n], 1, (kernels, [b, a]) => kernels.transpose(b, a, k, n)),
);
property('relu and its slope, accumulate', (seed, m, k) =>
  agree(seed, [m * k, m * k, m * k, m * k], 3, (kernels, [out, dx, into, x]) => {
    kernels.relu(out, x);
    kernels.addReluSlope(dx, x, into);
    kernels.accumulate(into, x, -0.3);
  }),
);
property('column kernels', (seed, m, k) =>
  agree(seed, [m * k, k, k, m * k, m * k, k, k, k], 4, (kernels, [out, sums, dots, dx, x, a, b, c]) => {
    kernels.scaleColumns(out, x, a, b);
    kernels.addColumnSums(sums, x);
    kernels.addColumnDots(dots, x, out);
    kernels.addBatchNormSlope(dx, x, out, a, b, c);
  }),
);
property('max pooling', (seed, m, k, n) =>
  agree(seed, [m * k, m * k, m * n], 2, (kernels, [out, winner, x]) => {
    const random = createRandom(seed + 1);
    const backend = kernels === WASM.kernels ? WASM : PLAIN;
    const index = backend.allocate(k * 2);
    for (let i = 0; i < index.length; i++) index[i] = i % 2 ? random.below(n + 1) - 1 : random.below(n);
    kernels.maxPool(out, winner, x, index, n, 2);
  }),
);
property('Adam', (seed, m, k) =>
  agree(seed, [m * k, m * k, m * k, m * k], 3, (kernels, [data, first, second, grad]) => {
    for (let i = 0; i < second.length; i++) second[i] = Math.abs(second[i]);
    kernels.adam(data, grad, first, second, 0.01, 1.2);
  }),
);

Backends('arrays stay valid while the arena grows past a megabyte', () => {
  const backend = wasmBackend();
  const small = backend.allocate(4);
  small[3] = 7;
  const large = backend.allocate(1 << 20);
  large[large.length - 1] = 1;
  backend.kernels.accumulate(small, small, 1);
  assert.equal([small[3], large[0], large.at(-1)], [14, 0, 1]);
});

Backends.run();
