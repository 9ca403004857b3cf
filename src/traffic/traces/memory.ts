/** The captures of a trace spec as a dataset in memory: what `generateTraces` writes and `loadDataset` reads, without files. */
import type { PcapWriter } from '../capture/write.ts';
import type { Dataset, PacketColumns } from '../columns.ts';
import { decodeInto, newDecodeCounts, newDecodedColumns } from '../decode/decode.ts';
import { newFlowTable } from '../decode/flows.ts';
import { writeCapture } from './generate.ts';
import type { TraceSpec } from './spec.ts';

/** Packets of all captures so far, one list a column. */
interface Collected {
  readonly frames: Uint8Array[];
  readonly origLen: number[];
  readonly seconds: number[];
  readonly nanos: number[];
  readonly packetNumber: number[];
  readonly capture: number[];
}

/** A writer that keeps the packets of one capture instead of writing them. */
function collector(all: Collected, capture: number): PcapWriter {
  let number = 0;
  return {
    write(seconds, nanos, original, bytes, at, captured) {
      all.frames.push(bytes.slice(at, at + captured));
      all.origLen.push(original);
      all.seconds.push(seconds);
      all.nanos.push(nanos);
      all.packetNumber.push(number++);
      all.capture.push(capture);
    },
    finish() {},
    abandon() {},
  };
}

function columnsOf({ frames, ...columns }: Collected): PacketColumns {
  const capLen = Uint32Array.from(frames, (frame) => frame.length);
  const offset = new Uint32Array(frames.length);
  for (let i = 1; i < frames.length; i++) offset[i] = offset[i - 1]! + capLen[i - 1]!;
  const bytes = new Uint8Array(capLen.reduce((sum, length) => sum + length, 0));
  frames.forEach((frame, i) => {
    bytes.set(frame, offset[i]);
  });
  return {
    count: frames.length,
    bytes,
    offset,
    capLen,
    origLen: Uint32Array.from(columns.origLen),
    seconds: Uint32Array.from(columns.seconds),
    nanos: Uint32Array.from(columns.nanos),
    packetNumber: Uint32Array.from(columns.packetNumber),
    capture: Uint32Array.from(columns.capture),
  };
}

/** All captures of a spec, small enough for memory. Classes in order of the applications; every flow is labelled and of the train split. */
export function traceDataset(spec: TraceSpec): Dataset {
  const all: Collected = { frames: [], origLen: [], seconds: [], nanos: [], packetNumber: [], capture: [] };
  const classes = [...new Set(spec.applications.map((application) => application.className))];
  const captures: string[] = [];
  const label: number[] = [];
  spec.applications.forEach((application, a) => {
    for (let k = 0; k < application.captures; k++) {
      writeCapture(collector(all, captures.length), spec, [a, k]);
      captures.push(`${application.className}/${application.name}-${String(k + 1).padStart(2, '0')}.pcap`);
      label.push(classes.indexOf(application.className));
    }
  });
  const packets = columnsOf(all);
  const decoded = newDecodedColumns(packets.count);
  const counts = newDecodeCounts();
  const table = newFlowTable(0);
  decodeInto(packets, table, decoded, counts);
  const flowLabel = new Int16Array(table.flows.count);
  decoded.flow.forEach((flow, i) => {
    if (flow >= 0) flowLabel[flow] = label[packets.capture[i]!]!;
  });
  return {
    name: spec.name,
    classes,
    captures,
    packets,
    decoded,
    flowLabel,
    flowSplit: new Uint8Array(table.flows.count),
    counts: { ...counts, flows: table.flows.count },
    damage: [],
    warnings: [],
  };
}
