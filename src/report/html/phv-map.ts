/** The header vector drawn: a row a container, a column a stage, a bar where a field lives. Ingress and egress apart. */

import type { FitReport } from '../../switch/index.ts';
import { count } from '../text-table.ts';
import { axisLook, figure, SOFT, SURFACE, SWITCH } from './chart.ts';

type Piece = FitReport['phv']['map'][number];

/** Containers beyond this many are not drawn; the table below the drawing has all pieces. */
const MOST_CONTAINERS = 320;

/** What a field is for, by the scope that names it: the legend of the map. */
const KINDS: readonly { readonly name: string; readonly color: string; readonly test: RegExp }[] = [
  { name: 'packet headers', color: 'var(--series-e)', test: /^(hdr|intrinsic)\./ },
  { name: 'flow state and features', color: 'var(--series-c)', test: /^meta\./ },
  { name: 'network', color: SWITCH, test: /./ },
];

/** Containers in the order of the chip: by size, then kind, then number. */
function containerOrder(name: string): string {
  const match = /^([A-Z]*)([BHW])(\d+)$/.exec(name);
  if (match === null) return `9${name}`;
  const [, kind = '', size = '', number = ''] = match;
  return `${'BHW'.indexOf(size)}${['', 'M', 'D'].indexOf(kind)}${number.padStart(5, '0')}`;
}

interface Rect {
  readonly kind: number;
  /** Row, first and last stage, first bit and bits, bits of the container. */
  readonly at: readonly [row: number, from: number, to: number, low: number, bits: number, size: number];
}

/** Bits of a container, from its name. */
function sizeOf(name: string): number {
  return name.includes('B') ? 8 : name.includes('H') ? 16 : 32;
}

/** Pixels of a container's row. */
function rowHeight(containers: number, narrow: boolean): number {
  return narrow || containers > 120 ? 5 : 6.5;
}

/** The group's name at its first container, nothing at the others; a group that begins too close below another's name goes without. */
function groupLabels(containers: readonly string[], apart: number): string[] {
  let last = -apart;
  return containers.map((name, row) => {
    const begins = row === 0 || group(name) !== group(containers[row - 1] ?? '');
    if (!begins || row - last < apart) return '';
    last = row;
    return group(name);
  });
}

/** Stages between two labels of the axis. */
function stageStep(stages: number, narrow: boolean): number {
  return Math.max(1, Math.ceil(stages / (narrow ? 10 : 26)));
}

function panel(pieces: readonly Piece[], stages: number, title: string): string {
  const all = [...new Set(pieces.map(({ container }) => container))].sort((a, b) =>
    containerOrder(a).localeCompare(containerOrder(b)),
  );
  const containers = all.slice(0, MOST_CONTAINERS);
  const rowOf = new Map(containers.map((name, row) => [name, row]));
  const rects = pieces.flatMap((piece): Rect[] => {
    const row = rowOf.get(piece.container);
    if (row === undefined) return [];
    const kind = KINDS.findIndex(({ test }) => test.test(piece.field));
    const { firstStage, lastStage, containerLow, bits } = piece;
    return [{ kind, at: [row, firstStage, lastStage, containerLow, bits, sizeOf(piece.container)] }];
  });
  const left = all.length - containers.length;
  const more = left > 0 ? `; ${count(left)} more containers are in the table` : '';
  const labels = (narrow: boolean): string[] =>
    groupLabels(containers, Math.ceil(15 / rowHeight(containers.length, narrow)));
  return figure(
    ({ narrow }) => ({
      legend: {
        top: 0,
        left: 0,
        selectedMode: false,
        itemWidth: 14,
        itemHeight: 10,
        textStyle: { color: 'var(--ink)' },
      },
      grid: { left: narrow ? 72 : 104, right: 8, top: narrow ? 52 : 28, bottom: 40 },
      xAxis: {
        type: 'value',
        min: 0,
        max: stages,
        interval: stageStep(stages, narrow),
        name: 'stage',
        nameLocation: 'middle',
        nameGap: 24,
        ...axisLook,
        axisLabel: { color: SOFT, showMaxLabel: stages % stageStep(stages, narrow) === 0 },
      },
      yAxis: {
        type: 'category',
        inverse: true,
        data: containers,
        ...axisLook,
        axisTick: { show: false },
        axisLabel: {
          color: SOFT,
          fontSize: narrow ? 9 : 11,
          interval: (row: number) => labels(narrow)[row] !== '',
          formatter: (_: string, row: number) => labels(narrow)[row] ?? '',
        },
      },
      series: KINDS.map(({ name, color }, kind) => ({
        type: 'custom',
        name,
        itemStyle: { color },
        encode: { x: [1, 2], y: 0 },
        data: rects.filter((rect) => rect.kind === kind).map(({ at }) => [...at]),
        renderItem: (_: unknown, api: RenderApi) => lifetime(api),
      })).filter((_, kind) => rects.some((rect) => rect.kind === kind)),
    }),
    (narrow) => containers.length * rowHeight(containers.length, narrow) + (narrow ? 96 : 76),
    {
      caption: `${title}: ${count(all.length)} containers by stage; a bar spans the stages in which a field is alive, its height the share of the container${more}`,
    },
  );
}

/** The part of ECharts' drawing interface that custom series get. */
interface RenderApi {
  value(dimension: number): number;
  coord(point: readonly [number, number]): [number, number];
  size(extent: readonly [number, number]): [number, number];
  visual(name: string): unknown;
}

function lifetime(api: RenderApi): object {
  const [row, from, to, low, bits, size] = [0, 1, 2, 3, 4, 5].map((dimension) => api.value(dimension)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [left, middle] = api.coord([from, row]);
  const [right] = api.coord([to + 1, row]);
  const rowHeight = api.size([0, 1])[1];
  const inner = rowHeight - 1;
  const y = middle - rowHeight / 2 + (low / size) * inner;
  const shape = {
    x: round(left + 0.5),
    y: round(y),
    width: round(Math.max(1, right - left - 1)),
    height: round(Math.max(1, (bits / size) * inner)),
  };
  return { type: 'rect', shape, style: { fill: api.visual('color'), stroke: SURFACE, lineWidth: 0 } };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** `16 bit`, `32 bit mocha`: the label of a run of containers. */
function group(name: string): string {
  const kind = name.startsWith('M') ? ' mocha' : name.startsWith('D') ? ' dark' : '';
  return `${sizeOf(name)} bit${kind}`;
}

/** The map of a fit report, one drawing per gress; empty when nothing is placed. */
export function phvMap(fit: FitReport): string {
  const { map } = fit.phv;
  const stages = fit.stages.used;
  return (['ingress', 'egress'] as const)
    .map((gress) => ({ gress, pieces: map.filter((one) => one.gress === gress) }))
    .filter(({ pieces }) => pieces.length > 0)
    .map(({ gress, pieces }) => panel(pieces, stages, gress === 'ingress' ? 'Ingress' : 'Egress'))
    .join('\n');
}
