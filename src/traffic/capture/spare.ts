/** Memory of past chunks and batches, used again: a stream of any length then lives in the memory of a few chunks, without waiting for the collector. */
import type { PacketColumns } from '../columns.ts';
import { type Batch, newBatch, sharedBytes } from './buffers.ts';

/** When a batch's memory may be used again: never, at the next step of the iteration, or when the consumer releases it. */
export type Reuse = 'never' | 'next' | 'release';

interface Lent {
  readonly batch: Batch;
  readonly bytes: Uint8Array;
}

/** The store of one capture. */
export interface Spare {
  readonly reuse: Reuse;
  readonly chunks: Uint8Array[];
  readonly batches: Batch[];
  readonly lent: Map<PacketColumns, Lent>;
  /** Batches out per chunk; a chunk is free when it is past and none is out. */
  readonly out: Map<Uint8Array, number>;
  current: Uint8Array | undefined;
}

/** An empty store. */
export function newSpare(reuse: Reuse): Spare {
  return { reuse, chunks: [], batches: [], lent: new Map(), out: new Map(), current: undefined };
}

/** Memory for a chunk of exactly `size` bytes; a used one has old bytes in it. */
export function chunkMemory(spare: Spare, size: number): Uint8Array {
  const at = spare.chunks.findIndex((bytes) => bytes.length === size);
  return at < 0 ? sharedBytes(size) : spare.chunks.splice(at, 1)[0]!;
}

/** An empty batch for at least `capacity` packets. */
export function batchMemory(spare: Spare, capacity: number): Batch {
  const at = spare.batches.findIndex((batch) => batch.capacity >= capacity);
  if (at < 0) return newBatch(capacity);
  const [batch] = spare.batches.splice(at, 1);
  batch!.count = 0;
  return batch!;
}

/** Note that a batch over `bytes` goes out to the consumer. */
export function lend(spare: Spare, columns: PacketColumns, batch: Batch, bytes: Uint8Array): void {
  if (spare.reuse === 'never') return;
  spare.lent.set(columns, { batch, bytes });
  spare.out.set(bytes, (spare.out.get(bytes) ?? 0) + 1);
}

/** The consumer is done with a batch; unknown ones are ignored. */
export function takeBack(spare: Spare, columns: PacketColumns): void {
  const lent = spare.lent.get(columns);
  if (lent === undefined) return;
  spare.lent.delete(columns);
  spare.batches.push(lent.batch);
  const left = spare.out.get(lent.bytes)! - 1;
  spare.out.set(lent.bytes, left);
  if (left === 0 && lent.bytes !== spare.current) freeChunk(spare, lent.bytes);
}

/** The stream goes on to another chunk: the one before is free once none of its batches is out. */
export function moveOn(spare: Spare, next: Uint8Array): void {
  const past = spare.current;
  spare.current = next;
  if (past !== undefined && past !== next && spare.reuse !== 'never' && (spare.out.get(past) ?? 0) === 0)
    freeChunk(spare, past);
}

function freeChunk(spare: Spare, bytes: Uint8Array): void {
  spare.out.delete(bytes);
  spare.chunks.push(bytes);
}
