/** docs/cli.md: every command, argument and option, from the definitions that yargs parses with. */

import type { Argv, CommandModule, Options, PositionalOptions } from 'yargs';
import { GLOBAL_OPTIONS } from '../src/cli/command.ts';
import { commands } from '../src/cli/commands.ts';

type Given = Options & PositionalOptions;

/** What a command's builder declares. */
interface Declared {
  readonly positionals: [string, Given][];
  readonly options: [string, Given][];
  readonly examples: [string, string][];
  readonly commands: CommandModule<object, never>[];
}

/** Runs a builder against a recorder that answers to every call as yargs does. */
function declaredBy(command: CommandModule<object, never>): Declared {
  const declared: Declared = { positionals: [], options: [], examples: [], commands: [] };
  const recorder: unknown = new Proxy(
    {},
    {
      get: (_, method) => (first: unknown, second: unknown) => {
        if (method === 'positional') declared.positionals.push([String(first), second as Given]);
        if (method === 'option') declared.options.push([String(first), second as Given]);
        if (method === 'options') declared.options.push(...Object.entries(first as Record<string, Given>));
        if (method === 'example') declared.examples.push([String(first), String(second)]);
        if (method === 'command') declared.commands.push(first as CommandModule<object, never>);
        return recorder;
      },
    },
  );
  if (typeof command.builder === 'function') command.builder(recorder as Argv<object>);
  return declared;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');
}

/** `number`, `file|flow|column`, `text…` for lists. */
function kind({ type, choices, array }: Given): string {
  const one = choices === undefined ? (type === 'string' ? 'text' : (type ?? 'text')) : choices.map(String).join(', ');
  return `${one}${array ? ', several' : ''}`;
}

function fallback(given: Given): string {
  if (given.demandOption) return 'required';
  return given.default === undefined ? '' : `\`${JSON.stringify(given.default).replaceAll('"', '')}\``;
}

function optionTable(options: readonly [string, Given][]): string[] {
  const rows = options.map(([name, given]) => {
    const { alias } = given;
    const names = [`--${name}`, ...(alias === undefined ? [] : [`-${String(alias)}`])]
      .map((one) => `\`${one}\``)
      .join(', ');
    return `| ${names} | ${cell(kind(given))} | ${fallback(given)} | ${cell(given.describe ?? '')} |`;
  });
  return ['| option | takes | default | meaning |', '|---|---|---|---|', ...rows];
}

/** Options under their groups, those without one first. */
function optionTables(options: readonly [string, Given][]): string[] {
  const groups = [...new Set(options.map(([, { group }]) => group ?? ''))].sort((a, b) =>
    a === '' ? -1 : b === '' ? 1 : 0,
  );
  return groups.flatMap((group) => {
    const own = options.filter(([, given]) => (given.group ?? '') === group);
    return [...(group === '' ? [] : [`**${group.replace(/:$/, '')}**`, '']), ...optionTable(own), ''];
  });
}

function section(command: CommandModule<object, never>, parents: readonly string[]): string[] {
  const usage = String(Array.isArray(command.command) ? command.command[0] : command.command);
  const path = [...parents, usage.split(' ')[0] ?? ''];
  const { positionals, options, examples, commands: inner } = declaredBy(command);
  const rest = usage.split(' ').slice(1).join(' ');
  const lines = [`${'#'.repeat(parents.length + 2)} ${path.join(' ')}`, ''];
  if (command.describe) lines.push(`${capital(String(command.describe))}.`, '');
  if (inner.length === 0)
    lines.push(
      `    pegasim ${path.join(' ')}${rest === '' ? '' : ` ${rest}`}${options.length === 0 ? '' : ' [options]'}`,
      '',
    );
  if (positionals.length > 0) {
    const rows = positionals.map(
      ([name, given]) => `| \`${name}\` | ${cell(kind(given))} | ${cell(given.describe ?? '')} |`,
    );
    lines.push('| argument | takes | meaning |', '|---|---|---|', ...rows, '');
  }
  lines.push(...optionTables(options));
  if (examples.length > 0) {
    lines.push('```sh', ...examples.flatMap(([line, text]) => [`# ${text}`, line.replace('$0', 'pegasim')]), '```', '');
  }
  return [...lines, ...inner.flatMap((one) => section(one, path))];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The whole page. */
export function cliReference(): string {
  const list = commands.map((one) => {
    const name = String(one.command).split(' ')[0] ?? '';
    return `[${name}](#${name})`;
  });
  const lines = [
    '# Command line',
    '',
    'Written by `npm run docs` from the definitions that the program parses with; a test fails when it is stale.',
    `Commands: ${list.join(' · ')}.`,
    '',
    'Every command takes these too:',
    '',
    ...optionTable([
      ...Object.entries(GLOBAL_OPTIONS),
      ['help', { type: 'boolean', alias: 'h', describe: 'what the command takes' }],
    ]),
    '',
    'Exit codes: 0 ok · 1 an expectation failed, does not fit, verify differs · 2 usage or input error, or damaged capture · 70 bug ·',
    '130 interrupted ([errors.md](errors.md)). Results go to stdout, progress and notes to stderr.',
    '',
    'Completion: `pegasim completion >> ~/.bashrc` (or `~/.zshrc`) teaches the shell commands and options.',
    '',
    ...commands.flatMap((one) => section(one, [])),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}
