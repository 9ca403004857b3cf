/**
 * Layouts proposed to the chip: accumulator banks and the cut between ingress and egress, tried from the shallowest on until the
 * switch's placement fits (ARCHITECTURE.md: the compiler proposes, `switch` places).
 */
import type { Front } from '../../features/index.ts';
import { fail } from '../../problem.ts';
import type { Placement, Program } from '../../program/index.ts';
import { type Chip, placeProgram } from '../../switch/index.ts';
import { assembleProgram } from './assemble.ts';
import { type Lowered, type LowerOptions, lowerNetwork } from './lower.ts';
import type { TableNetwork } from './network.ts';

export interface Compiled {
  readonly program: Program;
  readonly placement: Placement;
  readonly fits: boolean;
  readonly lowered: Lowered;
  /** Number of phases in ingress, and the layout tried: for the report. */
  readonly cut: number;
  readonly maxBanks: number;
  readonly layoutsTried: number;
}

/** Containers of one size that accumulators of one value may take, leaving room for inputs and the front (TARGETS.md §2: 48/72/48). */
const ACCUMULATORS: Readonly<Record<number, number>> = { 8: 40, 16: 64, 32: 40 };
/** Action data bus, bytes a stage (TARGETS.md §5). */
const BUS_BYTES = 128;
/** Normal containers of one group: all operands of an instruction sit in one (TARGETS.md §2). */
const GROUP = 12;

/** Banks that make the shallowest sum under the limits: tables in a chain, then rounds of additions. */
export function banksFor(network: TableNetwork, value: number, bits: number, most: number): number {
  const tables = network.maps.filter((m) => m.output === value).length;
  const size = network.values[value].size;
  const byBus = Math.floor(BUS_BYTES / ((size * bits) / 8));
  const byPhv = Math.floor((ACCUMULATORS[bits] ?? 40) / size);
  // The verdict's differences tie all logits and their banks into one group of containers.
  const byGroup = value === network.verdict.value ? Math.floor(GROUP / size) : GROUP;
  const limit = Math.max(1, Math.min(most, tables, byBus, byPhv, byGroup));
  let best = 1;
  const depth = (b: number): number => Math.ceil(tables / b) + Math.ceil(Math.log2(b));
  for (let b = 2; b <= limit; b++) if (depth(b) < depth(best)) best = b;
  return best;
}

/** Cuts worth trying: everything in ingress, then from the end of the first value on, deepest ingress last. */
function cutsOf(lowered: Lowered): number[] {
  const n = lowered.phases.length;
  const middle = Array.from({ length: n }, (_, i) => i);
  const steps = (from: number, to: number): number =>
    lowered.phases.slice(from, to).reduce((sum, p) => sum + p.steps.length, 0);
  const total = steps(0, n);
  middle.sort((a, b) => Math.abs(steps(0, a) - total / 3) - Math.abs(steps(0, b) - total / 3));
  return [n, ...middle];
}

/** Lowers and places: first layout that fits, else the one with the fewest stages (`fits` false). */
export function searchLayout(
  name: string,
  network: TableNetwork,
  front: Front,
  chip: Chip,
  options: Omit<LowerOptions, 'banks'>,
): Compiled {
  const unbounded = !Number.isFinite(chip.stages) || chip.name === 'unbounded';
  let best: Compiled | undefined;
  let tried = 0;
  for (const maxBanks of unbounded ? [1] : [4, 2, 8, 1]) {
    const banks = (value: number, bits: number): number => banksFor(network, value, bits, maxBanks);
    const lowered = lowerNetwork(network, { ...options, banks });
    for (const cut of unbounded ? [lowered.phases.length] : cutsOf(lowered)) {
      const program = assembleProgram(name, lowered, front, cut);
      const { fits, placement } = placeProgram(program, chip);
      tried++;
      const made = { program, placement, fits, lowered, cut, maxBanks, layoutsTried: tried };
      if (fits) return made;
      if (best === undefined || placement.stages < best.placement.stages) best = made;
    }
  }
  if (best === undefined) return fail({ code: 'COMPILE-LAYOUT', message: 'no layout to try', where: name });
  return { ...best, layoutsTried: tried };
}
