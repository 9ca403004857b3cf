/** Writing classic pcap (little endian, µs or ns, Ethernet), streamed: the file appears whole or not at all. */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { makeFolder, pendingSibling, settleFile } from '../../files.ts';
import { fail } from '../../problem.ts';
import type { PacketColumns } from '../columns.ts';

/** A capture being written. */
export interface PcapWriter {
  /** Append a record with the frame bytes[at, at + captured). */
  write(seconds: number, nanos: number, original: number, bytes: Uint8Array, at: number, captured: number): void;
  /** Flush and move the file to its name. */
  finish(): void;
  /** Throw the file away. */
  abandon(): void;
}

/** How to write. */
export interface WriteOptions {
  readonly nanosecond?: boolean;
  readonly snapLength?: number;
}

const BUFFER = 1 << 20;
const RECORD = 16;

function fileHeader(view: DataView, options: WriteOptions): number {
  view.setUint32(0, options.nanosecond === true ? 0xa1b23c4d : 0xa1b2c3d4, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, options.snapLength ?? 262_144, true);
  view.setUint32(20, 1, true);
  return 24;
}

function failOnWrite(error: unknown, path: string): never {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === undefined) throw error;
  fail({ code: 'TRAFFIC-WRITE', message: `cannot be written: ${code}`, where: path });
}

/** @throws ProblemError TRAFFIC-WRITE, at once or from `write` and `finish` */
export function openPcapWriter(path: string, options: WriteOptions = {}): PcapWriter {
  const temporary = pendingSibling(path);
  const buffer = new Uint8Array(BUFFER);
  const view = new DataView(buffer.buffer);
  const unit = options.nanosecond === true ? 1 : 1000;
  let used = fileHeader(view, options);
  let file: number;
  try {
    makeFolder(resolve(dirname(path)));
    file = openSync(temporary, 'w');
  } catch (error) {
    failOnWrite(error, path);
  }
  const flush = (): void => {
    try {
      for (let done = 0; done < used; ) done += writeSync(file, buffer, done, used - done);
    } catch (error) {
      failOnWrite(error, path);
    }
    used = 0;
  };
  return {
    write(seconds, nanos, original, bytes, at, captured) {
      if (used + RECORD + captured > BUFFER) flush();
      view.setUint32(used, seconds, true);
      view.setUint32(used + 4, Math.floor(nanos / unit), true);
      view.setUint32(used + 8, captured, true);
      view.setUint32(used + 12, original, true);
      buffer.set(bytes.subarray(at, at + captured), used + RECORD);
      used += RECORD + captured;
    },
    finish() {
      flush();
      closeSync(file);
      settleFile(temporary, path);
    },
    abandon() {
      closeSync(file);
      rmSync(temporary, { force: true });
    },
  };
}

/** Write packet columns as one capture. @throws ProblemError TRAFFIC-WRITE */
export function writePcap(path: string, packets: PacketColumns, options: WriteOptions = {}): void {
  const writer = openPcapWriter(path, options);
  const snap = options.snapLength ?? 262_144;
  try {
    for (let i = 0; i < packets.count; i++) {
      const captured = Math.min(packets.capLen[i]!, snap);
      writer.write(
        packets.seconds[i]!,
        packets.nanos[i]!,
        packets.origLen[i]!,
        packets.bytes,
        packets.offset[i]!,
        captured,
      );
    }
    writer.finish();
  } catch (error) {
    writer.abandon();
    throw error;
  }
}
