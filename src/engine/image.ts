/**
 * The memory image of a plan: one shared WebAssembly memory with the tables (once), the chunk columns and results (once),
 * and per worker its bytecode, batch columns, registers and staging area. Workers get addresses only.
 */

import type { Register } from '../program/index.ts';
import { lowMask } from './builder.ts';
import type { Column, ColumnOp, ScanCall, ScanOperand, Source, Words } from './ir.ts';
import { BINARY, COMPARE, OP } from './opcodes.ts';
import { encodeParser, parsedColumns, type WordSink } from './parser.ts';
import { columnPlaces, type Plan } from './plan.ts';

/** Addresses of one worker's parts. */
export interface WorkerImage {
  readonly code: number;
  readonly slotCode: number;
  /** [from, to] pairs of `collect` for all inputs, and for those the slot needs. */
  readonly collect: number;
  readonly collects: number;
  readonly slotCollect: number;
  readonly slotCollects: number;
  readonly slotColumn: number;
  readonly deliver: number;
  readonly delivers: number;
  /** List of packet lanes, one word per packet of a chunk. */
  readonly list: number;
  /** Staging: frame bytes and the parse kernel's input record with its five columns. */
  readonly frames: number;
  readonly frameInput: number;
  readonly frameColumns: readonly number[];
  readonly registers: readonly { readonly address: number; readonly bytes: number; readonly register: Register }[];
  /** One word: capture of the last packet plus 1. */
  readonly lastCapture: number;
}

export interface ChunkOutput {
  readonly name: string;
  readonly address: number;
  readonly bytes: 1 | 2 | 4;
  readonly stride: number;
}

export interface Image {
  readonly memory: WebAssembly.Memory;
  /** Packets a chunk, packets a batch, packets parsed at a time, bytes of the staging area. */
  readonly chunk: number;
  readonly batch: number;
  readonly parseBatch: number;
  readonly stageBytes: number;
  readonly parsePlan: number;
  readonly parseOutcome: number;
  readonly shard: number;
  readonly shards: number;
  readonly slotMask: number;
  readonly inputs: readonly { readonly column: Column; readonly address: number }[];
  readonly outputs: readonly ChunkOutput[];
  readonly workers: readonly WorkerImage[];
  readonly tableBytes: number;
  readonly columnBytes: number;
}

export interface ImageSizes {
  readonly chunk: number;
  readonly batch: number;
  readonly workers: number;
  readonly shards: number;
}

const PARSE_BATCH = 256;
const STAGE_BYTES = 1 << 18;
/** Read past the end of the staging area by unaligned 64-bit loads. */
const SLACK = 64;

interface Piece {
  readonly address: number;
  readonly data: Words;
}

