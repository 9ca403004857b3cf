/** Training: Adam on batches, early stopping on the validation rows (macro-F1, or mean score for anomaly models). Seeded and reproducible. */
import { fail } from '../../problem.ts';
import type { FeatureRows } from '../../traffic/index.ts';
import {
  type Adam,
  adamStep,
  backward,
  clearTape,
  constant,
  createAdam,
  createRandom,
  meanAbsolute,
  type Numbers,
  type Random,
  softmaxCrossEntropy,
  take,
} from '../autodiff/index.ts';
import { type ModelDefinition, modelDefinition } from '../definitions/index.ts';
import { exportModel } from '../export.ts';
import { argmaxRows, macroF1 } from '../metrics.ts';
import { fillUnseenRows, parameterCount, restore, snapshot, updateAverage } from '../networks/parameters.ts';
import { tapeLayers } from '../networks/tape-layers.ts';
import type { ModelSpec } from '../spec.ts';
import { evaluateFlows, hasCell, trainFlows } from './flow-epoch.ts';
import type { EpochRecord, TrainedModel, TrainOptions } from './options.ts';
import { copyRows, drawn, shownRows, VALIDATION_ROWS } from './samples.ts';
import { openSession, type Session } from './session.ts';
import { attackRows, type ChosenThreshold, chooseThreshold } from './threshold.ts';

/** The best epoch so far and its weights. */
interface Kept {
  readonly record: EpochRecord;
  readonly arrays: readonly Numbers[];
}

function evaluate(session: Session, index: Int32Array): Float32Array {
  const { definition, rows, width, store, evaluation } = session;
  if (hasCell(definition)) return evaluateFlows(session, definition, index);
  const classes = rows.classes.length;
  const outputs = definition.task === 'anomaly' ? 1 : classes;
  const result = new Float32Array(index.length * outputs);
  const layers = tapeLayers(evaluation, store, false);
  for (let from = 0; from < index.length; from += session.batch) {
    const to = Math.min(index.length, from + session.batch);
    clearTape(evaluation);
    const input = take(evaluation, (to - from) * width);
    copyRows(input, rows, width, index, from, to);
    result.set(definition.network(layers, constant([to - from, width], input), classes).data, from * outputs);
  }
  return result;
}

/** Higher is better. */
function validationFigure(session: Session): number {
  const { validation } = session.samples;
  const result = evaluate(session, validation);
  if (session.definition.task === 'anomaly') return -result.reduce((sum, score) => sum + score, 0) / validation.length;
  const label = Array.from(validation, (row) => session.rows.label[row]);
  const classes = session.rows.classes.length;
  return macroF1(label, argmaxRows(result, classes), classes);
}

function trainBatch(session: Session, index: Int32Array, from: number, to: number): number {
  const { definition, rows, width, store, tape } = session;
  clearTape(tape);
  const input = take(tape, (to - from) * width);
  copyRows(input, rows, width, index, from, to);
  const x = constant([to - from, width], input);
  const output = definition.network(tapeLayers(tape, store, true), x, rows.classes.length);
  const labels = Int32Array.from(index.subarray(from, to), (row) => rows.label[row]);
  const loss = definition.task === 'anomaly' ? meanAbsolute(tape, output) : softmaxCrossEntropy(tape, output, labels);
  backward(tape, loss);
  return loss.data[0];
}

/** One step of the optimiser on the gradients at hand. */
function descend({ definition, store, average }: Session, adam: Adam, rate: number): void {
  for (const name of definition.frozen) {
    const held = store.trained.get(name);
    if (held) held.grad = undefined;
  }
  adamStep(adam, rate);
  updateAverage(average, store);
}

function trainEpoch(session: Session, adam: Adam, rate: number, random: Random): number {
  const { samples, definition, batch } = session;
  if (hasCell(definition)) return trainFlows(session, definition, random, () => descend(session, adam, rate));
  const order = shownRows(session.rows, samples.train, session.showing, random);
  const count = order.length;
  let loss = 0;
  for (let from = 0; from < count; from += batch) {
    const to = Math.min(count, from + batch);
    // Batch moments need company: a last batch of one row is left out.
    if (to - from < 2 && count > 1) break;
    loss += trainBatch(session, order, from, to) * (to - from);
    descend(session, adam, rate);
  }
  return loss / count;
}

