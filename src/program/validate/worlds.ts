/**
 * Which headers can be valid when control starts: one *world* per distinct outcome of the parser (headers extracted, metadata
 * set to constants). Conditions of the control narrow the set of worlds; a header is certain where all worlds have it.
 */

import type { Lookup } from '../lookup.ts';
import type { Program, Test } from '../program.ts';
import { nextStates } from './parser.ts';

export interface World {
  readonly headers: ReadonlySet<string>;
  /** Metadata whose value the parser fixes on this path; a field that is absent is unknown if written, else 0. */
  readonly known: ReadonlyMap<string, number>;
  /** Metadata copied from a packet field on this path. */
  readonly unknown: ReadonlySet<string>;
}

/** More worlds than this are merged down to their headers alone: still sound, only less precise. */
const MOST_WORLDS = 4096;

/** Worlds of packets that the parser accepts. The parser must be free of loops. */
export function acceptedWorlds(program: Program): World[] {
  const states = new Map(program.parser.states.map((one) => [one.name, one]));
  const start = states.get('start');
  if (!start) return [];
  let open: { state: string; world: World }[] = [
    { state: 'start', world: { headers: new Set(), known: new Map(), unknown: new Set() } },
  ];
  const accepted = new Map<string, World>();
  while (open.length > 0) {
    const next = new Map<string, { state: string; world: World }>();
    for (const one of open) {
      const state = states.get(one.state)!;
      const world = afterState(one.world, state);
      const targets = nextStates(state, states).map((target) => target.name);
      for (const target of targets) next.set(`${target}|${worldKey(world)}`, { state: target, world });
      const accepts = state.otherwise === 'accept' || state.cases.some((entry) => entry.next === 'accept');
      if (accepts) accepted.set(worldKey(world), world);
    }
    open = [...next.values()];
    if (open.length > MOST_WORLDS) open = headersOnly(open);
  }
  return [...accepted.values()];
}

function afterState(world: World, state: Program['parser']['states'][number]): World {
  const headers = new Set([...world.headers, ...state.extract]);
  const known = new Map(world.known);
  const unknown = new Set(world.unknown);
  for (const { dst, from } of state.assign) {
    known.delete(dst);
    unknown.delete(dst);
    if ('const' in from) known.set(dst, from.const);
    else unknown.add(dst);
  }
  return { headers, known, unknown };
}

function worldKey(world: World): string {
  const known = [...world.known].map(([name, value]) => `${name}=${value}`);
  return [[...world.headers], known, [...world.unknown]].map((list) => list.sort().join(',')).join(';');
}

function headersOnly(open: { state: string; world: World }[]): { state: string; world: World }[] {
  const out = new Map<string, { state: string; world: World }>();
  for (const { state, world } of open) {
    const unknown = new Set([...world.unknown, ...world.known.keys()]);
    const merged = { headers: world.headers, known: new Map<string, number>(), unknown };
    out.set(`${state}|${worldKey(merged)}`, { state, world: merged });
  }
  return [...out.values()];
}

/** Can (true), must (undefined for "cannot tell") a test hold in a world? `written`: fields the control may have changed. */
export function testIn(world: World, test: Test, at: Lookup, written: ReadonlySet<string>): boolean | undefined {
  if (test.kind === 'valid') return world.headers.has(test.header);
  if (test.kind === 'invalid') return !world.headers.has(test.header);
  const field = at.field.get(test.field)!;
  if (field.source !== 'metadata' || field.bits > 32 || written.has(test.field) || world.unknown.has(test.field)) {
    return undefined;
  }
  const value = world.known.get(test.field) ?? 0;
  return compareNumbers(narrow(value, field.bits, test.signed), test.op, narrow(test.value, field.bits, test.signed));
}

function narrow(value: number, bits: number, signed = false): number {
  const unsigned = ((value % 2 ** bits) + 2 ** bits) % 2 ** bits;
  return signed && unsigned >= 2 ** (bits - 1) ? unsigned - 2 ** bits : unsigned;
}

function compareNumbers(a: number, op: 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge', b: number): boolean {
  switch (op) {
    case 'eq':
      return a === b;
    case 'ne':
      return a !== b;
    case 'lt':
      return a < b;
    case 'le':
      return a <= b;
    case 'gt':
      return a > b;
    case 'ge':
      return a >= b;
  }
}

/** The worlds in which the `then` branch can run, and those in which the `else` branch can. */
export function split(
  worlds: readonly World[],
  all: readonly Test[],
  at: Lookup,
  written: ReadonlySet<string>,
): { readonly yes: World[]; readonly no: World[] } {
  const yes: World[] = [];
  const no: World[] = [];
  for (const world of worlds) {
    const results = all.map((test) => testIn(world, test, at, written));
    if (!results.includes(false)) yes.push(world);
    if (!results.every((one) => one === true)) no.push(world);
  }
  return { yes, no };
}
