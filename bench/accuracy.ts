/**
 * How much accuracy each step of the compiler keeps (MLP-B on the CICIOT2022 rows, 5 training seeds), and how many ternary entries its
 * covers need next to the published tables. Gaps are points of macro-F1 × 100, float minus tables; rows come from ../shared.
 */
import { existsSync } from 'node:fs';
import { rowsOfSplit } from '../src/compiler/compile.ts';
import { quantise } from '../src/compiler/fixedpoint/index.ts';
import { mapModel } from '../src/compiler/fusion/index.ts';
import { type FuzzyOptions, fineTune, fuzzyNetwork, type LabelledRows } from '../src/compiler/fuzzy/index.ts';
import { argmaxRows, evaluateNetwork, type TableNetwork } from '../src/compiler/lower/index.ts';
import { evaluateGraph } from '../src/compiler/primitives/index.ts';
import { macroF1, parseOnnx, trainModel } from '../src/model/index.ts';
import type { FeatureRows } from '../src/traffic/columns.ts';
import { ROWS, readCiciotRows } from './data/ciciot.ts';
import { ternaryRatios } from './data/ternary.ts';

/** Header widths of the ten features on the switch. */
const BITS = [8, 16, 8, 8, 8, 16, 16, 16, 16, 16];

interface Row {
  readonly name: string;
  readonly figure?: string;
  readonly fuzzy: FuzzyOptions;
  readonly tuned?: boolean;
}

const STRATEGIES: readonly Row[] = [
  { name: 'published clustering, 16 leaves', figure: 'published', fuzzy: { strategy: 'published' } },
  { name: 'output-aware, 16 leaves', figure: 'outputAware', fuzzy: { refit: false } },
  { name: '+ ridge refit', figure: 'refit', fuzzy: {} },
  { name: '+ ridge refit, 32 leaves', fuzzy: { leaves: 32 } },
  { name: '+ fine-tuning, 16 leaves', figure: 'fineTuned', fuzzy: {}, tuned: true },
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

/** Float macro-F1 and that of every strategy's integer tables, on the test split. */
function trial(t: Trial, seed: number): { float: number; tables: number[] } {
  const { onnx } = trainModel('mlp-b', t.rows, { seed });
  const { graph } = mapModel(parseOnnx(onnx), { features: t.rows.features });
  const classes = t.rows.classes.length;
  const teacher = evaluateGraph(graph, t.train.values, t.train.rows);
  const float = score(
    argmaxRows(evaluateGraph(graph, t.test.values, t.test.rows), t.test.rows, classes),
    t.test,
    classes,
  );
  const features = t.rows.features.map((name, f) => ({ name, bits: BITS[f] }));
  const inputs = BITS.map((bits) => ({ min: 0, max: 2 ** bits - 1 }));
  const made = new Map<FuzzyOptions, TableNetwork>();
  const tables = STRATEGIES.map(({ fuzzy, tuned }) => {
    const verdict = { kind: 'argmax', value: graph.output } as const;
    const same = [...made].find(([o]) => JSON.stringify(o) === JSON.stringify(fuzzy))?.[1];
    const network = same ?? fuzzyNetwork(graph, t.train, features, verdict, t.rows.classes, fuzzy).network;
    made.set(fuzzy, network);
    const final = tuned === true ? fineTune(network, t.train, teacher, t.validation, { seed }).network : network;
    const fixed = quantise(final, { width: 16, inputs }).network;
    return score(evaluateNetwork(fixed, t.test.values, t.test.rows).classes, t.test, classes);
  });
  return { float, tables };
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Runs all seeds and prints a row a strategy. `BENCH_SEEDS` limits the seeds (default 5). */
export async function run(): Promise<{ figures: Record<string, number> }> {
  const figures: Record<string, number> = ternaryRatios();
  if (!existsSync(ROWS)) {
    console.log(`SKIP ${ROWS} is not here`);
    return { figures };
  }
  const rows = readCiciotRows();
  const [train, validation, test] = [0, 1, 2].map((split) => rowsOfSplit(rows, split));
  const seeds = Array.from({ length: Number(process.env.BENCH_SEEDS ?? 5) }, (_, i) => i + 1);
  const trials = seeds.map((seed) => trial({ rows, train, validation, test }, seed));
  const float = mean(trials.map((t) => t.float));
  console.log(`MLP-B on CICIOT2022 rows, macro-F1 × 100 on the test split, ${seeds.length} seeds`);
  console.log(`${'float'.padEnd(36)} ${float.toFixed(2)}  ${trials.map((t) => t.float.toFixed(2)).join(' ')}`);
  STRATEGIES.forEach(({ name, figure }, s) => {
    const all = trials.map((t) => t.tables[s]);
    console.log(
      `${name.padEnd(36)} ${mean(all).toFixed(2)}  ${all.map((v) => v.toFixed(2)).join(' ')}  gap ${(float - mean(all)).toFixed(2)}`,
    );
    if (figure !== undefined) figures[`mlp-b.ciciot2022.gap.${figure}`] = float - mean(all);
  });
  return { figures };
}
