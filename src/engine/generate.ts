/**
 * Loops as WebAssembly code made for one plan: table addresses and column places are constants in it, values between operations
 * stay in locals. A loop's function takes the address of a worker's columns and the bytes of a column in use,
 * which it rounds up to whole vectors.
 */

import { ALL_ONES } from './builder.ts';
import {
  type Body,
  constant,
  op as emit,
  I32,
  local,
  memory,
  moduleBytes,
  nested,
  newBody,
  W,
  withIndex,
} from './bytes.ts';
import { type Saturating, saturate } from './generate-saturate.ts';
import { writeScan } from './generate-scan.ts';
import { sumBytes, writeSum } from './generate-sum.ts';
import type { ColumnOp, Words } from './ir.ts';
import type { Loop } from './loops.ts';
import type { BinaryName, CompareName } from './opcodes.ts';
import {
  BASE,
  BYTES,
  cut,
  define,
  guarded,
  type Of,
  type Places,
  push,
  pushBits,
  pushRow,
  pushSource,
  shift,
  type Writer,
} from './writer.ts';

/** The module of all loops; function i is loop i. */
export function generateLoops(
  loops: readonly { readonly loop: Loop; readonly places: Places }[],
): Uint8Array<ArrayBuffer> {
  return moduleBytes(loops.map(({ loop, places }) => loopBody(loop, places)));
}

/** Bytes of scratch that a loop needs. */
export function scratchBytes(loop: Loop): number {
  return sumsOf(loop.ops).reduce((sum, op) => sum + sumBytes(op), 0);
}

function sumsOf(ops: readonly ColumnOp[]): Of<'sum'>[] {
  return ops.flatMap((op) => (op.op === 'sum' ? [op] : op.op === 'branch' ? sumsOf(op.ops) : []));
}

function loopBody(loop: Loop, places: Places): Body {
  const body = newBody();
  const at = local(body, I32);
  const last = local(body, I32);
  const end = local(body, I32);
  withIndex(body, W.get, BASE);
  withIndex(body, W.tee, at);
  withIndex(body, W.get, BYTES);
  emit(body, W.add);
  withIndex(body, W.set, last);
  withIndex(body, W.get, BASE);
  withIndex(body, W.get, BYTES);
  constant(body, 15);
  emit(body, W.add);
  constant(body, -16);
  emit(body, W.and, W.add);
  withIndex(body, W.set, end);
  nested(body, W.loop, () => {
    const writer: Writer = { body, places, values: new Map(), at, last, scratch: places.scratch };
    for (const op of loop.ops) writeOp(writer, op);
    for (const column of loop.writes) {
      const value = writer.values.get(column);
      if (value === undefined) continue;
      withIndex(body, W.get, at);
      push(writer, column);
      memory(body, W.store, places.column(column));
    }
    withIndex(body, W.get, at);
    constant(body, 4);
    emit(body, W.add);
    withIndex(body, W.tee, at);
    withIndex(body, W.get, end);
    emit(body, W.ltU);
    withIndex(body, W.brIf, 0);
  });
  return body;
}

function writeOp(writer: Writer, op: ColumnOp): void {
  switch (op.op) {
    case 'binary':
      writeBinary(writer, op);
      break;
    case 'compare':
      writeCompare(writer, op);
      break;
    case 'move':
      writeMove(writer, op);
      break;
    case 'shiftS':
      pushSource(writer, op.a);
      shift(writer.body, W.shl, op.left);
      shift(writer.body, W.shrS, op.right);
      cut(writer.body, op.width);
      define(writer, op.dst, op.mask);
      break;
    case 'direct':
      pushBits(writer, op.key, op.right, op.bits);
      element(writer, op.data);
      define(writer, op.dst, undefined);
      break;
    case 'product':
      push(writer, op.a);
      push(writer, op.b);
      emit(writer.body, W.add);
      element(writer, op.data);
      define(writer, op.dst, undefined);
      break;
    case 'gather':
      pushRow(writer, op.row, op.stride * 4);
      memory(writer.body, W.load, writer.places.table(op.data) + op.offset * 4);
      define(writer, op.dst, op.mask);
      break;
    case 'sum':
      writeSum(writer, op);
      break;
    case 'crc':
      writeCrc(writer, op);
      break;
    case 'scan':
      writeScan(writer, op);
      break;
    case 'branch':
      guarded(writer, op.test, op.keeps, () => {
        for (const inner of op.ops) writeOp(writer, inner);
      });
      break;
    default:
      throw new Error(`${op.op} does not run in a loop`);
  }
}

