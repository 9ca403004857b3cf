/**
 * How fast is the engine? From prepared rows (one and two workers) against the reference pipeline, ONNX Runtime's float inference
 * and a hand-written native loop; from a capture, end to end. Medians of five. PEGASIM_BENCH_SCALE (default 1 = 10 million
 * packets) makes the capture smaller, 0 leaves it out; PEGASIM_BENCH_MODELS=mlp-b,rnn-b picks models; PEGASIM_BENCH_DOCS=docs/engine.md
 * puts the table there.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEngine, planProgram, runEngine, streamEngine } from '../src/engine/index.ts';
import { modelDefinition, openReference, trainModel } from '../src/model/index.ts';
import type { RunInput } from '../src/program/index.ts';
import { runReference } from '../src/switch/index.ts';
import type { FeatureRows, PacketColumns } from '../src/traffic/index.ts';
import { generateTraces, openCapture, parseTraceSpec } from '../src/traffic/index.ts';
import { goldenThere, MODELS, type ModelName, packetProgram, type RowBench, rowBench } from './engine-models.ts';
import { answersDigest, type NativeResult, runNative } from './engine-native.ts';
import { phasesOf } from './engine-phases.ts';
import type { BenchResult } from './main.ts';

const RUNS = 5;
const ROW_BYTES = 64 << 20;
/** How often the capture is streamed to see whether memory grows. */
const PASSES = 3;
const BATCHES = [64, 512, 4096, 16384, 65536];

type Figures = Record<string, number>;

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

/** Items a second: median of RUNS after one run to warm up. */
async function rate(count: number, work: () => Promise<unknown>, runs = RUNS): Promise<number> {
  await work();
  const rates: number[] = [];
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    await work();
    rates.push((count / (performance.now() - start)) * 1e3);
  }
  return median(rates);
}

async function engineRate(rows: RowBench, workers: number): Promise<number> {
  const fields = rows.input.kind === 'injected' ? Object.keys(rows.input.fields) : undefined;
  const engine = openEngine(rows.program, rows.placement, rows.count, fields, { workers });
  try {
    return await rate(rows.count, () => engine.feed(rows.input));
  } finally {
    await engine.close();
  }
}

function referenceRate(rows: RowBench): number {
  const count = 1000;
  const start = performance.now();
  runReference(rows.program, rows.placement, { ...rows.input, count } as RunInput);
  return (count / (performance.now() - start)) * 1e3;
}

/** Trained a moment only: its speed does not depend on its weights. */
async function floatRate(name: ModelName, rows: RowBench): Promise<{ readonly best: number; readonly how: string }> {
  const count = 2048;
  const classes = name === 'autoencoder' ? ['benign', 'attack'] : ['a', 'b', 'c'];
  const sample: FeatureRows = {
    features: modelDefinition(name).features,
    classes,
    count,
    values: rows.values.slice(0, count * rows.width),
    label: Int16Array.from({ length: count }, (_, i) => (name === 'autoencoder' ? 0 : i % 3)),
    split: Uint8Array.from({ length: count }, (_, i) => (i % 8 === 0 ? 1 : 0)),
  };
  const { onnx } = trainModel(name, sample, { epochs: 1, rowsPerEpoch: 256 });
  let best = { best: 0, how: '' };
  for (const batch of BATCHES) {
    // Two seconds a run at most: the big networks do a few hundred rows a second.
    if (best.best > 0 && batch > 2 * best.best) break;
    const total = Math.min(rows.count, batch * Math.max(1, Math.min(16, Math.floor(best.best / batch))));
    const values = Float32Array.from(rows.values.subarray(0, total * rows.width));
    const reference = await openReference(onnx, { batch, threads: cpus().length });
    const found = await rate(total, () => reference.run(values, total), 3);
    const how = `${reference.package} ${reference.version}, ${reference.threads} threads, batch ${batch}`;
    await reference.close();
    if (found > best.best) best = { best: found, how };
  }
  return best;
}

