/**
 * Compiles the AssemblyScript kernels of replay and of training to wasm/build (SIMD, imported shared memory, no runtime, no data segments), each
 * stamped with what it was built from (src/built.ts).
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import ts from 'typescript';

const here = dirname(fileURLToPath(import.meta.url));
mkdirSync(`${here}/build`, { recursive: true });

/** A source file of src without imports of its own, as a module: nothing is built yet. */
function fromSource(path) {
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  const { outputText } = ts.transpileModule(readFileSync(`${here}/../src/${path}`, 'utf8'), {
    compilerOptions: options,
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputText).toString('base64')}`);
}

const { sourceDigest, stamped, textDigest } = await fromSource('built.ts');
const { CONTRACT } = await fromSource('engine/opcodes.ts');

/** Folder of the sources → build/<name>.wasm. */
const modules = {
  kernels: { folder: 'assembly', contract: textDigest(CONTRACT) },
  training: { folder: 'training', contract: '' },
};

for (const [name, { folder, contract }] of Object.entries(modules)) {
  const sources = sourceDigest(`${here}/${folder}`);
  let module;
  const writeFile = (_name, contents) => {
    module = contents;
  };
  const options = [
    `${folder}/index.ts`,
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
  ];
  const { error, stderr } = await asc.main(options, { writeFile });
  if (error) {
    process.stderr.write(`${stderr.toString()}${error.message}\n`);
    process.exitCode = 1;
    continue;
  }
  writeFileSync(`${here}/build/${name}.wasm`, stamped(module, { sources, contract }));
}
