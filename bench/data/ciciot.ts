/** The CICIOT2022 feature rows of ../shared as feature rows with their fixed split. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FeatureRows } from '../../src/traffic/columns.ts';

const FOLDER = join(import.meta.dirname, '../../../shared/data/rows');
export const ROWS = join(FOLDER, 'ciciot2022-packets.csv');
const SPLITS: Readonly<Record<string, number>> = { train: 0, validation: 1, test: 2 };

/** Columns: run, ten features, label, class. */
export function readCiciotRows(): FeatureRows {
  const lines = readFileSync(ROWS, 'utf8').trim().split('\n').slice(1);
  const { split } = JSON.parse(readFileSync(join(FOLDER, 'split.json'), 'utf8')) as { split: Record<string, string> };
  const rows = {
    features: [
      'ip.ihl',
      'frame.len',
      'ip.protocol',
      'ip.tos',
      'tcp.data_offset',
      'flow.max_len',
      'flow.min_len',
      'flow.max_ipd',
      'flow.min_ipd',
      'pkt.ipd',
    ],
    classes: ['Power', 'Idle', 'Interact'],
    count: lines.length,
    values: new Uint32Array(lines.length * 10),
    label: new Int16Array(lines.length),
    split: new Uint8Array(lines.length),
  };
  lines.forEach((line, r) => {
    const cells = line.split(',');
    for (let f = 0; f < 10; f++) rows.values[r * 10 + f] = Number(cells[1 + f]);
    rows.label[r] = Number(cells[11]);
    rows.split[r] = SPLITS[split[cells[0]]];
  });
  return rows;
}