/** What one verdict costs in lookups and bytes, counted from the plan. */
function workOf(rows: RowBench): { readonly lookups: number; readonly rowsAdded: number; readonly tableKiB: number } {
  const fields = rows.input.kind === 'injected' ? Object.keys(rows.input.fields) : [];
  const plan = planProgram(rows.program, rows.placement, { observe: [], injected: fields });
  const count = (pick: (op: (typeof plan.ops)[number]) => number) => plan.ops.reduce((sum, op) => sum + pick(op), 0);
  const tables = new Set(
    plan.ops.flatMap((op) =>
      op.op === 'sum' ? op.terms.map(({ data }) => data) : op.op === 'direct' || op.op === 'product' ? [op.data] : [],
    ),
  );
  return {
    lookups: count((op) => (op.op === 'direct' || op.op === 'product' ? 1 : 0)),
    rowsAdded: count((op) => (op.op === 'sum' ? op.terms.length : 0)),
    tableKiB: [...tables].reduce((sum, data) => sum + data.byteLength, 0) / 1024,
  };
}

async function benchRows(name: ModelName, figures: Figures, table: string[][]): Promise<void> {
  const rows = rowBench(name, ROW_BYTES);
  const one = await engineRate(rows, 1);
  const two = await engineRate(rows, 2);
  const reference = referenceRate(rows);
  const float = await floatRate(name, rows);
  const native = runNative(rows);
  if (native !== undefined) await checkNative(rows, native);
  figures[`engine.${name}.rows.workers1`] = one;
  figures[`engine.${name}.rows.workers2`] = two;
  figures[`engine.${name}.reference`] = reference;
  figures[`engine.${name}.onnxRuntime`] = float.best;
  figures[`engine.${name}.overReference`] = two / reference;
  figures[`engine.${name}.overOnnxRuntime`] = two / float.best;
  if (native !== undefined) figures[`engine.${name}.overNative`] = one / native.rate;
  const { lookups, rowsAdded, tableKiB } = workOf(rows);
  const millions = (value: number | undefined) => (value === undefined ? '-' : (value / 1e6).toFixed(3));
  const line = [
    name,
    ...[reference, one, two, float.best, native?.rate].map(millions),
    String(rows.width * 4),
    String(lookups),
    String(rowsAdded),
    tableKiB.toFixed(0),
    (1e9 / one / (lookups + rowsAdded)).toFixed(2),
  ];
  table.push(line);
  console.log(`${line.map((cell, i) => (i === 0 ? cell.padEnd(12) : cell.padStart(10))).join('')}  ${float.how}`);
}

/** The yardstick must have done the same work: its answers are the engine's. */
async function checkNative(rows: RowBench, { count, digest }: NativeResult): Promise<void> {
  const run = await runEngine(rows.program, rows.placement, rows.input, { workers: 1 });
  if (answersDigest(run, count) !== digest) throw new Error('the native loop and the engine disagree');
}

/** Frames of a capture held in memory, in one run of columns; headers only beyond `keep` bytes a packet. */
async function loadPackets(path: string, keep: number): Promise<PacketColumns> {
  const batches: PacketColumns[] = [];
  const names = ['capLen', 'origLen', 'seconds', 'nanos', 'capture', 'packetNumber'] as const;
  for await (const batch of await openCapture(path)) {
    const bytes = new Uint8Array(batch.count * keep);
    const offset = new Uint32Array(batch.count);
    for (let i = 0, at = 0; i < batch.count; i++, at += keep) {
      const length = Math.min(keep, batch.capLen[i]);
      bytes.set(batch.bytes.subarray(batch.offset[i], batch.offset[i] + length), at);
      offset[i] = at;
    }
    const columns = names.map((name) => [name, batch[name].slice(0, batch.count)]);
    const capLen = batch.capLen.slice(0, batch.count).map((length) => Math.min(length, keep));
    batches.push({ count: batch.count, bytes, offset, ...Object.fromEntries(columns), capLen } as PacketColumns);
  }
  return joined(batches, keep);
}

