/**
 * Design choices of the engine and what lost: lookups and sums run operation by operation on the compiled kernels, loops of generated
 * code of several lengths, the TypeScript twin; prepared rows, one thread. The winner is what src/engine/loops.ts names.
 */
import { buildImage } from '../src/engine/image.ts';
import { LOOP_WEIGHT } from '../src/engine/loops.ts';
import { createMachine } from '../src/engine/machine.ts';
import { planProgram } from '../src/engine/plan.ts';
import { createStation, type Job, rangeAt, runWhole } from '../src/engine/tasks.ts';
import { goldenThere, MODELS, type ModelName, rowBench } from './engine-models.ts';
import type { BenchResult } from './main.ts';

const ROW_BYTES = 8 << 20;
const SPAN = 1 << 13;
const BATCH = 512;
const RUNS = 3;

interface Choice {
  readonly name: string;
  readonly kernels: 'fused' | 'wasm' | 'typescript';
  readonly loopWeight: number;
}

const CHOICES: readonly Choice[] = [
  { name: 'twin', kernels: 'typescript', loopWeight: 0 },
  { name: 'kernels', kernels: 'wasm', loopWeight: 0 },
  ...[40, LOOP_WEIGHT, 600, 2400].map(
    (loopWeight): Choice => ({ name: `loops${loopWeight}`, kernels: 'fused', loopWeight }),
  ),
];

/** Rows a second of one way to run a model: best of RUNS after a warm-up. */
function rateOf(model: ModelName, { kernels, loopWeight }: Choice): number {
  const rows = rowBench(model, ROW_BYTES);
  if (rows.input.kind !== 'injected') throw new Error('rows are injected');
  const { fields } = rows.input;
  const plan = planProgram(rows.program, rows.placement, { observe: [], injected: Object.keys(fields) });
  const image = buildImage(plan, { span: SPAN, batch: BATCH, workers: 1, sharing: 'whole', loopWeight });
  const station = createStation(image, createMachine(image, kernels), 0);
  const count = kernels === 'typescript' ? Math.min(SPAN, rows.count) : rows.count;
  const names = new Map([...plan.fields.values()].map(({ lo, name }) => [lo, name]));
  const job: Job = {
    input: { kind: 'injected', columns: image.inputs.map(({ column }) => fields[names.get(column)!]!) },
    count,
    state: 'continuous',
    results: {
      count,
      outcome: new Uint8Array(count),
      verdict: new Int16Array(count),
      logits: new Int32Array(count * plan.program.verdict.logits.length),
      observed: {},
    },
  };
  let best = 0;
  for (let run = 0; run <= RUNS; run++) {
    const start = performance.now();
    for (let from = 0; from < count; from += SPAN) runWhole(station, job, rangeAt(station, job, 0, from));
    if (run > 0) best = Math.max(best, (count / (performance.now() - start)) * 1e3);
  }
  return best;
}

export async function run(): Promise<BenchResult> {
  const figures: Record<string, number> = {};
  if (!goldenThere()) {
    console.log('SKIP choices bench: needs ../shared/golden');
    return { figures };
  }
  console.log(`M rows/s    ${CHOICES.map(({ name }) => name.padStart(10)).join('')}`);
  for (const model of Object.keys(MODELS) as ModelName[]) {
    const rates = CHOICES.map((choice) => rateOf(model, choice));
    CHOICES.forEach(({ name }, c) => {
      figures[`choices.${model}.${name}`] = rates[c]!;
    });
    console.log(`${model.padEnd(12)}${rates.map((rate) => (rate / 1e6).toFixed(3).padStart(10)).join('')}`);
  }
  return { figures };
}
