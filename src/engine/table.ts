/** One table part as column operations: key columns, match structure, row number per packet, action masks, action data. */

import type { Action, Table } from '../program/index.ts';
import {
  ALL_ONES,
  type Builder,
  binary,
  both,
  compare,
  type FieldColumns,
  fresh,
  lowMask,
  move,
  sliced,
} from './builder.ts';
import type { Pattern } from './classes.ts';
import type { StagePart } from './control.ts';
import type { Column, Mask, Source, Words } from './ir.ts';
import { buildMatch, type KeyWord, type Match, type MatchNode, prefixes, type Row } from './match.ts';

/** An action of a table with the packets that run it. */
export interface Branch {
  readonly action: Action;
  readonly mask: Mask;
  readonly param: (name: string) => { readonly source: Source; readonly bits: number };
  /** For additions: action data that is 0 for packets of the path running another action, with the path as mask. */
  readonly added: { readonly mask: Mask; readonly param: Branch['param'] };
}

export interface TableUse {
  readonly branches: readonly Branch[];
  /** Packets that hit an entry of this part; undefined when the part is keyless. */
  readonly hit: Mask;
}

/** A key word's place: bits [right, right + bits) of a column. */
interface KeyColumn extends KeyWord {
  readonly column: Column;
  readonly right: number;
  /** Value and mask, a range of one word, or the low word of a range of two. */
  readonly kind: 'plain' | 'range' | 'wideRange';
}

/** The match structure chosen, for the printed plan. */
export interface MatchNote {
  readonly table: string;
  readonly entries: number;
  readonly match: string;
}

const NONE = 255;

/** Emits a part's lookup under `path`; `read` gives entry values. Packets outside the path look up too, without effect. */
export function emitTable(
  builder: Builder,
  part: StagePart,
  path: Mask,
  read: (field: string) => FieldColumns,
  note: (note: MatchNote) => void,
): TableUse {
  const { table } = part;
  const names = [...new Set([...table.actions, table.defaultAction.action])];
  const actions = names.map((name) => actionOf(builder, name));
  const count = part.to - part.from;
  const fallback = names.indexOf(table.defaultAction.action);
  const actionIds = Uint8Array.from({ length: count + 1 }, (_, row) =>
    row < count ? names.indexOf(table.actions[table.entries.action[part.from + row]]) : part.last ? fallback : NONE,
  );
  const row = count === 0 ? undefined : emitRow(builder, table, part, read, note);
  const used = row === undefined ? actionIds.subarray(count) : actionIds;
  const hit =
    row === undefined || part.last ? undefined : compare(builder, 'ne', { column: row }, { value: count }, 0, ALL_ONES);
  const data = rowData(table, part, actions);
  const ids = row !== undefined && used.some((id) => id !== used[0]) ? emitIds(builder, row, used) : undefined;
  const branches = actions.flatMap((action, id): Branch[] => {
    if (!used.includes(id)) return [];
    const own = ids === undefined ? undefined : compare(builder, 'eq', { column: ids }, { value: id }, 0, ALL_ONES);
    const param = paramReader(builder, action, data, row, count);
    const zeroed = ids === undefined ? data : { ...data, words: onlyRows(data, (r) => used[r] === id) };
    const added = { mask: path, param: ids === undefined ? param : paramReader(builder, action, zeroed, row, count) };
    return [{ action, mask: both(builder, own, path), param, added }];
  });
  return { branches, hit };
}

function actionOf(builder: Builder, name: string): Action {
  const action = builder.program.actions.find((candidate) => candidate.name === name);
  if (!action) throw new Error(`no action ${name}`);
  return action;
}

function emitIds(builder: Builder, row: Column, ids: Uint8Array): Column {
  const dst = fresh(builder);
  builder.ops.push({ op: 'direct', dst, key: row, right: 0, bits: ALL_ONES, data: ids });
  return dst;
}

interface RowData {
  readonly words: Uint32Array;
  readonly stride: number;
}

/** Action data of rows from..to-1 and of the default, masked to each parameter's bits. */
function rowData(table: Table, part: StagePart, actions: readonly Action[]): RowData {
  const { entries, defaultAction } = table;
  const count = part.to - part.from;
  const stride = Math.max(1, entries.dataWords, defaultAction.data.length);
  const words = new Uint32Array((count + 1) * stride);
  const byName = new Map(actions.map((action) => [action.name, action]));
  for (let row = 0; row <= count; row++) {
    const entry = part.from + row;
    const name = row < count ? table.actions[entries.action[entry]] : defaultAction.action;
    byName.get(name)!.params.forEach(({ bits }, p) => {
      const value = row < count ? entries.data[entry * entries.dataWords + p] : (defaultAction.data[p] ?? 0);
      words[row * stride + p] = value & lowMask(bits);
    });
  }
  return { words, stride };
}

