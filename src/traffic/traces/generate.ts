/** Generating captures from a spec: flows begin at random, their packets interleave in time, files are streamed to disk. Same spec, same bytes. */
import { join } from 'node:path';
import type { Progress } from '../../problem.ts';
import { openPcapWriter, type PcapWriter } from '../capture/write.ts';
import { mixSeed, newRandom, type Random } from '../random.ts';
import { beginFlow, type FlowLife, nextPacket } from './behaviour.ts';
import { buildFrame, newFrameBuffer } from './frames.ts';
import type { ApplicationSpec, TraceSpec } from './spec.ts';

/** What was written. */
export interface GeneratedCapture {
  /** Relative to the output folder: <class>/<application>-<number>.pcap. */
  readonly file: string;
  readonly className: string;
  readonly flows: number;
  readonly packets: number;
  /** Original bytes. */
  readonly bytes: number;
}

/** Overrides for a spec, to make it bigger or smaller. */
export interface GenerateOptions {
  /** Multiplies the flows of every capture (at least one stays). */
  readonly scale?: number;
  readonly seed?: number;
  readonly progress?: Progress;
}

/** Flows under way, ordered by their next packet: a binary heap. */
interface Heap {
  readonly items: FlowLife[];
}

function push(heap: Heap, life: FlowLife): void {
  const { items } = heap;
  let at = items.length;
  items.push(life);
  while (at > 0) {
    const up = (at - 1) >> 1;
    if (items[up]!.time <= life.time) break;
    items[at] = items[up]!;
    at = up;
  }
  items[at] = life;
}

/** Put `life` in place of the first and let it sink. */
function replaceFirst(heap: Heap, life: FlowLife): void {
  const { items } = heap;
  const { length } = items;
  let at = 0;
  for (;;) {
    let down = 2 * at + 1;
    if (down >= length) break;
    if (down + 1 < length && items[down + 1]!.time < items[down]!.time) down++;
    if (items[down]!.time >= life.time) break;
    items[at] = items[down]!;
    at = down;
  }
  items[at] = life;
}

function dropFirst(heap: Heap): void {
  const last = heap.items.pop()!;
  if (heap.items.length > 0) replaceFirst(heap, last);
}

/** Times (µs) at which flows begin: sorted uniform draws, made one after the other so that nothing is stored. */
function arrivals(flows: number, seconds: number, random: Random): () => number {
  let left = flows;
  let fraction = 0;
  return () => {
    if (left === 0) return Number.POSITIVE_INFINITY;
    fraction += (1 - fraction) * (1 - (1 - random.next()) ** (1 / left--));
    return fraction * seconds * 1e6;
  };
}

interface Totals {
  packets: number;
  bytes: number;
}

function writeFlows(
  writer: PcapWriter,
  application: ApplicationSpec,
  flows: number,
  spec: TraceSpec,
  start: number,
  random: Random,
  report: (packets: number) => void,
): Totals {
  const heap: Heap = { items: [] };
  const frame = newFrameBuffer();
  const arrival = arrivals(flows, application.seconds, random);
  const totals: Totals = { packets: 0, bytes: 0 };
  let next = arrival();
  for (;;) {
    while (next < (heap.items[0]?.time ?? Number.POSITIVE_INFINITY)) {
      push(heap, beginFlow(application, next, random));
      next = arrival();
    }
    const life = heap.items[0];
    if (life === undefined) return totals;
    const micros = Math.floor(life.time);
    buildFrame(frame, life, micros, random);
    const seconds = start + Math.floor(micros / 1e6);
    writer.write(seconds, (micros % 1e6) * 1000, frame.length, frame.bytes, 0, Math.min(frame.length, spec.snapLength));
    totals.packets++;
    totals.bytes += frame.length;
    if ((totals.packets & 0xffff) === 0) report(totals.packets);
    if (nextPacket(life, random)) replaceFirst(heap, life);
    else dropFirst(heap);
  }
}

/** The packets of capture `k` of application `a`, in order of time. The caller finishes or abandons the writer. */
export function writeCapture(
  writer: PcapWriter,
  spec: TraceSpec,
  [a, k]: readonly [number, number],
  options: Pick<GenerateOptions, 'scale' | 'seed'> = {},
  report: (packets: number) => void = () => {},
): Pick<GeneratedCapture, 'flows' | 'packets' | 'bytes'> {
  const application = spec.applications[a]!;
  const flows = Math.max(1, Math.round(application.flows * (options.scale ?? 1)));
  const random = newRandom(mixSeed(options.seed ?? spec.seed, a, k));
  // Captures of all applications overlap in time: a class must not show by its clock.
  const start = spec.start + k * Math.ceil(application.seconds);
  return { flows, ...writeFlows(writer, application, flows, spec, start, random, report) };
}

/**
 * Write the captures of a spec under `folder`, one folder per class.
 * @throws ProblemError TRAFFIC-WRITE
 */
export function generateTraces(spec: TraceSpec, folder: string, options: GenerateOptions = {}): GeneratedCapture[] {
  const written: GeneratedCapture[] = [];
  const total = spec.applications.reduce((sum, application) => sum + application.captures, 0);
  spec.applications.forEach((application, a) => {
    for (let k = 0; k < application.captures; k++) {
      const file = `${application.className}/${application.name}-${String(k + 1).padStart(2, '0')}.pcap`;
      const writer = openPcapWriter(join(folder, file), { nanosecond: spec.nanosecond, snapLength: spec.snapLength });
      const report = (packets: number): void => options.progress?.(`writing ${file}: packets`, packets);
      try {
        const totals = writeCapture(writer, spec, [a, k], options, report);
        writer.finish();
        written.push({ file, className: application.className, ...totals });
      } catch (error) {
        writer.abandon();
        throw error;
      }
      options.progress?.('writing captures', written.length, total);
    }
  });
  return written;
}
