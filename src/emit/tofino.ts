/** The whole P4-16 program for the Tofino Native Architecture: TNA (Tofino 1) and T2NA (Tofino 2). */

import type { Field, Gress } from '../program/index.ts';
import { bridgedCopy, type Context, indent, lastGress, OWN } from './context.ts';
import { declarations, stepLines } from './control.ts';
import { literal } from './expression.ts';
import {
  bridgeFields,
  deparserOrder,
  firstHeader,
  headersStruct,
  headerTypes,
  metadataStruct,
  RESULT_TYPE,
} from './headers.ts';
import { parserStates, targetName } from './parser.ts';
import { resultDeclarations, resultStatements } from './result.ts';

/** Names of the two controls under their pipe, as BF-Runtime writes them. */
export const TOFINO_CONTROLS = { ingress: 'pipe.PegasimIngress', egress: 'pipe.PegasimEgress' } as const;

/** P4 source text. */
export function tofinoText(context: Context): string {
  const { program, settings } = context;
  const ingress = [...ingressParser(context), '', ...control(context, 'ingress'), '', ...ingressDeparser(context), ''];
  const egress = [...egressParser(context), '', ...control(context, 'egress'), '', ...egressDeparser(context), ''];
  const egressHeaders = program.egress.length > 0 ? headersStruct(context, 'egress') : [];
  const head = [
    `// ${program.name}: emitted by pegasim for ${settings.target === 'tna' ? 'Tofino (TNA)' : 'Tofino 2 (T2NA)'}.`,
    '#include <core.p4>',
    settings.target === 'tna' ? '#include <tna.p4>' : '#include <t2na.p4>',
    '',
    `const PortId_t OUTPUT_PORT = 9w${settings.outputPort};`,
    ...(settings.result === 'header' && firstHeader(program)
      ? [`const bit<16> RESULT_TYPE = 16w0x${RESULT_TYPE.toString(16)};`]
      : []),
    '',
    ...headerTypes(context),
    ...pairTypes(context),
    // Fields that nothing has set read as 0 (PROGRAM.md "Fields"): the compiler clears them.
    '@pa_auto_init_metadata',
    ...struct('ingress_headers_t', headersStruct(context, 'ingress')),
    ...struct('ingress_metadata_t', [...metadataStruct(context, 'ingress'), ...session(context, 'ingress')]),
    ...struct('egress_headers_t', egressHeaders),
    ...struct('egress_metadata_t', program.egress.length > 0 ? egressMetadata(context) : []),
  ];
  const main = [
    'Pipeline(PegasimIngressParser(), PegasimIngress(), PegasimIngressDeparser(),',
    '         PegasimEgressParser(), PegasimEgress(), PegasimEgressDeparser()) pipe;',
    '',
    'Switch(pipe) main;',
  ];
  return `${[...head, ...ingress, ...egress, ...main].join('\n')}\n`;
}

function struct(name: string, members: readonly string[]): string[] {
  return members.length === 0 ? [`struct ${name} { }`, ''] : [`struct ${name} {`, ...indent(members), '}', ''];
}

function pairTypes(context: Context): string[] {
  const widths = new Set(context.program.registers.filter((one) => one.pair).map((one) => one.cellBits));
  return [...widths].flatMap((bits) => struct(`pegasim_pair${bits}_t`, [`bit<${bits}> lo;`, `bit<${bits}> hi;`]));
}

function session(context: Context, gress: Gress): string[] {
  const wanted = context.settings.result === 'action' && lastGress(context.program) === gress;
  return wanted ? ['MirrorId_t pegasim_session;'] : [];
}

/** Egress keeps the program's own metadata, copies of what is bridged, and the parsed flag. */
function egressMetadata(context: Context): string[] {
  const ours = new Set([...context.extra].map(([name, bits]) => `bit<${bits}> ${name};`));
  const members = metadataStruct(context, 'egress').filter((one) => !ours.has(one));
  return [...members, `bit<1> ${OWN.parsed};`, ...session(context, 'egress')];
}

function ingressParser(context: Context): string[] {
  const shim = context.settings.timeSource === 'shim';
  const start = ['packet.extract(ig_intr_md);', 'packet.advance(PORT_METADATA_SIZE);'];
  if (shim) start.push('packet.extract(hdr.pegasim_shim);');
  if (shim && context.extra.has(OWN.time)) start.push(`meta.${OWN.time} = hdr.pegasim_shim.time;`);
  return [
    'parser PegasimIngressParser(packet_in packet, out ingress_headers_t hdr, out ingress_metadata_t meta,',
    '                            out ingress_intrinsic_metadata_t ig_intr_md) {',
    ...indent([
      'state start {',
      ...indent([...start, `transition ${targetName(context, 'start')};`]),
      '}',
      ...parserStates(context),
    ]),
    '}',
  ];
}

