/**
 * The program's parser in words, as the parse kernel reads it. Only fields that the plan or the parser itself reads are
 * extracted. A state is [headers, skip, assignments, keys, cases, otherwise], then headers [bytes, valid column, fields, then
 * fields [byte, bit, shift down, low column, high column]], assignments [low column, high column, from low, constant low,
 * mask low, from high, constant high, mask high], keys [lookahead?, column or byte, bytes], cases [next, (value, mask)…].
 */

import type { ParserState, Program } from '../program/index.ts';
import { type FieldColumns, lowMask } from './builder.ts';
import type { Column } from './ir.ts';
import type { Plan } from './plan.ts';

const ACCEPT = 0;
const REJECT = 1;

/** Columns that the parser must fill for this plan: what the plan reads, and what the parser itself reads on the way. */
export function parsedColumns(plan: Plan): Column[] {
  const wanted = new Set(plan.inputs);
  if (typeof plan.sharding === 'object') for (const column of plan.sharding.inputs) wanted.add(column);
  if (plan.injected) return [...wanted].sort((a, b) => a - b);
  const { states } = plan.program.parser;
  const add = (name: string) => {
    const { lo, hi } = plan.fields.get(name)!;
    wanted.add(lo);
    if (hi !== undefined) wanted.add(hi);
  };
  for (const state of states) for (const key of state.select) if (key.kind === 'field') add(key.field);
  for (let before = -1; before < wanted.size; ) {
    before = wanted.size;
    for (const { dst, from } of states.flatMap((state) => state.assign)) {
      const { lo, hi } = plan.fields.get(dst)!;
      if ('field' in from && (wanted.has(lo) || (hi !== undefined && wanted.has(hi)))) add(from.field);
    }
  }
  return [...wanted].sort((a, b) => a - b);
}

/** Writes words at addresses: `address` of the next word, `word` appends one. */
export interface WordSink {
  readonly address: () => number;
  readonly word: (value: number) => void;
  readonly patch: (address: number, value: number) => void;
}

/** Encodes all states; returns the start state's address. `place` is a column's address in the chunk, 0 when it is not wanted. */
export function encodeParser(plan: Plan, sink: WordSink, place: (column: Column | undefined) => number): number {
  const { program } = plan;
  const addresses = new Map<string, number>();
  const patches: { readonly at: number; readonly next: string }[] = [];
  const target = (next: string) => {
    patches.push({ at: sink.address(), next });
    sink.word(0);
  };
  for (const state of program.parser.states) {
    addresses.set(state.name, sink.address());
    encodeState(plan, state, sink, place, target);
  }
  for (const { at, next } of patches) {
    const value = next === 'accept' ? ACCEPT : next === 'reject' ? REJECT : addresses.get(next);
    if (value === undefined) throw new Error(`the parser goes to ${next}, which does not exist`);
    sink.patch(at, value);
  }
  const start = addresses.get('start');
  if (start === undefined && program.parser.states.length > 0) throw new Error('the parser has no state "start"');
  return start ?? 0;
}

function encodeState(
  plan: Plan,
  state: ParserState,
  sink: WordSink,
  place: (column: Column | undefined) => number,
  target: (next: string) => void,
): void {
  const live = state.assign.filter(({ dst }) => {
    const { lo, hi } = plan.fields.get(dst)!;
    return place(lo) !== 0 || place(hi) !== 0;
  });
  const keys = state.select.flatMap((key) => {
    if (key.kind === 'lookahead') return [[1, key.byte, key.bytes]];
    const { lo, hi } = plan.fields.get(key.field)!;
    return hi === undefined
      ? [[0, place(lo), 0]]
      : [
          [0, place(lo), 0],
          [0, place(hi), 0],
        ];
  });
  for (const value of [state.extract.length, state.skip, live.length, keys.length, state.cases.length])
    sink.word(value);
  target(state.otherwise);
  for (const header of state.extract) encodeHeader(plan, header, sink, place);
  for (const { dst, from } of live) {
    const words = 'const' in from ? BigInt.asUintN(64, BigInt(from.const)) : 0n;
    const source = 'field' in from ? plan.fields.get(from.field)! : undefined;
    encodeAssign(plan.fields.get(dst)!, source, words, sink, place);
  }
  for (const key of keys) for (const value of key) sink.word(value);
  for (const { value, mask, next } of state.cases) {
    target(next);
    state.select.forEach((key, k) => {
      const words = (n: number) => BigInt.asUintN(64, BigInt(n));
      sink.word(Number(words(value[k]) & 0xffffffffn));
      sink.word(Number(words(mask[k]) & 0xffffffffn));
      if (key.kind !== 'field' || plan.fields.get(key.field)!.hi === undefined) return;
      sink.word(Number(words(value[k]) >> 32n));
      sink.word(Number(words(mask[k]) >> 32n));
    });
  }
}

function encodeHeader(plan: Plan, name: string, sink: WordSink, place: (column: Column | undefined) => number): void {
  const header = headerOf(plan.program, name);
  let bit = 0;
  const cuts: number[][] = [];
  for (const field of header.fields) {
    const { lo, hi, bits } = plan.fields.get(field)!;
    if (place(lo) !== 0 || place(hi) !== 0) cuts.push([bit >>> 3, bit & 7, 64 - bits, place(lo), place(hi)]);
    bit += bits;
  }
  sink.word(bit >>> 3);
  sink.word(place(plan.valid.get(name)));
  sink.word(cuts.length);
  for (const cut of cuts) for (const value of cut) sink.word(value);
}

function headerOf(program: Program, name: string) {
  const header = program.headers.find((candidate) => candidate.name === name);
  if (!header) throw new Error(`the parser extracts ${name}, which is no header`);
  return header;
}

function encodeAssign(
  dst: FieldColumns,
  from: FieldColumns | undefined,
  constant: bigint,
  sink: WordSink,
  place: (column: Column | undefined) => number,
): void {
  sink.word(place(dst.lo));
  sink.word(place(dst.hi));
  sink.word(from ? place(from.lo) : 0);
  sink.word(Number(constant & 0xffffffffn));
  sink.word(lowMask(dst.bits));
  sink.word(from?.hi === undefined ? 0 : place(from.hi));
  sink.word(from ? 0 : Number(constant >> 32n));
  sink.word(lowMask(dst.bits - 32));
}
