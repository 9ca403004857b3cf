/**
 * How much accuracy each step of the compiler keeps (MLP-B, 5 training seeds, on the CICIOT2022 rows and on the iot-sentinel devices), and
 * how many ternary entries its covers need next to the published tables. Gaps are points of macro-F1 × 100, float minus integer tables.
 * Data come from ../shared; models train and calibrate on the train split, stop on validation, and are scored on test.
 */
import { existsSync } from 'node:fs';
import { rowsOfSplit } from '../src/compiler/compile.ts';
import { quantise } from '../src/compiler/fixedpoint/index.ts';
import { mapModel } from '../src/compiler/fusion/index.ts';
import {
  type FuzzyOptions,
  fineTune,
  fuzzyNetwork,
  type LabelledRows,
  snapThresholds,
} from '../src/compiler/fuzzy/index.ts';
import { argmaxRows, evaluateNetwork, type TableNetwork } from '../src/compiler/lower/index.ts';
import { evaluateGraph, type MapGraph } from '../src/compiler/primitives/index.ts';
import { macroF1, parseOnnx, trainModel } from '../src/model/index.ts';
import type { FeatureRows } from '../src/traffic/columns.ts';
import { ROWS, readCiciotRows } from './data/ciciot.ts';
import { readDeviceRows } from './data/iot.ts';
import { ternaryRatios } from './data/ternary.ts';

/** Header widths of the ten features on the switch. */
const BITS = [8, 16, 8, 8, 8, 16, 16, 16, 16, 16];

interface Row {
  readonly name: string;
  readonly figure: string;
  readonly fuzzy: FuzzyOptions;
  readonly tuned?: boolean;
  readonly snapped?: boolean;
}

const PLAIN = { refit: false, softmax: false, mix: 0 } as const;

/** Each row adds one step to the row before; 16 leaves, 16 bits. The last but one and the last are what `compile` does by default. */
const STRATEGIES: readonly Row[] = [
  { name: 'published', figure: 'published', fuzzy: { ...PLAIN, strategy: 'published' } },
  { name: 'output-aware, complete trees', figure: 'outputAware', fuzzy: { ...PLAIN, growth: 'complete' } },
  { name: '+ best-first growth', figure: 'bestFirst', fuzzy: PLAIN },
  { name: '+ ridge refit', figure: 'ridge', fuzzy: { softmax: false, mix: 0 } },
  { name: '+ softmax refit of the last layer', figure: 'softmax', fuzzy: { mix: 0 } },
  { name: '+ mixed calibration rows', figure: 'mixed', fuzzy: {} },
  { name: '+ threshold snapping', figure: 'refit', fuzzy: {}, snapped: true },
  { name: '+ fine-tuning', figure: 'fineTuned', fuzzy: {}, tuned: true, snapped: true },
];

interface Trial {
  readonly rows: FeatureRows;
  readonly train: LabelledRows;
  readonly validation: LabelledRows;
  readonly test: LabelledRows;
}

function score(classes: ArrayLike<number>, of: LabelledRows, count: number): number {
  return 100 * macroF1(of.label, classes, count);
}

/** The integer tables of one strategy. `made` keeps networks that several rows start from. */
function tablesOf(
  t: Trial,
  graph: MapGraph,
  row: Row,
  seed: number,
  made: Map<FuzzyOptions, TableNetwork>,
): TableNetwork {
  const features = t.rows.features.map((name, f) => ({ name, bits: BITS[f] }));
  const inputs = BITS.map((bits) => ({ min: 0, max: 2 ** bits - 1 }));
  const verdict = { kind: 'argmax', value: graph.output } as const;
  const same = [...made].find(([o]) => JSON.stringify(o) === JSON.stringify(row.fuzzy))?.[1];
  const start = same ?? fuzzyNetwork(graph, t.train, features, verdict, t.rows.classes, row.fuzzy).network;
  made.set(row.fuzzy, start);
  const float = (values: Float64Array, rows: number): Float64Array => evaluateGraph(graph, values, rows);
  const network = row.tuned ? fineTune(start, t.train, float, t.validation, { seed }).network : start;
  const fixed = quantise(network, { width: 16, inputs }).network;
  return row.snapped ? snapThresholds(fixed, t.train, inputs).network : fixed;
}

/** Float macro-F1 and that of every strategy's integer tables, on the test split. */
function trial(t: Trial, seed: number): { float: number; tables: number[] } {
  const { onnx } = trainModel('mlp-b', t.rows, { seed });
  const { graph } = mapModel(parseOnnx(onnx), { features: t.rows.features });
  const classes = t.rows.classes.length;
  const logits = evaluateGraph(graph, t.test.values, t.test.rows);
  const made = new Map<FuzzyOptions, TableNetwork>();
  const tables = STRATEGIES.map((row) => {
    const network = tablesOf(t, graph, row, seed, made);
    return score(evaluateNetwork(network, t.test.values, t.test.rows).classes, t.test, classes);
  });
  return { float: score(argmaxRows(logits, t.test.rows, classes), t.test, classes), tables };
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Runs all seeds on one dataset and prints a row a strategy. `BENCH_SEEDS` limits the seeds (default 5). */
function table(rows: FeatureRows, title: string, id: string): Record<string, number> {
  const [train, validation, test] = [0, 1, 2].map((split) => rowsOfSplit(rows, split));
  const seeds = Array.from({ length: Number(process.env.BENCH_SEEDS ?? 5) }, (_, i) => i + 1);
  const trials = seeds.map((seed) => trial({ rows, train, validation, test }, seed));
  const float = mean(trials.map((t) => t.float));
  const line = (name: string, all: readonly number[]): string =>
    `${name.padEnd(36)} ${mean(all).toFixed(2)}  ${all.map((v) => v.toFixed(2)).join(' ')}`;
  console.log(
    `\nMLP-B on ${title}: macro-F1 × 100 on ${test.rows} test rows, ${seeds.length} seeds, 16 leaves, 16 bits`,
  );
  console.log(
    line(
      'float',
      trials.map((t) => t.float),
    ),
  );
  const figures: Record<string, number> = {};
  STRATEGIES.forEach(({ name, figure }, s) => {
    const all = trials.map((t) => t.tables[s]);
    console.log(`${line(name, all)}  gap ${(float - mean(all)).toFixed(2)}`);
    figures[`mlp-b.${id}.gap.${figure}`] = float - mean(all);
  });
  return figures;
}

export async function run(): Promise<{ figures: Record<string, number> }> {
  const figures: Record<string, number> = ternaryRatios();
  if (existsSync(ROWS)) Object.assign(figures, table(readCiciotRows(), 'CICIOT2022 rows', 'ciciot2022'));
  else console.log(`SKIP ${ROWS} is not here`);
  const devices = await readDeviceRows();
  if (devices !== undefined) Object.assign(figures, table(devices, 'iot-sentinel devices', 'iot-sentinel'));
  else console.log('SKIP no iot-sentinel captures');
  return { figures };
}
