/** Runs every *.test.ts under test/ (or the folders and files named on the command line) through uvu and prints the closing line. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** uvu exits 0 when a file forgets `.run()`: such a file counts as a failure. */
function testFiles(path: string): string[] {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => {
      const full = join(path, name);
      return statSync(full).isDirectory() ? testFiles(full) : name.endsWith('.test.ts') ? [full] : [];
    });
}

const wanted = process.argv.slice(2);
const files = (wanted.length > 0 ? wanted : ['test']).flatMap(testFiles);
let passed = 0;
let failed = 0;
for (const file of files) {
  if (!/\.run\(\)/.test(readFileSync(file, 'utf8'))) {
    console.log(`${file}: never calls .run()`);
    failed++;
    continue;
  }
  const started = performance.now();
  const result = spawnSync(process.execPath, ['--import', 'tsx', file], { encoding: 'utf8', maxBuffer: 1 << 28 });
  const output = result.stdout + result.stderr;
  const total = [...output.matchAll(/Total:\s+(\d+)/g)].reduce((sum, match) => sum + Number(match[1]), 0);
  const good = [...output.matchAll(/Passed:\s+(\d+)/g)].reduce((sum, match) => sum + Number(match[1]), 0);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const crashed = result.status !== 0 && good === total;
  passed += good;
  failed += total - good + (crashed || total === 0 ? 1 : 0);
  const ok = result.status === 0 && total > 0 && good === total;
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${file}  ${good}/${total}  ${seconds}s`);
  for (const line of output.split('\n')) if (/^SKIP /.test(line)) console.log(`     ${line}`);
  if (!ok) console.log(output);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
