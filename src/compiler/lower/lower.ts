/**
 * Lowering: an integer table network becomes tables, accumulators and a verdict. One path for table models and for compiled
 * networks; where inputs come from (injected fields, the features' front) is the caller's choice.
 */

import type { Front, Ring } from '../../features/index.ts';
import { fail } from '../../problem.ts';
import type { Action, Field, Table, Verdict } from '../../program/index.ts';
import { bitsFor } from '../ternary/index.ts';
import { lowerAbsDiff } from './absdiff.ts';
import type { SumPlan } from './banks.ts';
import { networkBounds, type Range } from './bounds.ts';
import type { ElementField, LowerContext, Phase, TableReport } from './context.ts';
import { LANE_FIELD, type Lane, planLanes } from './lanes.ts';
import { lowerIndices } from './leaves.ts';
import type { TableNetwork } from './network.ts';
import { takeovers } from './reuse.ts';
import { lowerKept } from './rings.ts';
import { lowerSum } from './sums.ts';
import { differenceRange, lowerVerdict } from './verdict.ts';

/** A field that holds one input element, with the values it can take. */
export interface InputField extends ElementField, Range {}

export interface LowerOptions {
  /** By input element. */
  readonly inputs: readonly InputField[];
  /** Smallest accumulator width to use (default: what the proof allows, 8, 16 or 32). */
  readonly width?: SumBits;
  /** Containers and accumulator banks by value number (default: the narrowest, one bank). */
  readonly layout?: readonly (
    | { readonly bits: SumBits; readonly banks: number; readonly packed?: boolean }
    | undefined
  )[];
  /** Keep leaf numbers in fields, for `verify`. */
  readonly keepLeaves?: boolean;
  readonly valid?: string;
  /** Front with the flow state that window models keep their rings in. */
  readonly front?: Front;
}

export interface Lowered {
  readonly fields: readonly Field[];
  readonly actions: readonly Action[];
  /** All in ingress until split. */
  readonly tables: readonly Table[];
  readonly phases: readonly Phase[];
  readonly verdict: Verdict;
  readonly rings: readonly Ring[];
  readonly report: readonly TableReport[];
  /** Proved range and width of every sum. */
  readonly sums: readonly {
    readonly value: string;
    readonly bits: number;
    readonly banks: number;
    readonly ranges: readonly Range[];
    /** Packed lanes with their proofs, in order of fields. */
    readonly lanes?: readonly Lane[];
  }[];
  /** Fields of kept leaf numbers, by `map name/tree`. */
  readonly leafFields: ReadonlyMap<string, string>;
}

/** Widths of accumulators: container sizes. */
export type SumBits = 8 | 16 | 32;

/** Narrowest of 8, 16, 32 bits, at least `width`, that holds the ranges; refuses what 32 bits cannot hold. */
export function sumBits(name: string, ranges: readonly Range[], width: number): SumBits {
  const min = Math.min(0, ...ranges.map((r) => r.min));
  const max = Math.max(0, ...ranges.map((r) => r.max));
  // Sums are two's complement even where they cannot be negative: logits are read signed.
  const { bits } = bitsFor(Math.min(min, -1), max);
  for (const w of [8, 16, 32] as const) if (w >= width && bits <= w) return w;
  return fail({
    code: 'COMPILE-OVERFLOW',
    message: `the sum ${name} can exceed 32 bits`,
    where: name,
    need: `${bits} bits`,
    have: '32 bits',
    hint: 'use narrower table values',
  });
}

function frontOf(network: TableNetwork, options: LowerOptions): Front {
  if (options.front !== undefined) return options.front;
  return fail({ code: 'COMPILE-WINDOW', message: 'a window model needs a front with flow state', where: network.name });
}

/** Values whose elements meet in one subtraction (|a − b|): they share one width. Kept elements stand for their sources. */
export function tiedValues(network: TableNetwork): number[] {
  const tied = new Set<number>();
  for (const map of network.maps) {
    if (map.kind !== 'absdiff') continue;
    tied.add(map.output);
    for (const ref of [...map.a, ...map.b])
      tied.add(network.values[ref.value].kept?.[ref.index].source.value ?? ref.value);
  }
  return [...tied];
}

