/** All commands, one file each. Handlers import what is heavy, so that `--help` and completion stay instant. */

import type { CommandModule } from 'yargs';

export const commands: readonly CommandModule<object, never>[] = [];
