/** How a command is declared: yargs' module with its argument type checked where it is written. */

import type { ArgumentsCamelCase, Argv, CommandModule, Options } from 'yargs';

/** Options that every command has. */
export interface CommonArgs {
  json?: boolean | undefined;
  quiet?: boolean | undefined;
}

/** Declared once, for the parser and for docs/cli.md. */
export const GLOBAL_OPTIONS = {
  json: { type: 'boolean', describe: 'print the result as JSON on stdout', global: true },
  quiet: { type: 'boolean', alias: 'q', describe: 'no progress, no notes', global: true },
} as const satisfies Record<string, Options>;

/** yargs erases argument types in lists of commands; this keeps them inside each file. */
export function defineCommand<Args extends CommonArgs>(command: {
  readonly command: string;
  readonly describe: string;
  readonly builder: (yargs: Argv) => Argv<unknown>;
  readonly handler: (args: ArgumentsCamelCase<Args>) => Promise<void> | void;
}): CommandModule<object, never> {
  return command as unknown as CommandModule<object, never>;
}
