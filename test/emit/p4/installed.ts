/** Entries installed in the tables of a P4 machine, and which of them a key hits. */

import type { TableNode } from './tree.ts';
import type { Value } from './values.ts';

export interface InstalledKey {
  readonly value?: bigint;
  readonly mask?: bigint;
  readonly low?: bigint;
  readonly high?: bigint;
  readonly prefix?: number;
}

export interface Installed {
  readonly keys: readonly InstalledKey[];
  /** Smaller wins. */
  readonly priority: number;
  readonly action: string;
  readonly data: readonly bigint[];
}

export interface TableContent {
  readonly entries: Installed[];
  fallback?: { readonly action: string; readonly data: readonly bigint[] };
}

/** Table name (without control) → content. */
export type Contents = ReadonlyMap<string, TableContent>;

export function matches(key: InstalledKey, value: Value, match: string): boolean {
  const all = (1n << BigInt(value.bits)) - 1n;
  if (match === 'range') return (key.low ?? 0n) <= value.value && value.value <= (key.high ?? all);
  if (match === 'lpm') {
    const shift = BigInt(value.bits - (key.prefix ?? 0));
    return value.value >> shift === (key.value ?? 0n) >> shift;
  }
  if (match === 'ternary') return (value.value & (key.mask ?? 0n)) === (key.value ?? 0n);
  return value.value === key.value;
}

/** Longest prefix first where there is an lpm key, otherwise the priority. */
export function rank(entry: Installed, table: TableNode): number {
  const lpm = table.keys.findIndex((one) => one.match === 'lpm');
  return lpm < 0 ? entry.priority : -(entry.keys[lpm].prefix ?? 0);
}