function joined(batches: readonly PacketColumns[], keep: number): PacketColumns {
  const count = batches.reduce((sum, batch) => sum + batch.count, 0);
  const column = (name: keyof PacketColumns) => {
    const out = new Uint32Array(new SharedArrayBuffer(count * 4));
    let at = 0;
    for (const batch of batches) {
      out.set(batch[name] as Uint32Array, at);
      at += batch.count;
    }
    return out;
  };
  const bytes = new Uint8Array(new SharedArrayBuffer(count * keep));
  let at = 0;
  for (const batch of batches) {
    bytes.set(batch.bytes, at);
    at += batch.bytes.length;
  }
  const offset = new Uint32Array(new SharedArrayBuffer(count * 4)).map((_, i) => i * keep);
  return {
    count,
    bytes,
    offset,
    capLen: column('capLen'),
    origLen: column('origLen'),
    seconds: column('seconds'),
    nanos: column('nanos'),
    packetNumber: column('packetNumber'),
    capture: column('capture'),
  };
}

/** Packets that suffice to time the reference pipeline. */
const REFERENCE_PACKETS = 20_000;
/** Bytes of a frame that the parser can need, with room. */
const KEEP = 128;

async function benchMemory(path: string, figures: Figures): Promise<void> {
  const { program, placement } = packetProgram();
  const packets = await loadPackets(path, KEEP);
  const rates: number[] = [];
  for (const workers of [1, 2]) {
    const engine = openEngine(program, placement, packets.count, undefined, { workers, state: 'continuous' });
    rates.push(await rate(packets.count, () => engine.feed({ kind: 'packets', packets }), 3));
    await engine.close();
  }
  const few = { ...packets, count: Math.min(REFERENCE_PACKETS, packets.count) };
  const start = performance.now();
  runReference(program, placement, { kind: 'packets', packets: few }, { state: 'continuous' });
  figures['engine.mlp-b.packets.reference'] = (few.count / (performance.now() - start)) * 1e3;
  const phases = phasesOf(program, placement, packets);
  for (const [name, ns] of Object.entries(phases)) figures[`engine.mlp-b.packets.ns.${name}`] = ns;
  console.log(`ns a packet on one thread: ${phaseText(figures)}`);
  figures['engine.mlp-b.packets.workers1'] = rates[0];
  figures['engine.mlp-b.packets.workers2'] = rates[1];
  figures['engine.scaling'] = rates[1] / rates[0];
  console.log(
    `packets in memory: ${packets.count}, ${rates.map((one) => (one / 1e6).toFixed(2)).join(' → ')} M/s (1 → 2 workers), reference pipeline ${figures['engine.mlp-b.packets.reference'].toFixed(0)} packets/s`,
  );
}

/** Bytes of the capture read at a time while the batch before runs. */
const BATCH_BYTES = 1 << 24;

/** From the file to verdicts: reading runs beside the workers. The engine is planned and its threads started before. */
async function benchStream(path: string, packets: number, figures: Figures): Promise<void> {
  const { program, placement } = packetProgram();
  const engine = openEngine(program, placement, 1 << 20, undefined, { workers: 2, state: 'continuous' });
  const stream = async () => {
    const capture = await openCapture(path, { batchBytes: BATCH_BYTES, reuse: 'release' });
    return streamEngine(engine, capture, (_, batch) => capture.release(batch));
  };
  const found = await rate(packets, stream, 3);
  await engine.close();
  figures['engine.mlp-b.pcap.workers2'] = found;
  console.log(`pcap to verdicts, 2 workers: ${(found / 1e6).toFixed(2)} M packets/s`);
}

function phaseText(figures: Figures): string {
  const ns = (name: string) => (figures[`engine.mlp-b.packets.ns.${name}`] ?? Number.NaN).toFixed(0);
  return `parser ${ns('parse')}, generated loops ${ns('loops')}, bytecode ${ns('bytecode')}, moves between columns ${ns('moves')}, copying frames and the rest ${ns('rest')}`;
}

/** Highest resident size of a process that streams the capture so many times over, in MiB. */
function residentMiB(path: string, times: number): number {
  const script = join(import.meta.dirname, 'engine-memory.ts');
  const out = execFileSync(process.execPath, ['--import', 'tsx', script, path, String(times)], { encoding: 'utf8' });
  return Number(out) / 1024;
}

