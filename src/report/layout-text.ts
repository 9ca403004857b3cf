/** What the cost model chose, for `compile` and `compile --explain`: accumulators, joined indices, packed lanes with their proofs. */

import type { Lane, LayoutReport } from '../compiler/index.ts';
import { count, printable, textTable } from './text-table.ts';

type Option = LayoutReport['options'][number];
type Value = LayoutReport['values'][number];

/** One line a sum. */
function sumsText({ values, lanes }: LayoutReport): string {
  const rows = values.map((one) => [
    printable(one.value),
    count(one.elements),
    `${count(one.fields)} × ${one.bits} bit`,
    String(one.banks),
    one.join === 1 ? '–' : `${one.join} to a table`,
    one.lanes === null ? '–' : bitsText(one.lanes),
    one.lanes === null && lanes !== 'off' ? (one.refused ?? 'nothing saved') : '',
  ]);
  const header = ['sum', 'elements', 'accumulators', 'banks', 'joined indices', 'packed lanes', 'why no lanes'];
  const shown = rows.some((row) => row[6] !== '') ? 7 : 6;
  return textTable(
    [header, ...rows].map((row) => row.slice(0, shown)),
    'lrrrlll',
  );
}

/** `5..9 bits each`. */
function bitsText(lanes: readonly Lane[]): string {
  const bits = lanes.map((lane) => lane.bits);
  const [least, most] = [Math.min(...bits), Math.max(...bits)];
  return `${least === most ? most : `${least}..${most}`} bits each`;
}

/** Estimates of the layouts weighed, and what those that were placed take. */
function optionsText(options: readonly Option[]): string {
  const shown = (value: number | undefined): string => (value === undefined ? '–' : count(value));
  const rows = options.map(({ name, estimate, placed }) => [
    name,
    shown(estimate?.depth),
    shown(estimate?.over),
    shown(estimate?.blocks.sram),
    shown(estimate?.blocks.tcam),
    placed === null ? 'not placed' : placed.fits ? 'fits' : 'does NOT fit',
    shown(placed?.stages),
    placed === null ? '–' : [8, 16, 32].map((bits) => placed.containers[bits as 8 | 16 | 32]).join(' / '),
    shown(placed?.sram),
    shown(placed?.tcam),
  ]);
  const header = [
    'layout',
    'stages, est.',
    'containers short, est.',
    'SRAM, est.',
    'TCAM, est.',
    'placed',
    'stages',
    'containers 8 / 16 / 32 bit',
    'SRAM blocks',
    'TCAM blocks',
  ];
  return textTable([header, ...rows], 'lrrrrlrrrr');
}

/** One line a packed field: every lane with its bits, what is stored, and how far its largest sum stays below its end. */
function lanesText({ value, lanes }: Value): string {
  const slots = new Map<number, Lane[]>();
  for (const lane of lanes ?? []) slots.set(lane.slot, [...(slots.get(lane.slot) ?? []), lane]);
  const rows = [...slots.values()].flatMap((held) =>
    held.map((lane, i) => [
      i === 0 ? `${printable(value)} ${spanText(held)}` : '',
      `${printable(value)}[${lane.element}]`,
      `${lane.low}..${lane.low + lane.bits - 1}`,
      String(lane.guard),
      `${lane.min}..${lane.max}`,
      String(lane.excess),
      `${lane.most} of ${2 ** lane.bits - 1}`,
    ]),
  );
  const header = [
    'packed field',
    'lane',
    'bits',
    'guard bits above',
    'proved range',
    'stored plus',
    'largest partial sum',
  ];
  return textTable([header, ...rows], 'llrrrrr');
}

function spanText(held: readonly Lane[]): string {
  const [first, last] = [held[0].element, held[held.length - 1].element];
  return first === last ? String(first) : `${first}..${last}`;
}

/** The layout's blocks; the proofs and the comparison only with `explain`. */
export function layoutText(layout: LayoutReport, explain: boolean): string[] {
  const blocks = [sumsText(layout)];
  if (!explain) return blocks;
  blocks.push(optionsText(layout.options));
  if (layout.values.some(({ lanes }) => lanes !== null))
    blocks.push('packed lanes: no partial sum of a lane passes its bits, so no carry reaches a guard bit');
  for (const value of layout.values) if (value.lanes !== null) blocks.push(lanesText(value));
  return blocks;
}
