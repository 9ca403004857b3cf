/** The six models of the paper, and variants of them. */
import { fail } from '../../problem.ts';
import { autoencoder } from './autoencoder.ts';
import { cnnB } from './cnn-b.ts';
import { cnnL } from './cnn-l.ts';
import { cnnLNoIpd } from './cnn-l-no-ipd.ts';
import { cnnM } from './cnn-m.ts';
import type { ModelDefinition } from './definition.ts';
import { mlpB } from './mlp-b.ts';
import { rnnB } from './rnn-b.ts';
import { rnnBRegister } from './rnn-b-register.ts';

export {
  MODEL_IDS,
  type ModelDefinition,
  type ModelId,
  type RegisterCell,
  type TrainingDefaults,
} from './definition.ts';

export const models: readonly ModelDefinition[] = [mlpB, rnnB, cnnB, cnnM, cnnL, autoencoder];

/** Models beside the six: the same task, another way to keep the flow's past, or less of it. */
export const variants: readonly ModelDefinition[] = [rnnBRegister, cnnLNoIpd];

/** The definition with that id. Fails with MODEL-UNKNOWN. */
export function modelDefinition(id: string): ModelDefinition {
  const found = [...models, ...variants].find((model) => model.id === id);
  if (found) return found;
  fail({
    code: 'MODEL-UNKNOWN',
    message: `there is no model ${id}`,
    hint: `known models: ${[...models, ...variants].map((model) => model.id).join(', ')}`,
  });
}
