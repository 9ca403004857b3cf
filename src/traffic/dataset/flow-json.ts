/**
 * Flow JSON, the Brain-on-Switch/Pegasus convention: a list of flows `{label, len_seq, ts_seq, ip_hl_seq?, ip_tos_seq?, tcp_off_seq?, …}`.
 * Packets are synthesised as valid frames, so that everything downstream sees ordinary packets. Flows are read and written.
 */
import { writeFile } from '../../files.ts';
import { fail } from '../../problem.ts';
import { emptyColumns, finishBatch, newBatch, sharedBytes } from '../capture/buffers.ts';
import { gather, gathered, newGathering } from '../capture/read.ts';
import type { Dataset, PacketColumns } from '../columns.ts';
import { readText } from './csv.ts';

/** One flow of the file. */
export interface JsonFlow {
  readonly label: string | number;
  /** Packet lengths. */
  readonly len_seq: readonly number[];
  /** Seconds. */
  readonly ts_seq: readonly number[];
  readonly ip_hl_seq?: readonly number[];
  readonly ip_tos_seq?: readonly number[];
  readonly tcp_off_seq?: readonly number[];
  readonly protocol?: number;
}

/** How to read flow JSON. */
export interface FlowJsonOptions {
  /** What `len_seq` counts: whole frames (default) or IP packets. */
  readonly lengths?: 'frame' | 'ip';
}

const SEQUENCES = ['len_seq', 'ts_seq', 'ip_hl_seq', 'ip_tos_seq', 'tcp_off_seq'] as const;

/** @throws ProblemError TRAFFIC-JSON, TRAFFIC-FLOW-JSON naming the flow */
export function readFlowJson(path: string): JsonFlow[] {
  let value: unknown;
  try {
    value = JSON.parse(readText(path));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    fail({ code: 'TRAFFIC-JSON', message: `not JSON: ${error.message}`, where: path });
  }
  const list = Array.isArray(value) ? value : (value as { flows?: unknown } | null)?.flows;
  if (!Array.isArray(list)) fail({ code: 'TRAFFIC-FLOW-JSON', message: 'not a list of flows', where: path });
  list.forEach((flow, i) => {
    checkFlow(flow as Record<string, unknown>, `${path}: flow ${i}`);
  });
  return list as JsonFlow[];
}

function refuseFlow(message: string, where: string): never {
  fail({ code: 'TRAFFIC-FLOW-JSON', message, where });
}

function checkFlow(flow: Record<string, unknown> | null, where: string): void {
  if (typeof flow !== 'object' || flow === null) refuseFlow('not an object', where);
  if (typeof flow.label !== 'string' && typeof flow.label !== 'number') refuseFlow('has no "label"', where);
  const length = Array.isArray(flow.len_seq) ? flow.len_seq.length : -1;
  for (const name of SEQUENCES) {
    const sequence = flow[name];
    if (sequence === undefined && name !== 'len_seq' && name !== 'ts_seq') continue;
    if (!Array.isArray(sequence)) refuseFlow(`"${name}" is no list`, where);
    if (sequence.length !== length) refuseFlow(`"${name}" has ${sequence.length} values, "len_seq" ${length}`, where);
    const good = sequence.every((item) => typeof item === 'number' && Number.isFinite(item) && item >= 0);
    if (!good) refuseFlow(`"${name}" has a value that is no number`, where);
  }
}

const ETHERNET = 14;

/** Bytes kept of a synthesised packet: its headers. */
function headerBytes(flow: JsonFlow, i: number): { ihl: number; offset: number } {
  return {
    ihl: Math.min(15, Math.max(5, flow.ip_hl_seq?.[i] ?? 5)),
    offset: Math.min(15, Math.max(0, flow.tcp_off_seq?.[i] ?? 0)),
  };
}

/** Addresses and ports unique to a flow: 10.x.y.z with the flow's number, so that no two flows share a 5-tuple. */
function putHeaders(
  bytes: Uint8Array,
  at: number,
  flow: JsonFlow,
  number: number,
  i: number,
  protocol: number,
  ipLength: number,
): number {
  const { ihl, offset } = headerBytes(flow, i);
  const ip = at + ETHERNET;
  const l4 = ip + ihl * 4;
  bytes[at + 12] = 8;
  bytes[ip] = 0x40 | ihl;
  bytes[ip + 1] = flow.ip_tos_seq?.[i] ?? 0;
  bytes[ip + 2] = ipLength >> 8;
  bytes[ip + 3] = ipLength;
  bytes[ip + 8] = 64;
  bytes[ip + 9] = protocol;
  bytes.set([10, number >> 16, number >> 8, number, 198, 18, 0, 1], ip + 12);
  bytes.set([0x80, number >>> 24, 0x1f, 0x90], l4);
  if (protocol !== 6) return l4 + 8 - at;
  bytes[l4 + 12] = Math.max(5, offset) << 4;
  bytes[l4 + 13] = 0x10;
  return l4 + Math.max(5, offset) * 4 - at;
}

