/** A program as readable text, P4-like: for `explain`, golden tests and diffs. Deterministic; not meant for a compiler. */

import { lookupOf, tableKeyBits } from './lookup.ts';
import { statefulText } from './print-stateful.ts';
import type { Action, Instruction, Operand, ParserState, Program, Register, Step, Table, Test } from './program.ts';

export interface PrintOptions {
  /** Entries shown of each table; default 8. */
  readonly entries?: number;
}

/** The whole program, lines ending in \n. */
export function printProgram(program: Program, options: PrintOptions = {}): string {
  const lines: string[] = [`program ${program.name}`, ''];
  lines.push(...fieldLines(program), ...parserLines(program));
  for (const hash of program.hashes) {
    const parts = hash.parts.map((part) => part.xor.join(' ^ ')).join(', ');
    lines.push(`hash ${hash.name} = ${hash.algorithm}(${parts})`);
  }
  for (const one of program.registers) lines.push(...registerLines(program, one));
  for (const one of program.actions) lines.push(...actionLines(one));
  for (const one of program.tables) lines.push(...tableLines(program, one, options.entries ?? 8));
  lines.push('ingress {', ...stepLines(program.ingress, '  '), '}');
  if (program.egress.length > 0) {
    lines.push(
      `bridge ${program.bridge.join(', ') || '(nothing)'}`,
      'egress {',
      ...stepLines(program.egress, '  '),
      '}',
    );
  }
  lines.push(...endLines(program));
  return `${lines.join('\n')}\n`;
}

function fieldLines(program: Program): string[] {
  const lines: string[] = [];
  const { field, headerOf } = lookupOf(program);
  for (const header of program.headers) {
    lines.push(
      `header ${header.name} { ${header.fields.map((name) => `${name}:${field.get(name)?.bits}`).join(' ')} }`,
    );
  }
  for (const one of program.fields) {
    if (headerOf.has(one.name)) continue;
    const lanes = one.lanes ? ` lanes ${one.lanes.map((lane) => `[${lane.low}+:${lane.bits}]`).join(' ')}` : '';
    lines.push(`${one.source} bit<${one.bits}> ${one.name}${lanes}${comment(one.note)}`);
  }
  return lines;
}

function comment(note: string | undefined): string {
  return note ? `  // ${note}` : '';
}

function parserLines(program: Program): string[] {
  return ['parser {', ...program.parser.states.flatMap(parserStateLines), '}'];
}

function parserStateLines(state: ParserState): string[] {
  const does = [
    ...state.extract.map((header) => `extract ${header}`),
    ...(state.skip > 0 ? [`skip ${state.skip} bytes`] : []),
    ...state.assign.map(({ dst, from }) => `${dst} = ${'field' in from ? from.field : from.const}`),
  ];
  const keys = state.select.map((key) => (key.kind === 'field' ? key.field : `ahead[${key.byte}+:${key.bytes}]`));
  const cases = state.cases.map((one) => {
    const hits = one.value.map((value, k) => `${hex(value)}&${hex(one.mask[k])}`);
    return `    (${hits.join(', ')}) -> ${one.next}`;
  });
  const head = `  ${state.name}: ${does.join('; ')}`.trimEnd();
  if (keys.length === 0) return [`${head}${does.length > 0 ? ';' : ''} -> ${state.otherwise}`];
  return [
    `${head}${does.length > 0 ? ';' : ''} select (${keys.join(', ')})`,
    ...cases,
    `    otherwise -> ${state.otherwise}`,
  ];
}

function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}

function registerLines(program: Program, one: Register): string[] {
  const cell = one.pair ? `pair<bit<${one.cellBits}>>` : `bit<${one.cellBits}>`;
  const lines = [`register ${cell} ${one.name}[${one.size}] = ${one.initial.join(', ')}${comment(one.note)}`];
  for (const action of program.stateful) if (action.register === one.name) lines.push(...statefulText(action));
  return lines;
}

/** An operand as text: field name, parameter name, or number. */
export function operandText(one: Operand): string {
  return one.kind === 'field' ? one.field : one.kind === 'param' ? one.param : String(one.value);
}

const SIGNS: Readonly<Record<string, string>> = {
  add: '+',
  sub: '-',
  addSatU: '|+|u',
  addSatS: '|+|s',
  subSatU: '|-|u',
  subSatS: '|-|s',
  and: '&',
  or: '|',
  xor: '^',
  eq: '==',
  ne: '!=',
  ltU: '<u',
  leU: '<=u',
  gtU: '>u',
  geU: '>=u',
  ltS: '<s',
  leS: '<=s',
  gtS: '>s',
  geS: '>=s',
  shl: '<<',
  shrU: '>>u',
  shrS: '>>s',
};

