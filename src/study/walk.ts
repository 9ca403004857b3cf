/** Walks of chosen packets: only the packets that share their flow slots are run, as nothing else can touch their state. */

import { openEngine } from '../engine/index.ts';
import { fail, type Progress } from '../problem.ts';
import type { FrameColumns, PgsFile, Placement, Program, RunColumns, StateMode } from '../program/index.ts';
import { chipNamed, type PacketTrace, placeProgram, runReference } from '../switch/index.ts';
import { slotProgram } from './slot-slice.ts';

/** On which packets before it a packet's walk depends: those of its slot, none, or all. */
export type Dependence =
  | { readonly kind: 'slot'; readonly slots: Uint32Array }
  | { readonly kind: 'none' }
  | { readonly kind: 'all' };

/** @throws ProblemError RUN-INJECTED when the program is not placed */
export function placementOf({ placement }: Pick<PgsFile, 'placement'>, where: string): Placement {
  return (
    placement ?? fail({ code: 'RUN-INJECTED', where, message: 'the program is not placed', hint: 'compile it again' })
  );
}

/** Flow slots of all packets, batch by batch, by the part of the program that computes them. */
export async function dependenceOf(program: Program, batches: readonly FrameColumns[]): Promise<Dependence> {
  if (program.registers.length === 0) return { kind: 'none' };
  const slice = slotProgram(program);
  const field = program.flow?.slot;
  if (slice === undefined || field === undefined) return { kind: 'all' };
  const { placement } = placeProgram(slice, chipNamed('unbounded'));
  const most = Math.max(1, ...batches.map(({ count }) => count));
  // One thread: starting others takes longer than the few tables of the slice.
  const engine = openEngine(slice, placement, most, undefined, { observe: [field], workers: 1, state: 'continuous' });
  try {
    const slots = new Uint32Array(batches.reduce((sum, { count }) => sum + count, 0));
    let at = 0;
    for (const packets of batches) {
      const run = await engine.feed({ kind: 'packets', packets });
      const column = run.observed[field];
      if (column === undefined) return { kind: 'all' };
      slots.set(column.subarray(0, packets.count), at);
      at += packets.count;
    }
    return { kind: 'slot', slots };
  } finally {
    await engine.close();
  }
}

/** Rows, ascending, that must run for the walks of `wanted`: those and what they depend on up to the last of them. */
export function rowsNeeded(dependence: Dependence, wanted: readonly number[]): Uint32Array {
  const last = Math.max(-1, ...wanted);
  if (dependence.kind === 'none') return Uint32Array.from([...new Set(wanted)].sort((a, b) => a - b));
  const all = Uint32Array.from({ length: last + 1 }, (_, i) => i);
  if (dependence.kind === 'all') return all;
  const { slots } = dependence;
  const own = new Set(wanted.map((row) => slots[row]));
  return all.filter((row) => own.has(slots[row]));
}

/** Columns of the packets at `rows`; frame bytes are shared. */
export function pickRows(packets: FrameColumns, rows: Uint32Array): FrameColumns {
  const column = (values: Uint32Array): Uint32Array => rows.map((i) => values[i] ?? 0);
  return {
    count: rows.length,
    bytes: packets.bytes,
    offset: column(packets.offset),
    capLen: column(packets.capLen),
    origLen: column(packets.origLen),
    seconds: column(packets.seconds),
    nanos: column(packets.nanos),
    capture: column(packets.capture),
  };
}

export interface Walks {
  readonly run: RunColumns;
  /** By the number of the packet in `packets`. */
  readonly traces: ReadonlyMap<number, PacketTrace>;
}

/** Run `packets` through the reference pipeline, tracing those at `traced`. */
export function walkPackets(
  file: Pick<PgsFile, 'program' | 'placement'>,
  packets: FrameColumns,
  traced: ReadonlySet<number>,
  options: { where: string; state?: StateMode; progress?: Progress },
): Walks {
  const { program } = file;
  const { where, ...rest } = options;
  const observe = [...program.features.map(({ field }) => field), ...(program.flow ? [program.flow.owner] : [])];
  const traces = new Map<number, PacketTrace>();
  const run = runReference(
    program,
    placementOf(file, where),
    { kind: 'packets', packets },
    { observe, trace: { packets: traced, onPacket: (trace) => traces.set(trace.packet, trace) }, ...rest },
  );
  return { run, traces };
}
