/** Why a verdict flipped: the packet's walk through the old program beside its walk through the new one. */

import type { Progress } from '../problem.ts';
import type { Placement, Program, StateMode } from '../program/index.ts';
import { engineState, replayedDataset, selectPackets } from '../replay/index.ts';
import type { PacketTrace } from '../switch/index.ts';
import type { Dataset } from '../traffic/index.ts';
import type { BaselineReplay } from './baseline.ts';
import { partingOf, type TableWalk } from './parting.ts';
import { dependenceOf, pickRows, rowsNeeded, walkPackets } from './walk.ts';

/** Where the walks part. */
export interface FlipCause {
  /**
   * `parser`: parsed fields differ; `feature`: the model's inputs differ; `table`: the same inputs meet another entry, action or data;
   * `verdict`: only the final comparison differs; `replay`: the old program does not give the recorded verdict today.
   */
  readonly kind: 'parser' | 'feature' | 'table' | 'verdict' | 'replay';
  readonly stage: number | null;
  /** Table, feature or parsed field. */
  readonly what: string;
  readonly before: string;
  readonly after: string;
  /** Of a feature: the table where its computation parts, with entries or registers. */
  readonly via: { readonly table: string; readonly before: string; readonly after: string } | null;
}

/** A program and how it was replayed. */
export interface WalkedSide {
  readonly program: Program;
  readonly placement: Placement;
  readonly replay: BaselineReplay;
}

/** A packet by capture index and number. */
export interface PacketPlace {
  readonly capture: number;
  readonly packetNumber: number;
}

const placeKey = (capture: number, packetNumber: number): string => `${capture}/${packetNumber}`;

/** Traces of chosen packets by place, run as the side's replay runs them. */
export async function tracesOf(
  side: WalkedSide,
  dataset: Dataset,
  wanted: readonly PacketPlace[],
  progress?: Progress,
): Promise<ReadonlyMap<string, PacketTrace>> {
  const { program, placement, replay } = side;
  const { split } = replay;
  const replayed = replayedDataset({ dataset, ...replay }, split);
  const { packet, packets } = selectPackets(replayed, split);
  const keys = new Set(wanted.map(({ capture, packetNumber }) => placeKey(capture, packetNumber)));
  const { capture, packetNumber } = replayed.packets;
  const rows = [...packet.keys()].filter((row) => keys.has(placeKey(capture[packet[row]], packetNumber[packet[row]])));
  const state: StateMode = engineState(replay.state);
  const needed = rowsNeeded(await dependenceOf(program, [packets]), rows).filter(
    (() => {
      const own = new Set(rows.map((row) => packets.capture[row]));
      return (row: number) => state === 'continuous' || own.has(packets.capture[row]);
    })(),
  );
  const at = new Map([...needed].map((row, i) => [row, i]));
  const traced = new Set(rows.map((row) => at.get(row) ?? -1));
  const options = { where: program.name, state, ...(progress === undefined ? {} : { progress }) };
  const { traces } = walkPackets({ program, placement }, pickRows(packets, needed), traced, options);
  return new Map(
    rows.flatMap((row) => {
      const trace = traces.get(at.get(row) ?? -1);
      const key = placeKey(capture[packet[row]], packetNumber[packet[row]]);
      return trace === undefined ? [] : [[key, trace] as const];
    }),
  );
}

/** The trace of one packet among `tracesOf`. */
export function traceAt(
  traces: ReadonlyMap<string, PacketTrace>,
  { capture, packetNumber }: PacketPlace,
): PacketTrace | undefined {
  return traces.get(placeKey(capture, packetNumber));
}

/** Value of each of the model's inputs by feature. */
function featureValues({ features }: Program, trace: PacketTrace): Map<string, string> {
  return new Map(features.map(({ feature, field }) => [feature, String(trace.final[field] ?? 0)]));
}