/** One instruction as text. */
export function instructionText(one: Instruction): string {
  switch (one.op) {
    case 'set':
      return `${one.dst} = ${operandText(one.a)}`;
    case 'not':
      return `${one.dst} = ~${operandText(one.a)}`;
    case 'hash':
      return `${one.dst} = ${one.hash}()`;
    case 'cmov':
      return `if (${one.when} != 0) ${one.dst} = ${operandText(one.a)}`;
    case 'slice':
      return `${one.dst} = ${operandText(one.a)}[${one.low + one.bits - 1}:${one.low}]`;
    case 'deposit':
      return `${one.dst}[${one.dstLow + one.bits - 1}:${one.dstLow}] = ${operandText(one.a)}[${one.low + one.bits - 1}:${one.low}]`;
    case 'shl':
    case 'shrU':
    case 'shrS':
      return `${one.dst} = ${operandText(one.a)} ${SIGNS[one.op]} ${one.by}`;
    case 'minU':
    case 'minS':
    case 'maxU':
    case 'maxS':
      return `${one.dst} = ${one.op}(${operandText(one.a)}, ${operandText(one.b)})`;
    default:
      return `${one.dst} = ${operandText(one.a)} ${SIGNS[one.op]} ${operandText(one.b)}`;
  }
}

function actionLines(one: Action): string[] {
  const params = one.params.map((param) => `bit<${param.bits}> ${param.name}`).join(', ');
  const call = one.stateful ? [`  ${one.stateful.run}[${one.stateful.index}]`] : [];
  const body = [...call, ...one.instructions.map((instruction) => `  ${instructionText(instruction)}`)];
  if (body.length === 0) return [`action ${one.name}(${params}) { }`];
  return [`action ${one.name}(${params}) {`, ...body, '}'];
}

function tableLines(program: Program, table: Table, shown: number): string[] {
  const { entries } = table;
  const keys = table.keys.map((key) => {
    const slice = key.slice ? `[${key.slice.low + key.slice.bits - 1}:${key.slice.low}]` : '';
    return `${key.field}${slice}: ${key.match}`;
  });
  const call = (name: string, data: readonly number[]) => `${name}(${data.join(', ')})`;
  const lines = [
    `table ${table.name} (${keys.join(', ')}) size ${table.size}${comment(table.note)} {`,
    `  default ${call(table.defaultAction.action, table.defaultAction.data)}`,
  ];
  for (let e = 0; e < Math.min(entries.count, shown); e++) lines.push(`  ${entryText(program, table, e)}`);
  if (entries.count > shown) lines.push(`  … ${entries.count - shown} more entries`);
  return [...lines, '}'];
}

/** Entry `e` of a table: priority, keys, action with data. */
export function entryText(program: Program, table: Table, e: number): string {
  const { entries } = table;
  const at = lookupOf(program);
  const widths = tableKeyBits(table, at.field);
  let word = e * entries.keyWords;
  const keys = table.keys.map((key, k) => {
    const wide = (column: Uint32Array) =>
      BigInt(column[word]) | (widths[k] > 32 ? BigInt(column[word + 1]) << 32n : 0n);
    const [value, mask] = [wide(entries.value), wide(entries.mask)];
    word += widths[k] > 32 ? 2 : 1;
    if (key.match === 'exact') return hex(value);
    return key.match === 'range' ? `${value}..${mask}` : `${hex(value)}&${hex(mask)}`;
  });
  const name = table.actions[entries.action[e]];
  const count = at.action.get(name)?.params.length ?? 0;
  const data = entries.data.subarray(e * entries.dataWords, e * entries.dataWords + count);
  return `${entries.priority[e]}: ${keys.join(', ')} -> ${name}(${data.join(', ')})`;
}

function testText(test: Test): string {
  if (test.kind !== 'cmp') return `${test.header} ${test.kind}`;
  const signs = { eq: '==', ne: '!=', lt: '<', le: '<=', gt: '>', ge: '>=' };
  return `${test.field} ${signs[test.op]}${test.signed ? 's' : ''} ${test.value}`;
}

function stepLines(steps: readonly Step[], indent: string): string[] {
  return steps.flatMap((step) => {
    if (step.kind === 'apply') return [`${indent}${step.table}`];
    const yes = [`${indent}if (${step.all.map(testText).join(' && ')}) {`, ...stepLines(step.then, `${indent}  `)];
    if (step.else.length === 0) return [...yes, `${indent}}`];
    return [...yes, `${indent}} else {`, ...stepLines(step.else, `${indent}  `), `${indent}}`];
  });
}

function endLines(program: Program): string[] {
  const lines = program.features.map((one) => `feature ${one.feature} = ${one.field}:${one.bits}`);
  if (program.flow) {
    const { slot, slots, owner, status, policy, timeoutNs, symmetric, bitsPerFlow } = program.flow;
    const limit = timeoutNs === undefined ? '' : ` ${timeoutNs} ns`;
    const kind = symmetric ? ' symmetric' : '';
    lines.push(
      `flow slot ${slot} of ${slots}${kind}, owner ${owner}, status ${status}, ${policy}${limit}, ${bitsPerFlow} bits a flow`,
    );
  }
  const { verdict } = program;
  const logits = verdict.logits.map((one) => `${one.field}[${one.low}+:${one.bits}]${one.signed ? 's' : 'u'}`);
  const parts = [
    `class ${verdict.class ?? '-'}`,
    `valid ${verdict.valid ?? 'always'}`,
    `logits ${logits.join(' ') || '-'}`,
  ];
  if (verdict.classes.length > 0) parts.push(`classes ${verdict.classes.join(' ')}`);
  if (verdict.threshold !== undefined) parts.push(`threshold ${verdict.threshold}`);
  lines.push(`verdict ${verdict.kind}: ${parts.join(', ')}`);
  return lines;
}
