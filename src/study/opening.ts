/** A capture's packets up to the one to explain, kept in the batches they were read in: nothing is copied for those that do not matter. */

import { fail } from '../problem.ts';
import type { FrameColumns } from '../program/index.ts';
import type { PacketColumns } from '../traffic/index.ts';
import {
  decodeInto,
  keyText,
  newDecodeCounts,
  newDecodedColumns,
  newFlowTable,
  openCapture,
} from '../traffic/index.ts';

/** Packets of a capture up to a number. Rows count over all batches. */
export interface Opening {
  readonly batches: readonly PacketColumns[];
  /** First row of each batch. */
  readonly starts: readonly number[];
  /** Rows: up to and with the packet asked for. */
  readonly count: number;
}

/** Flow of every row, and the flows' names. */
export interface OpeningFlows {
  readonly flow: Int32Array;
  readonly names: readonly string[];
}

/**
 * @param last number of the packet to stop at (skipped records count); undefined: the whole capture
 * @throws ProblemError TRAFFIC-*
 */
export async function readOpening(path: string, last?: number): Promise<Opening> {
  const batches: PacketColumns[] = [];
  const starts: number[] = [];
  let count = 0;
  const capture = await openCapture(path, { capture: 0 });
  for await (const batch of capture) {
    batches.push(batch);
    starts.push(count);
    if (last === undefined || (batch.packetNumber[batch.count - 1] ?? 0) < last) {
      count += batch.count;
      continue;
    }
    count += batch.packetNumber.subarray(0, batch.count).filter((number) => number <= last).length;
    break;
  }
  return { batches, starts, count };
}

/** Batch of a row and its place there. */
function placeOf({ batches, starts }: Opening, row: number): { batch: PacketColumns; at: number } {
  let b = 0;
  while (b + 1 < starts.length && (starts[b + 1] ?? 0) <= row) b++;
  return { batch: batches[b] as PacketColumns, at: row - (starts[b] ?? 0) };
}

/** Number in the capture of the packet at `row`. */
export function packetNumberOf(opening: Opening, row: number): number {
  const { batch, at } = placeOf(opening, row);
  return batch.packetNumber[at] ?? 0;
}

/** The packets at `rows` (ascending), their bytes one after the other. */
export function rowsOfOpening(opening: Opening, rows: ArrayLike<number>): FrameColumns {
  const count = rows.length;
  const column = (): Uint32Array => new Uint32Array(count);
  const out = {
    offset: column(),
    capLen: column(),
    origLen: column(),
    seconds: column(),
    nanos: column(),
    capture: column(),
  };
  const frames: Uint8Array[] = [];
  let bytes = 0;
  for (let i = 0; i < count; i++) {
    const { batch, at } = placeOf(opening, rows[i] ?? 0);
    const [offset, length] = [batch.offset[at] ?? 0, batch.capLen[at] ?? 0];
    frames.push(batch.bytes.subarray(offset, offset + length));
    out.offset[i] = bytes;
    bytes += length;
    for (const name of ['capLen', 'origLen', 'seconds', 'nanos'] as const) out[name][i] = batch[name][at] ?? 0;
  }
  const joined = new Uint8Array(bytes);
  frames.forEach((frame, i) => {
    joined.set(frame, out.offset[i]);
  });
  return { count, bytes: joined, ...out };
}

/** 5-tuple flows of all rows. */
export function flowsOfOpening({ batches, starts, count }: Opening): OpeningFlows {
  const table = newFlowTable(0);
  const counts = newDecodeCounts();
  const flow = new Int32Array(count).fill(-1);
  batches.forEach((batch, b) => {
    const decoded = newDecodedColumns(batch.count);
    decodeInto(batch, table, decoded, counts, false);
    const start = starts[b] ?? 0;
    flow.set(decoded.flow.subarray(0, Math.min(batch.count, count - start)), start);
  });
  const { words } = table.flows;
  return { flow, names: Array.from({ length: table.flows.count }, (_, i) => keyText(words, i * 10)) };
}

/** The flow of one frame; null when it has none. */
export function flowOfFrame(frame: FrameColumns): string | null {
  const table = newFlowTable(0);
  const decoded = newDecodedColumns(1);
  const packets: PacketColumns = { ...frame, count: 1, packetNumber: new Uint32Array(1) };
  decodeInto(packets, table, decoded, newDecodeCounts(), false);
  return (decoded.flow[0] ?? -1) < 0 ? null : keyText(table.flows.words, 0);
}

/** Row of packet `number`, the last that was read. @throws ProblemError STUDY-PACKET */
export function lastRow(opening: Opening, number: number, where: string): number {
  const row = opening.count - 1;
  const have = row < 0 ? undefined : packetNumberOf(opening, row);
  if (have === number) return row;
  return fail({
    code: 'STUDY-PACKET',
    message: `the capture has no packet ${number}`,
    where,
    have: have === undefined ? 'no packet' : `packets 0 to ${have} up to there`,
    hint: 'packets are numbered from 0',
  });
}

/** Protocol and the two endpoints in either order. */
function flowForm(text: string): string {
  const [protocol = '', ...ends] = text
    .toLowerCase()
    .replace(/^protocol\s+/, '')
    .split(/[\s,]+|\s-\s/)
    .filter((part) => part !== '' && part !== '-');
  return [protocol, ...ends.sort()].join(' ');
}

/** Rows of a flow written `tcp 10.0.0.1:80 10.0.0.2:4321`, its ends in either order. @throws ProblemError STUDY-FLOW */
export function rowsOfFlow({ flow, names }: OpeningFlows, text: string, where: string): Uint32Array {
  const wanted = flowForm(text);
  const number = names.findIndex((name) => flowForm(name) === wanted);
  const rows = Uint32Array.from(flow.keys()).filter((i) => number >= 0 && flow[i] === number);
  if (rows.length > 0) return rows;
  return fail({
    code: 'STUDY-FLOW',
    message: `the capture has no flow '${text}'`,
    where,
    hint: `write it like '${names[0] ?? 'TCP 10.0.0.1:80 - 10.0.0.2:4321'}'`,
  });
}
