/**
 * What compiling MLP-B costs without fine-tuning: CPU seconds of one thread and peak memory, on calibration sets of several sizes (the
 * CICIOT2022 train rows, repeated as often as needed). Every size is a process of its own; run under `taskset -c 0` for one core.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileModel } from '../src/compiler/index.ts';
import { parseOnnx, trainModel } from '../src/model/index.ts';
import { chipNamed } from '../src/switch/index.ts';
import type { FeatureRows } from '../src/traffic/columns.ts';
import { ROWS, readCiciotRows } from './data/ciciot.ts';

const SIZES = [15_000, 30_000, 60_000];

interface Cost {
  readonly cpuSeconds: number;
  readonly peakMB: number;
  readonly fits: boolean;
}

/** The first `count` train rows, beginning again when they run out. */
function repeated(rows: FeatureRows, count: number): FeatureRows {
  const train = Array.from(rows.split.keys()).filter((r) => rows.split[r] === 0);
  const width = rows.features.length;
  const values = new Uint32Array(count * width);
  const label = new Int16Array(count);
  for (let i = 0; i < count; i++) {
    const r = train[i % train.length];
    for (let c = 0; c < width; c++) values[i * width + c] = rows.values[r * width + c];
    label[i] = rows.label[r];
  }
  return { ...rows, count, values, label, split: new Uint8Array(count) };
}

/** One compilation in this process. */
function compileOnce(path: string, count: number): Cost {
  const calibration = repeated(readCiciotRows(), count);
  const { features, classes } = calibration;
  const spec = { features, window: 1, classes, units: {}, verdict: 'argmax' } as const;
  const model = parseOnnx(readFileSync(path));
  const before = process.cpuUsage();
  const { fits } = compileModel({ name: 'mlp', model, spec, calibration, chip: chipNamed('tofino2') });
  const { user, system } = process.cpuUsage(before);
  return { cpuSeconds: (user + system) / 1e6, peakMB: process.resourceUsage().maxRSS / 1024, fits };
}

/** The same in a process of its own. */
function measure(path: string, count: number): Cost {
  const script = `import { compileOnce } from ${JSON.stringify(import.meta.url)}; console.log(JSON.stringify(compileOnce(${JSON.stringify(path)}, ${count})));`;
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', script],
    { encoding: 'utf8', cwd: join(import.meta.dirname, '..') },
  );
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Cost;
}

export async function run(): Promise<{ figures: Record<string, number> }> {
  if (!existsSync(ROWS)) {
    console.log(`SKIP ${ROWS} is not here`);
    return { figures: {} };
  }
  const folder = mkdtempSync(join(tmpdir(), 'pegasim-cost-'));
  try {
    const path = join(folder, 'mlp.onnx');
    writeFileSync(path, trainModel('mlp-b', readCiciotRows(), { seed: 1 }).onnx);
    const figures: Record<string, number> = {};
    console.log('MLP-B, 16 leaves, no fine-tuning, for Tofino 2');
    for (const size of SIZES) {
      const { cpuSeconds, peakMB, fits } = measure(path, size);
      console.log(`${size} rows: ${cpuSeconds.toFixed(1)} s CPU, peak ${peakMB.toFixed(0)} MB, fits ${fits}`);
      figures[`compile.mlp-b.cpuSeconds.${size}`] = cpuSeconds;
      figures[`compile.mlp-b.peakMB.${size}`] = peakMB;
    }
    return { figures };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export { compileOnce };
