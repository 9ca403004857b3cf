/** Whole captures in memory: batches gathered into one set of columns. */
import type { Progress } from '../../problem.ts';
import { fail } from '../../problem.ts';
import type { PacketColumns } from '../columns.ts';
import { sharedBytes, sharedColumn } from './buffers.ts';
import { type CaptureInfo, openCapture } from './open.ts';

/** How to gather. */
export interface ReadOptions {
  /** Keep at most so many captured bytes of each packet (lengths stay the original ones); default: all. */
  readonly snapLength?: number;
  readonly progress?: Progress;
}

/** Packets of several captures in order, and what is known of each capture. */
export interface ReadResult {
  readonly packets: PacketColumns;
  readonly infos: readonly CaptureInfo[];
}

const COLUMN_NAMES = ['offset', 'capLen', 'origLen', 'seconds', 'nanos', 'packetNumber', 'capture'] as const;
type ColumnName = (typeof COLUMN_NAMES)[number];

/** Columns that grow by doubling while batches are appended. */
export interface Gathering {
  count: number;
  bytesUsed: number;
  bytes: Uint8Array;
  readonly columns: Record<ColumnName, Uint32Array>;
}

const MAX_BYTES = 0xffff_ff00;

/** An empty gathering with room for about `bytes` bytes of packets. */
export function newGathering(bytes: number): Gathering {
  const rows = Math.max(16, Math.min(bytes >>> 7, 1 << 20));
  const columns = Object.fromEntries(COLUMN_NAMES.map((name) => [name, sharedColumn(rows)]));
  return {
    count: 0,
    bytesUsed: 0,
    bytes: sharedBytes(Math.max(bytes, 64)),
    columns: columns as Record<ColumnName, Uint32Array>,
  };
}

function reserve(gathering: Gathering, rows: number, bytes: number, where: string): void {
  const capacity = gathering.columns.offset.length;
  if (gathering.count + rows > capacity) {
    const wanted = Math.max(capacity * 2, gathering.count + rows);
    for (const name of COLUMN_NAMES) {
      const bigger = sharedColumn(wanted);
      bigger.set(gathering.columns[name].subarray(0, gathering.count));
      gathering.columns[name] = bigger;
    }
  }
  const needed = gathering.bytesUsed + bytes;
  if (needed > MAX_BYTES) {
    fail({
      code: 'TRAFFIC-TOO-LARGE',
      message: 'the captures do not fit in one set of columns',
      where,
      need: `${needed} bytes`,
      have: `${MAX_BYTES} bytes`,
      hint: 'replay them as a stream, or keep fewer bytes per packet (snapLength)',
    });
  }
  if (needed <= gathering.bytes.length) return;
  const bigger = sharedBytes(Math.min(MAX_BYTES, Math.max(gathering.bytes.length * 2, needed)));
  bigger.set(gathering.bytes.subarray(0, gathering.bytesUsed));
  gathering.bytes = bigger;
}

/** Append a batch; with a snap length only the first bytes of each packet are copied, else the whole span of the batch at once. */
export function gather(gathering: Gathering, batch: PacketColumns, where: string, snapLength = 0): void {
  if (batch.count === 0) return;
  const { count } = gathering;
  const last = batch.count - 1;
  const spanStart = batch.offset[0]!;
  const spanEnd = batch.offset[last]! + batch.capLen[last]!;
  let total = spanEnd - spanStart;
  if (snapLength > 0) {
    total = 0;
    for (let i = 0; i <= last; i++) total += Math.min(batch.capLen[i]!, snapLength);
  }
  reserve(gathering, batch.count, total, where);
  const { columns, bytes } = gathering;
  const { offset, capLen } = columns;
  const source = batch.bytes;
  for (const name of COLUMN_NAMES) columns[name].set(batch[name], count);
  let at = gathering.bytesUsed;
  if (snapLength > 0) {
    for (let i = 0; i <= last; i++) {
      const from = batch.offset[i]!;
      const length = Math.min(batch.capLen[i]!, snapLength);
      for (let b = 0; b < length; b++) bytes[at + b] = source[from + b]!; // shorter than a call to set() for a few dozen bytes
      offset[count + i] = at;
      capLen[count + i] = length;
      at += length;
    }
  } else {
    bytes.set(batch.bytes.subarray(spanStart, spanEnd), at);
    const shift = at - spanStart;
    for (let i = 0; i <= last; i++) offset[count + i] = batch.offset[i]! + shift;
  }
  gathering.bytesUsed += total;
  gathering.count += batch.count;
}

/** The gathered packets as columns. */
export function gathered(gathering: Gathering): PacketColumns {
  const { count, columns } = gathering;
  const cut = (name: ColumnName): Uint32Array => columns[name].subarray(0, count);
  return {
    count,
    bytes: gathering.bytes.subarray(0, gathering.bytesUsed),
    offset: cut('offset'),
    capLen: cut('capLen'),
    origLen: cut('origLen'),
    seconds: cut('seconds'),
    nanos: cut('nanos'),
    packetNumber: cut('packetNumber'),
    capture: cut('capture'),
  };
}

/**
 * Read captures whole, in the order given; capture numbers are positions in `paths`. Damaged captures yield what precedes the damage (see infos).
 * @throws ProblemError as openCapture; TRAFFIC-TOO-LARGE above 4 GiB of kept bytes
 */
export async function readCaptures(paths: readonly string[], options: ReadOptions = {}): Promise<ReadResult> {
  const gathering = newGathering(1 << 16);
  const infos: CaptureInfo[] = [];
  for (const [index, path] of paths.entries()) {
    options.progress?.('reading captures', index, paths.length);
    const capture = await openCapture(path, { capture: index, reuse: 'next' });
    const { fileBytes } = capture.info();
    if (options.snapLength === undefined)
      reserve(gathering, fileBytes >>> 9, Math.min(fileBytes, MAX_BYTES - gathering.bytesUsed), path);
    for await (const batch of capture) gather(gathering, batch, path, options.snapLength);
    infos.push(capture.info());
  }
  options.progress?.('reading captures', paths.length, paths.length);
  return { packets: gathered(gathering), infos };
}
