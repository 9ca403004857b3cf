/** What the lowering knows while it writes tables: fields of every element, ranges, and the growing program fragment. */
import {
  type Action,
  type Field,
  type Instruction,
  action as makeAction,
  type Step,
  type Table,
} from '../../program/index.ts';
import type { ElementRef } from '../primitives/graph.ts';
import { bitsFor, type KeySpec } from '../ternary/index.ts';
import type { Bounds } from './bounds.ts';
import type { Lane } from './lanes.ts';
import type { TableNetwork } from './network.ts';

/** A field that holds one element of a value. */
export interface ElementField {
  readonly field: string;
  readonly bits: number;
  /** Packed lanes: the element's place in the field; it holds the element plus the lane's excess. */
  readonly lane?: Pick<Lane, 'low' | 'bits' | 'excess'>;
}

/** One line of the compile report. */
export interface TableReport {
  readonly table: string;
  readonly kind: 'ternary' | 'exact' | 'keyless';
  readonly entries: number;
  /** Entries of the naive expansion: every range into its own prefixes, full products. */
  readonly naive: number;
  readonly keyBits: number;
  readonly dataBits: number;
  readonly note: string;
}

/** Tables that may run in one go, in dependency order; the unit that is moved between ingress and egress. */
export interface Phase {
  readonly name: string;
  readonly steps: Step[];
  /** The value it belongs to, and whether it makes indices or sums; the verdict's phases belong to none. */
  readonly value?: number;
  readonly part?: 'indices' | 'sums';
  /** Stays in ingress (registers). */
  readonly pinned?: boolean;
}

export interface LowerContext {
  readonly network: TableNetwork;
  readonly bounds: Bounds;
  /** By value and element; filled as values are scheduled. */
  readonly elements: (ElementField | undefined)[][];
  readonly fields: Field[];
  readonly actions: Action[];
  readonly tables: Table[];
  readonly phases: Phase[];
  readonly report: TableReport[];
  /** Leaf numbers are kept in fields (verify): field by map number and tree. */
  readonly leafFields: Map<string, string> | undefined;
}

export function elementField(context: LowerContext, ref: ElementRef): ElementField {
  const found = context.elements[ref.value][ref.index];
  if (found === undefined) throw new Error(`element ${ref.index} of value ${ref.value} has no field yet`);
  return found;
}

/** Order, width and domain of an element as a ternary key. */
export function keySpec(context: LowerContext, ref: ElementRef): KeySpec {
  const { min, max } = context.bounds[ref.value][ref.index];
  const field = elementField(context, ref);
  if (ref.value === 0) {
    // Clamped inputs still arrive unclamped: the whole field is the domain, the last range reaches to its end.
    const clamp = context.network.features[ref.index % context.network.features.length].clamp;
    const top = clamp !== undefined && clamp === max ? 2 ** field.bits - 1 : max;
    const { bits } = bitsFor(0, top);
    return { bits, signed: false, min, max: top };
  }
  const { bits, signed } = bitsFor(min, max);
  return { bits, signed, min, max, ...(field.lane === undefined ? {} : { excess: true }) };
}

/** Declares a metadata field. */
export function declare(context: LowerContext, name: string, bits: number, note: string): string {
  context.fields.push({ name, bits, source: 'metadata', note });
  return name;
}

/** Declares an action and returns its name. */
export function addAction(
  context: LowerContext,
  name: string,
  params: Readonly<Record<string, number>>,
  instructions: readonly Instruction[],
): string {
  context.actions.push(makeAction(name, params, instructions));
  return name;
}

/** Appends a table and its application to a phase. */
export function addTable(context: LowerContext, phase: Phase, table: Table, report: Omit<TableReport, 'table'>): void {
  context.tables.push(table);
  phase.steps.push({ kind: 'apply', table: table.name });
  context.report.push({ table: table.name, ...report });
}

export function addPhase(context: LowerContext, name: string, of: Omit<Phase, 'name' | 'steps'> = {}): Phase {
  const phase: Phase = { name, steps: [], ...of };
  context.phases.push(phase);
  return phase;
}

/** Names of tables and actions: `h1.g0` → `nn_h1_g0`. */
export function tableName(name: string): string {
  return `nn_${name.replace(/[^A-Za-z0-9]+/g, '_').replace(/_$/, '')}`;
}
