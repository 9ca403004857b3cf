/**
 * Runs every *.test.ts under test/ (or the folders and files named on the command line) through uvu, one process per file and as
 * many at once as there are cores, and prints the closing line.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

interface Outcome {
  readonly file: string;
  readonly passed: number;
  readonly failed: number;
  readonly text: string;
}

function testFiles(path: string): string[] {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => {
      const full = join(path, name);
      return statSync(full).isDirectory() ? testFiles(full) : name.endsWith('.test.ts') ? [full] : [];
    });
}

/** uvu exits 0 when a file forgets `.run()` or counts no test: both are failures here. */
async function runFile(file: string): Promise<Outcome> {
  if (!/\.run\(\)/.test(readFileSync(file, 'utf8')))
    return { file, passed: 0, failed: 1, text: `FAIL ${file}: never calls .run()` };
  const started = performance.now();
  const child = spawn(process.execPath, ['--import', 'tsx', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      output += text;
    });
  }
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const sum = (form: RegExp): number =>
    [...output.matchAll(form)].reduce((total, match) => total + Number(match[1]), 0);
  const total = sum(/Total:\s+(\d+)/g);
  const passed = sum(/Passed:\s+(\d+)/g);
  const ok = status === 0 && total > 0 && passed === total;
  const failed = ok ? 0 : Math.max(1, total - passed);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const skips = output.split('\n').filter((line) => line.startsWith('SKIP '));
  const lines = [
    `${ok ? 'ok  ' : 'FAIL'} ${file}  ${passed}/${total}  ${seconds}s`,
    ...skips.map((line) => `     ${line}`),
  ];
  return { file, passed, failed, text: [...lines, ...(ok ? [] : [output])].join('\n') };
}

const wanted = process.argv.slice(2);
const queue = (wanted.length > 0 ? wanted : ['test']).flatMap(testFiles);
const outcomes: Outcome[] = [];
const lane = async (): Promise<void> => {
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    const outcome = await runFile(file);
    outcomes.push(outcome);
    console.log(outcome.text);
  }
};
await Promise.all(Array.from({ length: availableParallelism() }, lane));
const passed = outcomes.reduce((sum, one) => sum + one.passed, 0);
const failed = outcomes.reduce((sum, one) => sum + one.failed, 0);
if (failed > 0)
  console.log(
    `failed: ${outcomes
      .filter((one) => one.failed > 0)
      .map((one) => one.file)
      .join(' ')}`,
  );
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
