/** The program's parser as P4: extraction, skipped bytes kept in headers, metadata, select with masks. */

import { fail } from '../problem.ts';
import type { ParserState, SelectKey } from '../program/index.ts';
import { type Context, indent, OWN } from './context.ts';
import { literal, resize } from './expression.ts';
import { skipHeader } from './headers.ts';

/** States after the prologue, beginning with the program's `start`; accepted packets are flagged in metadata. */
export function parserStates(context: Context): string[] {
  return [
    ...context.program.parser.states.flatMap((state) => stateLines(context, state)),
    // bmv2 takes packets with parser errors into the pipeline: only this flag says that a packet was parsed.
    'state pegasim_accept {',
    `    meta.${OWN.parsed} = 1w1;`,
    '    transition accept;',
    '}',
    'state pegasim_reject {',
    '    transition accept;',
    '}',
  ];
}

/** State name of a transition target. */
export function targetName(context: Context, name: string): string {
  return name === 'accept' || name === 'reject' ? `pegasim_${name}` : context.state(name);
}

function stateLines(context: Context, state: ParserState): string[] {
  const lines = state.extract.map((header) => `packet.extract(hdr.${context.header(header)});`);
  if (state.skip > 0) lines.push(`packet.extract(hdr.${context.header(skipHeader(state.name))});`);
  for (const { dst, from } of state.assign) {
    const bits = context.bits(dst);
    const value =
      'const' in from
        ? literal(from.const, bits)
        : resize({ text: context.field(from.field, 'ingress'), bits: context.bits(from.field) }, bits);
    lines.push(`${context.field(dst, 'ingress')} = ${value};`);
  }
  return [`state ${context.state(state.name)} {`, ...indent([...lines, ...transition(context, state)]), '}'];
}

function transition(context: Context, state: ParserState): string[] {
  if (state.select.length === 0 || state.cases.length === 0) {
    return [`transition ${targetName(context, state.otherwise)};`];
  }
  const keys = state.select.map((key, k) => selectKey(context, state, key, k));
  const cases = state.cases.map((one) => {
    const sets = one.value.map((value, k) => caseSet(value, one.mask[k], keys[k].bits));
    return `${sets.length === 1 ? sets[0] : `(${sets.join(', ')})`}: ${targetName(context, one.next)};`;
  });
  return [
    ...keys.flatMap((key) => key.before),
    `transition select(${keys.map((key) => key.text).join(', ')}) {`,
    ...indent([...cases, `default: ${targetName(context, state.otherwise)};`]),
    '}',
  ];
}

interface Key {
  readonly text: string;
  readonly bits: number;
  readonly before: readonly string[];
}

/** A lookahead goes through metadata of our own: wide first, then cut (bmv2 selects on fields only). */
function selectKey(context: Context, state: ParserState, key: SelectKey, k: number): Key {
  if (key.kind === 'field') {
    return { text: context.field(key.field, 'ingress'), bits: context.bits(key.field), before: [] };
  }
  const bits = key.bytes * 8;
  const wide = (key.byte + key.bytes) * 8;
  const name = `pegasim_ahead_${context.state(state.name)}_${k}`;
  context.extra.set(name, bits);
  if (wide === bits)
    return { text: `meta.${name}`, bits, before: [`meta.${name} = packet.lookahead<bit<${bits}>>();`] };
  if (wide > 2048)
    fail({ code: 'EMIT-UNSUPPORTED', message: 'a lookahead beyond 256 bytes', where: `parser state ${state.name}` });
  context.extra.set(`${name}_wide`, wide);
  const before = [
    `meta.${name}_wide = packet.lookahead<bit<${wide}>>();`,
    `meta.${name} = (bit<${bits}>)meta.${name}_wide;`,
  ];
  return { text: `meta.${name}`, bits, before };
}

function caseSet(value: number, mask: number, bits: number): string {
  if (mask === 0) return '_';
  const hex = (number: number) => `${bits}w0x${number.toString(16)}`;
  return mask === 2 ** bits - 1 ? hex(value) : `${hex(value)} &&& ${hex(mask)}`;
}
