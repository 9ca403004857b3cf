/**
 * `npm run docs:readme`: runs the commands of README.md whose output it shows and writes the output in their place. A block begins with
 * `<!-- output: ARGUMENTS -->`; rows that match one of `LEFT_OUT` are left out, as the text around the block says.
 */

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const BLOCK = /<!-- output: (.*) -->\n```\n[\s\S]*?```/g;
/** Resources of little weight; times and rates, which are those of one machine. */
const LEFT_OUT = [
  /^(ternary|exact|hash|statistics|VLIW|action RAM)[ \w]* +[\d,]+ +[\d,]+ /,
  /^engine [\d.]+ /,
  /^time: /,
  /^load [\d.]+ s, /,
];

function outputOf(args: string): string {
  const run = spawnSync(process.execPath, ['dist/cli/main.js', ...args.split(' '), '--quiet', '--cache', ''], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(`pegasim ${args}: exit ${run.status}\n${run.stderr}`);
  return run.stdout
    .split('\n')
    .filter((line) => !LEFT_OUT.some((form) => form.test(line)))
    .join('\n')
    .trimEnd();
}

const path = join(ROOT, 'README.md');
const text = readFileSync(path, 'utf8').replace(
  BLOCK,
  (_, args: string) => `<!-- output: ${args} -->\n\`\`\`\n${outputOf(args)}\n\`\`\``,
);
writeFileSync(path, text);
