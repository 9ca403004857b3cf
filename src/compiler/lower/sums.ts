/** SumReduce on a switch: which tables add into which bank of accumulators, and how the banks are added up. */
import { constant, fieldOperand, type Instruction, keyless, paramOperand, toUnsigned } from '../../program/index.ts';
import { reachableLeaves } from './bounds.ts';
import { liveColumns } from './columns.ts';
import {
  addAction,
  addPhase,
  addTable,
  declare,
  type ElementField,
  elementField,
  type LowerContext,
  type Phase,
  tableName,
} from './context.ts';
import { LANE_FIELD, type Lane, type LanePlan, laneWord, slotsOf } from './lanes.ts';
import { type ExactMap, type IndexMap, mapInputs, type NetMap, type Tree, type TreeMap } from './network.ts';
import { treeTable } from './treetable.ts';

/** How one value's accumulators are laid out. */
export interface SumPlan {
  /** Container width of every element. */
  readonly bits: 8 | 16 | 32;
  /** Independent accumulators per element; added up at the end. */
  readonly banks: number;
  /** Elements share fields (`bits` is then the fields' width); absent: one field an element. */
  readonly lanes?: LanePlan;
  /** Name of the value whose fields are taken over (reuse.ts); absent: fields of its own. */
  readonly fieldsOf?: string;
}

/** One set of accumulators. A slot is an element, or a packed field of several. */
interface Bank {
  readonly field: (slot: number) => string;
  readonly written: Set<number>;
  /** Slots that any bank of the value has written: packed fields start once (see LanePlan). */
  readonly started: Set<number>;
}

/** Slot s of bank b: `nn.h1_3` (bank 0, the final sum), `nn.h1_3_b1`; elements 6 and 7 packed: `nn.h1_6to7`. */
function bankField(context: LowerContext, value: number, slot: number, bank: number, plan: SumPlan): string {
  const name = (plan.fieldsOf ?? context.network.values[value].name).replace(/[^A-Za-z0-9]+/g, '_');
  const packed = plan.lanes?.slots[slot];
  const last = packed?.[packed.length - 1].element ?? slot;
  const first = packed?.[0].element ?? slot;
  return `nn.${name}_${first}${last > first ? `to${last}` : ''}${bank === 0 ? '' : `_b${bank}`}`;
}

/** What a map does to a bank: instructions on parameters v0.., and the parameters' values by table row. */
interface Adding {
  readonly instructions: Instruction[];
  readonly count: number;
  readonly data: (row: number) => number[];
}

/** Instructions that put parameters into a bank: the first writer of a slot sets, later ones add. */
function accumulate(bank: Bank, map: TreeMap | ExactMap | IndexMap, { lanes }: SumPlan): Adding {
  const columns = liveColumns(map);
  const n = map.outIndex.length;
  const slots = lanes === undefined ? columns.map((o) => map.outIndex[o]) : slotsOf(lanes, map);
  const first = slots.map((slot) => !bank.started.has(slot));
  const instructions = slots.map((slot, i): Instruction => {
    const dst = bank.field(slot);
    const a = paramOperand(`v${i}`);
    const set = !bank.written.has(slot);
    bank.written.add(slot);
    bank.started.add(slot);
    return set ? { op: 'set', dst, a } : { op: 'add', dst, a, b: fieldOperand(dst) };
  });
  const count = slots.length;
  if (lanes === undefined) return { instructions, count, data: (row) => columns.map((o) => map.lut[row * n + o]) };
  const column = new Map([...map.outIndex].map((e, o) => [e, o]));
  const floors = lanes.floors.get(map);
  const data = (row: number): number[] =>
    slots.map((slot, i) =>
      laneWord(lanes, slot, first[i], floors, (e) => (column.has(e) ? map.lut[row * n + column.get(e)!] : undefined)),
    );
  return { instructions, count, data };
}

/** Params v0.. of the accumulator width, plus leaf numbers when they are kept. */
function paramsOf(count: number, bits: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`v${i}`, bits]));
}

