/** A packet's walk for the terminal: stage by stage, what each table saw, hit and changed. */

import type { ExplainOutcome, Explanation } from '../study/index.ts';
import type { PacketTrace } from '../switch/index.ts';
import { count, printable, textTable } from './text-table.ts';

const OUTCOMES = ['a verdict', 'no verdict', 'unparsed', 'truncated', 'short'];
type TableTrace = PacketTrace['stages'][number]['tables'][number];

function tableLines(one: TableTrace, notes: Readonly<Record<string, string>>): string[] {
  const note = notes[one.table];
  const key = one.key.map(({ field, value }) => `${field} = ${value}`).join(', ');
  const hit = one.key.length === 0 ? 'keyless' : one.entry === null ? 'missed' : `entry ${one.entry}`;
  const data = one.data.map(({ param, value }) => `${param} = ${value}`).join(', ');
  const lines = [`  ${one.table}${note === undefined ? '' : `  (${printable(note)})`}`];
  if (key !== '') lines.push(`    key ${key}`);
  lines.push(`    ${hit}${one.action === null ? '' : ` → ${one.action}${data === '' ? '' : `(${data})`}`}`);
  const { register } = one;
  if (register !== null) {
    const cell = (values: readonly number[]): string => values.join(' / ');
    lines.push(
      `    register ${register.register}[${register.index}]: ${cell(register.before)} → ${cell(register.after)}`,
    );
  }
  for (const { field, before, after } of one.writes)
    lines.push(`    ${field}: ${before === after ? `stays ${after}` : `${before} → ${after}`}`);
  return lines;
}

function stagesText({ trace, notes }: Explanation): string {
  return trace.stages
    .filter(({ tables, gateways }) => tables.length + gateways.length > 0)
    .flatMap((stage) => [
      `stage ${stage.stage}${stage.gress === 'egress' ? ' (egress)' : ''}`,
      ...stage.gateways.map(({ step, taken }) => `  condition ${step}: ${taken ? 'yes' : 'no'}`),
      ...stage.tables.flatMap((one) => tableLines(one, notes)),
    ])
    .join('\n');
}

function sumsText({ sums }: Explanation): string {
  const shown = (value: number | null): string => (value === null ? '–' : value.toFixed(4));
  const rows = sums.map((one) => [printable(one.name), String(one.switch), shown(one.fixed), shown(one.float)]);
  return textTable([['output', 'on the switch', 'in model units', 'before rounding'], ...rows], 'lrrr');
}

function verdictLine({ trace, verdict, margin }: Explanation): string {
  if (verdict === null) return `no verdict: ${OUTCOMES[trace.outcome] ?? trace.outcome}`;
  return `verdict ${printable(verdict)}${margin === null ? '' : `, by a margin of ${margin}`}`;
}

/** One walk. */
export function explanationText(one: Explanation): string {
  const { trace } = one;
  const fields = Object.entries(trace.parsed).map(([field, value]) => [field, String(value)]);
  const features = one.features.map(({ feature, value }) => [feature, String(value)]);
  const head = `packet ${count(one.packet)} of ${printable(one.capture)}${one.flow === null ? '' : `, ${one.flow}`}`;
  const state = `${count(one.earlier)} earlier ${one.earlier === 1 ? 'packet shares' : 'packets share'} its flow slot; headers ${trace.headers.join(', ') || 'none'}`;
  return [
    `${head}\n${state}`,
    textTable([['parsed field', 'value'], ...fields], 'lr'),
    stagesText(one),
    ...(features.length === 0 ? [] : [textTable([['feature', 'value'], ...features], 'lr')]),
    ...(one.sums.length === 0 ? [] : [sumsText(one)]),
    verdictLine(one),
  ].join('\n\n');
}

/** One walk, or where two part. */
export function explainText({ explanation, other, parting }: ExplainOutcome): string {
  if (other === null) return explanationText(explanation);
  const ends = `${explanation.program}: ${verdictLine(explanation)}\n${other.program}: ${verdictLine(other)}`;
  if (parting === null) return `${ends}\nthe two walks are the same`;
  const place =
    parting.stage === null ? (parting.gress ?? 'at the end') : `in stage ${parting.stage} (${parting.gress})`;
  return `${ends}\nthey part ${place}, at ${parting.what}:\n  ${explanation.program}: ${parting.ours}\n  ${other.program}: ${parting.theirs}`;
}
