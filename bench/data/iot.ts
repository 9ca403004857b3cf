/** Devices of the iot-sentinel captures of ../shared as MLP-B's rows, computed by the switch's own programs. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { modelDefinition } from '../../src/model/index.ts';
import { switchRows } from '../../src/study/inputs.ts';
import { limitTrainRows } from '../../src/study/train.ts';
import type { FeatureRows } from '../../src/traffic/columns.ts';
import { loadDataset } from '../../src/traffic/index.ts';

export const DEVICES = join(import.meta.dirname, '../../../shared/data/iot-sentinel');

/** Train rows kept, evenly drawn: the bench trains and compiles ten times. */
const TRAIN_ROWS = 20_000;

/** 12 device classes, split by capture run; undefined when the captures are not here. */
export async function readDeviceRows(): Promise<FeatureRows | undefined> {
  const task = join(DEVICES, 'task.json');
  if (!existsSync(task)) return undefined;
  const { device_classes: classes, min_packets: minPackets } = JSON.parse(readFileSync(task, 'utf8')) as {
    device_classes: string[];
    min_packets: number;
  };
  const dataset = await loadDataset({
    captures: join(DEVICES, 'pcap'),
    labels: join(DEVICES, 'labels.csv'),
    labelColumn: 'device',
    classes,
    minPackets,
    split: { by: 'list', file: task },
  });
  const { features, window, clamp } = modelDefinition('mlp-b');
  const flow = { slots: 65_536, policy: 'replace', symmetric: true, tickBits: 16 } as const;
  const shape = { features, window, clamp, units: {} };
  const rows = await switchRows(dataset, shape, flow, { workers: 1, state: 'perCapture' });
  return limitTrainRows(rows, TRAIN_ROWS);
}
