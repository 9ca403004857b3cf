/** What became of the packets, who owned the flow slots, and how long each phase took. */

import type { ReplayResult } from '../../replay/index.ts';
import type { ScenarioTiming } from '../../study/index.ts';
import { count, percent, rate } from '../text-table.ts';
import { barChart, partsChart } from './charts/index.ts';
import { escapeHtml } from './escape.ts';
import { cards } from './page.ts';
import { htmlTable } from './tables.ts';

/** Packets in, packets accounted for; slots and collisions. */
export function traffic({ slots, outcomes, otherSplits, unlabelled, scored }: ReplayResult): string {
  const became = [
    { name: 'verdict', value: outcomes.verdict },
    { name: 'no verdict (window not full, slot lost)', value: outcomes.noVerdict },
    { name: 'unparsed', value: outcomes.unparsed },
    { name: 'truncated', value: outcomes.truncated },
    { name: 'short', value: outcomes.short },
  ];
  const owners =
    slots === null
      ? []
      : [
          { name: "slot's owner", value: slots.owner },
          { name: 'first packet in an empty slot', value: slots.first },
          { name: 'took the slot from another flow', value: slots.taken },
          { name: "slot was another flow's", value: slots.foreign },
        ];
  const rows = (items: readonly { name: string; value: number }[], whole: number): string[][] =>
    items.map(({ name, value }) => [name, count(value), whole === 0 ? '–' : percent(value / whole, 2)]);
  const packets = htmlTable(
    ['what became of every packet', 'packets', 'share'],
    [...rows(became, outcomes.packets), ['packets in', count(outcomes.packets), '']],
    'krr',
    { caption: 'Packets in, packets accounted for', sortable: false },
  );
  const facts = `<p>${count(scored)} packets scored; ${count(unlabelled)} without a label, ${count(otherSplits)} of other splits.</p>`;
  const charts = [
    { name: 'packets', parts: became },
    ...(slots === null ? [] : [{ name: 'flow slots', parts: owners }]),
  ];
  const chart = partsChart(
    charts.filter(({ parts }) => parts.some(({ value }) => value > 0)),
    {
      caption:
        slots === null
          ? 'What became of the packets'
          : 'What became of the packets, and whose flow slot each one found',
    },
  );
  const total = owners.reduce((sum, { value }) => sum + value, 0);
  const slotTable =
    slots === null
      ? ''
      : htmlTable(['packets by flow slot', 'packets', 'share'], rows(owners, total), 'krr', {
          caption: `${count(slots.slots)} slots, policy ${slots.policy}`,
          sortable: false,
        });
  return `${slotCards(slots)}${chart}<div class="pair">${packets}${slotTable}</div>${facts}`;
}

function slotCards(slots: ReplayResult['slots']): string {
  if (slots === null) return '';
  return cards([
    { name: 'flow slots', value: count(slots.slots), note: `policy ${slots.policy}` },
    { name: 'state per flow', value: `${count(slots.bitsPerFlow)} bits` },
    { name: 'flows that collided', value: count(slots.collidingFlows) },
    { name: 'flows taken for one', value: count(slots.mergedFlows) },
    { name: 'restarts of known flows', value: count(slots.restarts) },
  ]);
}

/** Seconds by phase and packets per second. */
export function speed(timing: ScenarioTiming | undefined): string {
  if (timing === undefined) return '';
  const steps = Object.entries(timing.steps);
  const rows = [...steps.map(([step, seconds]) => [step, seconds.toFixed(2)]), ['all', timing.seconds.toFixed(2)]];
  const { replay } = timing;
  const table = htmlTable(['phase', 'seconds'], rows, 'lr', { caption: 'Time by phase', sortable: false });
  const rates = cards([
    {
      name: 'engine',
      value: `${rate(replay.packetsPerSecond)} packets/s`,
      note: `${replay.engineSeconds.toFixed(2)} s`,
    },
    { name: 'engine set-up', value: `${replay.engineSetupSeconds.toFixed(2)} s`, note: 'planning, tables, workers' },
    {
      name: 'float model',
      value: `${rate(replay.floatRowsPerSecond)} rows/s`,
      note: `${replay.floatSeconds.toFixed(2)} s`,
    },
    { name: 'workers', value: String(replay.workers) },
  ]);
  const seconds = [{ name: 'seconds', values: steps.map(([, value]) => value) }];
  const text = { caption: 'Seconds by phase of the run', table, shown: (value: number) => value.toFixed(2) };
  const chart =
    steps.length === 0
      ? ''
      : barChart(
          steps.map(([step]) => step),
          seconds,
          text,
        );
  const cached = timing.cached.length === 0 ? '' : `<p>From the cache: ${escapeHtml(timing.cached.join(', '))}.</p>`;
  return `${rates}${chart}${cached}`;
}
