/**
 * The verdicts of a run, small enough to commit: per capture the scored packets in order, each verdict in as few bits as the classes need.
 * Two runs are compared packet by packet through it (`baseline`).
 */

import { createHash } from 'node:crypto';
import type { ReplayVerdicts } from '../replay/index.ts';
import type { Dataset } from '../traffic/index.ts';

/** Scored packets of one capture, by their numbers in it. */
export interface CaptureRecord {
  readonly capture: string;
  readonly packets: number;
  /** First 16 hex digits of the SHA-256 of the packet numbers (32-bit little-endian, ascending). */
  readonly numbers: string;
  /** Verdict + 1 of each packet (0: none), `bits` bits each from the low end of a byte, base64. */
  readonly verdicts: string;
}

export interface VerdictRecord {
  readonly classes: readonly string[];
  readonly bits: number;
  readonly captures: readonly CaptureRecord[];
}

/** Scored rows by capture, each in order of packet number. */
export function rowsByCapture(dataset: Dataset, { count, packet }: Pick<ReplayVerdicts, 'count' | 'packet'>) {
  const { capture, packetNumber } = dataset.packets;
  const rows = new Map<number, number[]>();
  for (let row = 0; row < count; row++) {
    const own = rows.get(capture[packet[row]]);
    if (own === undefined) rows.set(capture[packet[row]], [row]);
    else own.push(row);
  }
  for (const own of rows.values()) own.sort((a, b) => packetNumber[packet[a]] - packetNumber[packet[b]]);
  return new Map([...rows].sort(([a], [b]) => a - b));
}

/** @param classes names of verdicts 0, 1, … */
export function recordOf(dataset: Dataset, verdicts: ReplayVerdicts, classes: readonly string[]): VerdictRecord {
  const bits = Math.max(1, Math.ceil(Math.log2(classes.length + 1)));
  const captures = [...rowsByCapture(dataset, verdicts)].map(([capture, rows]) => {
    const numbers = Uint32Array.from(rows, (row) => dataset.packets.packetNumber[verdicts.packet[row]]);
    return {
      capture: dataset.captures[capture] ?? String(capture),
      packets: rows.length,
      numbers: digestOf(numbers),
      verdicts: packValues(
        rows.map((row) => verdicts.switch[row] + 1),
        bits,
      ),
    };
  });
  return { classes, bits, captures };
}

function digestOf(numbers: Uint32Array): string {
  const bytes = Buffer.alloc(numbers.length * 4);
  numbers.forEach((number, i) => {
    bytes.writeUInt32LE(number, 4 * i);
  });
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

/** Values of `bits` bits each, the first in the lowest bits of the first byte; base64. */
export function packValues(values: ArrayLike<number>, bits: number): string {
  const bytes = Buffer.alloc(Math.ceil((values.length * bits) / 8));
  for (let i = 0; i < values.length; i++) {
    for (let b = 0; b < bits; b++) {
      const at = i * bits + b;
      if ((values[i] >> b) & 1) bytes[at >> 3] |= 1 << (at & 7);
    }
  }
  return bytes.toString('base64');
}

/** @returns `count` values; undefined when the text holds fewer or more than that many */
export function unpackValues(text: string, bits: number, count: number): Uint16Array | undefined {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== Math.ceil((count * bits) / 8)) return undefined;
  return Uint16Array.from({ length: count }, (_, i) => {
    let value = 0;
    for (let b = 0; b < bits; b++) {
      const at = i * bits + b;
      value |= ((bytes[at >> 3] >> (at & 7)) & 1) << b;
    }
    return value;
  });
}
