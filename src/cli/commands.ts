/** All commands, one file each. Handlers import what is heavy, so that `--help` and completion stay instant. */

import type { CommandModule } from 'yargs';
import { classifyCommand } from './classify.ts';
import { compareCommand } from './compare.ts';
import { compileCommand } from './compile.ts';
import { datasetCommand } from './dataset.ts';
import { emitCommand } from './emit.ts';
import { explainCommand } from './explain.ts';
import { featuresCommand } from './features.ts';
import { fitCommand } from './fit.ts';
import { modelsCommand } from './models.ts';
import { replayCommand } from './replay.ts';
import { runCommand } from './run.ts';
import { schemaCommand } from './schema.ts';
import { tracesCommand } from './traces.ts';
import { trainCommand } from './train.ts';
import { verifyCommand } from './verify.ts';

/** In the order of the help text: the whole path first, then its steps. */
export const commands: readonly CommandModule<object, never>[] = [
  runCommand,
  trainCommand,
  compileCommand,
  fitCommand,
  replayCommand,
  classifyCommand,
  explainCommand,
  compareCommand,
  emitCommand,
  verifyCommand,
  modelsCommand,
  datasetCommand,
  featuresCommand,
  tracesCommand,
  schemaCommand,
];