/** The array's element whose index is on the stack. */
function element({ body, places }: Writer, data: Words): void {
  const bytes = data.BYTES_PER_ELEMENT;
  if (bytes > 1) shift(body, W.shl, bytes === 2 ? 1 : 2);
  memory(body, bytes === 1 ? W.load8U : bytes === 2 ? W.load16U : W.load, places.table(data));
}

/** Operations that are right on the low bits of a word whatever lies above. */
const WRAPS: Partial<Record<BinaryName, number>> = { add: W.add, sub: W.sub, and: W.and, or: W.or, xor: W.xor };
/** When the first operand of a minimum or maximum is taken. */
const TAKES: Partial<Record<BinaryName, number>> = { minU: W.ltU, minS: W.ltS, maxU: W.gtU, maxS: W.gtS };

function writeBinary(writer: Writer, { sub, dst, a, b, k, mask }: Of<'binary'>): void {
  const { body } = writer;
  const wraps = WRAPS[sub];
  if (wraps !== undefined) {
    pushSource(writer, a);
    pushSource(writer, b);
    emit(body, wraps);
    cut(body, ALL_ONES >>> k);
    define(writer, dst, mask);
    return;
  }
  const [x, y] = [a, b].map((source) => {
    const index = local(body, I32);
    pushSource(writer, source);
    shift(body, W.shl, k);
    withIndex(body, W.set, index);
    return index;
  });
  const takes = TAKES[sub];
  if (takes === undefined) saturate(writer, sub as Saturating, x, y);
  else {
    for (const index of [x, y, x, y]) withIndex(body, W.get, index);
    emit(body, takes, W.select);
  }
  shift(body, W.shrU, k);
  define(writer, dst, mask);
}

/** CRC by byte position: the initial value XOR a table word per byte. */
function writeCrc(writer: Writer, { dst, init, words }: Of<'crc'>): void {
  const { body, places } = writer;
  constant(body, init);
  for (const { key, bytes, tables } of words) {
    for (let b = 0; b < bytes; b++) {
      pushBits(writer, key, 8 * (bytes - 1 - b), 0xff);
      shift(body, W.shl, 2);
      memory(body, W.load, places.table(tables) + 1024 * b);
      emit(body, W.xor);
    }
  }
  define(writer, dst, undefined);
}

const COMPARES: Record<CompareName, number> = {
  eq: W.eq,
  ne: W.ne,
  ltU: W.ltU,
  leU: W.leU,
  gtU: W.gtU,
  geU: W.geU,
  ltS: W.ltS,
  leS: W.leS,
  gtS: W.gtS,
  geS: W.geS,
};

function writeCompare(writer: Writer, { sub, dst, a, b, k, one, mask }: Of<'compare'>): void {
  const { body } = writer;
  if (one >>> 0 === ALL_ONES) constant(body, 0);
  for (const source of [a, b]) {
    pushSource(writer, source);
    shift(body, W.shl, k);
  }
  emit(body, COMPARES[sub]);
  if (one >>> 0 === ALL_ONES) emit(body, W.sub);
  else if (one !== 1) {
    constant(body, one);
    emit(body, W.mul);
  }
  define(writer, dst, mask);
}

function writeMove(writer: Writer, { dst, a, right, bits, left, keep, mask }: Of<'move'>): void {
  const { body } = writer;
  if (keep !== 0) {
    push(writer, dst);
    cut(body, keep);
  }
  if ('column' in a) pushBits(writer, a.column, right, bits);
  else constant(body, (a.value >>> right) & bits);
  shift(body, W.shl, left);
  if (keep !== 0) emit(body, W.or);
  define(writer, dst, mask);
}