/** The anomaly model's threshold by the weights that are kept: on the validation rows, benign ones and at most as many attacks as an epoch shows. */
function alarmOf(session: Session, limit: number, random: Random): ChosenThreshold | undefined {
  const { definition, rows, samples, benign } = session;
  if (definition.task !== 'anomaly') return undefined;
  const attacks = drawn(attackRows(rows, VALIDATION_ROWS, benign), limit, random);
  return chooseThreshold(evaluate(session, samples.validation), evaluate(session, attacks));
}

function specOf(
  definition: ModelDefinition,
  rows: FeatureRows,
  options: TrainOptions,
  alarm: ChosenThreshold | undefined,
): ModelSpec {
  const clamp = Object.keys(definition.clamp).length > 0 ? { clamp: definition.clamp } : {};
  return {
    features: rows.features,
    window: definition.window,
    classes: definition.task === 'anomaly' ? [] : rows.classes,
    units: options.units ?? {},
    ...(options.trainedOn === undefined ? {} : { trainedOn: options.trainedOn }),
    ...(definition.cell === undefined ? {} : { state: { input: 'state', output: 'next_state' } }),
    ...clamp,
    verdict: definition.task === 'anomaly' ? 'score' : 'argmax',
    ...(alarm === undefined ? {} : { threshold: alarm.threshold }),
  };
}

/** The averaged weights in place: validated, and copied out when they are the best so far; then training's own weights again. */
function judgeEpoch(session: Session, record: Omit<EpochRecord, 'validation'>, best: Kept | undefined): Kept {
  const { store, average, definition } = session;
  const live = snapshot(store);
  restore(store, average.arrays);
  if (!definition.frozen.includes('length')) fillUnseenRows(store);
  const validation = validationFigure(session);
  const better = !best || validation > best.record.validation;
  const kept = better ? { record: { ...record, validation }, arrays: snapshot(store) } : best;
  session.history.push({ ...record, validation });
  restore(store, live);
  return kept;
}

/**
 * Train one of the six models, or of their variants, on the train rows, keep the epoch that is best on the validation rows (10 % of the train rows when the
 * data name none), and write it as ONNX. The same rows, options and seed give the same bytes.
 * Fails with MODEL-UNKNOWN, MODEL-ROWS or MODEL-OPTIONS.
 */
export function trainModel(id: string, rows: FeatureRows, options: TrainOptions = {}): TrainedModel {
  const definition = modelDefinition(id);
  const settings = { ...definition.training, ...options };
  const random = createRandom(options.seed ?? 1);
  const session = openSession(definition, rows, options, random);
  const { store } = session;
  const trainable = [...store.trained].filter(([name]) => !definition.frozen.includes(name));
  const adam = createAdam(
    trainable.map(([, variable]) => variable),
    store.backend,
  );
  let best: Kept | undefined;
  for (let epoch = 1; epoch <= settings.epochs; epoch++) {
    const learningRate = settings.learningRate * 0.5 ** Math.floor((epoch - 1) / settings.halving);
    const loss = trainEpoch(session, adam, learningRate, random);
    best = judgeEpoch(session, { epoch, learningRate, loss }, best);
    settings.progress?.(`training ${id}`, epoch, settings.epochs);
    if (epoch - best.record.epoch >= settings.patience) break;
  }
  if (!best) fail({ code: 'MODEL-OPTIONS', message: 'training needs at least one epoch', have: `${settings.epochs}` });
  restore(store, best.arrays);
  const alarm = alarmOf(session, settings.rowsPerEpoch, random);
  const spec = specOf(definition, rows, options, alarm);
  const onnx = exportModel(definition, store, spec);
  return {
    id: definition.id,
    onnx,
    spec,
    parameters: parameterCount(store),
    history: session.history,
    best: best.record,
    ...(alarm === undefined ? {} : { alarm }),
  };
}
