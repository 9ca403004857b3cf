/** What the jobs on files share: rows of whatever their data are, and what a `.pgs` file remembers. */

import type { ModelSpec } from '../model/index.ts';
import type { Progress } from '../problem.ts';
import type { Chip } from '../switch/index.ts';
import type { FeatureRows, LoadedDataset } from '../traffic/index.ts';
import { type InputShape, loadScenarioDataset, switchRows } from './inputs.ts';
import { isRows, loadScenarioRows, rowsUnitNs } from './rows.ts';
import type { CompileChoices, DatasetOptions, FlowOptions } from './scenario.ts';

export interface Shared {
  readonly progress?: Progress;
}

export const progressOf = ({ progress }: Shared): Shared => (progress ? { progress } : {});

/** Warnings and damage of whatever the rows came from. */
export type Source = Pick<LoadedDataset, 'warnings' | 'damage'>;

/** Rows for training or calibration, from captures or from a CSV of feature rows, and the unit of their time features in ns. */
export async function taskRows(
  task: Shared & { workers: number; flow: FlowOptions },
  options: DatasetOptions,
  shape: InputShape,
): Promise<{ rows: FeatureRows; unitNs: number; source: Source }> {
  if (isRows(options)) {
    return { rows: loadScenarioRows(options), unitNs: rowsUnitNs(options), source: { warnings: [], damage: [] } };
  }
  const source = await loadScenarioDataset(options, task.progress);
  const run = { workers: task.workers, state: 'perCapture', ...progressOf(task) } as const;
  return { rows: await switchRows(source, shape, task.flow, run), unitNs: 2 ** task.flow.tickBits, source };
}

/** What a `.pgs` file remembers of its making. */
export interface ProgramMeta {
  readonly spec: ModelSpec | null;
  readonly flow: FlowOptions;
  readonly choices: CompileChoices | null;
  /** The whole chip: a custom one has no name to find it by. */
  readonly chip: Chip;
  readonly model: string;
}
