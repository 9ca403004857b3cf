/**
 * Baselines: the verdicts, figures and program key of a run in a file beside the scenario (`NAME.baseline.json`), written by
 * `pegasim run --update` and committed. Same results, same bytes.
 */

import { existsSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { failFile, writeFile } from '../files.ts';
import { fail } from '../problem.ts';
import type { Figures } from './expectations.ts';
import { unpackValues, type VerdictRecord } from './record.ts';
import type { ReplayChoices } from './scenario.ts';

/** What decides which packets are replayed and what their registers hold. */
export type BaselineReplay = Pick<ReplayChoices, 'split' | 'state' | 'packetsPerSecond' | 'flows'>;

/** One run of a scenario file. */
export interface BaselineRun {
  readonly name: string;
  readonly smoke: boolean;
  /** Key of the dataset's options and files. */
  readonly data: string;
  /** Key of the program, to find it in the cache and tell it from another. */
  readonly program: string;
  readonly chip: string;
  readonly replay: BaselineReplay;
  readonly figures: Figures;
  /** F1 of the switch by class. */
  readonly classes: readonly { readonly class: string; readonly f1: number }[];
  readonly verdicts: VerdictRecord;
}

export interface Baseline {
  readonly schema: 'pegasim/baseline';
  readonly version: 1;
  /** Name of the scenario file's study. */
  readonly scenario: string;
  readonly runs: readonly BaselineRun[];
}

const text = { type: 'string' } as const;
const keys = (properties: Record<string, unknown>, optional: readonly string[] = []): Record<string, unknown> => ({
  type: 'object',
  additionalProperties: false,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  properties,
});
const list = (items: unknown): Record<string, unknown> => ({ type: 'array', items });
const whole = { type: 'integer', minimum: 0 } as const;

const RUN = keys({
  name: text,
  smoke: { type: 'boolean' },
  data: text,
  program: text,
  chip: text,
  replay: keys({ split: text, state: text, packetsPerSecond: { type: 'number' }, flows: whole }, [
    'packetsPerSecond',
    'flows',
  ]),
  figures: { type: 'object', additionalProperties: { type: ['number', 'boolean'] } },
  classes: list(keys({ class: text, f1: { type: 'number' } })),
  verdicts: keys({
    classes: list(text),
    bits: { type: 'integer', minimum: 1, maximum: 16 },
    captures: list(keys({ capture: text, packets: whole, numbers: text, verdicts: text })),
  }),
});

const isBaseline = new Ajv({ strict: false }).compile(
  keys({
    schema: { const: 'pegasim/baseline' },
    version: { const: 1 },
    scenario: text,
    runs: list(RUN),
  }),
);

/** `scenarios/x.baseline.json` of `scenarios/x.yaml`. */
export function baselinePath(scenarioFile: string): string {
  return scenarioFile.replace(/\.ya?ml$/i, '').concat('.baseline.json');
}

/**
 * The baseline beside a scenario file; undefined when there is none.
 * @throws ProblemError STUDY-BASELINE damaged, or no baseline; STUDY-BASELINE-VERSION; STUDY-BASELINE-SCENARIO of another scenario; FILE-READ
 */
export function readBaseline(scenarioFile: string, study: string): Baseline | undefined {
  const where = baselinePath(scenarioFile);
  if (!existsSync(where)) return undefined;
  const value = parsed(where) as Partial<Baseline> | null;
  const hint = 'write it again with `pegasim run --update`';
  if (value?.schema === 'pegasim/baseline' && value.version !== 1) {
    const have = `version ${String(value.version)}`;
    fail({
      code: 'STUDY-BASELINE-VERSION',
      where,
      message: 'the baseline is of another version',
      need: 'version 1',
      have,
      hint,
    });
  }
  if (!isBaseline(value)) {
    const [error] = isBaseline.errors ?? [];
    const place = error?.instancePath.slice(1).replaceAll('/', '.') || 'the document';
    fail({ code: 'STUDY-BASELINE', where, message: `no baseline: ${place} ${error?.message ?? 'is wrong'}`, hint });
  }
  const baseline = value as Baseline;
  if (baseline.scenario !== study) {
    fail({
      code: 'STUDY-BASELINE-SCENARIO',
      where,
      message: 'the baseline belongs to another scenario',
      need: study,
      have: baseline.scenario,
      hint,
    });
  }
  for (const run of baseline.runs) checkRun(run, where, hint);
  return baseline;
}

function parsed(where: string): unknown {
  try {
    return JSON.parse(readFileSync(where, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) {
      const hint = 'write it again with `pegasim run --update`, or take it from version control';
      return fail({ code: 'STUDY-BASELINE', where, message: 'the baseline is damaged: it is not JSON', hint });
    }
    return failFile('FILE-READ', where, 'cannot be read', error);
  }
}

function checkRun({ name, verdicts }: BaselineRun, where: string, hint: string): void {
  const { bits, captures } = verdicts;
  const broken = captures.find((one) => unpackValues(one.verdicts, bits, one.packets) === undefined);
  if (broken === undefined) return;
  fail({
    code: 'STUDY-BASELINE',
    where,
    message: `the baseline is damaged: ${name}, ${broken.capture} does not hold ${broken.packets} verdicts`,
    hint,
  });
}

/** The run of this name; smoke runs have baselines of their own. */
export function baselineRun(baseline: Baseline | undefined, name: string, smoke: boolean): BaselineRun | undefined {
  return baseline?.runs.find((run) => run.name === name && run.smoke === smoke);
}

/**
 * Write runs into the baseline beside their scenario file; runs that were not made keep theirs.
 * @returns the file's path
 * @throws ProblemError FILE-WRITE
 */
export function updateBaseline(
  scenarioFile: string,
  study: string,
  old: Baseline | undefined,
  runs: readonly BaselineRun[],
): string {
  const key = ({ name, smoke }: BaselineRun): string => `${name} ${smoke}`;
  const made = new Set(runs.map(key));
  const all = [...(old?.runs ?? []).filter((run) => !made.has(key(run))), ...runs];
  const order = all.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  const baseline: Baseline = { schema: 'pegasim/baseline', version: 1, scenario: study, runs: order };
  const path = baselinePath(scenarioFile);
  writeFile(path, `${JSON.stringify(baseline, null, 1)}\n`);
  return path;
}
