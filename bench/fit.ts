/**
 * Does the resource model predict what a real switch compiler does? Single-table cases and whole programs of
 * ../shared/golden/compiler against `fitDescription`; every deviation is listed with its cause.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chipNamed, type FitReport, fitDescription, readDescription } from '../src/switch/index.ts';
import { describeMicro } from './micro.ts';

const SHARED = join(import.meta.dirname, '../../shared/golden');
const TARGETS = ['tofino', 'tofino2'] as const;

interface MicroCase {
  readonly kind: string;
  readonly keyBits: number;
  readonly entries: number;
  readonly actionBits: number;
  readonly stages: number;
  readonly sram: number;
  readonly tcam: number;
}

interface ProgramResult {
  readonly fits: boolean;
  readonly stages: number;
  readonly nStagesAvailable: number;
  readonly totals: { readonly sram: number; readonly tcam: number; readonly mapRam: number };
  readonly phv: { readonly containersUsed: Readonly<Record<string, number>> };
}

function json<T>(...path: string[]): T {
  return JSON.parse(readFileSync(join(SHARED, ...path), 'utf8')) as T;
}

function used(report: FitReport, resource: string): number {
  return report.totals.find((total) => total.resource === resource)?.used ?? 0;
}

/** All micro cases: blocks of single-table ones are scored; stages, and blocks of the others, are printed where they differ. */
function microCases(): { exactShare: number; worst: number; stageShare: number } {
  let [cases, exact, worst, all, sameStages] = [0, 0, 0, 0, 0];
  const micro = json<Record<string, Record<string, MicroCase>>>('compiler', 'micro.json');
  for (const target of TARGETS)
    for (const [name, wanted] of Object.entries(micro[target])) {
      if (wanted.stages === 0) continue; // the compiler gave no placement
      const text = readFileSync(join(SHARED, 'compiler', 'micro', `${name}.p4`), 'utf8');
      const report = fitDescription(describeMicro(name, text), chipNamed(target), { alternatives: false });
      const [sram, tcam] = [used(report, 'sram'), used(report, 'tcam')];
      const off = Math.max(Math.abs(sram - wanted.sram), Math.abs(tcam - wanted.tcam));
      const single = (wanted.kind === 'ternary' || wanted.kind === 'exact') && wanted.stages === 1;
      const scored = wanted.kind === 'ternary' || wanted.kind === 'exact';
      all++;
      if (report.stages.used === wanted.stages) sameStages++;
      if (scored) {
        cases++;
        if (off === 0) exact++;
        worst = Math.max(worst, off);
      }
      if (off > 0 || report.stages.used !== wanted.stages)
        console.log(
          `  ${single ? 'single' : 'other '} ${target} ${name}: SRAM ${sram}/${wanted.sram} TCAM ${tcam}/${wanted.tcam} stages ${report.stages.used}/${wanted.stages}`,
        );
    }
  console.log(
    `single tables: ${exact} of ${cases} exact, worst off by ${worst}; stages equal in ${sameStages} of ${all} micro cases`,
  );
  return { exactShare: exact / cases, worst, stageShare: sameStages / all };
}

/** Whole programs whose compiler results are free of `@stage` wishes. */
const PROGRAMS: readonly { readonly result: string; readonly inventory: string }[] = [
  { result: 'MLP_32-nostage', inventory: 'hardware/normal_version/MLP_32' },
  { result: 'CNN-B-nostage', inventory: 'hardware/normal_version/CNN-B' },
  { result: 'cnnl_output3-nostage', inventory: 'hardware/running_version/cnnl_output3' },
  { result: 'CNN-L', inventory: 'hardware/normal_version/CNN-L' },
];

/** Why the deviations are what they are, one line each. */
const CAUSES = `causes of the deviations:
  MLP_32 tofino2, SRAM -1: a made statement's constants that the compiler puts into an action RAM
  CNN-B, SRAM -1: x3_1_4's 36 bytes of action data take 40 on the compiler's bus, one block more; TCAM -2: cnn_1_1_1_2's four key bytes lie in two crossbar groups
  CNN-B tofino, stages -1: the compiler puts seven ternary tables into stage 5, one of them needed there goes to stage 6 (cause not established)
  cnnl_output3, SRAM: statements with constants, registers' restart constants; six exact tables with one action RAM more on tofino2`;

function relative(have: number, want: number): number {
  return want === 0 ? (have === 0 ? 0 : 1) : Math.abs(have - want) / want;
}

/** Bits of the containers the compiler used in the match-action stages. */
function containerBits({ phv }: ProgramResult): number {
  return Object.entries(phv.containersUsed).reduce(
    (sum, [name, count]) => sum + (name.startsWith('tagalong') ? 0 : count * Number(name.split('-')[1])),
    0,
  );
}

function wholePrograms() {
  const results = json<Record<string, Record<string, ProgramResult>>>('compiler', 'programs.json');
  const text = readFileSync(join(SHARED, 'p4', 'p4_table_inventory.json'), 'utf8');
  let [stageError, memoryError, answers, scored] = [0, 0, 0, 0];
  console.log(
    'program                target   fits          stages      SRAM         TCAM        map RAM     PHV bits',
  );
  for (const { result, inventory } of PROGRAMS)
    for (const target of TARGETS) {
      const want = results[result][target];
      const started = performance.now();
      const report = fitDescription(readDescription(text, 'inventory', inventory), chipNamed(target), {
        alternatives: false,
      });
      const have = { sram: used(report, 'sram'), tcam: used(report, 'tcam'), mapRam: used(report, 'mapRam') };
      const close = Math.abs(want.stages - want.nStagesAvailable) <= 2;
      if (!close) scored++;
      if (!close && report.fits === want.fits) answers++;
      stageError = Math.max(stageError, Math.abs(report.stages.used - want.stages));
      memoryError = Math.max(memoryError, relative(have.sram, want.totals.sram), relative(have.tcam, want.totals.tcam));
      const pair = (a: unknown, b: unknown) => `${String(a)}/${String(b)}`.padEnd(12);
      console.log(
        `${result.padEnd(22)} ${target.padEnd(8)} ${pair(report.fits, want.fits)} ${close ? '~' : ' '} ${pair(report.stages.used, want.stages)}${pair(have.sram, want.totals.sram)} ${pair(have.tcam, want.totals.tcam)}${pair(have.mapRam, want.totals.mapRam)}${pair(report.phv.usedBits, containerBits(want))} ${(performance.now() - started).toFixed(0)} ms`,
      );
    }
  console.log(CAUSES);
  console.log('(ours/compiler; ~ within 2 stages of the chip: the fit answer is listed, not scored)');
  return { stageError, memoryError, answerShare: scored === 0 ? 1 : answers / scored };
}

export async function run(): Promise<{ figures: Record<string, number> }> {
  if (!existsSync(SHARED)) {
    console.log('SKIP ../shared/golden is not here');
    return { figures: {} };
  }
  const single = microCases();
  const programs = wholePrograms();
  return {
    figures: {
      'fit.single.exactShare': single.exactShare,
      'fit.single.worst': single.worst,
      'fit.micro.stageShare': single.stageShare,
      'fit.programs.answerShare': programs.answerShare,
      'fit.programs.stageErrorMax': programs.stageError,
      'fit.programs.memoryErrorMax': programs.memoryError,
    },
  };
}
