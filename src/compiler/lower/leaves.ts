/** Leaf numbers as fields: the ternary table that writes one, and the exact table on several joined (index joining). */
import { paramOperand, toUnsigned } from '../../program/index.ts';
import {
  addAction,
  addPhase,
  addTable,
  declare,
  type ElementField,
  type LowerContext,
  type Phase,
  tableName,
} from './context.ts';
import type { Tree } from './network.ts';
import { treeTable } from './treetable.ts';

const log2Up = (n: number): number => Math.max(1, Math.ceil(Math.log2(n)));

export interface IndexParts {
  readonly name: string;
  readonly action: string;
  readonly bits: readonly number[];
  readonly data: (index: number) => number[];
  readonly note: string;
}

/** Exact table on index fields: one entry a combination that can occur. */
export function exactOnIndices(
  context: LowerContext,
  phase: Phase,
  fields: readonly ElementField[],
  reach: readonly (readonly number[])[],
  radix: readonly number[],
  naive: number,
  parts: IndexParts,
): void {
  const k = fields.length;
  const width = parts.bits.length;
  const count = reach.reduce((product, r) => product * r.length, 1);
  const value = new Uint32Array(count * k);
  const data = new Uint32Array(count * width);
  for (let i = 0; i < count; i++) {
    let rest = i;
    let index = 0;
    let place = 1;
    for (let t = k - 1; t >= 0; t--) {
      const leaf = reach[t][rest % reach[t].length];
      rest = Math.floor(rest / reach[t].length);
      value[i * k + t] = leaf;
      index += leaf * place;
      place *= radix[t];
    }
    const row = parts.data(index);
    for (let p = 0; p < width; p++) data[i * width + p] = toUnsigned(row[p], parts.bits[p]);
  }
  const mask = Uint32Array.from({ length: count * k }, (_, i) => 2 ** fields[i % k].bits - 1);
  const entries = {
    count,
    keyWords: k,
    value,
    mask,
    priority: new Uint32Array(count),
    action: new Uint8Array(count),
    dataWords: width,
    data,
  };
  const table = {
    name: parts.name,
    gress: 'ingress' as const,
    keys: fields.map((f) => ({ field: f.field, match: 'exact' as const })),
    actions: [parts.action],
    defaultAction: { action: parts.action, data: [...data.subarray(0, width)] },
    size: count,
    entries,
    note: parts.note,
  };
  addTable(context, phase, table, {
    kind: 'exact',
    entries: count,
    naive,
    keyBits: fields.reduce((sum, f) => sum + f.bits, 0),
    dataBits: parts.bits.reduce((sum, b) => sum + b, 0),
    note: parts.note,
  });
}

/** Ternary table of one tree that writes its leaf number to a field. */
export function leafIndex(
  context: LowerContext,
  phase: Phase,
  tree: Tree,
  of: { readonly map: string; readonly t: number; readonly note: string },
): ElementField {
  const bits = log2Up(tree.leaves);
  const name = `${tableName(of.map)}_t${of.t}`;
  const field = declare(context, `nn.leaf_${name.slice(3)}`, bits, `leaf ${of.t} of ${of.map}`);
  context.leafFields?.set(`${of.map}/${of.t}`, field);
  const action = addAction(context, `${name}_set`, { leaf: bits }, [
    { op: 'set', dst: field, a: paramOperand('leaf') },
  ]);
  const made = treeTable(context, [tree], { name, action, bits: [bits], data: (leaf) => [leaf], note: of.note });
  addTable(context, phase, made.table, {
    kind: made.table.keys.length > 0 ? 'ternary' : 'keyless',
    entries: made.table.entries.count,
    naive: made.naive,
    keyBits: made.keyBits,
    dataBits: bits,
    note: of.note,
  });
  return { field, bits };
}

/** Lowers a value of fuzzy indices: one ternary table a tree. */
export function lowerIndices(context: LowerContext, value: number): void {
  const phase = addPhase(context, context.network.values[value].name, { value, part: 'indices' });
  for (const map of context.network.maps) {
    if (map.kind !== 'leaf' || map.output !== value) continue;
    context.elements[value][map.element] = leafIndex(context, phase, map.tree, { map: map.name, t: 0, note: map.name });
  }
}
