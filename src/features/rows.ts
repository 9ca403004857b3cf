/** Model inputs from feature columns: one row per packet, or one window per packet from the 8th of a flow on. */

import type { Dataset, FeatureRows } from '../traffic/index.ts';
import type { IdealOptions } from './feature.ts';
import { flowOrder, idealFeatures } from './ideal.ts';

/** Rows with the packet each belongs to (index into the dataset's columns): the scored packets. */
export interface PacketRows extends FeatureRows {
  readonly values: Uint32Array;
  readonly packet: Uint32Array;
  readonly flow: Int32Array;
}

/** The rows at these positions, in that order. */
export function rowsAt(rows: PacketRows, picked: Uint32Array): PacketRows {
  const width = rows.count === 0 ? 0 : rows.values.length / rows.count;
  const values = new Uint32Array(picked.length * width);
  picked.forEach((row, i) => {
    values.set(rows.values.subarray(row * width, (row + 1) * width), i * width);
  });
  return {
    ...rows,
    count: picked.length,
    values,
    label: Int16Array.from(picked, (row) => rows.label[row]),
    split: Uint8Array.from(picked, (row) => rows.split[row]),
    packet: picked.map((row) => rows.packet[row]),
    flow: Int32Array.from(picked, (row) => rows.flow[row]),
  };
}

export interface RowOptions {
  /** Packets per input: 1 (row models, default) or the window length. */
  readonly window?: number;
  /** First packet of a flow that gets a row (default: the window length). */
  readonly firstVerdict?: number;
  /** Keep packets of flows without a label (default false). */
  readonly unlabelled?: boolean;
}

/** Packets with a row: in a flow, far enough into it, labelled unless asked otherwise. */
function scoredPackets(dataset: Dataset, position: Uint32Array, first: number, unlabelled: boolean): Uint32Array {
  const { flow } = dataset.decoded;
  const kept = new Uint32Array(flow.length);
  let count = 0;
  for (let i = 0; i < flow.length; i++)
    if (flow[i] >= 0 && position[i] >= first && (unlabelled || dataset.flowLabel[flow[i]] >= 0)) kept[count++] = i;
  return kept.slice(0, count);
}

/**
 * Rows from columns of any origin (ideal, or computed by the switch): count × window × columns, oldest packet first, windows
 * over the packets of the dataset's own flows.
 */
export function packetRows(
  dataset: Dataset,
  names: readonly string[],
  columns: readonly ArrayLike<number>[],
  options: RowOptions = {},
): PacketRows {
  const window = options.window ?? 1;
  const { previous, position } = flowOrder(dataset);
  const first = Math.max(options.firstVerdict ?? window, window);
  const packet = scoredPackets(dataset, position, first, options.unlabelled ?? false);
  const width = columns.length;
  const values = new Uint32Array(packet.length * window * width);
  const label = new Int16Array(packet.length);
  const split = new Uint8Array(packet.length);
  const flow = Int32Array.from(packet, (i) => dataset.decoded.flow[i]);
  for (let row = 0; row < packet.length; row++) {
    const id = flow[row];
    label[row] = dataset.flowLabel[id];
    split[row] = dataset.flowSplit[id];
    let from = packet[row];
    for (let slot = window - 1; slot >= 0; slot--) {
      const at = (row * window + slot) * width;
      for (let c = 0; c < width; c++) values[at + c] = columns[c][from];
      from = previous[from];
    }
  }
  return { features: names, classes: dataset.classes, count: packet.length, values, label, split, packet, flow };
}

/** Rows of ideal values, one per packet from `firstVerdict` (default 1) on. */
export function idealRows(
  dataset: Dataset,
  names: readonly string[],
  options: IdealOptions & RowOptions = {},
): PacketRows {
  return packetRows(dataset, names, idealFeatures(dataset, names, options), options);
}

/** Windows of ideal values: 8 packets (or `window`), stride 1, from the 8th packet of each flow on. */
export function idealWindows(
  dataset: Dataset,
  names: readonly string[],
  options: IdealOptions & RowOptions = {},
): PacketRows {
  return idealRows(dataset, names, { ...options, window: options.window ?? 8 });
}