/** Streams one, then several times the capture: what more of it adds to the memory. */
function benchResident(path: string, figures: Figures): void {
  const gigabytes = statSync(path).size / 1e9;
  const [once, more] = [residentMiB(path, 1), residentMiB(path, PASSES)];
  figures['engine.stream.rssMiB'] = more;
  figures['engine.stream.rssMiBPerGB'] = (more - once) / ((PASSES - 1) * gigabytes);
  console.log(
    `resident: ${once.toFixed(0)} MiB for ${gigabytes.toFixed(1)} GB, ${more.toFixed(0)} MiB for ${(gigabytes * PASSES).toFixed(1)} GB (${figures['engine.stream.rssMiBPerGB'].toFixed(1)} MiB per GB)`,
  );
}

async function benchCapture(figures: Figures): Promise<void> {
  const scale = Number(process.env.PEGASIM_BENCH_SCALE ?? 1);
  const folder = mkdtempSync(join(tmpdir(), 'pegasim-engine-'));
  try {
    const spec = parseTraceSpec(readFileSync('traces/bench.yaml', 'utf8'), 'traces/bench.yaml');
    const [{ file, packets, flows }] = generateTraces(spec, folder, { scale });
    const path = join(folder, file);
    console.log(
      `capture: ${packets} packets, ${flows} flows, ${(statSync(path).size / packets).toFixed(0)} bytes a packet, page-cached`,
    );
    await benchStream(path, packets, figures);
    benchResident(path, figures);
    await benchMemory(path, figures);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const COLUMNS = [
  'model',
  'reference',
  '1 worker',
  '2 workers',
  'float',
  'native',
  'bytes in',
  'lookups',
  'rows',
  'KiB',
  'ns each',
];

export async function run(): Promise<BenchResult> {
  const figures: Figures = {};
  if (!goldenThere() || !existsSync('traces/bench.yaml')) {
    console.log('SKIP engine bench: needs ../shared/golden and traces/bench.yaml');
    return { figures };
  }
  console.log(`M verdicts/s; load ${loadavg()[0].toFixed(1)} on ${cpus().length} cores`);
  console.log(COLUMNS.map((cell, i) => (i === 0 ? cell.padEnd(12) : cell.padStart(10))).join(''));
  const wanted = process.env.PEGASIM_BENCH_MODELS?.split(',') ?? Object.keys(MODELS);
  const table: string[][] = [];
  for (const name of wanted as ModelName[]) await benchRows(name, figures, table);
  if (process.env.PEGASIM_BENCH_SCALE !== '0') await benchCapture(figures);
  const docs = process.env.PEGASIM_BENCH_DOCS;
  if (docs !== undefined) writeTable(docs, table, figures);
  return { figures };
}

/** Puts the figures between the marks of a Markdown page. */
function writeTable(path: string, table: readonly string[][], figures: Figures): void {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rate = (name: string) => `${((figures[name] ?? Number.NaN) / 1e6).toFixed(2)} M packets/s`;
  const lines = [
    row(COLUMNS),
    row(COLUMNS.map((_, i) => (i === 0 ? '---' : '--:'))),
    ...table.map(row),
    ...(figures['engine.scaling'] === undefined
      ? []
      : [
          '',
          `MLP-B with parser, registers and timestamps: from the capture ${rate('engine.mlp-b.pcap.workers2')} on two workers; from packets in`,
          `memory ${rate('engine.mlp-b.packets.workers1')} on one worker, ${rate('engine.mlp-b.packets.workers2')} on two (× ${figures['engine.scaling'].toFixed(2)}), ${figures['engine.mlp-b.packets.reference'].toFixed(0)} packets/s by the reference pipeline. Nanoseconds a`,
          `packet on one thread: ${phaseText(figures)}. Streaming holds ${figures['engine.stream.rssMiB'].toFixed(0)} MiB, ${figures['engine.stream.rssMiBPerGB'].toFixed(1)} MiB more per GB.`,
        ]),
  ];
  const text = readFileSync(path, 'utf8');
  const marked = /(<!-- bench engine -->\n)[\s\S]*?(<!-- end -->)/;
  if (!marked.test(text)) throw new Error(`${path} has no <!-- bench engine --> … <!-- end -->`);
  writeFileSync(
    path,
    text.replace(marked, (_, from, to) => `${from}${lines.join('\n')}\n${to}`),
  );
}
