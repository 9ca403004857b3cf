/** What the cost model chose and what it weighed: the layout's report, for `compile --explain` and its JSON. */
import type { FitReport } from '../../switch/index.ts';
import { networkBounds, type Range } from './bounds.ts';
import { type Lane, planLanes } from './lanes.ts';
import type { Candidate, Estimate, LanesChoice, Layout } from './layouts.ts';
import type { Lowered } from './lower.ts';
import type { TableNetwork } from './network.ts';

/** One sum as it was laid out. */
export interface ValueChoice {
  readonly value: string;
  readonly elements: number;
  /** Width of an accumulator field, fields of one bank, and banks (partial sums that are added up at the end). */
  readonly bits: number;
  readonly fields: number;
  readonly banks: number;
  /** Indices joined in one exact table; 1: none. */
  readonly join: number;
  /** Packed lanes with their proofs; null when every element has a field of its own. */
  readonly lanes: readonly Lane[] | null;
  /** Why there are no lanes; null when there are, or when they would have gained nothing. */
  readonly refused: string | null;
}

/** A layout as estimated, and as the switch placed it (null: not placed). */
export interface LayoutOption {
  readonly name: 'chosen' | 'without packed lanes' | 'without joined indices';
  readonly estimate: Estimate | null;
  readonly placed: PlacedLayout | null;
}

export interface PlacedLayout {
  readonly fits: boolean;
  readonly stages: number;
  /** Containers taken, by size. */
  readonly containers: Readonly<Record<8 | 16 | 32, number>>;
  readonly sram: number;
  readonly tcam: number;
}

export interface LayoutReport {
  /** What was asked for. */
  readonly lanes: LanesChoice;
  readonly values: readonly ValueChoice[];
  /** The chosen layout first, then the best of those that do without something it uses. */
  readonly options: readonly LayoutOption[];
  /** Layouts that were placed until one fitted. */
  readonly tried: number;
}

/** What a placement took. */
export function placedLayout(fits: boolean, report: FitReport): PlacedLayout {
  const containers = { 8: 0, 16: 0, 32: 0 };
  for (const { bits, used } of report.phv.containers) containers[bits] += used;
  const sum = (what: string): number => report.totals.find((r) => r.resource === what)?.used ?? 0;
  return { fits, stages: report.stages.used, containers, sram: sum('sram'), tcam: sum('tcam') };
}

/** The sums of a lowered network with their lanes, or why they have none. */
export function valueChoices(
  network: TableNetwork,
  inputs: readonly Range[],
  lowered: Lowered,
  layout: Layout,
  lanes: LanesChoice,
): ValueChoice[] {
  const bounds = networkBounds(network, inputs);
  return lowered.sums.map((sum): ValueChoice => {
    const value = network.values.findIndex((v) => v.name === sum.value);
    const packed = sum.lanes ?? null;
    const plan = packed === null && lanes !== 'off' ? planLanes(network, value, bounds) : undefined;
    return {
      value: sum.value,
      elements: sum.ranges.length,
      bits: sum.bits,
      fields: packed === null ? sum.ranges.length : new Set(packed.map((lane) => lane.slot)).size,
      banks: sum.banks,
      join: layout[value]?.join ?? 1,
      lanes: packed,
      refused: plan !== undefined && 'refused' in plan ? plan.refused : null,
    };
  });
}

/** The best candidates that do without what the chosen layout uses. */
export function withoutOptions(
  chosen: Layout,
  best: { readonly plain?: Candidate; readonly single?: Candidate },
): { readonly name: LayoutOption['name']; readonly candidate: Candidate }[] {
  const out: { name: LayoutOption['name']; candidate: Candidate }[] = [];
  if (best.plain !== undefined && chosen.some((one) => one?.packed))
    out.push({ name: 'without packed lanes', candidate: best.plain });
  if (best.single !== undefined && chosen.some((one) => (one?.join ?? 1) > 1))
    out.push({ name: 'without joined indices', candidate: best.single });
  return out;
}