/** Lays out and writes the image. */
export function buildImage(plan: Plan, sizes: ImageSizes): Image {
  const pieces: Piece[] = [];
  let top = 1024;
  const reserve = (bytes: number) => {
    const address = (top + 63) & ~63;
    top = address + bytes;
    if (top > 0xffff0000) throw new RangeError('the image does not fit 4 GiB');
    return address;
  };
  const data = new Map<Words, number>();
  const tableAddress = (words: Words) => {
    let address = data.get(words);
    if (address === undefined) {
      address = reserve(words.byteLength);
      pieces.push({ address, data: words });
      data.set(words, address);
    }
    return address;
  };
  const space: Space = { reserve, tableAddress, pieces, constants: new Map() };
  const start = top;
  for (const op of plan.ops) for (const words of tablesOf(op)) tableAddress(words);
  const tableBytes = top - start;
  const shared = chunkImage(plan, sizes, space);
  const { placeOf, places } = columnPlaces(plan);
  const workers = Array.from({ length: sizes.workers }, () => workerImage(plan, sizes, space, shared, placeOf, places));
  const pages = Math.ceil((top + SLACK) / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  for (const { address, data: words } of pieces) {
    new Uint8Array(memory.buffer, address, words.byteLength).set(
      new Uint8Array(words.buffer, words.byteOffset, words.byteLength),
    );
  }
  return {
    memory,
    chunk: sizes.chunk,
    batch: sizes.batch,
    parseBatch: PARSE_BATCH,
    stageBytes: STAGE_BYTES,
    ...shared,
    shards: sizes.shards,
    slotMask: typeof plan.sharding === 'object' ? plan.sharding.sizeMask : 0,
    workers,
    tableBytes,
    columnBytes: places * 4 * sizes.batch,
  };
}

interface Space {
  readonly reserve: (bytes: number) => number;
  readonly tableAddress: (words: Words) => number;
  readonly pieces: Piece[];
  readonly constants: Map<number, number>;
}

function tablesOf(op: ColumnOp): Words[] {
  switch (op.op) {
    case 'direct':
    case 'product':
    case 'gather':
      return [op.data];
    case 'search':
      return [op.starts];
    case 'find':
      return [op.cells];
    case 'sum':
      return op.terms.map((term) => term.data);
    case 'bitmap':
      return op.chunks.map((chunk) => chunk.bitmaps);
    case 'crc':
      return op.words.map((word) => word.tables);
    default:
      return [];
  }
}

/** Words collected first and reserved as one piece, so that addresses inside it are known while writing. */
function writeWords(space: Space, bytes: number, fill: (sink: WordSink) => void): number {
  const address = space.reserve(bytes);
  const words = new Uint32Array(bytes >>> 2);
  let used = 0;
  fill({
    address: () => address + used * 4,
    word: (value) => {
      if (used >= words.length) throw new RangeError('a code area is too small');
      words[used++] = value;
    },
    patch: (at, value) => {
      words[(at - address) >>> 2] = value;
    },
  });
  space.pieces.push({ address, data: words });
  return address;
}

/** A splat cell of a constant, for operands with step 0. */
function constantCell(space: Space, value: number): number {
  const word = value >>> 0;
  let address = space.constants.get(word);
  if (address === undefined) {
    address = space.tableAddress(new Uint32Array(4).fill(word));
    space.constants.set(word, address);
  }
  return address;
}

interface Shared {
  readonly parsePlan: number;
  readonly parseOutcome: number;
  readonly shard: number;
  readonly inputs: readonly { readonly column: Column; readonly address: number }[];
  readonly outputs: readonly ChunkOutput[];
}

function chunkImage(plan: Plan, sizes: ImageSizes, space: Space): Shared {
  const columnBytes = sizes.chunk * 4 + 64;
  const inputs = parsedColumns(plan).map((column) => ({ column, address: space.reserve(columnBytes) }));
  const places = new Map(inputs.map(({ column, address }) => [column, address]));
  const place = (column: Column | undefined) => (column === undefined ? 0 : (places.get(column) ?? 0));
  const parseOutcome = space.reserve(columnBytes);
  const shard = space.reserve(sizes.chunk + 64);
  const logits = plan.program.verdict.logits.length;
  const block = logits > 0 ? space.reserve(sizes.chunk * 4 * logits) : 0;
  const outputs = plan.outputs.map(({ name, bytes }): ChunkOutput => {
    const logit = /^logit (\d+)$/.exec(name);
    if (logit) return { name, address: block + Number(logit[1]) * 4, bytes, stride: logits };
    return { name, address: space.reserve(sizes.chunk * bytes), bytes, stride: 1 };
  });
  let start = 0;
  writeWords(space, parserBytes(plan), (sink) => {
    start = encodeParser(plan, sink, place);
  });
  const times = plan.program.fields
    .filter((field) => field.source === 'timestamp')
    .map(({ name }) => plan.fields.get(name)!);
  const parsePlan = writeWords(space, 32 + inputs.length * 4 + times.length * 16, (sink) => {
    sink.word(start);
    sink.word(parseOutcome);
    sink.word(inputs.length);
    sink.word(times.length);
    for (const { lo, hi, bits } of times) {
      for (const value of [place(lo), lowMask(bits), place(hi), lowMask(Math.min(bits, 48) - 32)]) sink.word(value);
    }
    for (const { address } of inputs) sink.word(address);
  });
  return { parsePlan, parseOutcome, shard, inputs, outputs };
}

/** An upper bound on the encoded parser's size. */
function parserBytes(plan: Plan): number {
  const { states } = plan.program.parser;
  const headers = new Map(plan.program.headers.map((header) => [header.name, header.fields.length]));
  const words = states.map(
    (state) =>
      6 +
      state.extract.reduce((sum, header) => sum + 3 + 5 * (headers.get(header) ?? 0), 0) +
      8 * state.assign.length +
      6 * state.select.length +
      state.cases.length * (1 + 4 * state.select.length),
  );
  return 64 + 4 * words.reduce((sum, count) => sum + count, 0);
}

function workerImage(
  plan: Plan,
  sizes: ImageSizes,
  space: Space,
  shared: Shared,
  placeOf: Int32Array,
  places: number,
): WorkerImage {
  const columnBytes = ((sizes.batch + 3) & ~3) * 4;
  const base = space.reserve(places * columnBytes);
  const column = (id: Column) => base + placeOf[id] * columnBytes;
  const spare = space.reserve(columnBytes);
  const registers = plan.program.registers.map((register) => {
    const bytes = register.size * (register.pair ? 8 : 4);
    return { address: space.reserve(bytes), bytes, register };
  });
  const registerAddress = new Map(registers.map(({ register, address }) => [register.name, address]));
  const assembler: Assembler = {
    space,
    column,
    frame: space.reserve(64),
    spare,
    registers: registerAddress,
    registerList: plan.program.registers,
  };
  const chunkColumn = new Map(shared.inputs.map(({ column: id, address }) => [id, address]));
  const moves = (columns: readonly Column[]) =>
    writeWords(space, 8 * columns.length + 8, (sink) => {
      for (const id of columns) for (const value of [chunkColumn.get(id)!, column(id)]) sink.word(value);
    });
  const slot = typeof plan.sharding === 'object' ? plan.sharding : undefined;
  const outputAt = new Map(shared.outputs.map((output) => [output.name, output]));
  const deliver = writeWords(space, 16 * plan.outputs.length + 16, (sink) => {
    for (const { name, column: id, bytes } of plan.outputs) {
      const { address, stride } = outputAt.get(name)!;
      for (const value of [column(id), address, stride, Math.log2(bytes)]) sink.word(value);
    }
  });
  return {
    code: assemble(assembler, plan.ops),
    slotCode: assemble(assembler, slot?.ops ?? []),
    collect: moves(plan.inputs),
    collects: plan.inputs.length,
    slotCollect: moves(slot?.inputs ?? []),
    slotCollects: slot?.inputs.length ?? 0,
    slotColumn: slot ? column(slot.slot) : 0,
    deliver,
    delivers: plan.outputs.length,
    list: space.reserve(sizes.chunk * 4 + 64),
    frames: space.reserve(STAGE_BYTES + SLACK),
    frameInput: space.reserve(64),
    frameColumns: Array.from({ length: 5 }, () => space.reserve(PARSE_BATCH * 4)),
    registers,
    lastCapture: space.reserve(64),
  };
}

interface Assembler {
  readonly space: Space;
  readonly column: (id: Column) => number;
  /** Scratch words of register scans. */
  readonly frame: number;
  /** A column that nobody reads. */
  readonly spare: number;
  readonly registers: ReadonlyMap<string, number>;
  readonly registerList: readonly Register[];
}

/** Address and step of an operand. */
function operand(to: Assembler, source: Source, step = 16): [number, number] {
  return 'column' in source ? [to.column(source.column), step] : [constantCell(to.space, source.value), 0];
}

function maskOperand(to: Assembler, mask: Column | undefined, step = 16): [number, number] {
  return operand(to, mask === undefined ? { value: 0xffffffff } : { column: mask }, step);
}

function assemble(to: Assembler, ops: readonly ColumnOp[]): number {
  const words = ops.map((op) => (op.op === 'skip' ? [OP.skip, to.column(op.test), 0] : encodeOp(to, op)));
  ops.forEach((op, i) => {
    if (op.op !== 'skip') return;
    words[i][2] = 4 * words.slice(i + 1, i + 1 + op.count).reduce((sum, encoded) => sum + encoded.length, 0);
  });
  return to.space.tableAddress(Uint32Array.from([...words.flat(), OP.end]));
}

function encodeOp(to: Assembler, op: ColumnOp): number[] {
  const { column, space } = to;
  switch (op.op) {
    case 'binary':
      return [
        OP.binary,
        BINARY.indexOf(op.sub),
        column(op.dst),
        ...operand(to, op.a),
        ...operand(to, op.b),
        op.k,
        ...maskOperand(to, op.mask),
      ];
    case 'compare':
      return [
        OP.compare,
        COMPARE.indexOf(op.sub),
        column(op.dst),
        ...operand(to, op.a),
        ...operand(to, op.b),
        op.k,
        op.one,
        ...maskOperand(to, op.mask),
      ];
    case 'move':
      return [
        OP.move,
        column(op.dst),
        ...operand(to, op.a),
        op.right,
        op.bits,
        op.left,
        op.keep,
        ...maskOperand(to, op.mask),
      ];
    case 'shiftS':
      return [
        OP.shiftS,
        column(op.dst),
        ...operand(to, op.a),
        op.left,
        op.right,
        op.width,
        ...maskOperand(to, op.mask),
      ];
    case 'direct':
      return [
        OP.direct,
        column(op.dst),
        column(op.key),
        op.right,
        op.bits,
        space.tableAddress(op.data),
        Math.log2(op.data.BYTES_PER_ELEMENT),
      ];
    case 'product':
      return [
        OP.product,
        column(op.dst),
        column(op.a),
        column(op.b),
        space.tableAddress(op.data),
        Math.log2(op.data.BYTES_PER_ELEMENT),
      ];
    case 'gather':
      return [
        OP.gather,
        column(op.dst),
        column(op.row),
        space.tableAddress(op.data) + op.offset * 4,
        op.stride,
        ...maskOperand(to, op.mask),
      ];
    case 'search': {
      const count = op.starts.length;
      const half = count > 1 ? 2 ** Math.floor(Math.log2(count - 1)) : 0;
      return [OP.search, column(op.dst), column(op.key), space.tableAddress(op.starts), count, half];
    }
    case 'find': {
      const list = space.tableAddress(Uint32Array.from(op.keys, column));
      return [OP.find, column(op.dst), op.keys.length, list, space.tableAddress(op.cells), op.sizeMask, op.miss];
    }
    case 'bitmap': {
      const list = op.chunks.flatMap(({ key, right, bitmaps }) => [column(key), right, space.tableAddress(bitmaps)]);
      return [
        OP.bitmap,
        column(op.dst),
        op.chunks.length,
        space.tableAddress(Uint32Array.from(list)),
        op.vectors,
        op.miss,
      ];
    }
    case 'crc': {
      const list = op.words.flatMap(({ key, bytes, tables }) => [column(key), space.tableAddress(tables), bytes]);
      return [OP.crc, column(op.dst), op.init, op.words.length, space.tableAddress(Uint32Array.from(list))];
    }
    case 'sum':
      return encodeSum(to, op);
    case 'skip':
      throw new Error('a skip is encoded with what it skips');
    case 'scan': {
      const register = to.registerList.find(({ name }) => name === op.register)!;
      const calls = op.calls.map((call) => space.tableAddress(encodeCall(to, call)));
      const list = space.tableAddress(Uint32Array.from(calls));
      return [
        OP.scan,
        to.registers.get(op.register)!,
        register.pair ? 1 : 0,
        register.size - 1,
        op.k,
        to.frame,
        calls.length,
        list,
      ];
    }
  }
}

/** [groups, base, mask, maskStep, terms, bytes an element, list]; list: destinations, widths, constants, then terms [row column, data]. */
function encodeSum(to: Assembler, op: Extract<ColumnOp, { op: 'sum' }>): number[] {
  const groups = Math.ceil(op.dsts.length / 4);
  const lanes = Array.from({ length: groups * 4 }, (_, l) => l);
  const list = Uint32Array.from([
    ...lanes.map((l) => (l < op.dsts.length ? to.column(op.dsts[l]) : to.spare)),
    ...lanes.map((l) => op.widths[l] ?? 0),
    ...lanes.map((l) => op.constants[l] ?? 0),
    ...op.terms.flatMap(({ row, data }) => [to.column(row), to.space.tableAddress(data)]),
  ]);
  const bytes = op.terms.every(({ data }) => data.BYTES_PER_ELEMENT === 2) ? 2 : 4;
  const mask = maskOperand(to, op.mask);
  return [OP.sum, groups, op.base ? 1 : 0, ...mask, op.terms.length, bytes, to.space.tableAddress(list)];
}

const FRAME_WORD = { lo: 0, hi: 4, input0: 8, input1: 12 } as const;

/** A stateful call in words (wasm/assembly/scan.ts). */
function encodeCall(to: Assembler, call: ScanCall): Uint32Array {
  const word = (one: ScanOperand) =>
    one.kind === 'const' ? constantCell(to.space, one.value) : to.frame + FRAME_WORD[one.kind];
  const none: Source = { value: 0 };
  return Uint32Array.from([
    ...maskOperand(to, call.mask, 4),
    to.column(call.index),
    ...operand(to, call.inputs[0] ?? none, 4),
    ...operand(to, call.inputs[1] ?? none, 4),
    call.conditions.length,
    call.updates.length,
    call.outputs.length,
    ...call.conditions.flatMap(({ op, a, minus, b }) => [op, word(a), minus ? word(minus) : 0, word(b)]),
    ...call.updates.flatMap(({ cell, when, op, a, b }) => [cell, when, op, word(a), word(b)]),
    ...call.outputs.flatMap(({ dst, when, value, width }) => [to.column(dst), when, value, width]),
  ]);
}
