/** Growable packet columns in shared memory: what the capture kernels write into, one batch at a time. */
import type { PacketColumns } from '../columns.ts';

/** Columns being filled; `count` is the number of packets written so far. */
export interface Batch {
  count: number;
  readonly capacity: number;
  readonly offset: Uint32Array;
  readonly capLen: Uint32Array;
  readonly origLen: Uint32Array;
  readonly seconds: Uint32Array;
  readonly nanos: Uint32Array;
  readonly packetNumber: Uint32Array;
  readonly capture: Uint32Array;
}

/** Bytes in shared memory, so that workers see the same packets without a copy. */
export function sharedBytes(length: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(length));
}

/** A column of 32-bit unsigned numbers in shared memory. */
export function sharedColumn(length: number): Uint32Array {
  return new Uint32Array(new SharedArrayBuffer(length * 4));
}

/** An empty batch for up to `capacity` packets. */
export function newBatch(capacity: number): Batch {
  const column = (): Uint32Array => sharedColumn(capacity);
  return {
    count: 0,
    capacity,
    offset: column(),
    capLen: column(),
    origLen: column(),
    seconds: column(),
    nanos: column(),
    packetNumber: column(),
    capture: column(),
  };
}

/** The batch as packet columns over `bytes`; every packet is stamped with the capture's index. */
export function finishBatch(batch: Batch, bytes: Uint8Array, capture: number): PacketColumns {
  const { count } = batch;
  const cut = (column: Uint32Array): Uint32Array => column.subarray(0, count);
  return {
    count,
    bytes,
    offset: cut(batch.offset),
    capLen: cut(batch.capLen),
    origLen: cut(batch.origLen),
    seconds: cut(batch.seconds),
    nanos: cut(batch.nanos),
    packetNumber: cut(batch.packetNumber),
    capture: cut(batch.capture.fill(capture, 0, count)),
  };
}

/** Columns without packets. */
export function emptyColumns(): PacketColumns {
  return finishBatch(newBatch(0), sharedBytes(0), 0);
}