/** The words with other rows than those wanted set to 0. */
function onlyRows({ words, stride }: RowData, wanted: (row: number) => boolean): Uint32Array {
  return words.map((value, at) => (wanted(Math.floor(at / stride)) ? value : 0));
}

function paramReader(builder: Builder, action: Action, data: RowData, row: Column | undefined, miss: number) {
  const known = new Map<string, Source>();
  return (name: string) => {
    const p = action.params.findIndex((param) => param.name === name);
    if (p < 0) throw new Error(`action ${action.name} has no parameter ${name}`);
    let source = known.get(name);
    if (source === undefined) {
      source = row === undefined ? { value: data.words[miss * data.stride + p] } : gathered(builder, data, row, p);
      known.set(name, source);
    }
    return { source, bits: action.params[p].bits };
  };
}

function gathered(builder: Builder, data: RowData, row: Column, offset: number): Source {
  const dst = fresh(builder);
  builder.ops.push({ op: 'gather', dst, row, data: data.words, offset, stride: data.stride, mask: undefined });
  return { column: dst };
}

/** The row number of each packet: entry − from, or the number of rows on a miss. */
function emitRow(
  builder: Builder,
  table: Table,
  part: StagePart,
  read: (field: string) => FieldColumns,
  note: (note: MatchNote) => void,
): Column {
  const words = keyColumns(builder, table, read);
  const count = part.to - part.from;
  const match = buildMatch(words, matchRows(table, part, words), count);
  note({ table: table.name, entries: count, match: describeMatch(match) });
  return emitMatch(builder, match, words, count);
}

/** Key words in the order of `Entries`, as columns. */
function keyColumns(builder: Builder, table: Table, read: (field: string) => FieldColumns): KeyColumn[] {
  return table.keys.flatMap((key): KeyColumn[] => {
    const { lo, hi, bits: all } = read(key.field);
    const low = key.slice?.low ?? 0;
    const bits = key.slice?.bits ?? all;
    const kind = key.match !== 'range' ? 'plain' : bits > 32 ? 'wideRange' : 'range';
    if (hi === undefined || low + bits <= 32) return [{ column: lo, right: low, bits, kind }];
    if (bits <= 32 && low >= 32) return [{ column: hi, right: low - 32, bits, kind }];
    const words = [sliced(builder, { column: lo }, { column: hi }, low, Math.min(bits, 32))];
    if (bits > 32) words.push(sliced(builder, { column: hi }, { value: 0 }, low, bits - 32));
    return words.map((source, w) => ({
      column: 'column' in source ? source.column : move(builder, source, {}),
      right: 0,
      bits: w === 0 ? Math.min(bits, 32) : bits - 32,
      kind: w === 0 ? kind : 'plain',
    }));
  });
}

/** Rows by preference. Ranges wider than 32 bits are cut into prefixes over both words. */
function matchRows(table: Table, part: StagePart, words: readonly KeyColumn[]): Row[] {
  const { value, mask, keyWords } = table.entries;
  const rows: Row[] = [];
  for (let e = part.from; e < part.to; e++) {
    let made: Row[] = [{ entry: e - part.from, patterns: [] }];
    for (let w = 0; w < words.length; w++) {
      const at = e * keyWords + w;
      const { kind } = words[w];
      if (kind === 'plain') made = made.map((row) => withPattern(row, { value: value[at], mask: mask[at] }));
      else if (kind === 'range') {
        made = made.map((row) => withPattern(row, { value: 0, mask: 0, low: value[at], high: mask[at] }));
      } else {
        const low = value[at + 1] * 2 ** 32 + value[at];
        const high = mask[at + 1] * 2 ** 32 + mask[at];
        const list = widePrefixes(low, high, words[w + 1].bits);
        made = made.flatMap((row) => list.map(([a, b]) => withPattern(withPattern(row, a), b)));
        w++;
      }
    }
    rows.push(...made);
  }
  return rows;
}

function withPattern(row: Row, pattern: Pattern): Row {
  return { entry: row.entry, patterns: [...row.patterns, pattern] };
}

