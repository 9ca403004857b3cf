/** The six models of the paper. */
import { fail } from '../../problem.ts';
import { autoencoder } from './autoencoder.ts';
import { cnnB } from './cnn-b.ts';
import { cnnL } from './cnn-l.ts';
import { cnnM } from './cnn-m.ts';
import type { ModelDefinition } from './definition.ts';
import { mlpB } from './mlp-b.ts';
import { rnnB } from './rnn-b.ts';

export type { ModelDefinition, ModelId, TrainingDefaults } from './definition.ts';

export const models: readonly ModelDefinition[] = [mlpB, rnnB, cnnB, cnnM, cnnL, autoencoder];

/** The definition with that id. Fails with MODEL-UNKNOWN. */
export function modelDefinition(id: string): ModelDefinition {
  const found = models.find((model) => model.id === id);
  if (found) return found;
  fail({
    code: 'MODEL-UNKNOWN',
    message: `there is no model ${id}`,
    hint: `known models: ${models.map((model) => model.id).join(', ')}`,
  });
}
