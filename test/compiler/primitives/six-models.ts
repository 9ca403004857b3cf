/** The six models of the paper and their variants with random weights, as ONNX: what the front end must turn into sensible graphs. */
import { constant, createRandom, createTape } from '../../../src/model/autodiff/index.ts';
import { exportModel } from '../../../src/model/export.ts';
import { type ModelDefinition, type ModelId, modelDefinition } from '../../../src/model/index.ts';
import { createParameters } from '../../../src/model/networks/parameters.ts';
import { tapeLayers } from '../../../src/model/networks/tape-layers.ts';
import { numbers } from './support.ts';

export interface RandomModel {
  readonly definition: ModelDefinition;
  readonly onnx: Uint8Array;
  /** `rows` inputs that the model accepts, row-major. */
  readonly inputs: (rows: number) => Float32Array;
}

/** A model definition with seeded random weights (running statistics from one batch of random inputs). */
export function randomModel(id: ModelId): RandomModel {
  const definition = modelDefinition(id);
  const { features, window } = definition;
  const random = numbers(11);
  const inputs = (rows: number): Float32Array =>
    Float32Array.from({ length: rows * window * features.length }, (_, i) => {
      const name = features[i % features.length];
      const top = definition.clamp[name] ?? (name.includes('ipd') ? 2560 : name.includes('len') ? 1500 : 255);
      return Math.floor(Math.abs(random(1)[0]) * top);
    });
  const store = createParameters(createRandom(5));
  const tape = createTape();
  const classes = ['a', 'b', 'c'];
  const batch = 16;
  const width = features.length * window;
  definition.network(tapeLayers(tape, store, true), constant([batch, width], inputs(batch)), classes.length);
  const verdict = definition.task === 'anomaly' ? 'score' : 'argmax';
  const state = definition.cell === undefined ? {} : { state: { input: 'state', output: 'next_state' } };
  return {
    definition,
    onnx: exportModel(definition, store, { features, window, classes, units: {}, verdict, ...state }),
    inputs,
  };
}