/** A closed range over (high word : low word) as pairs of patterns (low word, high word). */
function widePrefixes(low: number, high: number, highBits: number): [Pattern, Pattern][] {
  if (low > high) return [];
  const [lowTop, highTop] = [Math.floor(low / 2 ** 32), Math.floor(high / 2 ** 32)];
  const [lowRest, highRest] = [low % 2 ** 32, high % 2 ** 32];
  const pairs = (from: number, to: number, top: Pattern[]) =>
    prefixes(from, to, 32).flatMap((word) => top.map((one): [Pattern, Pattern] => [word, one]));
  if (lowTop === highTop) return pairs(lowRest, highRest, prefixes(lowTop, lowTop, highBits));
  const middle = lowTop + 1 <= highTop - 1 ? pairs(0, ALL_ONES, prefixes(lowTop + 1, highTop - 1, highBits)) : [];
  return [
    ...pairs(lowRest, ALL_ONES, prefixes(lowTop, lowTop, highBits)),
    ...middle,
    ...pairs(0, highRest, prefixes(highTop, highTop, highBits)),
  ];
}

/** The narrowest array that holds the values. */
export function packed(values: Uint32Array): Words {
  const top = values.reduce((most, value) => Math.max(most, value), 0);
  return top < 256 ? Uint8Array.from(values) : top < 65536 ? Uint16Array.from(values) : values;
}

function emitMatch(builder: Builder, match: Match, words: readonly KeyColumn[], miss: number): Column {
  if (match.kind === 'classes') return emitNode(builder, match.node, words);
  const dst = fresh(builder);
  const whole = words.map((word) => extracted(builder, word));
  if (match.kind === 'hash') {
    const { cells, sizeMask } = match;
    builder.ops.push({ op: 'find', dst, keys: whole, cells, sizeMask, miss });
    return dst;
  }
  const chunks = match.chunks.map(({ word, right, bitmaps }) => ({ key: whole[word], right, bitmaps }));
  const { entries, vectors } = match;
  builder.ops.push({ op: 'bitmap', dst, chunks, vectors, miss: entries.length - 1 });
  const row = fresh(builder);
  builder.ops.push({ op: 'direct', dst: row, key: dst, right: 0, bits: ALL_ONES, data: packed(entries) });
  return row;
}

/** A key word alone in a column. */
function extracted(builder: Builder, word: KeyColumn): Column {
  return move(builder, { column: word.column }, { right: word.right, bits: lowMask(word.bits) });
}

function emitNode(builder: Builder, node: MatchNode, words: readonly KeyColumn[]): Column {
  if (node.kind === 'constant') return move(builder, { value: node.value }, {});
  if (node.kind === 'product') {
    const [a, b] = [emitNode(builder, node.a, words), emitNode(builder, node.b, words)];
    const dst = fresh(builder);
    builder.ops.push({ op: 'product', dst, a, b, data: packed(node.table) });
    return dst;
  }
  const { classOf, starts, bits } = node.classifier;
  const word = words[node.word];
  const data = packed(classOf.map((value) => node.map[value]));
  const dst = fresh(builder);
  if (starts === undefined) {
    builder.ops.push({
      op: 'direct',
      dst,
      key: word.column,
      right: word.right + node.right,
      bits: lowMask(bits),
      data,
    });
    return dst;
  }
  const key = word.right === 0 && word.bits === 32 ? word.column : extracted(builder, word);
  const at = fresh(builder);
  builder.ops.push({ op: 'search', dst: at, key, starts });
  builder.ops.push({ op: 'direct', dst, key: at, right: 0, bits: ALL_ONES, data });
  return dst;
}

/** One line on how a table is matched. */
export function describeMatch(match: Match): string {
  if (match.kind === 'hash') return `hash of ${match.words.length} words, ${match.sizeMask + 1} cells`;
  if (match.kind === 'bitmap') return `${match.chunks.length} byte bitmaps of ${match.vectors * 128} rows`;
  return describeNode(match.node);
}

function describeNode(node: MatchNode): string {
  if (node.kind === 'constant') return 'constant';
  if (node.kind === 'product')
    return `(${describeNode(node.a)} x ${describeNode(node.b)} = ${node.table.length} cells)`;
  const { classOf, starts } = node.classifier;
  return starts ? `search of ${starts.length} intervals` : `direct ${classOf.length}`;
}

/** Marks that a part hit: packets of `path` with `hit`, together with earlier hits. */
export function either(builder: Builder, a: Mask, b: Mask): Mask {
  if (a === undefined || b === undefined) return undefined;
  return binary(builder, 'or', { column: a }, { column: b });
}
