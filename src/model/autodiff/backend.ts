/** Where the numbers of a computation live and what computes on them: plain typed arrays, or WebAssembly memory with SIMD kernels. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { staleness } from '../../built.ts';
import { fail } from '../../problem.ts';
import { type Kernels, type Numbers, plainKernels } from './kernels.ts';

export type Precision = 'float32' | 'float64';

export interface Backend {
  readonly kernels: Kernels;
  /** A zeroed array that lives as long as the backend. */
  allocate(length: number): Numbers;
}

export function plainBackend(precision: Precision): Backend {
  return {
    kernels: plainKernels,
    allocate: (length) => (precision === 'float32' ? new Float32Array(length) : new Float64Array(length)),
  };
}

/** Built by `npm run build:wasm`; the same place seen from src/ and from dist/. */
const BINARY = fileURLToPath(new URL('../../../wasm/build/training.wasm', import.meta.url));
const SOURCES = fileURLToPath(new URL('../../../wasm/training', import.meta.url));
const PAGE = 65_536;
/** Address space, not memory: pages are taken as the arena grows. */
const MAXIMUM_PAGES = 65_536;
/** Room for the kernels' own stack before the first array. */
const FIRST_ADDRESS = PAGE;
const ALIGNMENT = 16;

type NumericFunction = (...values: number[]) => void;
type KernelExports = { readonly [K in keyof Kernels]: NumericFunction };

/** What the type library leaves out. */
type GrowingMemory = WebAssembly.Memory & { grow(pages: number): number };

let compiled: WebAssembly.Module | undefined;

function compiledKernels(): WebAssembly.Module {
  if (compiled) return compiled;
  if (!existsSync(BINARY)) {
    fail({ code: 'MODEL-KERNELS', message: 'the training kernels are not built', hint: 'run npm run build:wasm' });
  }
  const module = new WebAssembly.Module(readFileSync(BINARY));
  const stale = staleness(module, SOURCES);
  if (stale !== undefined) {
    fail({
      code: 'MODEL-KERNELS',
      message: `the training kernels are not those of this code: ${stale}`,
      where: 'wasm/build/training.wasm',
      hint: 'run npm run build:wasm',
    });
  }
  compiled = module;
  return module;
}

/** Kernels that take arrays by their address; every array must come from this backend's `allocate`. */
function addressed(wasm: KernelExports): Kernels {
  const at = (array: Numbers): number => array.byteOffset;
  return {
    addProduct: (c, a, b, m, k, n) => wasm.addProduct(at(c), at(a), at(b), m, k, n),
    addTransposedProduct: (c, a, b, m, k, n) => wasm.addTransposedProduct(at(c), at(a), at(b), m, k, n),
    transpose: (b, a, k, n) => wasm.transpose(at(b), at(a), k, n),
    relu: (out, x) => wasm.relu(at(out), at(x), x.length),
    addReluSlope: (dx, x, grad) => wasm.addReluSlope(at(dx), at(x), at(grad), x.length),
    accumulate: (into, from, factor) => wasm.accumulate(at(into), at(from), factor, from.length),
    scaleColumns: (out, x, scale, shift) =>
      wasm.scaleColumns(at(out), at(x), at(scale), at(shift), x.length / scale.length, scale.length),
    addColumnSums: (into, x) => wasm.addColumnSums(at(into), at(x), x.length / into.length, into.length),
    addColumnDots: (into, x, y) => wasm.addColumnDots(at(into), at(x), at(y), x.length / into.length, into.length),
    maxPool: (out, winner, x, index, area, cells) =>
      wasm.maxPool(at(out), at(winner), at(x), at(index), x.length / area, area, index.length / cells, cells),
    addBatchNormSlope: (dx, grad, normal, a, b, c) =>
      wasm.addBatchNormSlope(at(dx), at(grad), at(normal), at(a), at(b), at(c), dx.length / a.length, a.length),
    adam: (data, grad, first, second, rate, bias) =>
      wasm.adam(at(data), at(grad), at(first), at(second), rate, bias, data.length),
  };
}

/** A float32 arena in WebAssembly memory. Several may exist; each is freed as a whole. Fails with MODEL-KERNELS when not built, or built from other sources. */
export function wasmBackend(): Backend {
  // Shared memory keeps earlier views alive when it grows.
  const memory = new WebAssembly.Memory({ initial: 2, maximum: MAXIMUM_PAGES, shared: true });
  const { exports } = new WebAssembly.Instance(compiledKernels(), { env: { memory } });
  let next = FIRST_ADDRESS;
  return {
    kernels: addressed(exports as unknown as KernelExports),
    allocate(length) {
      const address = next;
      next += Math.ceil((length * 4) / ALIGNMENT) * ALIGNMENT;
      const missing = next - memory.buffer.byteLength;
      if (missing > 0) (memory as GrowingMemory).grow(Math.ceil(missing / PAGE) + 64);
      return new Float32Array(memory.buffer, address, length);
    },
  };
}
