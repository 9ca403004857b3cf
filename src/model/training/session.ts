/** What the epochs of one training share: rows, parameters, tapes. */
import { fail } from '../../problem.ts';
import type { FeatureRows } from '../../traffic/index.ts';
import { createTape, load, type Random, type Tape, wasmBackend, withoutRecording } from '../autodiff/index.ts';
import type { ModelDefinition } from '../definitions/index.ts';
import { type Average, createParameters, type ParameterStore, startAverage } from '../networks/parameters.ts';
import { tapeLayers } from '../networks/tape-layers.ts';
import { type FlowRuns, flowRuns } from './flows.ts';
import type { EpochRecord, TrainOptions } from './options.ts';
import { chooseSamples, columnValues, drawn, type Samples, type Showing, showingOf } from './samples.ts';

export interface Session {
  readonly definition: ModelDefinition;
  readonly rows: FeatureRows;
  readonly width: number;
  readonly store: ParameterStore;
  readonly average: Average;
  readonly tape: Tape;
  readonly evaluation: Tape;
  readonly samples: Samples;
  /** Class that anomaly models learn. */
  readonly benign: number;
  readonly showing: Showing;
  readonly history: EpochRecord[];
  /** Rows per step, in training and in evaluation (the buffers are shared); runs per step for models that learn from whole flows. */
  readonly batch: number;
  /** Flows and their runs, for models that learn from whole flows. */
  readonly flows: FlowRuns | undefined;
}

/** Rows chosen, parameters created and fitted. Fails with MODEL-ROWS or MODEL-OPTIONS. */
export function openSession(
  definition: ModelDefinition,
  rows: FeatureRows,
  options: TrainOptions,
  random: Random,
): Session {
  const width = definition.window * definition.features.length;
  if (rows.features.length !== definition.features.length || rows.values.length < rows.count * width) {
    fail({
      code: 'MODEL-ROWS',
      message: `the rows do not fit ${definition.id}`,
      need: `${definition.features.length} features × ${definition.window} packets (${definition.features.slice(0, 3).join(', ')}, …)`,
      have: `${rows.features.length} features, ${rows.values.length / Math.max(1, rows.count)} values per row`,
    });
  }
  const benign = Math.max(0, rows.classes.indexOf(options.benign ?? 'benign'));
  const chosen = chooseSamples(definition, rows, benign, random);
  const limit = options.rowsPerEpoch ?? definition.training.rowsPerEpoch;
  const samples = { train: chosen.train, validation: drawn(chosen.validation, limit, random) };
  const flows = definition.cell === undefined ? undefined : flowRuns(rows, samples);
  const backend = wasmBackend();
  const store = createParameters(random, backend);
  const batch = options.batch ?? definition.training.batch;
  const tape = createTape(backend);
  const evaluation = withoutRecording(tape);
  // One forward pass creates the parameters.
  definition.network(
    tapeLayers(evaluation, store, false),
    load(evaluation, [1, width], new Float32Array(width)),
    rows.classes.length,
  );
  definition.fit?.(
    (name) => store.trained.get(name)!,
    (feature) => columnValues(definition, rows, samples.train, feature),
  );
  const average = startAverage(store);
  return {
    definition,
    rows,
    width,
    store,
    samples,
    benign,
    showing: showingOf(definition, limit, options.balance),
    batch,
    flows,
    average,
    history: [],
    tape,
    evaluation,
  };
}