function signature(gress: Gress): string[] {
  if (gress === 'ingress') {
    return [
      'control PegasimIngress(inout ingress_headers_t hdr, inout ingress_metadata_t meta,',
      '                       in ingress_intrinsic_metadata_t ig_intr_md,',
      '                       in ingress_intrinsic_metadata_from_parser_t ig_prsr_md,',
      '                       inout ingress_intrinsic_metadata_for_deparser_t ig_dprsr_md,',
      '                       inout ingress_intrinsic_metadata_for_tm_t ig_tm_md) {',
    ];
  }
  return [
    'control PegasimEgress(inout egress_headers_t hdr, inout egress_metadata_t meta,',
    '                      in egress_intrinsic_metadata_t eg_intr_md,',
    '                      in egress_intrinsic_metadata_from_parser_t eg_prsr_md,',
    '                      inout egress_intrinsic_metadata_for_deparser_t eg_dprsr_md,',
    '                      inout egress_intrinsic_metadata_for_output_port_t eg_oport_md) {',
  ];
}

function control(context: Context, gress: Gress): string[] {
  const { program } = context;
  if (gress === 'egress' && program.egress.length === 0) return [...signature(gress), '    apply { }', '}'];
  const last = lastGress(program) === gress;
  const bridging = gress === 'ingress' && program.egress.length > 0;
  const inside = [...stepLines(context, program[gress], gress), ...(last ? resultStatements(context) : [])];
  const apply: string[] = [];
  if (gress === 'ingress') {
    apply.push('ig_tm_md.ucast_egress_port = OUTPUT_PORT;');
    if (!bridging) apply.push('ig_tm_md.bypass_egress = 1w1;');
  }
  // Reading the parser's error keeps short packets from being dropped: they are forwarded unclassified.
  const parsed = `meta.${OWN.parsed} == 1w1`;
  const test = gress === 'ingress' ? `ig_prsr_md.parser_err == PARSER_ERROR_OK && ${parsed}` : parsed;
  apply.push(`if (${test}) {`, ...indent(inside), '}');
  if (bridging) apply.push('pegasim_to_egress();', ...bridgedHeaders(context));
  return [
    ...signature(gress),
    ...indent([
      ...declarations(context, gress),
      ...(last ? resultDeclarations(context) : []),
      ...(bridging ? bridgeAction(context) : []),
      'apply {',
      ...indent(apply),
      '}',
    ]),
    '}',
  ];
}

function bridgeAction(context: Context): string[] {
  const lines = bridgeFields(context).flatMap((one) => {
    const to = `hdr.pegasim_bridge.${one.name}`;
    if (one.name === 'parsed') return [`${to} = meta.${OWN.parsed};`];
    if (one.field === undefined || bridgedCopy(context, one.field)) return [`${to} = ${literal(0, one.bits)};`];
    return [`${to} = ${context.field(one.field, 'ingress')};`];
  });
  return ['action pegasim_to_egress() {', ...indent(['hdr.pegasim_bridge.setValid();', ...lines]), '}'];
}

/** Bridged header fields are 0 where their header is absent. */
function bridgedHeaders(context: Context): string[] {
  return bridgeFields(context).flatMap((one) => {
    if (one.field === undefined || !bridgedCopy(context, one.field)) return [];
    const header = context.header(context.at.headerOf.get(one.field)!);
    return [
      `if (hdr.${header}.isValid()) {`,
      `    hdr.pegasim_bridge.${one.name} = ${context.field(one.field, 'ingress')};`,
      '}',
    ];
  });
}

function mirrorLines(context: Context, gress: Gress): { declare: string[]; apply: string[] } {
  if (session(context, gress).length === 0) return { declare: [], apply: [] };
  const md = gress === 'ingress' ? 'ig_dprsr_md' : 'eg_dprsr_md';
  const apply = [`if (${md}.mirror_type == 1) {`, '    mirror.emit(meta.pegasim_session);', '}'];
  return { declare: ['Mirror() mirror;'], apply };
}

