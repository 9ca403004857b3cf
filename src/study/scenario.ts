/** Scenario files: YAML checked against the schema, errors with the line, matrices expanded, defaults filled in. */

import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Ajv, type ErrorObject } from 'ajv';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import { readFile } from '../files.ts';
import type { ModelId } from '../model/index.ts';
import { fail } from '../problem.ts';
import { checkExpectationNames } from './expectations.ts';
import { expandMatrix, merge, pointText, type Tree } from './matrix.ts';
import { SCENARIO_SCHEMA } from './schema.ts';

export type { ModelId };
export type SplitName = 'train' | 'validation' | 'test' | 'all';

export interface DatasetOptions {
  path: string;
  labels?: string;
  labelColumn: string;
  classes?: string[];
  gapMs?: number;
  /** Feature-row CSV: nanoseconds per unit of its time features. */
  unitNs?: number;
  generate?: string;
  split: {
    by: 'file' | 'flow' | 'column';
    seed: number;
    train: number;
    validation: number;
    test: number;
    file?: string;
  };
}

export interface ModelOptions {
  train?: ModelId;
  onnx?: string;
  tables?: string;
  seed: number;
  epochs?: number;
  patience?: number;
  learningRate?: number;
  /** 0 shows classes as often as they occur, 1 all alike (classifiers); absent: 0.5. */
  balance?: number;
  maxRows?: number;
  benign?: string;
}

export interface CompileChoices {
  strategy: 'published' | 'output-aware';
  growth?: 'complete' | 'best-first';
  leaves: number;
  /** Bits of fuzzy index kept per packet (window models); absent: what joined tables allow. */
  indexBits?: number;
  /** Bits of a unit's register (models with a state); absent: 8. */
  stateBits?: 8 | 16;
  entries?: number;
  refit: boolean;
  softmax: boolean;
  mix?: number;
  fineTune: boolean;
  snap: boolean;
  width: 8 | 12 | 16 | 32;
  /** Elements of a sum that share 32-bit accumulators; default auto. */
  lanes?: 'auto' | 'off' | 'on';
  maxRows?: number;
}

export interface FlowOptions {
  slots: number;
  policy: 'replace' | 'keep' | 'timeout';
  timeoutMs?: number;
  symmetric: boolean;
  tickBits: number;
  /** How time between packets is kept (docs/features.md); absent: saturating, or wide where that is not possible. */
  ipd?: 'wrap' | 'lean' | 'saturate' | 'wide';
  /** `published`: the order and the 8-bit count of the published program, to show what they cost. */
  windows?: 'right' | 'published';
}

export interface ReplayChoices {
  split: SplitName;
  state: 'perCapture' | 'continuous' | 'interleave';
  /** Mean rate of the merged trace; with `interleave` only. */
  packetsPerSecond?: number;
  /** Replay at most so many flows of the split. */
  flows?: number;
  workers: number;
  acceptDamage: boolean;
}

/** One option of a matrix and its value in a run. */
export interface MatrixPoint {
  readonly option: string;
  readonly value: unknown;
}

/** Where a run comes from. */
export interface Origin {
  readonly file: string;
  /** Name in the file; a run of a matrix adds its options. */
  readonly study: string;
  readonly smoke: boolean;
  /** Empty without a matrix. */
  readonly point: readonly MatrixPoint[];
}

/** One run, every option settled and every path absolute. */
export interface Scenario {
  name: string;
  /** Absent in scenarios that were put together by a program. */
  origin?: Origin;
  about?: string;
  dataset: DatasetOptions;
  model: ModelOptions;
  compile: CompileChoices;
  target: string;
  flow: FlowOptions;
  replay: ReplayChoices;
  expect: (string | Record<string, unknown>)[];
}

/**
 * Read a scenario file; a `matrix` yields several scenarios, named `name[option=value,…]`.
 * @param smoke apply the file's `smoke` overrides
 * @throws ProblemError SCENARIO-YAML, SCENARIO-SCHEMA, FILE-READ, with the line
 */
export function loadScenarios(file: string, smoke = false): Scenario[] {
  const text = readFile(file).toString('utf8');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const broken = document.errors[0];
  if (broken) {
    const line = broken.linePos?.[0] ?? lines.linePos(broken.pos[0]);
    fail({
      code: 'SCENARIO-YAML',
      where: `${file}:${line.line}:${line.col}`,
      message: `malformed YAML: ${broken.message.split('\n')[0]}`,
    });
  }
  const tree = (document.toJS() ?? {}) as Tree;
  check(tree, document, lines, file);
  const base = smoke ? merge(tree, (tree.smoke ?? {}) as Tree) : tree;
  return expandMatrix(base).map(({ tree: one, point }) => {
    if (point.length > 0 || smoke) checkPoint(one, point, file);
    const scenario = settle(one, file);
    checkReplay(scenario.replay, file);
    checkExpectationNames(scenario.expect, file);
    return { ...scenario, origin: { file: resolve(file), study: String(tree.name), smoke, point } };
  });
}