function treeSum(
  context: LowerContext,
  indexPhase: Phase,
  phase: Phase,
  map: TreeMap,
  plan: SumPlan,
  bank: Bank,
): void {
  const { instructions, count, data: added } = accumulate(bank, map, plan);
  const params = paramsOf(count, plan.bits);
  const bits = new Array<number>(count).fill(plan.bits);
  const leaf = leafKeeping(context, map, instructions, params, bits);
  const name = tableName(map.name);
  const action = addAction(context, `${name}_add`, params, instructions);
  const data = (index: number): number[] => [...added(index), ...leaf(index)];
  const note = map.note ?? map.name;
  if (map.trees.length > 1) {
    indexedSum(context, indexPhase, phase, map, { name, action, bits, data, note });
    return;
  }
  const made = treeTable(context, map.trees, { name, action, bits, data, note });
  addTable(context, phase, made.table, {
    kind: made.table.keys.length > 0 ? 'ternary' : 'keyless',
    entries: made.table.entries.count,
    naive: made.naive,
    keyBits: made.keyBits,
    dataBits: bits.reduce((sum, b) => sum + b, 0),
    note,
  });
}

/** Adds "leaf number into a field" to a single-tree action when leaves are kept; returns its data. */
function leafKeeping(
  context: LowerContext,
  map: TreeMap,
  instructions: Instruction[],
  params: Record<string, number>,
  bits: number[],
): (index: number) => number[] {
  if (context.leafFields === undefined || map.trees.length !== 1) return () => [];
  const field = declare(context, `nn.leaf_${tableName(map.name).slice(3)}`, 16, `leaf of ${map.name}`);
  context.leafFields.set(`${map.name}/0`, field);
  params.leaf = 16;
  bits.push(16);
  instructions.push({ op: 'set', dst: field, a: paramOperand('leaf') });
  return (index) => [index];
}

const log2Up = (n: number): number => Math.max(1, Math.ceil(Math.log2(n)));

/** Joined trees: every tree's leaf number goes to a field, an exact table on all of them adds the row (index joining). */
function indexedSum(context: LowerContext, indexPhase: Phase, phase: Phase, map: TreeMap, parts: IndexParts): void {
  const fields = map.trees.map((tree, t) =>
    leafIndex(context, indexPhase, tree, { map: map.name, t, note: `${map.note ?? map.name}, tree ${t}` }),
  );
  const reach = map.trees.map((tree) =>
    reachableLeaves(tree, (c) => context.bounds[tree.inputs[c].value][tree.inputs[c].index]),
  );
  const radix = map.trees.map((tree) => tree.leaves);
  exactOnIndices(context, phase, fields, reach, radix, map.lut.length / Math.max(1, map.outIndex.length), parts);
}

interface IndexParts {
  readonly name: string;
  readonly action: string;
  readonly bits: readonly number[];
  readonly data: (index: number) => number[];
  readonly note: string;
}