function ingressDeparser(context: Context): string[] {
  const { program, settings } = context;
  const order = deparserOrder(program).map((name) => `packet.emit(hdr.${context.header(name)});`);
  if (program.egress.length > 0) order.unshift('packet.emit(hdr.pegasim_bridge);');
  else if (settings.result === 'header') {
    order.splice(firstHeader(program) ? 1 : 0, 0, 'packet.emit(hdr.pegasim_result);');
  }
  const mirror = mirrorLines(context, 'ingress');
  const checksum = checksumLines(context);
  return [
    'control PegasimIngressDeparser(packet_out packet, inout ingress_headers_t hdr, in ingress_metadata_t meta,',
    '                               in ingress_intrinsic_metadata_for_deparser_t ig_dprsr_md) {',
    ...indent([...mirror.declare, ...checksum.declare, 'apply {']),
    ...indent(indent([...mirror.apply, ...checksum.apply, ...order])),
    '    }',
    '}',
  ];
}

/** A changed DSCP needs a new header checksum (headers without options). */
function checksumLines(context: Context): { declare: string[]; apply: string[] } {
  const { program, settings } = context;
  const header = program.headers.find((one) => one.name === 'ipv4');
  const members = (header?.fields ?? []).map((name) => context.member(name));
  const usable = members.includes('checksum') && members.includes('ihl') && program.egress.length === 0;
  if (settings.result !== 'action' || !usable) return { declare: [], apply: [] };
  const own = `hdr.${context.header('ipv4')}`;
  const data = members.filter((name) => name !== 'checksum').map((name) => `${own}.${name}`);
  return {
    declare: ['Checksum() ipv4_checksum;'],
    apply: [
      `if (${own}.isValid() && ${own}.ihl == 4w5) {`,
      `    ${own}.checksum = ipv4_checksum.update({ ${data.join(', ')} });`,
      '}',
    ],
  };
}

/** Egress parses the bridge, copies it to metadata, and parses the first header again when a result goes behind it. */
function egressParser(context: Context): string[] {
  const { program, settings } = context;
  const head = [
    'parser PegasimEgressParser(packet_in packet, out egress_headers_t hdr, out egress_metadata_t meta,',
    '                           out egress_intrinsic_metadata_t eg_intr_md) {',
    '    state start {',
    '        packet.extract(eg_intr_md);',
  ];
  if (program.egress.length === 0) return [...head, '        transition accept;', '    }', '}'];
  const first = settings.result === 'header' ? firstHeader(program) : undefined;
  const copies = bridgeFields(context).flatMap((one) => {
    if (one.name === 'parsed') return [`meta.${OWN.parsed} = hdr.pegasim_bridge.parsed;`];
    return one.field === undefined ? [] : [`${egressName(context, one.field)} = hdr.pegasim_bridge.${one.name};`];
  });
  const next = first
    ? ['transition select(hdr.pegasim_bridge.parsed) {', '    1w1: parse_first;', '    default: accept;', '}']
    : ['transition accept;'];
  const more = first
    ? [
        '    state parse_first {',
        `        packet.extract(hdr.${context.header(first.name)});`,
        '        transition accept;',
        '    }',
      ]
    : [];
  const lines = ['packet.extract(hdr.pegasim_bridge);', ...copies, ...next];
  return [...head, ...indent(indent(lines)), '    }', ...more, '}'];
}

function egressName(context: Context, name: string): string {
  const field: Field = context.at.field.get(name)!;
  return field.source === 'header' ? `meta.${context.member(name)}` : context.field(name, 'egress');
}

function egressDeparser(context: Context): string[] {
  const { program, settings } = context;
  const first = settings.result === 'header' && program.egress.length > 0 ? firstHeader(program) : undefined;
  const order = first ? [`packet.emit(hdr.${context.header(first.name)});`] : [];
  if (settings.result === 'header' && program.egress.length > 0) order.push('packet.emit(hdr.pegasim_result);');
  const mirror = program.egress.length > 0 ? mirrorLines(context, 'egress') : { declare: [], apply: [] };
  const body = [...mirror.apply, ...order];
  return [
    'control PegasimEgressDeparser(packet_out packet, inout egress_headers_t hdr, in egress_metadata_t meta,',
    '                              in egress_intrinsic_metadata_for_deparser_t eg_dprsr_md) {',
    ...indent(mirror.declare),
    ...(body.length === 0 ? ['    apply { }'] : ['    apply {', ...indent(indent(body)), '    }']),
    '}',
  ];
}
