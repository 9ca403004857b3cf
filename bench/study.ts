/**
 * Bars of scenarios and reports: a scenario run again with nothing changed, the size of a page, `explain` of the last packet of a
 * capture of a million packets. Commands are run as users run them, from `dist`: build first.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { featureProgram } from '../src/features/index.ts';
import { writePgs } from '../src/program/index.ts';
import { chipNamed, placeProgram } from '../src/switch/index.ts';
import { openPcapWriter, readCaptures } from '../src/traffic/index.ts';

const ROOT = join(import.meta.dirname, '..');
const MAIN = join(ROOT, 'dist/cli/main.js');
const PACKETS = 1_000_000;

/** Seconds of one command. */
function pegasim(args: readonly string[]): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [MAIN, ...args], { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(`pegasim ${args.join(' ')}: exit ${status}\n${stderr}`);
  return (performance.now() - start) / 1e3;
}

/** The shipped captures one after the other, again and again, up to a million packets. */
async function millionPackets(path: string): Promise<void> {
  const folder = join(ROOT, 'traces/p2p');
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.pcap'));
  const { packets } = await readCaptures(names.sort().map((name) => join(folder, name)));
  const writer = openPcapWriter(path);
  for (let n = 0; n < PACKETS; n++) {
    const i = n % packets.count;
    const { seconds, nanos, origLen, offset, capLen } = packets;
    writer.write(seconds[i]!, nanos[i]!, origLen[i]!, packets.bytes, offset[i]!, capLen[i]!);
  }
  writer.finish();
}

async function explainSeconds(folder: string): Promise<number> {
  const capture = join(folder, 'million.pcap');
  await millionPackets(capture);
  const features = ['ip.total_len', 'flow.max_len', 'flow.min_len', 'pkt.ipd'];
  const program = featureProgram(features);
  const { placement } = placeProgram(program, chipNamed('tofino2'));
  const path = join(folder, 'features.pgs');
  writePgs(path, { program, placement, meta: {}, inputs: '' });
  return pegasim(['explain', path, capture, '--packet', String(PACKETS - 1), '--json']);
}

export async function run(): Promise<{ figures: Record<string, number> }> {
  if (!existsSync(MAIN)) {
    console.log('SKIP build first: dist/cli/main.js is missing');
    return { figures: {} };
  }
  const folder = mkdtempSync(join(tmpdir(), 'pegasim-study-'));
  try {
    const page = join(folder, 'report.html');
    const args = ['run', 'scenarios/quickstart.yaml', '--smoke', '--cache', join(folder, 'cache'), '--html', page];
    const first = pegasim(args);
    const rerunSeconds = pegasim(args);
    const htmlMB = statSync(page).size / 1e6;
    const seconds = await explainSeconds(folder);
    console.log(`first run ${first.toFixed(1)} s, again ${rerunSeconds.toFixed(2)} s; page ${htmlMB.toFixed(3)} MB`);
    console.log(`explain packet ${PACKETS - 1} of ${PACKETS}: ${seconds.toFixed(2)} s`);
    const figures = { rerunSeconds, htmlMB, explainSeconds: seconds };
    return { figures: Object.fromEntries(Object.entries(figures).map(([name, value]) => [`study.${name}`, value])) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
