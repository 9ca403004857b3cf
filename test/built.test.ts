/** A compiled module that is not that of the code is found out, by its stamp. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sourceDigest, staleness, stamped, textDigest } from '../src/built.ts';
import { compileKernels } from '../src/engine/machine.ts';
import { CONTRACT } from '../src/engine/opcodes.ts';
import { ProblemError } from '../src/problem.ts';

const Built = suite('built');
const folder = mkdtempSync(join(tmpdir(), 'pegasim-built-'));
const sources = join(folder, 'assembly');
cpSync('wasm/assembly', sources, { recursive: true });

/** The smallest module: a magic number and a version. */
const EMPTY = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
const module = (bytes: Uint8Array) => new WebAssembly.Module(bytes);

function refusal(bytes: Uint8Array, from = sources): string {
  try {
    return compileKernels(bytes, from) === undefined ? 'no module' : 'accepted';
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const { code, message, hint } = error.problem;
    return `${code}: ${message} (${hint})`;
  }
}

Built('the kernels as built are those of wasm/assembly and of the opcodes; without sources the opcodes decide', () => {
  const kernels = readFileSync('wasm/build/kernels.wasm');
  assert.is(refusal(kernels), 'accepted');
  assert.is(refusal(kernels, join(folder, 'nowhere')), 'accepted');
  assert.is(staleness(module(readFileSync('wasm/build/training.wasm')), 'wasm/training'), undefined);
});

Built(
  'one character more in a source, another file or another opcode makes the kernels stale: an error that says what to run',
  () => {
    const kernels = readFileSync('wasm/build/kernels.wasm');
    const file = join(sources, 'scan.ts');
    const text = readFileSync(file, 'utf8');
    const changed = /^RUN-KERNELS-STALE: .*its sources have changed since it was built \(npm run build:wasm\)$/;
    writeFileSync(file, `${text} `);
    assert.match(refusal(kernels), changed);
    writeFileSync(file, text.replaceAll('\n', '\r\n'));
    assert.is(refusal(kernels), 'accepted', 'line ends of another system are no change');
    writeFileSync(file, text);
    writeFileSync(join(sources, 'more.ts'), '');
    assert.match(refusal(kernels), changed);
    rmSync(join(sources, 'more.ts'));
    const stamp = { sources: sourceDigest(sources), contract: textDigest(CONTRACT.replace('"sum":13', '"sum":14')) };
    assert.match(refusal(stamped(EMPTY, stamp)), /^RUN-KERNELS-STALE: .*another version of this code/);
    assert.match(refusal(EMPTY), /^RUN-KERNELS-STALE: .*does not say what it was built from/);
    assert.is(refusal(Uint8Array.of(1, 2, 3)), 'no module');
  },
);

Built('a stamp of any length is read back from the module it was written to', () => {
  for (const length of [0, 40, 200, 20_000]) {
    const stamp = { sources: 'x'.repeat(length), contract: textDigest('agreed') };
    const bytes = stamped(EMPTY, stamp);
    assert.is(staleness(module(bytes), 'no such folder', 'agreed'), undefined);
    assert.type(staleness(module(bytes), 'no such folder'), 'string');
  }
});

Built.after(() => rmSync(folder, { recursive: true }));
Built.run();