/** Chooses the layout of one value's accumulators. */
function planSum(network: TableNetwork, bounds: LowerContext['bounds'], value: number, options: LowerOptions): SumPlan {
  const ranges = [...bounds[value]];
  const verdict = network.verdict;
  if (verdict.kind === 'argmax' && verdict.value === value) ranges.push(differenceRange(bounds[value]));
  const tied = tiedValues(network);
  if (tied.includes(value)) for (const other of tied) ranges.push(...bounds[other]);
  const chosen = options.layout?.[value];
  if (chosen?.packed === true) {
    const lanes = planLanes(network, value, bounds);
    if (!('refused' in lanes)) return { bits: LANE_FIELD, banks: chosen.banks, lanes };
  }
  const bits = sumBits(network.values[value].name, ranges, Math.max(options.width ?? 8, chosen?.bits ?? 8));
  return { bits, banks: chosen?.banks ?? 1 };
}

/** Layouts of all sums; values that can take over another's fields do. */
function planSums(
  network: TableNetwork,
  bounds: LowerContext['bounds'],
  options: LowerOptions,
): (SumPlan | undefined)[] {
  const plans = network.values.map((value, v): SumPlan | undefined => {
    const maps = network.maps.filter((m) => m.output === v);
    if (v === 0 || value.kept !== undefined || maps.some((m) => m.kind === 'leaf')) return undefined;
    return planSum(network, bounds, v, options);
  });
  const shape = (v: number): string | undefined => {
    const plan = plans[v];
    if (plan === undefined || network.maps.some((m) => m.kind === 'absdiff' && m.output === v)) return undefined;
    const lanes = plan.lanes?.slots.map((slot) => slot.map(({ low, bits }) => `${low}/${bits}`).join()).join(';');
    return [network.values[v].size, plan.bits, plan.banks, lanes].join(':');
  };
  const names: string[] = network.values.map((value) => value.name);
  takeovers(network, shape).forEach((from, v) => {
    if (from === undefined) return;
    names[v] = names[from];
    plans[v] = { ...plans[v]!, fieldsOf: names[v] };
  });
  return plans;
}

/** Lowers a row network, or a window network as windowNetwork() leaves it. Throws COMPILE-OVERFLOW when a sum cannot be held. */
export function lowerNetwork(network: TableNetwork, options: LowerOptions): Lowered {
  const bounds = networkBounds(
    network,
    options.inputs.map((input, i) => {
      const clamp = network.features[i % network.features.length].clamp;
      return { min: input.min, max: Math.min(input.max, clamp ?? input.max) };
    }),
  );
  const context: LowerContext = {
    network,
    bounds,
    elements: network.values.map((v, i) => (i === 0 ? [...options.inputs] : Array(v.size).fill(undefined))),
    fields: [],
    actions: [],
    tables: [],
    phases: [],
    report: [],
    leafFields: options.keepLeaves === true ? new Map() : undefined,
  };
  const sums: Lowered['sums'][number][] = [];
  const rings: Ring[] = [];
  const plans = planSums(network, bounds, options);
  for (let value = 1; value < network.values.length; value++) {
    const maps = network.maps.filter((m) => m.output === value);
    if (network.values[value].kept !== undefined) {
      if (network.values[value].size > 0) rings.push(...lowerKept(context, value, frontOf(network, options)));
      continue;
    }
    if (maps.some((m) => m.kind === 'leaf')) {
      lowerIndices(context, value);
      continue;
    }
    const plan = plans[value]!;
    const [first] = maps;
    if (first?.kind === 'absdiff') lowerAbsDiff(context, first, plan);
    else lowerSum(context, value, plan);
    const { bits, banks, lanes } = plan;
    const proofs = lanes === undefined ? {} : { lanes: lanes.slots.flat() };
    sums.push({ value: network.values[value].name, bits, banks, ranges: bounds[value], ...proofs });
  }
  const verdict = lowerVerdict(context, options.valid);
  return {
    fields: context.fields,
    actions: context.actions,
    tables: context.tables,
    phases: context.phases,
    verdict,
    rings,
    report: context.report,
    sums,
    leafFields: context.leafFields ?? new Map(),
  };
}
