/** What one logical table, or a part of its entries, takes from a stage: the cheapest of its layouts. */

import type { Demand, DemandAction, DemandTable } from '../demand/demand.ts';
import type { Chip } from '../targets/chip.ts';
import { actionBuses, actionRams, slotBits } from './actiondata.ts';
import { exactLayouts } from './exact.ts';
import { registerRams } from './register.ts';
import { rangeRows, ternaryWidth, tindRams } from './ternary.ts';

export interface SramUse {
  readonly match: number;
  readonly tind: number;
  readonly action: number;
  readonly stateful: number;
}

/** Units that one part of a table takes from its stage. */
export interface TableCost {
  readonly sram: SramUse;
  readonly mapRam: number;
  readonly tcam: number;
  /** Entries the layout holds. */
  readonly capacity: number;
  readonly ternary: boolean;
  /** Crossbar bytes as `field:byte`: tables that match the same byte share it. */
  readonly exactBytes: readonly string[];
  readonly ternaryBytes: readonly string[];
  /** Hash bits in one group; 0 for none. */
  readonly hashBits: number;
  readonly hashDist: number;
  /** Exact-match blocks read for each packet: ways × width. */
  readonly matchReads: number;
  readonly busBytes: number;
  readonly busWords: number;
  readonly gateways: number;
  readonly logical: number;
  readonly salus: number;
  readonly register: string | undefined;
  /** Names of instruction words: one a distinct action that does something. */
  readonly instructions: number;
  /** An entry may select an action that does nothing. */
  readonly noop: boolean;
}

const NO_SRAM: SramUse = { match: 0, tind: 0, action: 0, stateful: 0 };

/** Instruction select bits (T:bf-p4c/mau/table_layout.cpp:1014-1022). */
function selectBits(hitActions: number, chip: Chip): number {
  if (hitActions <= 1) return 0;
  return hitActions <= chip.exact.imemMapEntries ? Math.ceil(Math.log2(hitActions)) : chip.exact.fullInstructionBits;
}

/** Immediate widths worth trying: nothing, or as many leading parameters as fit; the rest goes to action RAM. */
function immediateChoices(actions: readonly DemandAction[], chip: Chip): number[] {
  const limit = chip.exact.immediateBits;
  const choices = new Set([0]);
  for (const { params } of actions) {
    const sorted = [...params].sort((a, b) => b - a);
    for (let from = 0; from < sorted.length; from++) {
      let bits = 0;
      for (let to = from; to < sorted.length; to++) {
        bits += slotBits([sorted[to]]);
        if (bits > limit) break;
        choices.add(bits);
      }
    }
  }
  return [...choices].sort((a, b) => b - a);
}

/** Width of the action data entry when `immediate` bits of each action travel with the match entry. */
function ramBits(actions: readonly DemandAction[], immediate: number): number {
  const widest = Math.max(0, ...actions.map(({ params }) => slotBits(params)));
  return Math.max(0, widest - immediate);
}

/** Immediate bits an entry stores: the widest action's share, at its declared width where all of it is immediate. */
function storedImmediate(actions: readonly DemandAction[], immediate: number, ram: number): number {
  if (ram > 0) return immediate;
  return Math.min(immediate, Math.max(0, ...actions.map(({ params }) => params.reduce((sum, bits) => sum + bits, 0))));
}

/** Bytes of a key as `field:byte`, and how many are whole or at most a nibble. */
function keyBytes(table: DemandTable) {
  const names: string[] = [];
  let full = 0;
  let nibbles = 0;
  let nibbleKeys = 0;
  for (const { field, low, bits, match } of table.keys) {
    const bytes = Math.ceil(bits / 8);
    const doubled = match === 'range' ? 2 : 1;
    for (let b = 0; b < bytes * doubled; b++)
      names.push(`${field}:${(low >> 3) + (b % bytes)}${b >= bytes ? 'r' : ''}`);
    const rest = bits - 8 * (bytes - 1);
    full += doubled * (bytes - 1) + (rest > 4 ? doubled : 0);
    nibbles += rest <= 4 ? doubled : 0;
    if (match === 'range') nibbleKeys = Math.max(nibbleKeys, Math.ceil(bits / 4));
  }
  return { names, full, nibbles, nibbleKeys };
}

interface Memory {
  readonly sram: SramUse;
  readonly tcam: number;
  readonly capacity: number;
  readonly hashBits: number;
  readonly ramBits: number;
  readonly matchReads: number;
}

function total({ match, tind, action, stateful }: SramUse): number {
  return match + tind + action + stateful;
}

/** Fewest blocks; among equals the least match memory (exact) or the least action memory (ternary), then the most entries. */
function cheapest(choices: readonly Memory[], tie: (memory: Memory) => number): Memory {
  const best = [...choices].sort(
    (a, b) => total(a.sram) - total(b.sram) || tie(a) - tie(b) || b.capacity - a.capacity,
  )[0];
  if (!best) throw new Error('no layout');
  return best;
}

