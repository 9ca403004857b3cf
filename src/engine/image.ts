/**
 * The memory image of a plan: one shared WebAssembly memory with the tables (once), the chunk columns and results (once),
 * and per worker its bytecode, batch columns, registers and staging area. Workers get addresses only.
 */

import type { Register } from '../program/index.ts';
import { lowMask } from './builder.ts';
import { type Assembler, assemble, type Steps, tablesOf } from './encode.ts';
import type { Column } from './ir.ts';
import {
  bytesOfColumn,
  halvesOf,
  type ImageSizes,
  type Layout,
  layoutOf,
  loopModule,
  loopsOf,
  registerBytes,
  roomOf,
  type Sharing,
} from './layout.ts';
import { encodeParser, parsedColumns } from './parser.ts';
import type { Plan } from './plan.ts';
import { createSpace, type Space, writeWords } from './space.ts';

/** Addresses of one worker's parts. */
export interface WorkerImage {
  readonly steps: Steps;
  readonly slotSteps: Steps;
  /** Of the batch columns: what loops are told. */
  readonly base: number;
  /** [from, to] pairs of `collect` for all inputs, and for those the slot needs. */
  readonly collect: number;
  readonly collects: number;
  readonly slotCollect: number;
  readonly slotCollects: number;
  readonly slotColumn: number;
  /** `deliver` records that take what the slot's code computed and the rest needs back to the chunk. */
  readonly carry: number;
  readonly carries: number;
  readonly deliver: number;
  readonly delivers: number;
  /** Batch columns of the image's inputs, in their order. */
  readonly inputColumns: readonly number[];
  /** List of packet lanes, one word per packet of a range. */
  readonly list: number;
  /** Per half of the lanes: lists of this worker's lanes by shard, and where the words lie that hold each list's end. */
  readonly shardLists: readonly { readonly lists: readonly number[]; readonly heads: number }[];
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
  /** Generated code of the steps' loops; undefined where everything is bytecode. */
  readonly loops: WebAssembly.Module | undefined;
  /** Lanes of one worker's range, packets a batch, packets parsed at a time, bytes of the staging area. */
  readonly span: number;
  readonly batch: number;
  readonly sharing: Sharing;
  readonly parseBatch: number;
  readonly stageBytes: number;
  readonly parsePlan: number;
  readonly parseOutcome: number;
  readonly shards: number;
  readonly slotMask: number;
  readonly inputs: readonly { readonly column: Column; readonly address: number }[];
  readonly outputs: readonly ChunkOutput[];
  readonly workers: readonly WorkerImage[];
  readonly tableBytes: number;
  readonly columnBytes: number;
}

const PARSE_BATCH = 256;
const STAGE_BYTES = 1 << 18;
/** Read past the end of the staging area by unaligned 64-bit loads. */
const SLACK = 64;

