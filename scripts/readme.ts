/**
 * `npm run docs:readme`: runs the commands whose output README.md and pages of docs/ show and writes the output in their place. A block
 * begins with `<!-- output: ARGUMENTS -->` (a pegasim command) or `<!-- output of: FILE -->` (a TypeScript program). Between `;`: `lines: FORM`
 * keeps the lines that match, `exit: N` expects that exit code. Commands of one page run one after the other in one folder, so that a
 * later one finds the files of an earlier one. Rows that match one of `LEFT_OUT` are left out, as the text around the block says.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const PAGES = ['README.md', 'docs/api.md', 'docs/published.md'];
const BLOCK = /<!-- output( of)?: (.*) -->\n```(\w*)\n[\s\S]*?```/g;
/** Resources of little weight; times and rates, which are those of one machine. */
const LEFT_OUT = [
  /^(ternary|exact|hash|statistics|VLIW|action RAM)[ \w]* +[\d,]+ +[\d,]+ /,
  /^engine [\d.]+ /,
  /^time: /,
  /^load [\d.]+ s, /,
];

interface Command {
  readonly args: readonly string[];
  readonly lines: RegExp;
  readonly exit: number;
}

function commandOf(marker: string): Command {
  const [words, ...settings] = marker.split('; ');
  const setting = (name: string): string | undefined =>
    settings.find((one) => one.startsWith(`${name}: `))?.slice(name.length + 2);
  return {
    args: words.split(' '),
    lines: new RegExp(setting('lines') ?? ''),
    exit: Number(setting('exit') ?? 0),
  };
}

/** What a command prints, in a folder where traces and scenarios are at hand. */
function outputOf(folder: string, program: boolean, marker: string): string {
  const { args, lines, exit } = commandOf(marker);
  const fresh = args[0] === 'run' ? ['--cache', ''] : [];
  const pegasim = [join(ROOT, 'dist/cli/main.js'), ...args, '--quiet', ...fresh];
  const run = spawnSync(process.execPath, program ? ['--import', 'tsx', ...args] : pegasim, {
    cwd: program ? ROOT : folder,
    encoding: 'utf8',
  });
  if (run.status !== exit) throw new Error(`${args.join(' ')}: exit ${run.status}\n${run.stderr}`);
  return run.stdout
    .split('\n')
    .filter((line) => lines.test(line) && !LEFT_OUT.some((form) => form.test(line)))
    .join('\n')
    .trimEnd();
}

for (const page of PAGES) {
  const folder = mkdtempSync(join(tmpdir(), 'pegasim-docs-'));
  for (const name of ['traces', 'scenarios']) symlinkSync(join(ROOT, name), join(folder, name));
  const path = join(ROOT, page);
  const text = readFileSync(path, 'utf8').replace(
    BLOCK,
    (_, program: string | undefined, marker: string, form: string) =>
      `<!-- output${program ?? ''}: ${marker} -->\n\`\`\`${form}\n${outputOf(folder, program !== undefined, marker)}\n\`\`\``,
  );
  writeFileSync(path, text);
  rmSync(folder, { recursive: true });
}
