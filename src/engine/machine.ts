/** The kernels as functions on a memory: compiled wasm where SIMD and shared memory exist, else their TypeScript twin. */

import { readFileSync } from 'node:fs';
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

/** A machine on `memory`; `kernels` defaults to wasm where it can be compiled. */
export function createMachine(memory: WebAssembly.Memory, kernels?: Kernels): Machine {
  const module = kernels === 'typescript' ? undefined : kernelModule();
  if (!module) {
    if (kernels === 'wasm') throw new Error('wasm kernels asked for, but wasm/build/kernels.wasm cannot be compiled');
    return createTwin(memory.buffer);
  }
  const exports = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Machine;
  const unsigned = exports.pick;
  return { ...exports, pick: (...args) => unsigned(...args) >>> 0 };
}
