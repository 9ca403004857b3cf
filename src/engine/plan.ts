/** The execution plan: a placed program as column operations, its inputs and results, and how its packets may be sharded. */

import type { Placement, Program } from '../program/index.ts';
import { ALL_ONES, type Builder, compare, createBuilder, fieldOf, lowMask, move, sliced } from './builder.ts';
import { composeRows } from './compose.ts';
import { flattenProgram } from './flatten.ts';
import { fuseSums } from './fuse.ts';
import { type Column, type ColumnOp, needed, readsOf, writesOf } from './ir.ts';
import { shareColumns } from './share.ts';
import { insertSkips, maskOf } from './skip.ts';
import type { MatchNote } from './table.ts';

/** A result column: outcome, verdict, one logit, or an observed field's word. */
export interface PlanOutput {
  readonly name: string;
  readonly column: Column;
  /** Bytes an element: 1, 2 or 4. */
  readonly bytes: 1 | 2 | 4;
}

export interface Sharding {
  /** What has to run to know a packet's slot, dear operations of the rest included. */
  readonly ops: readonly ColumnOp[];
  readonly inputs: readonly Column[];
  readonly slot: Column;
  readonly sizeMask: number;
  /** Columns that travel with the packet, so that the rest need not compute them again. */
  readonly carried: readonly Column[];
  /** What runs where the slot lives: everything but what computed the carried columns. */
  readonly rest: readonly ColumnOp[];
  readonly restInputs: readonly Column[];
}

export interface Plan {
  readonly program: Program;
  readonly fields: Builder['fields'];
  readonly valid: Builder['valid'];
  readonly ops: readonly ColumnOp[];
  /** Fields are injected, the parser does not run. */
  readonly injected: boolean;
  /** Columns that the packets (parser or injection) provide and the operations read. */
  readonly inputs: readonly Column[];
  /** outcome, verdict, then logits in order, then observed. */
  readonly outputs: readonly PlanOutput[];
  /** Why packets cannot be sharded, or how they are; undefined without registers. */
  readonly sharding: Sharding | string | undefined;
  /** Registers are accessed from several stages: packets run one by one. */
  readonly oneByOne: boolean;
  /** Columns numbered below `fixed` belong to fields and headers. */
  readonly fixed: number;
  readonly columns: number;
  readonly matches: readonly MatchNote[];
}

export interface PlanOptions {
  readonly observe: readonly string[];
  /** Injected fields; undefined when packets are parsed. */
  readonly injected?: readonly string[];
}

/** Plans a program. `placement` gives the stage order; without one each table is a stage of its own, in program order. */
export function planProgram(program: Program, placement: Placement | undefined, options: PlanOptions): Plan {
  const builder = createBuilder(program);
  const matches: MatchNote[] = [];
  flattenProgram(builder, placement, (note) => matches.push(note));
  const outputs = [...verdictOutputs(builder), ...observedOutputs(builder, options.observe)];
  const wanted = outputs.map((output) => output.column);
  const kept = needed(shareColumns(needed(builder.ops, wanted).ops, builder.fixed), wanted).ops;
  const fused = composeRows(fuseSums(kept, wanted), wanted);
  const { ops, inputs } = needed(fused, wanted);
  const provided = providedColumns(builder, options.injected);
  const oneByOne = accessedTwice(ops);
  /** Operations that can start: fields nobody brings are 0, injected ones cut. */
  const started = (list: readonly ColumnOp[], reads: ReadonlySet<Column>, results: readonly Column[]) => ({
    ops: insertSkips(
      [...zeroed(reads, provided), ...injectedCuts(builder, list, reads, options.injected, results), ...list],
      builder.fixed,
      results,
    ),
    inputs: [...reads].filter((column) => provided.has(column)).sort((a, b) => a - b),
  });
  return {
    program,
    fields: builder.fields,
    valid: builder.valid,
    ...started(ops, inputs, wanted),
    injected: options.injected !== undefined,
    outputs,
    sharding: shardingOf(builder, ops, oneByOne, wanted, started),
    oneByOne,
    fixed: builder.fixed,
    columns: builder.columns,
    matches,
  };
}

/** Fields the packets do not bring start at 0. */
function zeroed(inputs: ReadonlySet<Column>, provided: ReadonlySet<Column>): ColumnOp[] {
  return [...inputs]
    .filter((column) => !provided.has(column))
    .map((dst) => ({ op: 'move', dst, a: { value: 0 }, right: 0, bits: 0, left: 0, keep: 0, mask: undefined }));
}

/** Injected words are cut to their field's width, unless whoever reads them looks only at bits within it. */
function injectedCuts(
  builder: Builder,
  ops: readonly ColumnOp[],
  inputs: ReadonlySet<Column>,
  injected: readonly string[] = [],
  wanted: readonly Column[] = [],
): ColumnOp[] {
  const widths = new Map([...builder.fields.values()].map(({ lo, bits }) => [lo, bits]));
  const careless = new Set([
    ...wanted,
    ...ops.flatMap((op) =>
      readsOf(op).filter((column) => {
        const within =
          op.op === 'direct' && op.bits !== ALL_ONES && op.right + bitsOf(op.bits) <= (widths.get(column) ?? 0);
        return !within;
      }),
    ),
  ]);
  return injected
    .map((name) => fieldOf(builder, name))
    .filter(({ lo, bits }) => inputs.has(lo) && bits < 32 && careless.has(lo))
    .map(({ lo, bits }) => ({
      op: 'move',
      dst: lo,
      a: { column: lo },
      right: 0,
      bits: lowMask(bits),
      left: 0,
      keep: 0,
      mask: undefined,
    }));
}

