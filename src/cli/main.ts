#!/usr/bin/env node
/** The `pegasim` command: parses the command line, runs one command, turns failures into exit codes. */

import { readFileSync } from 'node:fs';
import yargs, { type CommandModule } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { dropPendingFiles } from '../files.ts';
import { GLOBAL_OPTIONS } from './command.ts';
import { commands } from './commands.ts';
import { EXIT_INPUT } from './exit.ts';
import { hearInterrupts, wasInterrupted } from './interrupt.ts';
import { printProblem, quietOnClosedPipe, reportFailure } from './output.ts';

function packageVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}

const argv = hideBin(process.argv);
const json = argv.includes('--json');

quietOnClosedPipe();
hearInterrupts();

/** yargs exits 1 on a usage error; ours is 2, in one line with the way to help. */
function usageError(message: string, help: string): never {
  printProblem({ code: 'CLI-USAGE', message: message.replaceAll('\n', ' '), hint: help }, json);
  process.exit(EXIT_INPUT);
}

/** Of an option given twice the last one counts. yargs' own setting for it would also drop all but the last of several files. */
function lastOnesCount(args: Record<string, unknown>): void {
  const { array } = (parser as unknown as { getOptions: () => { array: readonly string[] } }).getOptions();
  for (const [name, value] of Object.entries(args)) {
    if (Array.isArray(value) && name !== '_' && !array.includes(name)) args[name] = value.at(-1);
  }
}

let failed: unknown;
const parser = yargs(argv)
  .scriptName('pegasim')
  .usage('$0 <command>\n\nBit-accurate simulator and compiler for neural networks in match-action tables.')
  .version(packageVersion())
  .options(GLOBAL_OPTIONS)
  .help()
  .alias('help', 'h')
  .strict()
  .recommendCommands()
  .demandCommand(1, 'name a command')
  .completion('completion', 'print a shell completion script (bash, zsh)')
  .example('$0 run scenarios/quickstart.yaml', 'the whole path, captures to verdicts')
  .epilogue('Exit codes: 0 ok, 1 expectation failed or does not fit, 2 usage or input error, 70 bug, 130 interrupted.')
  .wrap(Math.min(110, process.stdout.columns ?? 100))
  .middleware(lastOnesCount, true)
  .exitProcess(false)
  .showHelpOnFail(false)
  .fail((message, error) => {
    if (error) {
      failed = error;
      throw error;
    }
    const command = argv.find((word) => !word.startsWith('-'));
    const known = commands.some((one) => String(one.command).split(' ')[0] === command);
    usageError(message, `pegasim ${known ? `${command} ` : ''}--help shows how`);
  });
for (const command of commands) parser.command(command as CommandModule);

try {
  await parser.parseAsync();
} catch (error) {
  dropPendingFiles();
  // What waits for a thread that Ctrl-C ended is no failure.
  if (!wasInterrupted()) process.exitCode = reportFailure(failed ?? error, json);
}
