/**
 * The six models end to end on Tofino 2: float figure, switch figure and the gap between them in points (macro-F1 × 100, AUC × 100 for
 * the AutoEncoder), replayed from packets through registers and tables. Generated traces by the scenario files; real captures of
 * ../shared/data by the same options, classes balanced in training, fine-tuned, at most 15,000 rows to train and to calibrate on (fewer where the scenario says so), so
 * that all ends within 15 minutes on two cores. The mean counts a switch that is better than its float model as a gap of 0. `BENCH_SMALL=1`: the scenarios' smoke sizes and no
 * real captures, to see that it runs.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadScenarios, openCache, runScenario, type Scenario } from '../src/study/index.ts';

const ROOT = join(import.meta.dirname, '..');
const DATA = resolve(ROOT, '../shared/data');

const IDS = ['mlp-b', 'rnn-b', 'cnn-b', 'cnn-m', 'cnn-l', 'autoencoder'] as const;
type Id = (typeof IDS)[number];

/** Rows a model trains and calibrates on at most: real captures hold more than two cores do in minutes. */
const MOST_ROWS = 15_000;

interface Real {
  readonly name: string;
  readonly folder: string;
  readonly models: readonly Id[];
  readonly dataset: Partial<Scenario['dataset']>;
  /** How flows are dealt to the splits. */
  readonly by: 'column' | 'file';
}

const REAL: readonly Real[] = [
  {
    name: 'iot-sentinel',
    folder: 'iot-sentinel',
    models: ['mlp-b', 'rnn-b', 'cnn-b', 'cnn-m', 'cnn-l'],
    dataset: { labelColumn: 'class' },
    by: 'column',
  },
  {
    name: 'ndpi',
    folder: 'ndpi',
    models: ['cnn-b', 'cnn-m'],
    dataset: { labelColumn: 'proto_class', classes: ['tls', 'http', 'quic', 'rtc', 'other-tcp', 'other-udp'] },
    by: 'file',
  },
  {
    name: 'anomaly',
    folder: 'anomaly',
    models: ['autoencoder'],
    dataset: { labelColumn: 'label', classes: ['benign', 'malicious'] },
    by: 'column',
  },
];

interface Outcome {
  readonly id: Id;
  readonly dataset: string;
  readonly float: number;
  readonly switch: number;
  readonly fits: boolean;
  readonly line: string;
}

const scenarioFile = (id: Id): string => join(ROOT, 'scenarios', id === 'mlp-b' ? 'quickstart.yaml' : `${id}.yaml`);

function realScenario(base: Scenario, { name, folder, models, dataset, by }: Real): Scenario {
  const path = join(DATA, folder, 'pcap');
  const split = { ...base.dataset.split, by };
  const { classes: _, ...own } = base.dataset;
  return {
    ...base,
    name: `${base.name}-${name}`,
    dataset: { ...own, path, labels: join(DATA, folder, 'labels.csv'), ...dataset, split },
    model: { ...base.model, maxRows: MOST_ROWS, ...(models.includes('autoencoder') ? {} : { balance: 0.5 }) },
    compile: { maxRows: MOST_ROWS, ...base.compile, fineTune: true },
    replay: { ...base.replay, acceptDamage: true },
  };
}

const points = (value: number): string => (100 * value).toFixed(2).padStart(7);

async function outcomeOf(id: Id, dataset: string, scenario: Scenario): Promise<Outcome> {
  const { result, timing } = await runScenario(scenario, { cache: openCache(undefined) });
  const f = result.figures;
  const auc = id === 'autoencoder';
  const float = Number(auc ? f.floatAuc : f.floatMacroF1);
  const ours = Number(auc ? f.auc : f.macroF1);
  const gap = points(float - ours);
  const line = `${id.padEnd(12)} ${dataset.padEnd(13)} ${points(float)} ${points(ours)} ${gap}  ${String(f.stages).padStart(3)}  ${f.fits ? 'yes' : 'NO '}  ${Math.round(timing.seconds)} s`;
  console.log(line);
  return { id, dataset, float, switch: ours, fits: f.fits === true, line };
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

function figuresOf(all: readonly Outcome[]): Record<string, number> {
  const figures: Record<string, number> = {};
  const gaps: number[] = [];
  for (const id of IDS) {
    const mine = all.filter((one) => one.id === id);
    if (mine.length === 0) continue;
    for (const one of mine) figures[`models.${id}.${one.dataset}.gap`] = 100 * (one.float - one.switch);
    figures[`models.${id}.gap`] = mean(mine.map((one) => 100 * (one.float - one.switch)));
    gaps.push(mean(mine.map((one) => Math.max(0, 100 * (one.float - one.switch)))));
    figures[`models.${id}.float`] = mean(mine.map((one) => 100 * one.float));
    figures[`models.${id}.switch`] = mean(mine.map((one) => 100 * one.switch));
    figures[`models.${id}.fits`] = mine.every((one) => one.fits) ? 1 : 0;
  }
  figures['models.gap.mean'] = mean(gaps);
  figures['models.gap.worst'] = Math.max(...all.map((one) => 100 * (one.float - one.switch)));
  return figures;
}

/** Trains, compiles, places and replays every model; `BENCH_MODELS` (comma-separated ids) limits them. */
export async function run(): Promise<{ figures: Record<string, number> }> {
  const small = process.env.BENCH_SMALL === '1';
  const wanted = process.env.BENCH_MODELS?.split(',') ?? IDS;
  console.log('model        dataset         float  switch     gap  stages  fits  time');
  const all: Outcome[] = [];
  for (const id of IDS.filter((one) => wanted.includes(one))) {
    const [scenario] = loadScenarios(scenarioFile(id), small);
    all.push(await outcomeOf(id, id === 'autoencoder' ? 'traces/anomaly' : 'traces/p2p', scenario));
    for (const real of small ? [] : REAL.filter((one) => one.models.includes(id))) {
      if (!existsSync(join(DATA, real.folder)))
        console.log(`SKIP ${id} on ${real.name}: ${join(DATA, real.folder)} is not here`);
      else all.push(await outcomeOf(id, real.name, realScenario(scenario, real)));
    }
  }
  return { figures: figuresOf(all) };
}
