/**
 * Reading captures: our streaming kernel against pcap-parser on the same generated file (why classic pcap is read by the kernel), the light
 * decoder on top, gzip, and the memory of streaming a file many times the size of a batch.
 */
import { createReadStream, createWriteStream, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import {
  decodeInto,
  generateTraces,
  newDecodeCounts,
  newDecodedColumns,
  newFlowTable,
  openCapture,
  parseTraceSpec,
} from '../src/traffic/index.ts';
import { readWithOracle } from '../test/traffic/oracle.ts';

const SPEC = join(import.meta.dirname, '..', 'traces', 'bench.yaml');
/** A twentieth of the big trace: half a million packets, 150 MB. */
const SCALE = 0.05;
const ROUNDS = 5;

async function stream(path: string, decode: boolean): Promise<number> {
  const table = newFlowTable();
  const counts = newDecodeCounts();
  const out = newDecodedColumns(65_536);
  let packets = 0;
  for await (const batch of await openCapture(path, { reuse: 'next' })) {
    packets += batch.count;
    if (decode) decodeInto(batch, table, out, counts);
  }
  return packets;
}

async function withOracle(path: string): Promise<number> {
  let packets = 0;
  await readWithOracle(path, () => packets++);
  return packets;
}

interface Cost {
  readonly wall: number;
  /** User and system seconds: what counts when other work shares the machine. */
  readonly cpu: number;
}

/** Median seconds of several runs. */
async function median(run: () => Promise<number>): Promise<Cost> {
  const walls: number[] = [];
  const cpus: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const cpu = process.cpuUsage();
    const started = performance.now();
    await run();
    walls.push((performance.now() - started) / 1000);
    const used = process.cpuUsage(cpu);
    cpus.push((used.user + used.system) / 1e6);
  }
  const middle = (list: number[]): number => list.sort((a, b) => a - b)[ROUNDS >> 1]!;
  return { wall: middle(walls), cpu: middle(cpus) };
}

/** Highest resident size while the file is streamed `times` times over, in MiB above the start. */
async function memoryOf(path: string, times: number, reuse: boolean): Promise<number> {
  const before = process.memoryUsage().rss;
  let peak = before;
  for (let i = 0; i < times; i++) {
    for await (const _ of await openCapture(path, { reuse: reuse ? 'next' : 'never' }))
      peak = Math.max(peak, process.memoryUsage().rss);
  }
  return (peak - before) / 2 ** 20;
}

/** Figures: read.packetsPerSecond, read.mbPerSecond, read.overPcapParser, read.decodedPacketsPerSecond, read.gzipMbPerSecond, read.reusedMiB, read.freshMiB. */
export async function run(): Promise<{ figures: Record<string, number> }> {
  const folder = mkdtempSync(join(tmpdir(), 'pegasim-read-'));
  try {
    const spec = parseTraceSpec(readFileSync(SPEC, 'utf8'), SPEC);
    const [written] = generateTraces(spec, folder, { scale: SCALE });
    const path = join(folder, written!.file);
    const megabytes = statSync(path).size / 1e6;
    const zipped = `${path}.gz`;
    await pipeline(createReadStream(path), createGzip({ level: 1 }), createWriteStream(zipped));
    const ours = await median(() => stream(path, false));
    const decoded = await median(() => stream(path, true));
    const gzip = await median(() => stream(zipped, false));
    const theirs = await median(() => withOracle(path));
    const reused = await memoryOf(path, 10, true);
    const fresh = await memoryOf(path, 10, false);
    const rate = ({ wall, cpu }: Cost): string =>
      `${(written!.packets / wall / 1e6).toFixed(2)} M packets/s, ${(megabytes / wall).toFixed(0)} MB/s; per CPU second ${(written!.packets / cpu / 1e6).toFixed(2)} M, ${(megabytes / cpu).toFixed(0)} MB`;
    console.log(
      `${written!.packets} packets, ${megabytes.toFixed(0)} MB, mean ${(written!.bytes / written!.packets).toFixed(0)} B`,
    );
    console.log(`kernel            ${rate(ours)}`);
    console.log(`kernel + decoder  ${rate(decoded)}`);
    console.log(`kernel, gzip      ${rate(gzip)}`);
    console.log(`pcap-parser       ${rate(theirs)}`);
    console.log(
      `memory above start over ten passes (${(megabytes / 100).toFixed(1)} GB): ${reused.toFixed(0)} MiB with batches reused, ${fresh.toFixed(0)} MiB with fresh ones`,
    );
    return {
      figures: {
        'read.packetsPerSecond': written!.packets / ours.wall,
        'read.mbPerSecond': megabytes / ours.wall,
        'read.decodedPacketsPerSecond': written!.packets / decoded.wall,
        'read.gzipMbPerSecond': megabytes / gzip.wall,
        'read.pcapParserPacketsPerSecond': written!.packets / theirs.wall,
        'read.overPcapParser': theirs.cpu / ours.cpu,
        'read.reusedMiB': reused,
        'read.freshMiB': fresh,
      },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
