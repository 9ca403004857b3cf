/** How a command is declared: yargs' module with its argument type checked where it is written. */

import type { ArgumentsCamelCase, Argv, CommandModule } from 'yargs';

/** Options that every command has. */
export interface CommonArgs {
  json?: boolean | undefined;
  quiet?: boolean | undefined;
}

/** yargs erases argument types in lists of commands; this keeps them inside each file. */
export function defineCommand<Args extends CommonArgs>(command: {
  readonly command: string;
  readonly describe: string;
  readonly builder: (yargs: Argv) => Argv<unknown>;
  readonly handler: (args: ArgumentsCamelCase<Args>) => Promise<void> | void;
}): CommandModule<object, never> {
  return command as unknown as CommandModule<object, never>;
}