/** Bits of a mask of low ones. */
function bitsOf(mask: number): number {
  return 32 - Math.clz32(mask);
}

function verdictOutputs(builder: Builder): PlanOutput[] {
  const { verdict } = builder.program;
  const valid = verdict.valid === undefined ? undefined : { column: fieldOf(builder, verdict.valid).lo };
  const counts = valid && compare(builder, 'ne', valid, { value: 0 }, 0, ALL_ONES);
  const outcome = valid ? compare(builder, 'eq', valid, { value: 0 }, 0, 1) : move(builder, { value: 0 }, {});
  const answer = move(builder, { value: ALL_ONES }, {});
  if (verdict.class !== undefined && verdict.kind !== 'none') {
    move(builder, { column: fieldOf(builder, verdict.class).lo }, {}, counts, answer);
  }
  const logits = verdict.logits.map(({ field, low, bits, signed }, l): PlanOutput => {
    const { lo, hi } = fieldOf(builder, field);
    const width = Math.min(bits, 32);
    const raw = sliced(builder, { column: lo }, hi === undefined ? { value: 0 } : { column: hi }, low, width);
    const dst = move(builder, { value: 0 }, {});
    const up = signed ? 32 - width : 0;
    if (signed) builder.ops.push({ op: 'shiftS', dst, a: raw, left: up, right: up, width: ALL_ONES, mask: counts });
    else move(builder, raw, { bits: lowMask(width) }, counts, dst);
    return { name: `logit ${l}`, column: dst, bytes: 4 };
  });
  return [{ name: 'outcome', column: outcome, bytes: 1 }, { name: 'verdict', column: answer, bytes: 2 }, ...logits];
}

function observedOutputs(builder: Builder, observe: readonly string[]): PlanOutput[] {
  return observe.flatMap((name): PlanOutput[] => {
    const { lo, hi } = fieldOf(builder, name);
    const low: PlanOutput = { name, column: lo, bytes: 4 };
    return hi === undefined ? [low] : [low, { name: `${name}.hi`, column: hi, bytes: 4 }];
  });
}

/** Columns that exist before the first stage. */
function providedColumns(builder: Builder, injected: readonly string[] | undefined): Set<Column> {
  const { program } = builder;
  if (injected) return new Set(injected.map((name) => fieldOf(builder, name).lo));
  const names = [
    ...program.headers.flatMap((header) => header.fields),
    ...program.parser.states.flatMap((state) => state.assign.map(({ dst }) => dst)),
    ...program.fields.filter((field) => field.source === 'timestamp').map((field) => field.name),
  ];
  const columns = new Set<Column>(builder.valid.values());
  for (const name of names) {
    const { lo, hi } = fieldOf(builder, name);
    columns.add(lo);
    if (hi !== undefined) columns.add(hi);
  }
  return columns;
}

function accessedTwice(ops: readonly ColumnOp[]): boolean {
  const registers = ops.flatMap((op) => (op.op === 'scan' ? [op.register] : []));
  return new Set(registers).size < registers.length;
}

/** Packets may be spread over workers when every register access uses one index that no register influences. */
function shardingOf(
  builder: Builder,
  ops: readonly ColumnOp[],
  oneByOne: boolean,
  wanted: readonly Column[],
  started: (
    list: readonly ColumnOp[],
    reads: ReadonlySet<Column>,
    results: readonly Column[],
  ) => Pick<Sharding, 'ops' | 'inputs'>,
): Plan['sharding'] {
  const { program } = builder;
  const first = ops.findIndex((op) => op.op === 'scan');
  if (first < 0) return undefined;
  if (oneByOne) return 'a register is accessed in several stages';
  const scans = ops.flatMap((op) => (op.op === 'scan' ? [op] : []));
  const calls = scans.flatMap((scan) => scan.calls);
  const slot = calls[0].index;
  if (calls.some((call) => call.index !== slot)) return 'registers are indexed by different fields';
  const last = ops.findLastIndex((op) => op.op === 'scan');
  if (ops.slice(first, last + 1).some((op) => writesOf(op).includes(slot))) return 'the slot changes between registers';
  const sizes = scans.map((scan) => program.registers.find(({ name }) => name === scan.register)!.size);
  const hashes = ops.filter((op, i) => i < first && op.op === 'crc');
  const hashed = hashes.flatMap(writesOf);
  const slice = needed(ops.slice(0, first), [slot, ...hashed], true);
  const rest = needed(
    ops.filter((op) => !hashes.includes(op)),
    wanted,
  );
  const brought = new Set(hashed.filter((column) => rest.inputs.has(column)));
  const reads = new Set([...rest.inputs].filter((column) => !brought.has(column)));
  const { ops: restOps, inputs: restInputs } = started(rest.ops, reads, wanted);
  // A hash that matters under one mask only may be jumped over with it.
  const always = [...brought].filter((column) => !matteringTogether(column, ops, slice.ops));
  return {
    ...started(slice.ops, slice.inputs, [slot, ...always]),
    slot,
    sizeMask: Math.min(...sizes) - 1,
    carried: [...brought],
    rest: restOps,
    restInputs,
  };
}

/** Do all that read a column do so under one mask, some of them in the part? */
function matteringTogether(column: Column, ops: readonly ColumnOp[], part: readonly ColumnOp[]): boolean {
  const masks = (list: readonly ColumnOp[]) => list.flatMap((op) => (readsOf(op).includes(column) ? [maskOf(op)] : []));
  const [first, ...others] = masks(ops);
  return first !== undefined && others.every((mask) => mask === first) && masks(part).length > 0;
}
