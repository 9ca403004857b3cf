/** The kernels as functions on a memory: compiled wasm where SIMD and shared memory exist, else their TypeScript twin. */

import { readFileSync } from 'node:fs';
import { fail } from '../problem.ts';
import type { Image } from './image.ts';
import type { Kernels, Machine } from './kernels.ts';
import { createTwin } from './twin.ts';

let compiled: WebAssembly.Module | undefined | null = null;

/** The compiled kernels; undefined where the runtime lacks SIMD or threads, or the kernels were not built. */
export function kernelModule(): WebAssembly.Module | undefined {
  if (compiled === null) {
    compiled = undefined;
    try {
      compiled = new WebAssembly.Module(readFileSync(new URL('../../wasm/build/kernels.wasm', import.meta.url)));
    } catch {
      // The twin computes the same, slower.
    }
  }
  return compiled;
}

/**
 * What to run on: what was asked for, else the fastest that this runtime can.
 * @throws ProblemError RUN-KERNELS when compiled kernels are asked for and cannot be had
 */
export function kernelsFor(asked: Kernels | undefined): Kernels {
  if (asked === 'typescript') return asked;
  if (kernelModule()) return asked ?? 'fused';
  if (asked !== undefined)
    fail({
      code: 'RUN-KERNELS',
      message: 'the compiled kernels cannot be used here',
      have: 'no wasm/build/kernels.wasm that this runtime can compile (it needs SIMD and threads)',
      hint: 'npm run build:wasm, or kernels: typescript',
    });
  return 'typescript';
}

/** A machine on an image's memory. */
export function createMachine({ memory, loops }: Pick<Image, 'memory' | 'loops'>, kernels: Kernels): Machine {
  const module = kernels === 'typescript' ? undefined : kernelModule();
  if (!module) return createTwin(memory.buffer);
  const imports = { env: { memory } };
  const exports = new WebAssembly.Instance(module, imports).exports as unknown as Machine;
  const made = (loops ? new WebAssembly.Instance(loops, imports).exports : {}) as Record<
    string,
    Machine['loops'][number]
  >;
  const unsigned = exports.pick;
  return {
    ...exports,
    pick: (...args) => unsigned(...args) >>> 0,
    loops: Object.keys(made).map((_, i) => made[`f${i}`]),
  };
}