/** Lays out and writes the image. */
export function buildImage(plan: Plan, sizes: ImageSizes): Image {
  const space = createSpace();
  const layout = layoutOf(plan, sizes);
  const start = space.top();
  for (const op of [...layout.ops, ...layout.slotOps]) for (const words of tablesOf(op)) space.tableAddress(words);
  const tableBytes = space.top() - start;
  const shared = chunkImage(plan, sizes, space, layout);
  const workers = Array.from({ length: sizes.workers }, () => workerImage(plan, sizes, space, shared, layout));
  const pages = Math.ceil((space.top() + SLACK) / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  for (const { address, data: words } of space.pieces) {
    new Uint8Array(memory.buffer, address, words.byteLength).set(
      new Uint8Array(words.buffer, words.byteOffset, words.byteLength),
    );
  }
  return {
    memory,
    loops: loopModule(layout, sizes, space, plan.program.registers),
    ...sizes,
    parseBatch: PARSE_BATCH,
    stageBytes: STAGE_BYTES,
    ...shared,
    shards: layout.slot ? sizes.workers : 1,
    slotMask: layout.slot?.sizeMask ?? 0,
    workers,
    tableBytes,
    columnBytes: layout.places * 4 * sizes.batch,
  };
}

interface Shared {
  readonly parsePlan: number;
  readonly parseOutcome: number;
  readonly inputs: readonly { readonly column: Column; readonly address: number }[];
  readonly carried: readonly { readonly column: Column; readonly address: number }[];
  readonly outputs: readonly ChunkOutput[];
}

function chunkImage(plan: Plan, sizes: ImageSizes, space: Space, layout: Layout): Shared {
  const chunk = sizes.span * sizes.workers * halvesOf(sizes);
  const columnBytes = chunk * 4 + 64;
  // Injected columns that any worker may run go straight to its batch columns.
  const direct = plan.injected && sizes.sharing === 'whole';
  const reserved = (column: Column) => ({ column, address: direct ? 0 : space.reserve(columnBytes) });
  const inputs = parsedColumns(plan).map(reserved);
  const carried = layout.carried.map(reserved);
  const places = new Map(inputs.map(({ column, address }) => [column, address]));
  const place = (column: Column | undefined) => (column === undefined ? 0 : (places.get(column) ?? 0));
  const parseOutcome = space.reserve(columnBytes);
  const logits = plan.program.verdict.logits.length;
  const block = logits > 0 ? space.reserve(chunk * 4 * logits) : 0;
  const outputs = plan.outputs.map(({ name, bytes }): ChunkOutput => {
    const logit = /^logit (\d+)$/.exec(name);
    if (logit) return { name, address: block + Number(logit[1]) * 4, bytes, stride: logits };
    return { name, address: space.reserve(chunk * bytes), bytes, stride: 1 };
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
  return { parsePlan, parseOutcome, inputs, carried, outputs };
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

/** Batch columns of one worker: of the main code, and of the slot's, in the same room. */
interface BatchColumns {
  readonly column: (id: Column) => number;
  readonly slotColumn: (id: Column) => number;
}

function workerImage(plan: Plan, sizes: ImageSizes, space: Space, shared: Shared, layout: Layout): WorkerImage {
  const { placeOf, slotPlaceOf } = layout;
  const room = roomOf(layout, sizes, plan.program.registers);
  const columnBytes = bytesOfColumn(sizes);
  const base = space.reserve(room.bytes);
  const columns: BatchColumns = {
    column: (id) => base + placeOf[id] * columnBytes,
    slotColumn: (id) => base + (slotPlaceOf?.[id] ?? 0) * columnBytes,
  };
  const registers = plan.program.registers.map((register, r) => ({
    address: base + room.offsets[r],
    bytes: registerBytes(register),
    register,
  }));
  const assembler: Assembler = {
    space,
    column: columns.column,
    frame: space.reserve(64),
    spare: space.reserve(columnBytes),
    registers: new Map(registers.map(({ register, address }) => [register.name, address])),
    registerList: plan.program.registers,
  };
  const slotAssembler = { ...assembler, column: columns.slotColumn };
  const listBytes = sizes.span * 4 + 64;
  const halves = sizes.sharing === 'whole' ? 0 : halvesOf(sizes);
  return {
    steps: assemble(assembler, layout.ops, 0),
    slotSteps: assemble(slotAssembler, layout.slotOps, loopsOf(layout.ops).length),
    base,
    ...movesOf(plan, space, shared, layout, columns),
    inputColumns: shared.inputs.map(({ column: id }) => columns.column(id)),
    list: space.reserve(listBytes),
    shardLists: Array.from({ length: halves }, () => ({
      lists: Array.from({ length: layout.slot ? sizes.workers : 1 }, () => space.reserve(listBytes)),
      heads: space.reserve(4 * sizes.workers),
    })),
    frames: space.reserve(STAGE_BYTES + SLACK),
    frameInput: space.reserve(64),
    frameColumns: Array.from({ length: 5 }, () => space.reserve(PARSE_BATCH * 4)),
    registers,
    lastCapture: space.reserve(64),
  };
}

type Moves = Pick<
  WorkerImage,
  'collect' | 'collects' | 'slotCollect' | 'slotCollects' | 'slotColumn' | 'carry' | 'carries' | 'deliver' | 'delivers'
>;

/** The lists of moves between chunk and batch columns. */
function movesOf(plan: Plan, space: Space, shared: Shared, layout: Layout, columns: BatchColumns): Moves {
  const { slot, carried } = layout;
  const { column, slotColumn } = columns;
  const chunkColumn = new Map([...shared.inputs, ...shared.carried].map(({ column: id, address }) => [id, address]));
  const outputAt = new Map(shared.outputs.map((output) => [output.name, output]));
  const collected = [...layout.inputs, ...carried];
  const slotInputs = slot?.inputs ?? [];
  const list = (rows: readonly (readonly number[])[]) =>
    writeWords(space, 4 * rows.flat().length + 16, (sink) => {
      for (const value of rows.flat()) sink.word(value);
    });
  const outputs = plan.outputs.map(({ name, column: id, bytes }) => {
    const { address, stride } = outputAt.get(name)!;
    return [column(id), address, stride, Math.log2(bytes)];
  });
  return {
    collect: list(collected.map((id) => [chunkColumn.get(id)!, column(id)])),
    collects: collected.length,
    slotCollect: list(slotInputs.map((id) => [chunkColumn.get(id)!, slotColumn(id)])),
    slotCollects: slotInputs.length,
    slotColumn: slot ? slotColumn(slot.slot) : 0,
    carry: list(carried.map((id) => [slotColumn(id), chunkColumn.get(id)!, 1, 2])),
    carries: carried.length,
    deliver: list(outputs),
    delivers: outputs.length,
  };
}
