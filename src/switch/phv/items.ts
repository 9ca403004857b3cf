/** What must sit in containers: fields with their sizes, kinds and lives, and the clusters that must share a group (TARGETS.md §2). */

import type { Gress } from '../../program/index.ts';
import type { Demand, DemandField, DemandTable } from '../demand/demand.ts';
import type { ContainerBits } from '../targets/chip.ts';

/** Stages in which tables lie; all that lives depend on. */
export interface Stages {
  readonly parts: readonly { readonly table: number; readonly stage: number }[];
}

/** Action units a field needs: arithmetic or partial writes → normal; whole-container copies → mocha will do; not even matched → dark. */
export type Need = 'normal' | 'mocha' | 'dark';

export interface PhvItem {
  readonly field: string;
  readonly gress: Gress;
  readonly fieldLow: number;
  readonly bits: number;
  readonly size: ContainerBits;
  readonly need: Need;
  readonly first: number;
  readonly last: number;
  /** Neighbours with the same name here may share a container: written by the parser alone, or copied by one statement. */
  readonly together: string;
  /** Fields with the same cluster number must share a group; -1: none. */
  readonly cluster: number;
}

interface Life {
  first: number;
  last: number;
  matched: boolean;
  written: boolean;
  touched: boolean;
  /** Something reads the value that the parser or the zero at entry left. */
  fromStart: boolean;
}

/** Union-find over fields that meet in one instruction. */
function clustersOf(tables: readonly DemandTable[]): ReadonlyMap<string, number> {
  const parent = new Map<string, string>();
  const root = (field: string): string => {
    let at = field;
    while (parent.get(at) !== undefined && parent.get(at) !== at) at = parent.get(at)!;
    return at;
  };
  for (const { actions } of tables)
    for (const { groups } of actions)
      for (const group of groups)
        for (const field of group) {
          if (!parent.has(field)) parent.set(field, field);
          parent.set(root(field), root(group[0]));
        }
  const numbers = new Map<string, number>();
  const roots = [...parent.keys()].map(root);
  const ids = [...new Set(roots)];
  for (const field of parent.keys()) numbers.set(field, ids.indexOf(root(field)));
  return numbers;
}

/** Does every run of the table write the field: no branch, no action without it, no entry that does nothing? */
function alwaysWrites(table: DemandTable, field: string): boolean {
  const unguarded = table.under.every((guard) => guard.gate < 0) && table.hitActions <= table.actions.length;
  return unguarded && table.actions.length > 0 && table.actions.every((action) => action.writes.includes(field));
}

/** One table's use of a field. */
interface Touch {
  readonly gress: Gress;
  readonly matched: boolean;
  readonly reads: boolean;
  readonly writes: boolean;
  readonly always: boolean;
  readonly first: number;
  readonly last: number;
}

/** Uses of every field in program order, for tables that have a stage. */
function touchesOf(demand: Demand, plan: Stages): ReadonlyMap<string, Touch[]> {
  const spans = demand.tables.map(() => ({ first: Infinity, last: -1 }));
  for (const { table, stage } of plan.parts) {
    spans[table].first = Math.min(spans[table].first, stage);
    spans[table].last = Math.max(spans[table].last, stage);
  }
  const touches = new Map<string, Touch[]>();
  for (const [index, table] of demand.tables.entries()) {
    const { first, last } = spans[index];
    if (last < 0) continue;
    const matches = new Set(table.keys.map((key) => key.field));
    const reads = new Set(table.actions.flatMap((action) => action.reads));
    const writes = new Set(table.actions.flatMap((action) => action.writes));
    for (const field of new Set([...matches, ...reads, ...writes])) {
      const touch = {
        gress: table.gress,
        matched: matches.has(field),
        reads: reads.has(field),
        writes: writes.has(field),
        always: alwaysWrites(table, field),
        first,
        last,
      };
      const known = touches.get(field);
      if (known) known.push(touch);
      else touches.set(field, [touch]);
    }
  }
  return touches;
}