/** A run's options as the schema wants them, after the overrides: a matrix may hold anything. */
function checkPoint(tree: Tree, point: readonly MatrixPoint[], file: string): void {
  const { smoke: _smoke, matrix: _matrix, name, ...rest } = tree;
  if (validate({ ...rest, name: String(name).replace(/\[.*$/, '') })) return;
  const first = telling(validate.errors ?? []);
  if (first === undefined) return;
  const { message, hint } = describe(first);
  const run = point.length === 0 ? 'with --smoke' : `in the run ${pointText(point)}`;
  fail({
    code: 'SCENARIO-SCHEMA',
    where: file,
    message: `${run}: ${message}`,
    ...(hint === undefined ? {} : { hint }),
  });
}

function checkReplay({ state, packetsPerSecond }: ReplayChoices, file: string): void {
  if ((state === 'interleave') === (packetsPerSecond !== undefined)) return;
  fail({
    code: 'SCENARIO-SCHEMA',
    where: file,
    message:
      state === 'interleave'
        ? "replay.state interleave lacks 'packetsPerSecond'"
        : 'replay.packetsPerSecond is for state interleave',
    hint: 'write replay: { state: interleave, packetsPerSecond: 20000 }',
  });
}

const validate = new Ajv({ allErrors: true, useDefaults: false, strict: false }).compile(SCENARIO_SCHEMA);

function check(tree: Tree, document: Document, lines: LineCounter, file: string): void {
  if (validate(tree)) return;
  const first = telling(validate.errors ?? []);
  if (first === undefined) return;
  fail({ code: 'SCENARIO-SCHEMA', where: `${file}:${lineOf(first, document, lines)}`, ...describe(first) });
}

/** The error that says most. */
function telling(errors: readonly ErrorObject[]): ErrorObject | undefined {
  return (
    errors.find((error) => error.keyword === 'additionalProperties') ??
    errors.find((error) => !['oneOf', 'anyOf', 'not'].includes(error.keyword)) ??
    errors[0]
  );
}

function describe(error: ErrorObject): { message: string; hint?: string } {
  const path = error.instancePath.slice(1).replaceAll('/', '.') || 'the scenario';
  const params = error.params as { additionalProperty?: string; allowedValues?: unknown[]; missingProperty?: string };
  if (params.additionalProperty !== undefined) {
    const known = Object.keys(
      (error.parentSchema as { properties?: Tree })?.properties ?? propertiesAt(error.instancePath),
    );
    return {
      message: `unknown key '${params.additionalProperty}' in ${path}`,
      hint: `known keys: ${known.join(', ')}`,
    };
  }
  if (params.allowedValues) return { message: `${path} must be one of ${params.allowedValues.join(', ')}` };
  if (params.missingProperty) return { message: `${path} lacks '${params.missingProperty}'` };
  return { message: `${path} ${error.message ?? 'is wrong'}` };
}

function propertiesAt(instancePath: string): Tree {
  let node: unknown = SCENARIO_SCHEMA;
  for (const part of instancePath.split('/').slice(1)) node = (node as { properties?: Tree }).properties?.[part] ?? {};
  return (node as { properties?: Tree }).properties ?? {};
}

function lineOf(error: ErrorObject, document: Document, lines: LineCounter): number {
  const path = error.instancePath.split('/').slice(1);
  const extra = (error.params as { additionalProperty?: string }).additionalProperty;
  for (let keep = path.length; keep >= 0; keep--) {
    const parent = keep === 0 ? document.contents : document.getIn(path.slice(0, keep), true);
    if (!isNode(parent)) continue;
    const items = (parent as { items?: { key?: { value?: unknown; range?: [number, number, number] } }[] }).items ?? [];
    const key = items.find((item) => item.key?.value === extra)?.key;
    const offset = (keep === path.length && key?.range?.[0]) || parent.range?.[0] || 0;
    return lines.linePos(offset).line;
  }
  return 1;
}

function settle(tree: Tree, file: string): Scenario {
  const here = dirname(resolve(file));
  const filled = withDefaults(tree, SCENARIO_SCHEMA as unknown as SchemaNode) as unknown as Scenario;
  const path = (value: string | undefined): string | undefined =>
    value === undefined ? undefined : resolve(here, value);
  for (const key of ['path', 'labels', 'generate'] as const) {
    const settled = path(filled.dataset[key]);
    if (settled !== undefined) filled.dataset[key] = settled;
  }
  if (filled.dataset.split.file) filled.dataset.split.file = resolve(here, filled.dataset.split.file);
  for (const key of ['onnx', 'tables'] as const) {
    const settled = path(filled.model[key]);
    if (settled !== undefined) filled.model[key] = settled;
  }
  if (/\.ya?ml$/.test(filled.target) && existsSync(resolve(here, filled.target)))
    filled.target = resolve(here, filled.target);
  filled.expect ??= [];
  return filled;
}

interface SchemaNode {
  properties?: Record<string, SchemaNode & { default?: unknown; type?: string }>;
}

/** Compiler and flow options of a scenario that names none. */
export function defaultOptions(): Pick<Scenario, 'compile' | 'flow'> {
  const { compile, flow } = withDefaults({}, SCENARIO_SCHEMA as unknown as SchemaNode) as unknown as Scenario;
  return { compile, flow };
}

const SETTLED = ['dataset', 'model', 'compile', 'flow', 'replay', 'split', 'target'];

/** Fill in the schema's defaults for the sections that every run has. */
function withDefaults(tree: Tree, schema: SchemaNode): Tree {
  const filled: Tree = {};
  for (const [key, value] of Object.entries(tree)) if (key !== 'smoke' && key !== 'matrix') filled[key] = value;
  for (const [key, node] of Object.entries(schema.properties ?? {})) {
    if (node.properties && SETTLED.includes(key)) filled[key] = withDefaults((filled[key] ?? {}) as Tree, node);
    else if (filled[key] === undefined && node.default !== undefined) filled[key] = node.default;
  }
  return filled;
}
