/** The kernels as functions on a memory: compiled wasm where SIMD and shared memory exist, else their TypeScript twin. */

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { staleness } from '../built.ts';
import { fail } from '../problem.ts';
import type { Image } from './image.ts';
import type { Kernels, Machine } from './kernels.ts';
import { CONTRACT } from './opcodes.ts';
import { createTwin } from './twin.ts';

/** The same places seen from src/ and from dist/; an installed package has no sources. */
const BINARY = fileURLToPath(new URL('../../wasm/build/kernels.wasm', import.meta.url));
const SOURCES = fileURLToPath(new URL('../../wasm/assembly', import.meta.url));

let compiled: WebAssembly.Module | undefined | null = null;

/**
 * A module of the kernels; undefined where the runtime lacks SIMD or threads.
 * @throws ProblemError RUN-KERNELS-STALE when it is not that of this code: its results would be wrong in silence
 */
export function compileKernels(bytes: Uint8Array, sources: string): WebAssembly.Module | undefined {
  let module: WebAssembly.Module;
  try {
    module = new WebAssembly.Module(bytes);
  } catch {
    // The twin computes the same, slower.
    return undefined;
  }
  const stale = staleness(module, sources, CONTRACT);
  if (stale === undefined) return module;
  return fail({
    code: 'RUN-KERNELS-STALE',
    message: `the compiled kernels are not those of this code: ${stale}`,
    where: 'wasm/build/kernels.wasm',
    hint: 'npm run build:wasm',
  });
}

/**
 * The compiled kernels; undefined where the runtime lacks SIMD or threads, or the kernels were not built.
 * @throws ProblemError RUN-KERNELS-STALE
 */
export function kernelModule(): WebAssembly.Module | undefined {
  if (compiled === null) compiled = existsSync(BINARY) ? compileKernels(readFileSync(BINARY), SOURCES) : undefined;
  return compiled;
}

/**
 * What to run on: what was asked for, else the fastest that this runtime can.
 * @throws ProblemError RUN-KERNELS when compiled kernels are asked for and cannot be had, RUN-KERNELS-STALE
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
