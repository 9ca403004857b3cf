/**
 * Layouts proposed to the chip: accumulators, joined indices and the cut between ingress and egress, tried from the best estimate on
 * until the switch's placement fits (ARCHITECTURE.md: the compiler proposes, `switch` places).
 */
import type { Front } from '../../features/index.ts';
import { fail } from '../../problem.ts';
import type { Placement, Program } from '../../program/index.ts';
import { type Chip, type FitReport, placeProgram } from '../../switch/index.ts';
import { assembleProgram } from './assemble.ts';
import { joinIndices } from './join.ts';
import { type Candidate, type Cut, type Layout, type Room, rankLayouts } from './layouts.ts';
import { type Lowered, type LowerOptions, lowerNetwork } from './lower.ts';
import type { TableNetwork } from './network.ts';
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
  return { containers, stages: chip.stages, frontStages: placement.stages };
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

/** Lowers and places: first layout that fits, else the one with the fewest stages (`fits` false). */
export function searchLayout(
  name: string,
  whole: TableNetwork,
  front: Front,
  chip: Chip,
  options: Omit<LowerOptions, 'layout' | 'front' | 'valid'>,
): Compiled {
  const network = windowNetwork(whole);
  const unbounded = chip.name === 'unbounded';
  const candidates: Candidate[] = unbounded
    ? [{ layout: [], cut: undefined }]
    : rankLayouts(network, options.inputs, options.width ?? 8, roomBehind(name, front, chip), MOST_LAYOUTS);
  let best: Compiled | undefined;
  let tried = 0;
  const known = new Map<Layout, Lowered>();
  for (const { layout, cut } of candidates) {
    const lowered =
      known.get(layout) ??
      lowerNetwork(applyJoins(network, layout), {
        ...options,
        layout,
        front,
        ...(front.valid === undefined ? {} : { valid: front.valid }),
      });
    known.set(layout, lowered);
    const at = cutPhase(lowered, cut);
    const program = assembleProgram(name, lowered, front, at);
    const { fits, placement, report } = placeProgram(program, chip, { alternatives: false });
    tried++;
    const made = { program, placement, fits, report, lowered, network, cut: at, layout, layoutsTried: tried };
    if (fits) return made;
    if (best === undefined || shortage(report) < shortage(best.report)) best = made;
  }
  if (best === undefined) return fail({ code: 'COMPILE-LAYOUT', message: 'no layout to try', where: name });
  // Options are worth their schedules only for the layout that is handed back.
  return { ...best, report: placeProgram(best.program, chip).report, layoutsTried: tried };
}
