/**
 * Bars of scenarios and reports: a scenario of a million packets run again with nothing changed, the size of its page, `explain` of the
 * last packet of a capture of a million packets. Commands are run as users run them, from `dist`: build first.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPcapWriter, readCaptures } from '../src/traffic/index.ts';

const ROOT = join(import.meta.dirname, '..');
const MAIN = join(ROOT, 'dist/cli/main.js');
const PACKETS = 1_000_000;
/** Of traces/p2p.yaml: 36,317 packets at scale 1. */
const SCALE = 28;
const RUNS = 3;

/** Output of one command and its seconds. */
function pegasim(args: readonly string[]): { seconds: number; stdout: string } {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`pegasim ${args.join(' ')}: exit ${status}\n${stderr}`);
  return { seconds: (performance.now() - start) / 1e3, stdout };
}

/** Median seconds of a command. */
function medianSeconds(args: readonly string[]): number {
  const seconds = Array.from({ length: RUNS }, () => pegasim(args).seconds).sort((a, b) => a - b);
  return seconds[RUNS >> 1]!;
}

/** The generated captures one after the other in one file of a million packets. */
async function millionPackets(data: string, path: string): Promise<void> {
  const names = readdirSync(data, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.pcap'));
  const { packets } = await readCaptures(names.sort().map((name) => join(data, name)));
  const writer = openPcapWriter(path);
  for (let n = 0; n < PACKETS; n++) {
    const i = n % packets.count;
    const { seconds, nanos, origLen, offset, capLen } = packets;
    writer.write(seconds[i]!, nanos[i]!, origLen[i]!, packets.bytes, offset[i]!, capLen[i]!);
  }
  writer.finish();
}

/** A scenario that replays and scores all packets of the generated captures. */
function writeScenario(folder: string): string {
  const path = join(folder, 'million.yaml');
  writeFileSync(
    path,
    `name: million
dataset: { path: data, split: { by: file, seed: 1, train: 0.3, validation: 0.2, test: 0.5 } }
model: { train: mlp-b, epochs: 2, maxRows: 20000 }
compile: { maxRows: 4000 }
replay: { split: all }
expect: ['packetsLost: 0']
`,
  );
  return path;
}

export async function run(): Promise<{ figures: Record<string, number> }> {
  if (!existsSync(MAIN)) {
    console.log('SKIP build first: dist/cli/main.js is missing');
    return { figures: {} };
  }
  const folder = mkdtempSync(join(tmpdir(), 'pegasim-study-'));
  try {
    const data = join(folder, 'data');
    pegasim(['traces', 'generate', join(ROOT, 'traces/p2p.yaml'), '-o', data, '--scale', String(SCALE), '--json']);
    const page = join(folder, 'report.html');
    const results = join(folder, 'out');
    const args = ['run', writeScenario(folder), '--cache', join(folder, 'cache'), '--html', page, '-o', results, '-q'];
    const first = pegasim(args).seconds;
    const rerunSeconds = medianSeconds(args);
    const htmlMB = statSync(page).size / 1e6;
    const { replay } = JSON.parse(readFileSync(join(results, 'million.json'), 'utf8')) as {
      replay: { scored: number };
    };
    const [onnx, program, capture] = ['m.onnx', 'm.pgs', 'million.pcap'].map((name) => join(folder, name));
    const shipped = join(ROOT, 'traces/p2p');
    pegasim(['train', 'mlp-b', shipped, '-o', onnx!, '--epochs', '2', '--json']);
    pegasim(['compile', onnx!, '--data', shipped, '-o', program!, '--max-rows', '4000', '--json']);
    await millionPackets(data, capture!);
    const explain = ['explain', program!, capture!, '--packet', String(PACKETS - 1), '--json'];
    const explainSeconds = medianSeconds(explain);
    console.log(
      `${replay.scored.toLocaleString('en')} packets scored: first run ${first.toFixed(1)} s, again ${rerunSeconds.toFixed(2)} s; page ${htmlMB.toFixed(3)} MB`,
    );
    console.log(`explain packet ${PACKETS - 1} of ${PACKETS}: ${explainSeconds.toFixed(2)} s (medians of ${RUNS})`);
    const figures = { rerunSeconds, htmlMB, explainSeconds };
    return { figures: Object.fromEntries(Object.entries(figures).map(([name, value]) => [`study.${name}`, value])) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
