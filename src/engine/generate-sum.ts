/** Sums of table rows in a loop: one packet's rows added as vectors of outputs. */

import { constant, op as emit, I32, local, memory, simd, simdConstant, simdMemory, V, W, withIndex } from './bytes.ts';
import type { Column, Mask } from './ir.ts';
import { BASE, cut, define, type Of, push, pushRow, type Value, type Writer } from './writer.ts';

/** Bytes of scratch that a sum takes. */
export function sumBytes({ dsts }: Of<'sum'>): number {
  return Math.ceil(dsts.length / 4) * 16;
}

/** Sums of 16-bit rows stay 16 bits wide where nothing is lost: narrow results, or sums that cannot grow out of 16 bits. */
function isShort({ dsts, widths, constants, terms }: Of<'sum'>): boolean {
  if (terms.some(({ data }) => !(data instanceof Int16Array))) return false;
  const lanes = Math.ceil(dsts.length / 4) * 4;
  return dsts.every((_, l) => {
    if (widths[l] >>> 0 <= 0xffff) return true;
    let [low, high] = [constants[l] | 0, constants[l] | 0];
    for (const { data } of terms) {
      let [least, most] = [0, 0];
      for (let at = l; at < data.length; at += lanes) {
        least = Math.min(least, data[at]);
        most = Math.max(most, data[at]);
      }
      low += least;
      high += most;
    }
    return low >= -0x8000 && high <= 0x7fff;
  });
}

/** Rows added as vectors, the sums left in scratch: each is read from there where it is needed. */
export function writeSum(writer: Writer, op: Of<'sum'>): void {
  const { body, places } = writer;
  const { dsts, widths, constants, terms, base, mask } = op;
  const rowBytes = terms[0].data.BYTES_PER_ELEMENT;
  const short = isShort(op);
  if (rowBytes === 2 && !short) {
    writeWideSum(writer, op);
    return;
  }
  const lanes = Math.ceil(dsts.length / 4) * 4;
  const total = lanes * rowBytes;
  const rows = terms.map(({ row }) => {
    const index = local(body, I32);
    pushRow(writer, row, total);
    withIndex(body, W.set, index);
    return index;
  });
  const start = startOf(constants, lanes, rowBytes);
  for (let from = 0; from < total; from += 16) {
    withIndex(body, W.get, BASE);
    rows.forEach((row, t) => {
      withIndex(body, W.get, row);
      simdMemory(body, total - from < 16 ? V.load64Zero : V.load, places.table(terms[t].data) + from);
      if (t > 0) simd(body, short ? V.addI16 : V.addI32);
    });
    const first = start.subarray(from, from + 16);
    if (first.some((byte) => byte !== 0)) {
      simdConstant(
        body,
        Uint8Array.from({ length: 16 }, (_, i) => first[i] ?? 0),
      );
      simd(body, short ? V.addI16 : V.addI32);
    }
    simdMemory(body, V.store, writer.scratch + from);
  }
  dsts.forEach((column, l) => {
    const sum: Value = {
      kind: 'memory',
      base: BASE,
      offset: writer.scratch + l * rowBytes,
      bytes: short ? 2 : 4,
      width: widths[l],
    };
    settle(writer, column, sum, base, mask);
  });
  writer.scratch += sumBytes(op);
}

/** The constants of a sum as the bytes of its vectors. */
function startOf(constants: readonly number[], lanes: number, bytes: number): Uint8Array {
  const words = bytes === 2 ? new Int16Array(lanes) : new Int32Array(lanes);
  constants.forEach((value, l) => {
    words[l] = value;
  });
  return new Uint8Array(words.buffer);
}

/** A sum as the column's value: as it is, or added to the old value, or only where the mask holds. */
function settle(writer: Writer, column: Column, sum: Value & { kind: 'memory' }, base: boolean, mask: Mask): void {
  const { body, values } = writer;
  if (!base && mask === undefined) {
    values.set(column, sum);
    return;
  }
  withIndex(body, W.get, sum.base);
  memory(body, sum.bytes === 2 ? W.load16S : W.load, sum.offset);
  if (base) {
    push(writer, column);
    emit(body, W.add);
  }
  cut(body, sum.width);
  define(writer, column, mask);
}

/** 16-bit rows whose sums need more: output by output. */
function writeWideSum(writer: Writer, { dsts, widths, constants, terms, base, mask }: Of<'sum'>): void {
  const { body, places } = writer;
  const lanes = Math.ceil(dsts.length / 4) * 4;
  const rows = terms.map(({ row }) => {
    const index = local(body, I32);
    pushRow(writer, row, lanes * 2);
    withIndex(body, W.set, index);
    return index;
  });
  const sums = dsts.map((column, l) => {
    if (base) push(writer, column);
    else constant(body, 0);
    rows.forEach((row, t) => {
      withIndex(body, W.get, row);
      memory(body, W.load16S, places.table(terms[t].data) + l * 2);
      emit(body, W.add);
    });
    constant(body, constants[l]);
    emit(body, W.add);
    cut(body, widths[l]);
    const index = local(body, I32);
    withIndex(body, W.set, index);
    return index;
  });
  dsts.forEach((column, l) => {
    withIndex(body, W.get, sums[l]);
    define(writer, column, mask);
  });
}
