/**
 * Layouts proposed to the chip: accumulators, joined indices and the cut between ingress and egress, tried from the best estimate on
 * until the switch's placement fits (ARCHITECTURE.md: the compiler proposes, `switch` places).
 */
import type { Front } from '../../features/index.ts';
import { fail } from '../../problem.ts';
import type { Placement, Program } from '../../program/index.ts';
import { type Chip, type FitReport, placeProgram } from '../../switch/index.ts';
import { assembleProgram } from './assemble.ts';
import { type LayoutOption, type LayoutReport, placedLayout, valueChoices, withoutOptions } from './choice.ts';
import { joinIndices } from './join.ts';
import {
  type Candidate,
  type Cut,
  type Estimate,
  type LanesChoice,
  type Layout,
  plainLayout,
  type Ranking,
  type Room,
  rankLayouts,
} from './layouts.ts';
import { type Lowered, type LowerOptions, lowerNetwork } from './lower.ts';
import type { TableNetwork } from './network.ts';
import { foldBiases } from './reuse.ts';
import { windowNetwork } from './window.ts';

export interface Compiled {
  readonly program: Program;
  readonly placement: Placement;
  readonly fits: boolean;
  readonly report: FitReport;
  readonly lowered: Lowered;
  /** What one packet runs: windows split into per-packet part, rings, window part. */
  readonly network: TableNetwork;
  /** Number of phases in ingress, and the layout tried: for the report. */
  readonly cut: number;
  readonly layout: Layout;
  readonly layoutsTried: number;
  readonly choice: LayoutReport;
}

/** Layouts with cuts tried before giving up. */
const MOST_LAYOUTS = 16;
/** Containers lost because the gresses take deparsed containers in lumps (TARGETS.md §2). */
const LUMP = 4;

/** What the front leaves of the chip: it is placed alone. */
function roomBehind(name: string, front: Front, chip: Chip): Room {
  const bare: Lowered = {
    fields: [],
    actions: [],
    tables: [],
    phases: [],
    verdict: { kind: 'none', logits: [], classes: [] },
    rings: [],
    report: [],
    sums: [],
    leafFields: new Map(),
  };
  const { placement, report } = placeProgram(assembleProgram(name, bare, front), chip, { alternatives: false });
  const containers: Record<number, number> = {};
  for (const { bits, kind, used, available } of report.phv.containers)
    if (kind === 'normal') containers[bits] = Math.max(0, (available ?? 1e6) - used - LUMP);
  return { chip, containers, frontStages: placement.stages };
}

/** Number of the first phase in egress. */
function cutPhase(lowered: Lowered, cut: Cut): number {
  if (cut === undefined) return lowered.phases.length;
  const at = lowered.phases.findIndex((p) => p.value === cut.value && (cut.part === 'indices' || p.part === 'sums'));
  const pinned = lowered.phases.reduce((last, p, i) => (p.pinned ? i : last), -1);
  return at < 0 ? lowered.phases.length : Math.max(at, pinned + 1);
}

/** The network with indices joined as the layout says. */
function applyJoins(network: TableNetwork, layout: Layout): TableNetwork {
  return layout.reduce<TableNetwork>(
    (joined, one, value) => (one !== undefined && one.join > 1 ? joinIndices(joined, value, one.join) : joined),
    network,
  );
}

/** How far a placement is from fitting: fields without a container, then stages. */
function shortage(report: FitReport): number {
  return report.phv.unplaced.length * 100 + report.stages.used;
}

export interface SearchOptions extends Omit<LowerOptions, 'layout' | 'front' | 'valid'> {
  /** Where elements share 32-bit fields (default `auto`: where the estimate gains by it). */
  readonly lanes?: LanesChoice;
  /** Also place the best layouts without packed lanes and without joined indices, so that the report compares them. Default false. */
  readonly compare?: boolean;
  /** Only layouts whose program is accepted are handed back, whether they fit or not; none accepted: the search as ever. */
  readonly accept?: (program: Program) => boolean;
}

/** What a search carries from layout to layout. */
interface Search {
  readonly name: string;
  readonly network: TableNetwork;
  readonly front: Front;
  readonly chip: Chip;
  readonly options: SearchOptions;
  readonly known: Map<Layout, Lowered>;
}

