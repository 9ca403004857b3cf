/** The whole P4-16 program for v1model (bmv2 `simple_switch`). */

import type { Program } from '../program/index.ts';
import { appliedTables, tableActions } from '../program/index.ts';
import { bridgedCopy, type Context, indent, lastGress, OWN } from './context.ts';
import { declarations, stepLines } from './control.ts';
import { literal } from './expression.ts';
import { deparserOrder, firstHeader, headersStruct, headerTypes, metadataStruct, RESULT_TYPE } from './headers.ts';
import { parserStates, targetName } from './parser.ts';
import { resultDeclarations, resultStatements } from './result.ts';

/** Names of the two controls, as control-plane files write them. */
export const V1_CONTROLS = { ingress: 'PegasimIngress', egress: 'PegasimEgress' } as const;

/** P4 source text. */
export function v1modelText(context: Context): string {
  const body = [
    ...parserLines(context),
    '',
    'control PegasimVerifyChecksum(inout headers_t hdr, inout metadata_t meta) {',
    '    apply { }',
    '}',
    '',
    ...controlLines(context, 'ingress'),
    '',
    ...controlLines(context, 'egress'),
    '',
    ...checksumLines(context),
    '',
    ...deparserLines(context),
    '',
    'V1Switch(',
    ...indent([
      'PegasimParser(),',
      'PegasimVerifyChecksum(),',
      'PegasimIngress(),',
      'PegasimEgress(),',
      'PegasimComputeChecksum(),',
      'PegasimDeparser()',
    ]),
    ') main;',
  ];
  const head = [
    `// ${context.program.name}: emitted by pegasim for v1model (bmv2 simple_switch).`,
    '#include <core.p4>',
    '#include <v1model.p4>',
    '',
    `const bit<9> OUTPUT_PORT = 9w${context.settings.outputPort};`,
    ...(context.settings.result === 'header' && firstHeader(context.program)
      ? [`const bit<16> RESULT_TYPE = 16w0x${RESULT_TYPE.toString(16)};`]
      : []),
    '',
    // After the body: it adds metadata of its own.
    ...headerTypes(context),
    'struct headers_t {',
    ...indent(headersStruct(context, 'ingress')),
    '}',
    '',
    'struct metadata_t {',
    ...indent(metadataStruct(context, 'ingress')),
    '}',
    '',
  ];
  return `${[...head, ...body].join('\n')}\n`;
}

function parserLines(context: Context): string[] {
  const shim = context.settings.timeSource === 'shim';
  const start = shim ? ['packet.extract(hdr.pegasim_shim);'] : [];
  if (shim && context.extra.has(OWN.time)) start.push(`meta.${OWN.time} = hdr.pegasim_shim.time;`);
  return [
    'parser PegasimParser(packet_in packet, out headers_t hdr, inout metadata_t meta,',
    '                     inout standard_metadata_t standard_metadata) {',
    ...indent([
      'state start {',
      ...indent([...start, `transition ${targetName(context, 'start')};`]),
      '}',
      ...parserStates(context),
    ]),
    '}',
  ];
}

function controlLines(context: Context, gress: 'ingress' | 'egress'): string[] {
  const { program } = context;
  const last = lastGress(program) === gress;
  const inside = [
    ...(gress === 'ingress' ? clockLines(context) : clearedLines(context)),
    ...stepLines(context, program[gress], gress),
    ...(gress === 'ingress' ? copyLines(context) : []),
    ...(last ? resultStatements(context) : []),
  ];
  const apply = gress === 'ingress' ? ['standard_metadata.egress_spec = OUTPUT_PORT;'] : [];
  if (inside.length > 0) apply.push(`if (meta.${OWN.parsed} == 1w1) {`, ...indent(inside), '}');
  return [
    `control ${V1_CONTROLS[gress]}(inout headers_t hdr, inout metadata_t meta,`,
    '                       inout standard_metadata_t standard_metadata) {',
    ...indent([
      ...declarations(context, gress),
      ...(last ? resultDeclarations(context) : []),
      'apply {',
      ...indent(apply),
      '}',
    ]),
    '}',
  ];
}

/** bmv2 counts microseconds. */
function clockLines(context: Context): string[] {
  if (!context.extra.has(OWN.time) || context.settings.timeSource === 'shim') return [];
  return [`meta.${OWN.time} = standard_metadata.ingress_global_timestamp * 48w1000;`];
}

/** Bridged header fields cross in metadata; 0 where the header is absent. */
function copyLines(context: Context): string[] {
  return context.program.bridge
    .filter((name) => bridgedCopy(context, name))
    .flatMap((name) => [
      `if (hdr.${context.header(context.at.headerOf.get(name)!)}.isValid()) {`,
      `    meta.${context.member(name)} = ${context.field(name, 'ingress')};`,
      '}',
    ]);
}

/** v1model carries all metadata into egress; what the program does not bridge starts at 0 there. */
function clearedLines(context: Context): string[] {
  const { program } = context;
  const bridged = new Set(program.bridge);
  const written = new Set(egressWrites(program, context));
  return [...written]
    .filter((name) => !bridged.has(name) && context.at.field.get(name)!.source === 'metadata')
    .map((name) => `${context.field(name, 'egress')} = ${literal(0, context.bits(name))};`);
}

function egressWrites(program: Program, context: Context): string[] {
  return appliedTables(program.egress)
    .flatMap((name) => tableActions(context.at.table.get(name)!))
    .map((name) => context.at.action.get(name)!)
    .flatMap((action) => [
      ...action.instructions.map((one) => one.dst),
      ...(action.stateful ? context.at.stateful.get(action.stateful.run)!.outputs.map((one) => one.dst) : []),
    ]);
}

/** A changed DSCP needs a new header checksum; headers with options keep their old one (their options are skipped bytes). */
function checksumLines(context: Context): string[] {
  const head = 'control PegasimComputeChecksum(inout headers_t hdr, inout metadata_t meta) {';
  const header = context.program.headers.find((one) => one.name === 'ipv4');
  const members = (header?.fields ?? []).map((name) => context.member(name));
  const usable = context.settings.result === 'action' && members.includes('checksum') && members.includes('ihl');
  if (!header || !usable) return [head, '    apply { }', '}'];
  const own = `hdr.${context.header('ipv4')}`;
  const data = members.filter((name) => name !== 'checksum').map((name) => `${own}.${name}`);
  return [
    head,
    '    apply {',
    `        update_checksum(${own}.isValid() && ${own}.ihl == 4w5, {`,
    `                ${data.join(', ')}`,
    `            }, ${own}.checksum, HashAlgorithm.csum16);`,
    '    }',
    '}',
  ];
}

function deparserLines(context: Context): string[] {
  const order = deparserOrder(context.program).map((name) => `packet.emit(hdr.${context.header(name)});`);
  if (context.settings.result === 'header') {
    order.splice(firstHeader(context.program) ? 1 : 0, 0, 'packet.emit(hdr.pegasim_result);');
  }
  return [
    'control PegasimDeparser(packet_out packet, in headers_t hdr) {',
    '    apply {',
    ...indent(indent(order)),
    '    }',
    '}',
  ];
}