/** Life of a field in a gress: stages between its first and its last use, the whole gress at the ends that parser and deparser hold. */
function lifeOf(touches: readonly Touch[], field: DemandField, gress: Gress, end: number): Life {
  const life: Life = { first: Infinity, last: -1, matched: false, written: false, touched: false, fromStart: false };
  for (const touch of touches) {
    if (touch.gress !== gress) continue;
    if (!life.touched && (touch.matched || touch.reads || !touch.always)) life.fromStart = true;
    life.touched = true;
    life.matched ||= touch.matched;
    life.written ||= touch.writes;
    life.first = Math.min(life.first, touch.first);
    life.last = Math.max(life.last, touch.last);
  }
  if (!life.touched) return life;
  const bridgedIn = gress === 'egress' && field.bridged;
  if (field.header || bridgedIn || life.fromStart) life.first = 0;
  if (field.kept || (gress === 'ingress' && field.bridged)) life.last = end;
  return life;
}

/** Smallest container that holds `bits` bits. */
export function sizeFor(bits: number): ContainerBits {
  return bits <= 8 ? 8 : bits <= 16 ? 16 : 32;
}

function arithmeticFields(tables: readonly DemandTable[]): ReadonlySet<string> {
  return new Set(tables.flatMap((table) => table.actions.flatMap((action) => action.arithmetic)));
}

/** Fields that one inferred statement copies, by field: their bytes come side by side. */
function copiedTogether(tables: readonly DemandTable[]): ReadonlyMap<string, string> {
  const writers = new Map<string, number>();
  for (const table of tables)
    for (const field of new Set(table.actions.flatMap((action) => action.writes)))
      writers.set(field, (writers.get(field) ?? 0) + 1);
  const copies = new Map<string, string>();
  for (const { made, name, actions } of tables)
    for (const field of made && actions.length === 1 && actions[0].writes.length > 1 ? actions[0].writes : [])
      if (writers.get(field) === 1) copies.set(field, name);
  return copies;
}

function togetherOf(field: DemandField, life: Life, copies: ReadonlyMap<string, string>): string {
  return field.header && !life.written ? 'parser' : (copies.get(field.name) ?? '');
}

/** Widest field of each cluster: its members take containers of that size. */
function widestOf(demand: Demand, clusters: ReadonlyMap<string, number>): ReadonlyMap<number, number> {
  const widest = new Map<number, number>();
  for (const { name, bits } of demand.fields) {
    const cluster = clusters.get(name);
    if (cluster !== undefined) widest.set(cluster, Math.max(widest.get(cluster) ?? 0, Math.min(bits, 32)));
  }
  return widest;
}

function needOf(field: DemandField, life: Life, arithmetic: ReadonlySet<string>): Need {
  if (arithmetic.has(field.name)) return 'normal';
  return life.matched || life.written || field.header ? 'mocha' : 'dark';
}

/** Items of every field that the stages use; wider than 32 bits: one item a 32-bit piece. */
export function phvItems(demand: Demand, plan: Stages): PhvItem[] {
  const clusters = clustersOf(demand.tables);
  const arithmetic = arithmeticFields(demand.tables);
  const widest = widestOf(demand, clusters);
  const touches = touchesOf(demand, plan);
  const copies = copiedTogether(demand.tables);
  const items: PhvItem[] = [];
  for (const gress of ['ingress', 'egress'] as const) {
    const end = Math.max(0, ...plan.parts.filter((p) => demand.tables[p.table].gress === gress).map((p) => p.stage));
    for (const field of demand.fields) {
      const life = lifeOf(touches.get(field.name) ?? [], field, gress, end);
      if (!life.touched) continue;
      const need = needOf(field, life, arithmetic);
      const cluster = need === 'normal' ? (clusters.get(field.name) ?? -1) : -1;
      const together = need === 'normal' ? '' : togetherOf(field, life, copies);
      for (let fieldLow = 0; fieldLow < field.bits; fieldLow += 32) {
        const bits = Math.min(32, field.bits - fieldLow);
        const size = sizeFor(Math.max(bits, widest.get(cluster) ?? 0));
        const { first, last } = life;
        items.push({ field: field.name, gress, fieldLow, bits, size, need, first, last, together, cluster });
      }
    }
  }
  return items;
}
