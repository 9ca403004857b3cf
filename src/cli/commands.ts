/** All commands, one file each. Handlers import what is heavy, so that `--help` and completion stay instant. */

import type { CommandModule } from 'yargs';
import { modelsCommand } from './models.ts';
import { schemaCommand } from './schema.ts';
import { tracesCommand } from './traces.ts';

export const commands: readonly CommandModule<object, never>[] = [modelsCommand, tracesCommand, schemaCommand];
