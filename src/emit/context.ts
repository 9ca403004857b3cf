/** What every part of the emitter works on: the program, its names as P4 expressions, and the target's dialect. */

import type { Field, Gress, Lookup, Placement, Program } from '../program/index.ts';
import { lookupOf } from '../program/index.ts';
import { createScope, type Scope } from './names.ts';
import type { Settings } from './options.ts';

/** A program, ready to be written for one target. */
export interface Context {
  readonly program: Program;
  readonly at: Lookup;
  readonly placement: Placement | undefined;
  readonly settings: Settings;
  readonly tofino: boolean;
  /** P4 header struct member of a header. */
  readonly header: (name: string) => string;
  /** Member name of a field in its header or in the metadata struct. */
  readonly member: (name: string) => string;
  /** P4 expression that reads (and, unless intrinsic, writes) a field in one gress. */
  readonly field: (name: string, gress: Gress) => string;
  readonly bits: (name: string) => number;
  /** Tables, actions, registers, hashes of one gress share a scope. */
  readonly control: Readonly<Record<Gress, Scope>>;
  readonly state: (name: string) => string;
  /** Metadata of our own, beside the program's: name → bits. */
  readonly extra: Map<string, number>;
}

/** Metadata members that the emitter adds itself. */
export const OWN = {
  parsed: 'pegasim_parsed',
  time: 'pegasim_time',
} as const;

const RESERVED = ['hdr', 'meta', 'packet', 'apply', 'OUTPUT_PORT', 'RESULT_TYPE'];

export function createContext(program: Program, placement: Placement | undefined, settings: Settings): Context {
  const at = lookupOf(program);
  const headers = createScope(['pegasim_shim', 'pegasim_result', 'pegasim_bridge']);
  for (const header of program.headers) headers.nameOf(header.name);
  const metadata = createScope([...Object.values(OWN), 'pegasim_session']);
  const members = memberNames(program, metadata);
  const states = createScope();
  const tofino = settings.target !== 'v1model';
  const extra = new Map<string, number>([[OWN.parsed, 1]]);
  const usesTime = program.fields.some((one) => one.source === 'timestamp');
  if (usesTime && (!tofino || settings.timeSource === 'shim')) extra.set(OWN.time, 48);
  const context: Context = {
    program,
    at,
    placement,
    settings,
    tofino,
    header: headers.nameOf,
    member: (name) => members.get(name)!,
    bits: (name) => at.field.get(name)!.bits,
    field: (name, gress) => fieldText(context, at.field.get(name)!, gress),
    control: { ingress: createScope(RESERVED), egress: createScope(RESERVED) },
    state: (name) => states.nameOf(`parse_${name}`),
    extra,
  };
  return context;
}

/** Header fields lose their `hdr.<header>.` prefix, metadata its `meta.`. */
function memberNames(program: Program, metadata: Scope): Map<string, string> {
  const members = new Map<string, string>();
  for (const header of program.headers) {
    const scope = createScope();
    const prefix = `hdr.${header.name}.`;
    for (const name of header.fields) {
      members.set(name, scope.nameOf(name.startsWith(prefix) ? name.slice(prefix.length) : name));
    }
  }
  for (const field of program.fields) {
    if (!members.has(field.name)) members.set(field.name, metadata.nameOf(field.name.replace(/^meta\./, '')));
  }
  return members;
}

/** Does egress see this field through a copy in the bridge? (v1model carries metadata by itself.) */
export function bridgedCopy(context: Context, name: string): boolean {
  if (!context.program.bridge.includes(name)) return false;
  return context.at.field.get(name)!.source === 'header';
}

function fieldText(context: Context, field: Field, gress: Gress): string {
  const own = `meta.${context.member(field.name)}`;
  if (field.source === 'header') {
    if (gress === 'egress' && bridgedCopy(context, field.name)) return own;
    return `hdr.${context.header(context.at.headerOf.get(field.name)!)}.${context.member(field.name)}`;
  }
  if (field.source === 'metadata') return own;
  if (context.tofino) return gress === 'egress' ? own : intrinsicText(context, field);
  return field.source === 'port' ? 'standard_metadata.ingress_port' : `meta.${OWN.time}`;
}

function intrinsicText(context: Context, field: Field): string {
  if (field.source === 'port') return 'ig_intr_md.ingress_port';
  return context.settings.timeSource === 'shim' ? `meta.${OWN.time}` : 'ig_intr_md.ingress_mac_tstamp';
}

/** The gress whose end is the end of the pipeline. */
export function lastGress(program: Program): Gress {
  return program.egress.length > 0 ? 'egress' : 'ingress';
}

/** Stages of a table's parts, sorted; empty without a placement. */
export function stagesOf(context: Context, table: string): number[] {
  const stages = (context.placement?.parts ?? []).filter((one) => one.table === table).map((one) => one.stage);
  return [...new Set(stages)].sort((a, b) => a - b);
}

/** Lines indented by one level. */
export function indent(lines: readonly string[]): string[] {
  return lines.map((line) => (line === '' ? '' : `    ${line}`));
}
