/** How the verdict leaves the switch: a result header behind the first header, or an action of the class. */

import { fail } from '../problem.ts';
import type { Gress } from '../program/index.ts';
import { type Context, indent, lastGress } from './context.ts';
import { literal, slice } from './expression.ts';
import { firstHeader } from './headers.ts';
import { sessionBits } from './options.ts';

export interface ResultField {
  readonly name: string;
  readonly bits: number;
  /** Number of the logit it holds. */
  readonly logit?: number;
}

/** Class when there is no verdict. */
export const NO_CLASS = 0xffff;

/** Result header, network order: the frame's own type (behind Ethernet), class, validity, logits padded to bytes in front. */
export function resultFields(context: Context): ResultField[] {
  const { program } = context;
  const out: ResultField[] = firstHeader(program) ? [{ name: 'next_type', bits: 16 }] : [];
  out.push({ name: 'class', bits: 16 }, { name: 'valid', bits: 8 });
  program.verdict.logits.forEach((one, l) => {
    if (one.bits % 8 !== 0) out.push({ name: `pad_${l}`, bits: 8 - (one.bits % 8) });
    out.push({ name: `logit_${l}`, bits: one.bits, logit: l });
  });
  return out.map((one) => (one.name === 'class' ? { ...one, name: 'class_index' } : one));
}

/** Actions and tables that write the result, declared in the last control. */
export function resultDeclarations(context: Context): string[] {
  if (context.settings.result === 'header') return headerActions(context);
  return context.settings.result === 'action' ? actionTable(context) : [];
}

function headerActions(context: Context): string[] {
  const { program } = context;
  const gress = lastGress(program);
  const first = firstHeader(program);
  const add = ['hdr.pegasim_result.setValid();'];
  if (first) {
    const type = `hdr.${context.header(first.name)}.${context.member(first.fields[first.fields.length - 1])}`;
    add.push(`hdr.pegasim_result.next_type = ${type};`, `${type} = RESULT_TYPE;`);
  }
  for (const one of resultFields(context)) {
    if (one.name.startsWith('pad_')) add.push(`hdr.pegasim_result.${one.name} = ${literal(0, one.bits)};`);
  }
  const none = [
    ...add,
    `hdr.pegasim_result.class_index = ${literal(NO_CLASS, 16)};`,
    'hdr.pegasim_result.valid = 8w0;',
  ];
  const some = [
    ...add,
    `hdr.pegasim_result.class_index = ${classText(context, gress, 16)};`,
    'hdr.pegasim_result.valid = 8w1;',
  ];
  program.verdict.logits.forEach((one, l) => {
    const whole = { text: context.field(one.field, gress), bits: context.bits(one.field) };
    none.push(`hdr.pegasim_result.logit_${l} = ${literal(0, one.bits)};`);
    some.push(`hdr.pegasim_result.logit_${l} = ${slice(whole, one.low, one.bits).text};`);
  });
  return [
    'action pegasim_verdict() {',
    ...indent(some),
    '}',
    ...(program.verdict.valid === undefined ? [] : ['action pegasim_no_verdict() {', ...indent(none), '}']),
  ];
}

function classText(context: Context, gress: Gress, bits: number): string {
  const { verdict } = context.program;
  if (verdict.class === undefined) return literal(NO_CLASS, bits);
  const own = context.bits(verdict.class);
  const text = context.field(verdict.class, gress);
  return own === bits ? text : `(bit<${bits}>)${text}`;
}

/** The IPv4 header's type-of-service field, if the program has a header that looks like one. */
export function tosField(context: Context): string | undefined {
  const header = context.program.headers.find((one) => one.name === 'ipv4');
  return header?.fields.find((name) => context.member(name) === 'tos' && context.bits(name) === 8);
}

function actionTable(context: Context): string[] {
  const gress = lastGress(context.program);
  const drop = context.tofino
    ? `${gress === 'ingress' ? 'ig' : 'eg'}_dprsr_md.drop_ctl = 3w1;`
    : 'mark_to_drop(standard_metadata);';
  const clone = gress === 'ingress' ? 'CloneType.I2E' : 'CloneType.E2E';
  // mirror_type has 3 bits in tna.p4 and 4 in t2na.p4: a number without a width fits both.
  const mirror = context.tofino
    ? [`${gress === 'ingress' ? 'ig' : 'eg'}_dprsr_md.mirror_type = 1;`, 'meta.pegasim_session = session;']
    : [`clone(${clone}, (bit<32>)session);`];
  const tos = tosField(context);
  const canMark = tos !== undefined && gress === 'ingress';
  const marked = Object.entries(context.settings.actions).find(([, one]) => one.startsWith('dscp:'));
  if (marked && tos === undefined) {
    fail({
      code: 'EMIT-UNSUPPORTED',
      message: 'the program parses no IPv4 header whose DSCP could be set',
      where: `class ${marked[0]}`,
    });
  }
  const actions = [
    'action pegasim_forward() { }',
    `action pegasim_drop() { ${drop} }`,
    `action pegasim_mirror(bit<${sessionBits(context.settings.target)}> session) {`,
    ...indent(mirror),
    '}',
    ...(canMark ? dscpActions(context, tos) : []),
  ];
  const names = ['pegasim_forward', 'pegasim_drop', 'pegasim_mirror', ...(canMark ? ['pegasim_dscp'] : [])];
  const key = context.program.verdict.class;
  return [
    ...actions,
    'table pegasim_result {',
    `    key = { ${key === undefined ? 'meta.pegasim_parsed' : context.field(key, gress)} : exact @name("class_index"); }`,
    `    actions = { ${names.map((name) => `${name};`).join(' ')} }`,
    '    const default_action = pegasim_forward();',
    '    size = 1024;',
    '}',
  ];
}

/** The mark waits in metadata: only packets that have an IPv4 header can take it. */
function dscpActions(context: Context, tos: string): string[] {
  context.extra.set('pegasim_mark', 1);
  context.extra.set('pegasim_dscp_value', 6);
  return [
    'action pegasim_dscp(bit<6> dscp) {',
    '    meta.pegasim_mark = 1w1;',
    '    meta.pegasim_dscp_value = dscp;',
    '}',
    'action pegasim_set_dscp() {',
    `    ${context.field(tos, 'ingress')}[7:2] = meta.pegasim_dscp_value;`,
    '}',
  ];
}

function markStatements(context: Context): string[] {
  const tos = tosField(context);
  if (context.settings.result !== 'action' || tos === undefined || lastGress(context.program) !== 'ingress') return [];
  const header = context.header(context.at.headerOf.get(tos)!);
  return [`if (meta.pegasim_mark == 1w1 && hdr.${header}.isValid()) {`, '    pegasim_set_dscp();', '}'];
}

/** Statements at the end of the last control, for packets that were parsed. */
export function resultStatements(context: Context): string[] {
  const { verdict } = context.program;
  const gress = lastGress(context.program);
  const test = verdict.valid === undefined ? undefined : validTest(context, verdict.valid, gress);
  if (context.settings.result === 'none') return [];
  const yes = context.settings.result === 'header' ? 'pegasim_verdict();' : 'pegasim_result.apply();';
  if (test === undefined) return [yes, ...markStatements(context)];
  const otherwise = context.settings.result === 'header' ? [' else {', '    pegasim_no_verdict();', '}'] : [''];
  return [`if (${test}) {`, `    ${yes}`, `}${otherwise[0]}`, ...otherwise.slice(1), ...markStatements(context)];
}

function validTest(context: Context, field: string, gress: Gress): string {
  return `${context.field(field, gress)} != ${literal(0, context.bits(field))}`;
}
