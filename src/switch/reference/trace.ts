/** The walk of one packet through the pipeline as a plain record (`explain`): parsed fields, per stage gateways, tables and changes. */

import type { Gress } from '../../program/index.ts';
import type { FieldSlot, Layout } from './layout.ts';

/** Unsigned field value; a string of hexadecimal digits (`0x…`) where a number would lose bits. */
export type TracedValue = number | string;

export interface FieldChange {
  readonly field: string;
  readonly before: TracedValue;
  readonly after: TracedValue;
}

export interface RegisterTrace {
  readonly register: string;
  readonly action: string;
  readonly index: number;
  /** [lo] or [lo, hi]; negative numbers where the register's actions compute with signed ones. */
  readonly before: readonly number[];
  readonly after: readonly number[];
}

export interface TableTrace {
  readonly table: string;
  /** Entries searched in this stage, [from, to). */
  readonly from: number;
  readonly to: number;
  /** One value a key, in key order; the slice that is matched. */
  readonly key: readonly { readonly field: string; readonly value: TracedValue }[];
  /** Entry that hit, or null (miss, or keyless). */
  readonly entry: number | null;
  /** Action that ran; null when this part missed and a later part will be searched. */
  readonly action: string | null;
  readonly data: readonly { readonly param: string; readonly value: number }[];
  readonly register: RegisterTrace | null;
  /** Fields the action wrote, even when the value stayed. */
  readonly writes: readonly FieldChange[];
}

export interface StageTrace {
  readonly gress: Gress;
  readonly stage: number;
  readonly gateways: readonly { readonly step: number; readonly taken: boolean }[];
  readonly tables: readonly TableTrace[];
}

export interface PacketTrace {
  readonly packet: number;
  /** OUTCOME_… of run.ts. */
  readonly outcome: number;
  /** Valid headers in program order. */
  readonly headers: readonly string[];
  /** Fields that are not 0 once the parser is done. */
  readonly parsed: Readonly<Record<string, TracedValue>>;
  readonly stages: readonly StageTrace[];
  /** Fields that are not 0 at the end. */
  readonly final: Readonly<Record<string, TracedValue>>;
  readonly verdict: number;
  readonly logits: readonly number[];
}

/** What to trace. `packets` absent: every packet, up to `max` (default 100). */
export interface TraceOptions {
  readonly packets?: ReadonlySet<number>;
  readonly max?: number;
  readonly onPacket: (trace: PacketTrace) => void;
}

/** A two-word value as a number while it is exact, else hexadecimal. */
export function tracedValue(lo: number, hi: number): TracedValue {
  if (hi < 0x200000) return hi * 4294967296 + lo;
  return `0x${hi.toString(16)}${lo.toString(16).padStart(8, '0')}`;
}

export function slotValue(slot: FieldSlot, words: Uint32Array): TracedValue {
  return tracedValue(words[slot.at], slot.wide ? words[slot.at + 1] : 0);
}

/** Fields whose value is not 0, by name, in program order. */
export function nonZero(layout: Layout, words: Uint32Array): Record<string, TracedValue> {
  const values: Record<string, TracedValue> = {};
  for (const slot of layout.slots.values()) {
    const value = slotValue(slot, words);
    if (value !== 0) values[slot.name] = value;
  }
  return values;
}
