/** Compiles the AssemblyScript kernels of replay and of training to wasm/build (SIMD, imported shared memory, no runtime, no data segments). */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const here = dirname(fileURLToPath(import.meta.url));
mkdirSync(`${here}/build`, { recursive: true });

/** Entry file → build/<name>.wasm. */
const modules = { kernels: 'assembly/index.ts', training: 'training/index.ts' };

for (const [name, source] of Object.entries(modules)) {
  const { error, stderr } = await asc.main([
    source,
    '--baseDir',
    here,
    '--outFile',
    `build/${name}.wasm`,
    '--optimizeLevel',
    '3',
    '--shrinkLevel',
    '0',
    '--converge',
    '--noAssert',
    '--runtime',
    'stub',
    '--use',
    'abort=',
    '--importMemory',
    '--sharedMemory',
    '--initialMemory',
    '1',
    '--maximumMemory',
    '65536',
    '--enable',
    'simd',
    '--enable',
    'threads',
  ]);
  if (error) {
    process.stderr.write(`${stderr.toString()}${error.message}\n`);
    process.exitCode = 1;
  }
}