/** Exact table on index fields: one entry a combination that can occur. */
function exactOnIndices(
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

/** Map on fuzzy indices that are elements themselves (kept ones, or this packet's). */
function indexSum(context: LowerContext, phase: Phase, map: IndexMap, plan: SumPlan, bank: Bank): void {
  const { instructions, count, data } = accumulate(bank, map, plan);
  const name = tableName(map.name);
  const action = addAction(context, `${name}_add`, paramsOf(count, plan.bits), instructions);
  const fields = map.inputs.map((ref) => elementField(context, ref));
  const reach = map.inputs.map((ref) => {
    const { min, max } = context.bounds[ref.value][ref.index];
    return Array.from({ length: max - min + 1 }, (_, i) => min + i);
  });
  exactOnIndices(context, phase, fields, reach, map.radix, map.lut.length / map.outIndex.length, {
    name,
    action,
    bits: new Array<number>(count).fill(plan.bits),
    data,
    note: map.note ?? map.name,
  });
}

/** Lowers a value of fuzzy indices: one ternary table a tree. */
export function lowerIndices(context: LowerContext, value: number): void {
  const phase = addPhase(context, context.network.values[value].name, { value, part: 'indices' });
  for (const map of context.network.maps) {
    if (map.kind !== 'leaf' || map.output !== value) continue;
    context.elements[value][map.element] = leafIndex(context, phase, map.tree, { map: map.name, t: 0, note: map.name });
  }
}

/** Ternary table of one tree that writes its leaf number to a field. */
function leafIndex(
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

/** Exact match on an input: one entry a row, the last row as default action (values are clamped to it). */
function exactSum(context: LowerContext, phase: Phase, map: ExactMap, plan: SumPlan, bank: Bank): void {
  const { instructions, count: params, data } = accumulate(bank, map, plan);
  const name = tableName(map.name);
  const action = addAction(context, `${name}_add`, paramsOf(params, plan.bits), instructions);
  const source = elementField(context, map.input);
  const range = context.bounds[map.input.value][map.input.index];
  const last = Math.min(map.rows - 1, range.max);
  const row = (x: number): number[] => data(x).map((v) => toUnsigned(v, plan.bits));
  const count = Math.max(0, last - range.min);
  const all = source.bits >= 32 ? 0xffffffff : 2 ** source.bits - 1;
  const entries = {
    count,
    keyWords: 1,
    value: Uint32Array.from({ length: count }, (_, i) => range.min + i),
    mask: new Uint32Array(count).fill(all),
    priority: new Uint32Array(count),
    action: new Uint8Array(count),
    dataWords: params,
    data: Uint32Array.from(Array.from({ length: count }, (_, i) => row(range.min + i)).flat()),
  };
  const note = map.note ?? map.name;
  const table = {
    name,
    gress: 'ingress' as const,
    keys: [{ field: source.field, match: 'exact' as const }],
    actions: [action],
    defaultAction: { action, data: row(last) },
    size: Math.max(1, count),
    entries,
    note,
  };
  const dataBits = params * plan.bits;
  addTable(context, phase, table, {
    kind: 'exact',
    entries: count,
    naive: map.rows,
    keyBits: source.bits,
    dataBits,
    note,
  });
}

/** Adds bank b+half to bank b, halving until one is left; only banks that an element really uses. */
function addUp(context: LowerContext, value: number, banks: readonly Bank[]): void {
  let width = banks.length;
  let round = 0;
  const name = tableName(context.network.values[value].name);
  while (width > 1) {
    const half = Math.ceil(width / 2);
    const instructions: Instruction[] = [];
    for (let b = half; b < width; b++) {
      const [into, from] = [banks[b - half], banks[b]];
      for (const e of from.written) {
        const [dst, src] = [into.field(e), from.field(e)];
        instructions.push(
          into.written.has(e)
            ? { op: 'add', dst, a: fieldOperand(src), b: fieldOperand(dst) }
            : { op: 'set', dst, a: fieldOperand(src) },
        );
        into.written.add(e);
      }
    }
    width = half;
    if (instructions.length === 0) continue;
    const step = `${name}_sum${round++}`;
    const action = addAction(context, `${step}_go`, {}, instructions);
    const phase = addPhase(context, step, { value, part: 'sums' });
    addTable(context, phase, keyless(step, 'ingress', action, `banks of ${context.network.values[value].name}`), {
      kind: 'keyless',
      entries: 0,
      naive: 0,
      keyBits: 0,
      dataBits: 0,
      note: 'adds up partial sums',
    });
  }
}

/** Lowers one value: all maps that add into it, in order, spread over the plan's banks. */
export function lowerSum(context: LowerContext, value: number, plan: SumPlan): void {
  const { name, size, bias } = context.network.values[value];
  const maps = context.network.maps.filter((m) => m.output === value);
  const started = new Set<number>();
  const banks = Array.from(
    { length: plan.banks },
    (_, b): Bank => ({
      field: (slot) => bankField(context, value, slot, b, plan),
      written: new Set<number>(),
      started,
    }),
  );
  for (let e = 0; e < size; e++) {
    const lane = plan.lanes?.of[e];
    const field = bankField(context, value, lane?.slot ?? e, 0, plan);
    context.elements[value][e] = { field, bits: plan.bits, ...(lane === undefined ? {} : { lane }) };
  }
  const indexPhase = addPhase(context, `${name} indices`, { value, part: 'indices' });
  const phase = addPhase(context, name, { value, part: 'sums' });
  if (plan.lanes === undefined) startConstants(context, phase, value, maps, banks[0], plan, bias);
  else startLanes(context, phase, value, maps, banks[0], plan.lanes);
  let next = 0;
  for (const map of readyFirst(context, maps)) {
    if (map.kind === 'absdiff' || map.kind === 'leaf') throw new Error(`${map.kind} is lowered on its own`);
    if (map.kind === 'tree' && map.trees.length === 0) continue;
    const bank = banks[next++ % plan.banks];
    if (map.kind === 'tree') treeSum(context, indexPhase, phase, map, plan, bank);
    else if (map.kind === 'exact') exactSum(context, phase, map, plan, bank);
    else indexSum(context, phase, map, plan, bank);
  }
  addUp(context, value, banks);
  declareBanks(context, value, banks, plan);
}

/** Maps of inputs and kept elements before maps of sums: what is known early is added while sums are still looked up. */
function readyFirst(context: LowerContext, maps: readonly NetMap[]): NetMap[] {
  const early = (map: NetMap): boolean =>
    mapInputs(map).every((ref) => ref.value === 0 || context.network.values[ref.value].kept !== undefined);
  return [...maps.filter(early), ...maps.filter((map) => !early(map))];
}

/** Packed fields that no map writes hold constants; the others start with their first writer (see LanePlan). */
function startLanes(
  context: LowerContext,
  phase: Phase,
  value: number,
  maps: LowerContext['network']['maps'],
  bank: Bank,
  lanes: LanePlan,
): void {
  const written = new Set(maps.flatMap((map) => slotsOf(lanes, map)));
  const instructions = lanes.slots.flatMap((_, slot): Instruction[] => {
    if (written.has(slot)) return [];
    bank.written.add(slot);
    bank.started.add(slot);
    const word = laneWord(lanes, slot, true, undefined, () => undefined);
    return [{ op: 'set', dst: bank.field(slot), a: constant(word) }];
  });
  addStart(context, phase, value, instructions);
}

/** Elements with a bias, constant maps, or no writer at all start from a constant. */
function startConstants(
  context: LowerContext,
  phase: Phase,
  value: number,
  maps: LowerContext['network']['maps'],
  bank: Bank,
  plan: SumPlan,
  bias: ArrayLike<number> | undefined,
): void {
  const { size } = context.network.values[value];
  const start = Array.from({ length: size }, (_, e) => bias?.[e] ?? 0);
  const written = new Set<number>();
  for (const map of maps) {
    if (map.kind === 'absdiff' || map.kind === 'leaf') continue;
    if (map.kind === 'tree' && map.trees.length === 0)
      map.outIndex.forEach((e, o) => {
        start[e] += map.lut[o];
      });
    else for (const o of liveColumns(map)) written.add(map.outIndex[o]);
  }
  const instructions: Instruction[] = [];
  start.forEach((c, e) => {
    if (c === 0 && written.has(e)) return;
    instructions.push({ op: 'set', dst: bank.field(e), a: constant(toUnsigned(c, plan.bits)) });
    bank.written.add(e);
  });
  addStart(context, phase, value, instructions);
}

/** Keyless table that sets accumulators to constants. */
function addStart(context: LowerContext, phase: Phase, value: number, instructions: readonly Instruction[]): void {
  if (instructions.length === 0) return;
  const { name } = context.network.values[value];
  const step = `${tableName(name)}_start`;
  const action = addAction(context, `${step}_go`, {}, instructions);
  addTable(context, phase, keyless(step, 'ingress', action, `constants of ${name}`), {
    kind: 'keyless',
    entries: 0,
    naive: 0,
    keyBits: 0,
    dataBits: 0,
    note: 'starts sums from constants',
  });
}

function declareBanks(context: LowerContext, value: number, banks: readonly Bank[], plan: SumPlan): void {
  const name = context.network.values[value].name;
  // Fields taken over are declared already, as far as the earlier value used that many banks.
  const declared = new Set(plan.fieldsOf === undefined ? [] : context.fields.map((field) => field.name));
  banks.forEach((bank, b) => {
    for (const e of [...bank.written].sort((x, y) => x - y)) {
      if (declared.has(bank.field(e))) continue;
      const packed = plan.lanes?.slots[e];
      if (packed !== undefined) {
        declareLanes(context, bank.field(e), `${b === 0 ? '' : `partial sum ${b}: `}`, name, packed);
        continue;
      }
      const { min, max } = context.bounds[value][e];
      const note =
        b === 0 ? `element ${e} of ${name}, proved within ${min}..${max}` : `partial sum ${b} of ${name}[${e}]`;
      declare(context, bank.field(e), plan.bits, note);
    }
  });
}

function declareLanes(context: LowerContext, field: string, part: string, name: string, packed: readonly Lane[]): void {
  const held = packed.map((l) => `${name}[${l.element}]${l.excess > 0 ? ` + ${l.excess}` : ''} at bit ${l.low}`);
  const lanes = packed.map(({ low, bits }) => ({ low, bits }));
  context.fields.push({ name: field, bits: LANE_FIELD, source: 'metadata', lanes, note: `${part}${held.join(', ')}` });
}
