/** Every `pegasim` command in the documentation is one that the program takes, and the shipped files it names are there. */

import { existsSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import yargs, { type CommandModule } from 'yargs';
import { GLOBAL_OPTIONS } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/commands.ts';
import { type Command, commandsOf, pages } from './shell.ts';

/** The command with nothing behind it: arguments are parsed and checked, nothing runs. */
function idle(command: CommandModule<object, never>): CommandModule<object, never> {
  return { ...command, handler: () => {} };
}

/** What the parser says of a command; undefined when it takes it. */
async function complaint({ args }: Command): Promise<string | undefined> {
  let said: string | undefined;
  const parser = yargs([...args])
    .options(GLOBAL_OPTIONS)
    .strict()
    .demandCommand(1)
    .completion('completion', 'x')
    .version('0')
    .exitProcess(false)
    .fail((message, error) => {
      said ??= message ?? error?.message;
    });
  for (const command of commands)
    if (!/^(dataset|features|traces)\b/.test(String(command.command))) parser.command(idle(command) as CommandModule);
  return (
    said ??
    (await Promise.resolve(parser.parseAsync()).then(
      () => said,
      (error: Error) => error.message,
    ))
  );
}

/** Commands of commands run handlers of their own: these are checked by their help in docs/cli.md, from the same definitions. */
const nested = ({ args }: Command): boolean => /^(dataset|features|traces|completion)$/.test(args[0] ?? '');

const Commands = suite('commands in the documentation');
const all = pages().flatMap(commandsOf);

Commands('there are at least 30, on at least 3 pages', () => {
  assert.ok(all.length >= 30, String(all.length));
  assert.ok(new Set(all.map(({ page }) => page)).size >= 3);
});

Commands('the program takes each of them', async () => {
  const wrong: string[] = [];
  for (const one of all.filter((command) => !nested(command))) {
    if (one.args.some((word) => /^<|^\[/.test(word))) continue;
    const said = await complaint(one);
    if (said !== undefined) wrong.push(`${one.page}:${one.line}: ${said}`);
  }
  assert.equal(wrong, []);
});

Commands('shipped captures, specs and scenarios that they name exist', () => {
  const missing = all.flatMap(({ page, line, args }) =>
    args
      .filter((word) => /^(traces|scenarios|docs|examples)\/[\w./-]+$/.test(word) && !existsSync(word))
      .map((word) => `${page}:${line}: ${word}`),
  );
  assert.equal(missing, []);
});

Commands.run();
