/** The training step: rows as the switch computes them → a float model as ONNX, kept by content. */

import { modelDefinition, type TrainedModel, type TrainOptions, trainModel } from '../model/index.ts';
import type { Progress } from '../problem.ts';
import type { FeatureRows } from '../traffic/index.ts';
import { type Cache, cached, contentKey } from './cache.ts';
import type { InputShape } from './inputs.ts';
import type { ModelId, ModelOptions } from './scenario.ts';

/** Inputs of one of the models trained here. */
export function modelShape(id: ModelId): InputShape {
  const { features, window, clamp } = modelDefinition(id);
  return { features, window, clamp, units: {} };
}

/** Keep at most `limit` train rows, drawn evenly over the rows in order; other splits stay whole. */
export function limitTrainRows(rows: FeatureRows, limit: number | undefined): FeatureRows {
  const total = rows.split.reduce((sum, split) => sum + (split === 0 ? 1 : 0), 0);
  if (limit === undefined || total <= limit) return rows;
  const split = rows.split.slice();
  let seen = 0;
  for (let i = 0; i < rows.count; i++) {
    if (split[i] !== 0) continue;
    const kept = Math.floor(((seen + 1) * limit) / total) > Math.floor((seen * limit) / total);
    if (!kept) split[i] = 255;
    seen++;
  }
  return { ...rows, split };
}

/**
 * Train, or take the same training from the cache. `units`: ns per unit of the time features, written into the model, as is what the rows are.
 * @throws ProblemError MODEL-ROWS
 */
export function trainStep(
  cache: Cache,
  rows: FeatureRows,
  model: ModelOptions & { train: ModelId },
  about: Required<Pick<TrainOptions, 'units' | 'trainedOn'>>,
  progress?: Progress,
): Promise<TrainedModel> {
  const { maxRows, onnx: _onnx, tables: _tables, train, ...recipe } = model;
  const options: TrainOptions = { ...recipe, ...about };
  const used = limitTrainRows(rows, maxRows);
  const key = contentKey(
    'train',
    train,
    options,
    used.features,
    used.classes,
    used.values,
    used.label,
    used.split,
    used.flow ?? null,
  );
  return cached(cache, 'train', key, async () =>
    trainModel(train, used, progress === undefined ? options : { ...options, progress }),
  );
}