function exactMemory(table: DemandTable, entries: number, chip: Chip): Memory {
  const keyBits = table.keys.reduce((sum, key) => sum + key.bits, 0);
  const { names } = keyBytes(table);
  const cells = Math.min(entries, keyBits < 31 ? 2 ** keyBits : entries);
  const choices = immediateChoices(table.actions, chip).flatMap((immediate) => {
    const ram = ramBits(table.actions, immediate);
    const overheadBits = selectBits(table.hitActions, chip) + storedImmediate(table.actions, immediate, ram);
    const identity = !table.defaultHasData || ram === 0;
    const shape = { keyBits, keyBytes: names.length, entries: cells, overheadBits, identity };
    return exactLayouts(shape, chip).map((layout): Memory => {
      const select = layout.identity ? 0 : Math.ceil(Math.log2(Math.max(1, layout.depth / layout.ways))) * layout.ways;
      return {
        sram: { ...NO_SRAM, match: layout.rams, action: actionRams(ram, layout.capacity, chip) },
        tcam: 0,
        capacity: layout.capacity,
        hashBits: layout.identity ? keyBits : 10 * layout.ways + select,
        ramBits: ram,
        matchReads: layout.ways * layout.width,
      };
    });
  });
  return cheapest(choices, (memory) => memory.sram.match);
}

function ternaryMemory(table: DemandTable, entries: number, chip: Chip): Memory {
  const { full, nibbles, nibbleKeys } = keyBytes(table);
  const depth = Math.max(1, Math.ceil(rangeRows(entries, nibbleKeys, chip) / chip.memory.tcamDepth));
  const rows = depth * chip.memory.tcamDepth;
  const tcam = depth * ternaryWidth({ full, nibbles }, chip);
  const choices = immediateChoices(table.actions, chip).map((immediate): Memory => {
    const ram = ramBits(table.actions, immediate);
    const overhead = selectBits(table.hitActions, chip) + storedImmediate(table.actions, immediate, ram);
    const sram = { ...NO_SRAM, tind: tindRams(rows, overhead, chip), action: actionRams(ram, rows, chip) };
    return { sram, tcam, capacity: rows, hashBits: 0, ramBits: ram, matchReads: 0 };
  });
  return cheapest(choices, (memory) => memory.sram.action);
}

function isTernary(table: DemandTable): boolean {
  return table.keys.some((key) => key.match !== 'exact');
}

/** A gateway compares through crossbar bytes; order comparisons and wide keys go through hash bits. */
function gatewayCost(table: DemandTable): TableCost {
  const { names } = keyBytes(table);
  const hashed = table.keys.some((key) => key.match === 'range');
  return {
    ...emptyCost(),
    exactBytes: names,
    hashBits: hashed
      ? Math.min(
          12,
          table.keys.reduce((sum, key) => sum + key.bits, 0),
        )
      : 0,
    gateways: 1,
  };
}

function emptyCost(): TableCost {
  return {
    sram: NO_SRAM,
    mapRam: 0,
    tcam: 0,
    capacity: 0,
    ternary: false,
    exactBytes: [],
    ternaryBytes: [],
    hashBits: 0,
    hashDist: 0,
    matchReads: 0,
    busBytes: 0,
    busWords: 0,
    gateways: 0,
    logical: 0,
    salus: 0,
    register: undefined,
    instructions: 0,
    noop: false,
  };
}

/** Width of a register's index through hash distribution: slices of 16 bits. */
function indexSlices(cells: number): number {
  return Math.ceil(Math.log2(Math.max(2, cells)) / 16) > 1 ? 2 : 1;
}

/** What a table with `entries` entries takes. Keyless tables and gateways ignore `entries`. */
export function tableCost(demand: Demand, table: DemandTable, entries: number, chip: Chip): TableCost {
  if (table.kind === 'gateway') return gatewayCost(table);
  const ternary = isTernary(table);
  const memory: Memory =
    table.kind === 'keyless'
      ? { sram: NO_SRAM, tcam: 0, capacity: 1, hashBits: 0, ramBits: 0, matchReads: 0 }
      : ternary
        ? ternaryMemory(table, entries, chip)
        : exactMemory(table, entries, chip);
  const { names } = keyBytes(table);
  const registerName = table.actions.find((action) => action.register !== undefined)?.register;
  const register = demand.registers.find((candidate) => candidate.name === registerName);
  const blocks = register ? registerRams(register, chip) : 0;
  const widest = Math.max(0, ...table.actions.map(({ params }) => slotBits(params)));
  const hashed = Math.max(0, ...table.actions.map((action) => action.immediateBits));
  const real = table.actions.filter((action) => action.writes.length > 0 || action.register !== undefined);
  return {
    ...emptyCost(),
    sram: { ...memory.sram, stateful: blocks },
    mapRam: blocks,
    tcam: memory.tcam,
    capacity: memory.capacity,
    ternary: ternary || (table.kind === 'keyless' && hashed === 0),
    exactBytes: table.kind === 'match' && !ternary ? names : [],
    ternaryBytes: table.kind === 'match' && ternary ? names : [],
    hashBits: memory.hashBits + hashed + (register ? Math.ceil(Math.log2(register.cells)) : 0),
    hashDist: (hashed > 0 ? Math.ceil(hashed / 16) : 0) + (register ? indexSlices(register.cells) : 0),
    matchReads: memory.matchReads,
    busBytes: Math.ceil((widest + hashed) / 8) + (register ? 4 : 0),
    busWords: actionBuses(memory.ramBits, chip),
    logical: 1,
    salus: register ? 1 : 0,
    register: register?.name,
    instructions: real.length,
    noop: real.length < table.actions.length || table.hitActions > table.actions.length,
  };
}

/** All SRAM blocks of a cost. */
export function sramOf(cost: TableCost): number {
  return total(cost.sram);
}
