/** What the program asks of the parser: states of the hardware by their extractors, rows, and how deep it looks (TARGETS.md §1 "Parser"). */

import type { ContainerUse, ParserState, Program } from '../../program/index.ts';
import type { Chip, ContainerBits } from '../targets/chip.ts';
import type { ParserReport } from './types.ts';

/** Containers, by size, that the header fields of one state fill. */
function extracts(program: Program, state: ParserState, uses: readonly ContainerUse[]): Record<ContainerBits, number> {
  const fields = new Set(
    program.headers.filter((header) => state.extract.includes(header.name)).flatMap((header) => header.fields),
  );
  const containers = new Set(
    uses.filter((use) => use.gress === 'ingress' && fields.has(use.field)).map((use) => use.container),
  );
  const count: Record<ContainerBits, number> = { 8: 0, 16: 0, 32: 0 };
  for (const name of containers) count[/B\d/.test(name) ? 8 : /H\d/.test(name) ? 16 : 32]++;
  return count;
}

/** Hardware states for one program state: extractors bind, or the bytes one state may shift. */
function hardwareStates(count: Record<ContainerBits, number>, bytes: number, chip: Chip): number {
  const { extracts: each, pooled16, bufferBytes } = chip.parser;
  const byExtracts = pooled16
    ? (count[8] + count[16] + 2 * count[32]) / pooled16
    : Math.max(count[8] / each[8], count[16] / each[16], count[32] / each[32]);
  return Math.max(1, Math.ceil(byExtracts), Math.ceil(bytes / bufferBytes));
}

function headerBytes(program: Program, name: string): number {
  const bits = new Map(program.fields.map((field) => [field.name, field.bits]));
  const header = program.headers.find((candidate) => candidate.name === name);
  return (header?.fields ?? []).reduce((sum, field) => sum + (bits.get(field) ?? 0), 0) / 8;
}

function stateBytes(program: Program, state: ParserState): number {
  return state.extract.reduce((sum, name) => sum + headerBytes(program, name), 0) + state.skip;
}

/** Bytes from the frame's start that the longest path extracts or skips; each state counts once on a path. */
function deepest(program: Program): number {
  const states = new Map(program.parser.states.map((state) => [state.name, state]));
  const walk = (name: string, seen: ReadonlySet<string>): number => {
    const state = states.get(name);
    if (!state || seen.has(name)) return 0;
    const next = [...state.cases.map((one) => one.next), state.otherwise];
    const after = new Set([...seen, name]);
    return stateBytes(program, state) + Math.max(0, ...[...new Set(next)].map((to) => walk(to, after)));
  };
  return walk('start', new Set());
}

/** Paths through a parser of this many states are counted one by one; beyond it only the sum of all states is given. */
const MOST_STATES = 64;

/** The ingress parser of a placed program; null when the program parses nothing. */
export function parserReport(program: Program, uses: readonly ContainerUse[], chip: Chip): ParserReport | null {
  const { states } = program.parser;
  if (states.length === 0) return null;
  const hardware = states.map((state) =>
    hardwareStates(extracts(program, state, uses), stateBytes(program, state), chip),
  );
  const rows = states.reduce((sum, state, index) => sum + state.cases.length + hardware[index], 0);
  const depth =
    states.length <= MOST_STATES ? deepest(program) : states.reduce((sum, s) => sum + stateBytes(program, s), 0);
  return {
    states: states.length,
    hardwareStates: hardware.reduce((sum, count) => sum + count, 0),
    rows,
    rowsAvailable: chip.stages === Infinity ? null : chip.parser.rows,
    depthBytes: depth,
    depthAvailable: chip.stages === Infinity ? null : chip.parser.depthIngress,
  };
}
