/** The kernels as functions on a memory: compiled wasm where SIMD and shared memory exist, else their TypeScript twin. */

import { readFileSync } from 'node:fs';
import { createTwin } from './twin.ts';

/** What both implementations offer; addresses are bytes in the memory (layouts: image.ts, parser.ts). */
export interface Machine {
  readonly run: (code: number, count: number) => void;
  readonly parse: (plan: number, input: number, first: number, count: number) => void;
  readonly pick: (outcome: number, shard: number, mine: number, first: number, count: number, list: number) => number;
  readonly collect: (plan: number, moves: number, list: number, count: number) => void;
  readonly deliver: (plan: number, moves: number, list: number, count: number) => void;
  readonly assign: (slot: number, sizeMask: number, shards: number, list: number, count: number, shard: number) => void;
}

export type Kernels = 'wasm' | 'typescript';

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
