/** Header and metadata types, and the order in which headers leave the deparser. */

import { fail } from '../problem.ts';
import type { Gress, Header, Program } from '../program/index.ts';
import { bridgedCopy, type Context, indent } from './context.ts';
import { resultFields } from './result.ts';

/** EtherType of a frame that carries a result header behind its Ethernet header (IEEE local experimental 1). */
export const RESULT_TYPE = 0x88b5;

/** Bytes that a parser state skips travel in a header of their own: a skipped byte would not leave the switch again. */
export function skipHeader(state: string): string {
  return `skipped ${state}`;
}

export function headerTypes(context: Context): string[] {
  const { program } = context;
  const lines: string[] = [];
  for (const header of program.headers) {
    const members = header.fields.map((name) => `bit<${context.bits(name)}> ${context.member(name)};`);
    lines.push(...headerType(`${context.header(header.name)}_t`, members));
  }
  for (const bytes of new Set(program.parser.states.map((one) => one.skip).filter((skip) => skip > 0))) {
    lines.push(...headerType(`skipped_${bytes}_t`, [`bit<${bytes * 8}> bytes;`]));
  }
  if (context.settings.timeSource === 'shim') lines.push(...headerType('pegasim_shim_t', ['bit<48> time;']));
  if (context.settings.result === 'header') {
    lines.push(
      ...headerType(
        'pegasim_result_t',
        resultFields(context).map((one) => `bit<${one.bits}> ${one.name};`),
      ),
    );
  }
  if (context.tofino && program.egress.length > 0) {
    lines.push(
      ...headerType(
        'pegasim_bridge_t',
        bridgeFields(context).map((one) => `bit<${one.bits}> ${one.name};`),
      ),
    );
  }
  return lines;
}

function headerType(name: string, members: readonly string[]): string[] {
  return [`header ${name} {`, ...indent(members), '}', ''];
}

export interface BridgeField {
  readonly name: string;
  readonly bits: number;
  /** Program field that crosses; absent for padding and our own flag. */
  readonly field?: string;
}

/** Fields of the bridged header, each padded to whole bytes. */
export function bridgeFields(context: Context): BridgeField[] {
  const out: BridgeField[] = [
    { name: 'pad_parsed', bits: 7 },
    { name: 'parsed', bits: 1 },
  ];
  for (const field of context.program.bridge) {
    const bits = context.bits(field);
    const name = context.member(field);
    if (bits % 8 !== 0) out.push({ name: `pad_${name}`, bits: 8 - (bits % 8) });
    out.push({ name, bits, field });
  }
  return out;
}

/** Struct members of all headers, in deparser order. */
export function headersStruct(context: Context, gress: Gress): string[] {
  const { program } = context;
  const members: string[] = [];
  if (context.tofino && program.egress.length > 0) members.push('pegasim_bridge_t pegasim_bridge;');
  if (context.settings.timeSource === 'shim' && gress === 'ingress') members.push('pegasim_shim_t pegasim_shim;');
  if (context.settings.result === 'header') members.push('pegasim_result_t pegasim_result;');
  const first = firstHeader(program);
  if (gress === 'egress' && context.tofino) {
    if (first) members.push(`${context.header(first.name)}_t ${context.header(first.name)};`);
    return members;
  }
  for (const header of program.headers)
    members.push(`${context.header(header.name)}_t ${context.header(header.name)};`);
  for (const state of program.parser.states) {
    if (state.skip > 0) members.push(`skipped_${state.skip}_t ${context.header(skipHeader(state.name))};`);
  }
  return members;
}

/** Metadata members of one gress: the program's fields, copies of bridged header fields, and our own. */
export function metadataStruct(context: Context, gress: Gress): string[] {
  const members: string[] = [];
  for (const field of context.program.fields) {
    const note = field.note ? `  // ${field.note.replace(/\s+/g, ' ')}` : '';
    const copied = field.source !== 'metadata' && context.program.bridge.includes(field.name);
    const copy = copied && (context.tofino ? gress === 'egress' : bridgedCopy(context, field.name));
    if (field.source === 'metadata' || copy) members.push(`bit<${field.bits}> ${context.member(field.name)};${note}`);
  }
  for (const [name, bits] of context.extra) members.push(`bit<${bits}> ${name};`);
  return members;
}

/** The header behind whose type field a result header fits: extracted first, 14 bytes or more, a 16-bit last field. */
export function firstHeader(program: Program): Header | undefined {
  const start = program.parser.states.find((one) => one.name === 'start');
  const header = program.headers.find((one) => one.name === start?.extract[0]);
  if (!header) return undefined;
  const bits = header.fields.map((name) => program.fields.find((one) => one.name === name)?.bits ?? 0);
  const whole = bits.reduce((sum, one) => sum + one, 0);
  return whole >= 112 && bits[bits.length - 1] === 16 ? header : undefined;
}

/** Names (as for context.header) of headers and skipped bytes, each after those that come before it on some parser path. */
export function deparserOrder(program: Program): string[] {
  const before = new Map<string, Set<string>>();
  const states = new Map(program.parser.states.map((one) => [one.name, one]));
  const seen = new Set<string>();
  const walk = (name: string, path: readonly string[]): void => {
    const state = states.get(name);
    const visit = `${name}|${[...path].sort().join(',')}`;
    if (!state || seen.has(visit)) return;
    seen.add(visit);
    const now = [...path];
    for (const header of [...state.extract, ...(state.skip > 0 ? [skipHeader(name)] : [])]) {
      const known = before.get(header) ?? new Set();
      for (const earlier of now) known.add(earlier);
      before.set(header, known);
      now.push(header);
    }
    for (const next of new Set([...state.cases.map((one) => one.next), state.otherwise])) walk(next, now);
  };
  walk('start', []);
  return topological(before);
}

function topological(before: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const out: string[] = [];
  const left = [...before.keys()];
  while (left.length > 0) {
    const next = left.find((one) => [...before.get(one)!].every((earlier) => !left.includes(earlier)));
    if (next === undefined) {
      fail({
        code: 'EMIT-UNSUPPORTED',
        message: 'two headers come in either order on different parser paths: no deparser order fits',
        where: left.join(', '),
      });
    }
    left.splice(left.indexOf(next), 1);
    out.push(next);
  }
  return out;
}
