/**
 * `npm run bench -- <name …> [--out FILE]`: runs bench/<name>.ts. Each bench prints its table and yields `figures`, a flat map of
 * name → number; with several names the maps are merged. FILE gets one JSON object with `figures`, the machine and the versions.
 */
import { existsSync, readdirSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { writeFile } from '../src/files.ts';

export interface BenchResult {
  readonly figures: Readonly<Record<string, number>>;
}

const here = import.meta.dirname;
const names = readdirSync(here)
  .filter((file) => file.endsWith('.ts') && file !== 'main.ts')
  .map((file) => file.slice(0, -3));

function usage(problem: string): never {
  console.error(`bench: ${problem}\nusage: npm run bench -- <name …> [--out FILE]\nnames: ${names.join(' ')}`);
  process.exit(2);
}

const wanted: string[] = [];
let out: string | undefined;
const args = process.argv.slice(2);
for (let i = 0; i < args.length; i++) {
  const arg = args[i] ?? '';
  if (arg === '--out') out = args[++i] ?? usage('--out needs a file');
  else if (arg.startsWith('-')) usage(`unknown option ${arg}`);
  else wanted.push(arg);
}
if (wanted.length === 0) usage('which bench?');
const figures: Record<string, number> = {};
for (const name of wanted) {
  const file = join(here, `${name}.ts`);
  if (!existsSync(file)) usage(`no bench named ${name}`);
  const bench = (await import(file)) as { run?: () => Promise<BenchResult> };
  if (bench.run === undefined) usage(`${name} is a part of other benches, not one to run`);
  Object.assign(figures, (await bench.run()).figures);
}
const cpu = cpus();
const machine = {
  cpu: cpu[0]?.model ?? 'unknown',
  cores: cpu.length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
};
if (out !== undefined) writeFile(out, `${JSON.stringify({ figures, machine }, null, 2)}\n`);
for (const [name, value] of Object.entries(figures)) console.log(`${name} = ${value}`);
process.exit(0);
