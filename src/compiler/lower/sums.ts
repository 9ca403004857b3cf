/** SumReduce on a switch: which tables add into which bank of accumulators, and what the sums start from. */
import { constant, type Instruction, keyless, paramOperand, toUnsigned } from '../../program/index.ts';
import { accumulate, addUp, type Bank, bankField, declareBanks, paramsOf, type SumPlan } from './banks.ts';
import { reachableLeaves } from './bounds.ts';
import { liveColumns } from './columns.ts';
import {
  addAction,
  addPhase,
  addTable,
  declare,
  elementField,
  type LowerContext,
  type Phase,
  tableName,
} from './context.ts';
import { type LanePlan, laneWord, slotsOf } from './lanes.ts';
import { exactOnIndices, type IndexParts, leafIndex } from './leaves.ts';
import { type ExactMap, type IndexMap, mapInputs, type NetMap, type TreeMap } from './network.ts';
import { treeTable } from './treetable.ts';

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
