/** Sizes that the P4 declares: what the memory of the entries holds anyway, so that a retrained model finds room. */

import type { Program, Table } from '../program/index.ts';
import { tableKeyBits } from '../program/index.ts';
import { chipNamed } from '../switch/index.ts';

/**
 * Declared size of a table: its own, rounded up to whole blocks — TCAM rows for ternary and lpm keys, SRAM rows for exact ones, never
 * more than there are keys. Ranges keep their size: how many rows one takes depends on its ends.
 */
export function declaredSize(program: Pick<Program, 'fields'>, table: Table): number {
  if (table.keys.length === 0) return 0;
  const { memory } = chipNamed('tofino2');
  const kinds = new Set(table.keys.map((key) => key.match));
  if (kinds.has('range')) return table.size;
  const block = kinds.has('ternary') || kinds.has('lpm') ? memory.tcamDepth : memory.sramDepth;
  const rounded = Math.ceil(Math.max(1, table.size) / block) * block;
  const fields = new Map(program.fields.map((one) => [one.name, one]));
  const bits = tableKeyBits(table, fields).reduce((sum, one) => sum + one, 0);
  // A ternary table may hold more entries than keys: overlapping ones differ by priority.
  return block === memory.sramDepth && bits < 31 ? Math.max(table.size, Math.min(rounded, 2 ** bits)) : rounded;
}