type Made = Pick<Compiled, 'program' | 'placement' | 'fits' | 'report' | 'lowered' | 'cut' | 'layout'>;

/** Lowers and places one candidate. */
function make(s: Search, { layout, cut }: Pick<Candidate, 'layout' | 'cut'>): Made {
  const { front, options } = s;
  const lowered =
    s.known.get(layout) ??
    lowerNetwork(applyJoins(s.network, layout), {
      ...options,
      layout,
      front,
      ...(front.valid === undefined ? {} : { valid: front.valid }),
    });
  s.known.set(layout, lowered);
  const at = cutPhase(lowered, cut);
  const program = assembleProgram(s.name, lowered, front, at);
  const { fits, placement, report } = placeProgram(program, s.chip, { alternatives: false });
  return { program, placement, fits, report, lowered, cut: at, layout };
}

/** The chosen layout's report, with what the alternatives were estimated to take and, if asked, take. */
function reportOf(s: Search, made: Made, estimate: Estimate | null, ranking: Ranking, tried: number): LayoutReport {
  const { inputs, lanes = 'auto', compare = false } = s.options;
  const others = withoutOptions(made.layout, ranking).map(({ name, candidate }): LayoutOption => {
    const placed = compare ? make(s, candidate) : undefined;
    return {
      name,
      estimate: candidate.estimate,
      placed: placed === undefined ? null : placedLayout(placed.fits, placed.report),
    };
  });
  const placed = placedLayout(made.fits, made.report);
  return {
    lanes,
    values: valueChoices(s.network, inputs, made.lowered, made.layout, lanes),
    options: [{ name: 'chosen', estimate, placed }, ...others],
    tried,
  };
}

/**
 * Rankings in the order of trying. Where elements may share fields and nothing fits that way, sharing wherever it is proved comes next: the
 * placement holds fewer containers than the estimate believes.
 */
function* rankings(s: Search): Generator<Ranking> {
  const { inputs, width = 8, lanes = 'auto' } = s.options;
  const room = roomBehind(s.name, s.front, s.chip);
  yield rankLayouts(s.network, { inputs, width, lanes, room, most: MOST_LAYOUTS });
  if (lanes === 'auto') yield rankLayouts(s.network, { inputs, width, lanes: 'on', room, most: MOST_LAYOUTS });
}

/** Nothing is scarce on the unbounded target: one bank, nothing joined, packed only if asked for. */
function unboundedLayout(s: Search): Omit<Candidate, 'estimate'> {
  return { layout: plainLayout(s.network, s.options.lanes === 'on'), cut: undefined };
}

/** Lowers and places: first layout that fits, else the one with the fewest stages (`fits` false). */
export function searchLayout(
  name: string,
  whole: TableNetwork,
  front: Front,
  chip: Chip,
  options: SearchOptions,
): Compiled {
  const network = foldBiases(windowNetwork(whole));
  const s: Search = { name, network, front, chip, options, known: new Map() };
  let best: Made | undefined;
  let ranking: Ranking = { candidates: [] };
  let tried = 0;
  const attempt = (candidate: Omit<Candidate, 'estimate'>): boolean => {
    const made = make(s, candidate);
    tried++;
    const taken = options.accept?.(made.program) ?? made.fits;
    if (taken || best === undefined || made.fits || shortage(made.report) < shortage(best.report)) best = made;
    return taken;
  };
  if (chip.name === 'unbounded') attempt(unboundedLayout(s));
  else
    for (const next of rankings(s)) {
      const before = best;
      const found = next.candidates.some(attempt);
      if (best !== before) ranking = next;
      if (found) break;
    }
  if (best === undefined) return fail({ code: 'COMPILE-LAYOUT', message: 'no layout to try', where: name });
  const { layout } = best;
  const estimate = ranking.candidates.find((c) => c.layout === layout)?.estimate ?? null;
  const choice = reportOf(s, best, estimate, ranking, tried);
  // Options are worth their schedules only for the layout that is handed back.
  const report = best.fits ? best.report : placeProgram(best.program, chip).report;
  return { ...best, report, network, choice, layoutsTried: tried };
}