/** Fields that the front computes: slots, owners, features. Tables that write nothing else are no part of the model. */
function frontFields({ features, flow }: Program): Set<string> {
  const state = flow === undefined ? [] : [flow.slot, flow.owner, flow.status];
  return new Set([...features.map(({ field }) => field), ...state]);
}

const SHOWN_WRITES = 4;

/** What a table did, only what the other walk's did not. */
function tableLine(own: TableWalk | undefined, other: TableWalk | undefined): string {
  if (own === undefined) return 'no such table';
  const key = own.key.map(({ field, value }) => `${field} = ${value}`).join(', ');
  const hit = own.key.length === 0 ? (own.action ?? 'no action') : own.entry === null ? 'miss' : `entry ${own.entry}`;
  const theirs = new Map((other?.writes ?? []).map(({ field, after }) => [field, after]));
  const changed = own.writes.filter(({ field, after }) => theirs.get(field) !== after);
  const shown = changed.slice(0, SHOWN_WRITES).map(({ field, after }) => `${field} = ${after}`);
  if (changed.length > SHOWN_WRITES) shown.push(`${changed.length - SHOWN_WRITES} more`);
  return `${key === '' ? '' : `${key}: `}${hit}${shown.length === 0 ? '' : ` → ${shown.join(', ')}`}`;
}

function tableNamed(trace: PacketTrace, name: string): TableWalk | undefined {
  return trace.stages.flatMap(({ tables }) => tables).find(({ table }) => table === name);
}

interface Walk {
  readonly program: Program;
  readonly trace: PacketTrace;
}

/** The table where two walks part, those that `skip` says left out; keyed tables first: constants differ in every other training. */
function partingTable(before: Walk, after: Walk, skip: (table: TableWalk) => boolean) {
  const keyless = (table: TableWalk): boolean => table.key.length === 0 || skip(table);
  const parting = partingOf(after.trace, before.trace, keyless);
  const isTable = parting !== null && tableNamed(after.trace, parting.what) !== undefined;
  return isTable ? parting : partingOf(after.trace, before.trace, skip);
}

/**
 * Why two walks of a packet end in different verdicts.
 * @param recorded verdict of the old run by name; when the old walk gives another, the cause is in the data or the simulator
 */
export function causeOf(
  before: Walk,
  after: Walk,
  recorded: { verdict: string | null; given: string | null },
): FlipCause {
  if (recorded.verdict !== recorded.given) {
    const shown = (verdict: string | null): string => verdict ?? 'no verdict';
    const what = 'the old program on the packets of today';
    return cause('replay', null, what, shown(recorded.verdict), shown(recorded.given));
  }
  const parsed = partingOf(after.trace, before.trace);
  if (parsed?.gress === 'parser') return cause('parser', null, parsed.what, parsed.theirs, parsed.ours);
  const [old, now] = [featureValues(before.program, before.trace), featureValues(after.program, after.trace)];
  const front = frontFields(after.program);
  const feature = [...now.keys()].find((name) => old.has(name) && old.get(name) !== now.get(name));
  if (feature !== undefined) {
    const name = parsed?.what ?? '';
    const [a, b] = [tableNamed(before.trace, name), tableNamed(after.trace, name)];
    const via = b === undefined ? null : { table: name, before: tableLine(a, b), after: tableLine(b, a) };
    return { ...cause('feature', parsed?.stage ?? null, feature, old.get(feature)!, now.get(feature)!), via };
  }
  const ofFront = ({ writes }: TableWalk): boolean => writes.every(({ field }) => front.has(field));
  const parting = partingTable(before, after, ofFront);
  const table = parting === null ? undefined : tableNamed(after.trace, parting.what);
  if (parting === null || table === undefined)
    return cause('verdict', null, 'verdict', recorded.verdict ?? 'none', String(after.trace.verdict));
  const other = tableNamed(before.trace, parting.what);
  return cause('table', parting.stage, parting.what, tableLine(other, table), tableLine(table, other));
}

function cause(kind: FlipCause['kind'], stage: number | null, what: string, before: string, after: string): FlipCause {
  return { kind, stage, what, before, after, via: null };
}