/** The packets of one flow, appended to a batch of their own. `capture` numbers the flow's file. */
function flowPackets(flow: JsonFlow, number: number, capture: number, options: FlowJsonOptions): PacketColumns {
  const count = flow.len_seq.length;
  const batch = newBatch(count);
  const bytes = sharedBytes(count * 134);
  const protocol = flow.protocol ?? (flow.tcp_off_seq?.some((offset) => offset > 0) ? 6 : 17);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const length = Math.round(flow.len_seq[i]!);
    const frameLength = options.lengths === 'ip' ? length + ETHERNET : length;
    const used = putHeaders(bytes, at, flow, number, i, protocol, Math.max(0, frameLength - ETHERNET));
    const whole = Math.floor(flow.ts_seq[i]!);
    // Doubles hold present-day seconds to a quarter of a microsecond: rounded to one.
    const micros = Math.round((flow.ts_seq[i]! - whole) * 1e6);
    batch.offset[i] = at;
    batch.capLen[i] = used;
    batch.origLen[i] = Math.max(frameLength, used);
    batch.seconds[i] = whole + (micros === 1_000_000 ? 1 : 0);
    batch.nanos[i] = (micros % 1_000_000) * 1000;
    batch.packetNumber[i] = i;
    at += used;
  }
  batch.count = count;
  return finishBatch(batch, bytes.subarray(0, at), capture);
}

/** Packets of flow JSON, flow after flow, as a capture would hold them; flow i is 10.0.0.0 + i. */
export function flowJsonPackets(
  flows: readonly JsonFlow[],
  capture: number,
  firstNumber: number,
  options: FlowJsonOptions = {},
): PacketColumns {
  if (flows.length === 0) return emptyColumns();
  const gathering = newGathering(1 << 16);
  flows.forEach((flow, i) => {
    gather(gathering, flowPackets(flow, firstNumber + i, capture, options), 'flow JSON');
  });
  const packets = gathered(gathering);
  for (let i = 0; i < packets.count; i++) packets.packetNumber[i] = i;
  return packets;
}

/** What a flow of a dataset gives in the JSON convention. */
interface WrittenFlow {
  label: string;
  split?: string;
  protocol: number;
  len_seq: number[];
  ts_seq: number[];
  ip_hl_seq: number[];
  ip_tos_seq: number[];
  tcp_off_seq: number[];
}

const SPLIT_NAMES: Readonly<Record<number, string>> = { 0: 'train', 1: 'validation', 2: 'test' };

/** The labelled flows of a dataset in the JSON convention, in order of flow number; lengths are frame lengths, times seconds to the µs. */
export function datasetFlows(dataset: Dataset): WrittenFlow[] {
  const { packets, decoded } = dataset;
  const flows: (WrittenFlow | undefined)[] = Array.from(dataset.flowLabel, (label, flow) =>
    label < 0
      ? undefined
      : {
          label: dataset.classes[label]!,
          ...(SPLIT_NAMES[dataset.flowSplit[flow]!] === undefined
            ? {}
            : { split: SPLIT_NAMES[dataset.flowSplit[flow]!]! }),
          protocol: 0,
          len_seq: [],
          ts_seq: [],
          ip_hl_seq: [],
          ip_tos_seq: [],
          tcp_off_seq: [],
        },
  );
  for (let i = 0; i < packets.count; i++) {
    const flow = decoded.flow[i]! < 0 ? undefined : flows[decoded.flow[i]!];
    if (flow === undefined) continue;
    const ip = packets.offset[i]! + decoded.l3Offset[i]!;
    const l4 = decoded.l4Offset[i] === 0 ? -1 : packets.offset[i]! + decoded.l4Offset[i]!;
    const four = decoded.ipVersion[i] === 4;
    const isTcp = decoded.protocol[i] === 6 && l4 >= 0 && l4 + 12 < packets.offset[i]! + packets.capLen[i]!;
    flow.protocol = decoded.protocol[i]!;
    flow.len_seq.push(packets.origLen[i]!);
    flow.ts_seq.push(Number(`${packets.seconds[i]}.${String(Math.floor(packets.nanos[i]! / 1000)).padStart(6, '0')}`));
    flow.ip_hl_seq.push(four ? packets.bytes[ip]! & 15 : 0);
    flow.ip_tos_seq.push(
      four ? packets.bytes[ip + 1]! : ((packets.bytes[ip]! & 15) << 4) | (packets.bytes[ip + 1]! >> 4),
    );
    flow.tcp_off_seq.push(isTcp ? packets.bytes[l4 + 12]! >> 4 : 0);
  }
  return flows.filter((flow) => flow !== undefined);
}

/** Write a dataset's labelled flows as flow JSON, one flow per line. @throws ProblemError FILE-WRITE */
export function writeFlowJson(path: string, dataset: Dataset): number {
  const flows = datasetFlows(dataset);
  writeFile(path, `[\n${flows.map((flow) => JSON.stringify(flow)).join(',\n')}\n]\n`);
  return flows.length;
}
