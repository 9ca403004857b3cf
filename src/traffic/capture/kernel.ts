/** What the kernels of the capture formats share: one `scan` call turns the bytes of a chunk into packet columns, without an object per packet. */
import type { Batch } from './buffers.ts';
import type { FramePlace, LinkKind } from './linktype.ts';
import { toEthernet } from './linktype.ts';

/** Largest captured packet of the link types read here: libpcap's MAXIMUM_SNAPLEN, also Wireshark's limit for them. */
export const MAX_CAPTURED = 262_144;

/** Bytes before a chunk's first record that conversion to Ethernet may write. */
export const CHUNK_MARGIN = 16;

/** Bytes of a capture in memory. File offset of bytes[i] is `base + i`. */
export interface Chunk {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly base: number;
  /** One past the last valid byte. */
  end: number;
}

/** Running facts of one capture; the same object lives from open to the end. */
export interface ScanState {
  /** Records seen so far: the number of the next packet. */
  records: number;
  packets: number;
  /** Records of interfaces whose link type carries no IP we read. */
  skippedLink: number;
  /** Packets captured shorter than they were. */
  cut: number;
  /** Packets earlier than their predecessor. */
  backwards: number;
  lastSeconds: number;
  lastNanos: number;
  /** Packets by link type. */
  readonly linkTypes: Map<number, number>;
  damageReason: string | undefined;
  damageOffset: number;
}

/** A reader of one format. */
export interface Kernel {
  readonly format: string;
  /**
   * Read records from chunk position `at` until the batch is full, a record is not whole in the chunk, or damage is found (state.damageReason).
   * @returns the position of the first unread byte
   */
  scan(chunk: Chunk, at: number, batch: Batch): number;
  /** Bytes the record at the last returned position needs to be whole (a lower bound). */
  needed: number;
  /** What an unread rest at the end of the file is: "record header" or "packet". */
  restName(rest: number): string;
  /** False when the file ended before anything that makes packets readable (no interface block): refuse it. */
  readonly state: ScanState;
}

/** A state before the first record. */
export function newScanState(): ScanState {
  return {
    records: 0,
    packets: 0,
    skippedLink: 0,
    cut: 0,
    backwards: 0,
    lastSeconds: 0,
    lastNanos: 0,
    linkTypes: new Map(),
    damageReason: undefined,
    damageOffset: 0,
  };
}

/** Note the first damage. */
export function damaged(state: ScanState, reason: string, offset: number): void {
  if (state.damageReason !== undefined) return;
  state.damageReason = reason;
  state.damageOffset = offset;
}

const place: FramePlace = { start: 0, capLen: 0, origLen: 0 };

/** Append one packet: convert its link layer if need be, strip `fcs` trailing checksum bytes, note time order. */
export function appendPacket(
  state: ScanState,
  batch: Batch,
  bytes: Uint8Array,
  kind: LinkKind,
  fcs: number,
  start: number,
  captured: number,
  original: number,
  seconds: number,
  nanos: number,
): void {
  const i = batch.count++;
  let capLen = captured;
  let origLen = Math.max(original, captured); // a captured length above the original is a writer's fault
  if (fcs > 0) {
    origLen = origLen > fcs ? origLen - fcs : 0;
    if (capLen > origLen) capLen = origLen;
  }
  let at = start;
  if (kind !== 'ethernet') {
    place.start = start;
    place.capLen = capLen;
    place.origLen = origLen;
    toEthernet(kind, bytes, place);
    at = place.start;
    capLen = place.capLen;
    origLen = place.origLen;
  }
  batch.offset[i] = at;
  batch.capLen[i] = capLen;
  batch.origLen[i] = origLen;
  batch.seconds[i] = seconds;
  batch.nanos[i] = nanos;
  batch.packetNumber[i] = state.records++;
  if (capLen < origLen) state.cut++;
  if (seconds < state.lastSeconds || (seconds === state.lastSeconds && nanos < state.lastNanos)) {
    if (state.packets > 0) state.backwards++;
  }
  state.lastSeconds = seconds;
  state.lastNanos = nanos;
  state.packets++;
}
