/** `pegasim dataset inspect|split|convert`: look a dataset over, deal its flows, write it in another form. */

import { fail } from '../problem.ts';
import { type CommonArgs, defineCommand } from './command.ts';
import { EXIT_INPUT } from './exit.ts';
import { type DatasetArgs, datasetFromArgs, datasetOptionGroup } from './options.ts';
import { outResult, warn } from './output.ts';
import { progressDisplay } from './progress.ts';

interface Args extends CommonArgs, DatasetArgs {
  path: string;
  out: string;
  to: 'flow-json' | 'folders' | 'rows';
}

async function specOf(args: Args) {
  const { datasetSpec } = await import('../study/index.ts');
  const progress = progressDisplay(args.quiet);
  return { spec: datasetSpec(datasetFromArgs(args.path, args), progress.report), progress };
}

/** The options of a CSV of feature rows; undefined for captures and flow JSON. */
async function rowsOf(args: Args) {
  const { isRows, rowsSpec } = await import('../study/index.ts');
  const options = datasetFromArgs(args.path, args);
  return isRows(options) ? rowsSpec(options) : undefined;
}

async function inspect(args: Args): Promise<void> {
  const { inspectDataset, inspectRows } = await import('../traffic/index.ts');
  const { datasetText, rowsText } = await import('../report/index.ts');
  const rows = await rowsOf(args);
  const { spec, progress } = await specOf(args);
  const found = rows === undefined ? await inspectDataset(spec).finally(progress.stop) : inspectRows(rows);
  outResult(args.json, found, () => ('features' in found ? rowsText(found) : datasetText(found)));
  if (found.problems.length > 0 && !args.acceptDamage) process.exitCode = EXIT_INPUT;
}

async function split(args: Args): Promise<void> {
  const { loadRows, splitDataset, writeRows } = await import('../traffic/index.ts');
  const rows = await rowsOf(args);
  const { spec, progress } = await specOf(args);
  const written =
    rows === undefined
      ? { ...(await splitDataset(spec, args.out).finally(progress.stop)), what: 'flows' }
      : { ...writeRows(args.out, loadRows(rows)), what: 'rows' };
  outResult(args.json, written, () => `${written.count} ${written.what} written to ${written.path}`);
}

async function convert(args: Args): Promise<void> {
  const { loadDataset, loadRows, writeClassFolders, writeFlowJson, writeRows } = await import('../traffic/index.ts');
  const rows = await rowsOf(args);
  if ((rows === undefined) !== (args.to !== 'rows')) refuseForm(args);
  if (rows !== undefined) {
    const written = { ...writeRows(args.out, loadRows(rows)), what: 'rows' };
    outResult(args.json, written, () => `${written.count} rows written to ${written.path}`);
    return;
  }
  const { spec, progress } = await specOf(args);
  const dataset = await loadDataset(spec).finally(progress.stop);
  const written =
    args.to === 'flow-json'
      ? { path: args.out, count: writeFlowJson(args.out, dataset), what: 'flows' }
      : { ...writeClassFolders(args.out, dataset), what: 'packets' };
  warn(dataset, args);
  outResult(args.json, written, () => `${written.count} ${written.what} written to ${written.path}`);
}

/** Rows hold no packets, and captures hold no rows yet. @throws ProblemError CLI-USAGE */
function refuseForm({ path, to }: Args): never {
  return fail({
    code: 'CLI-USAGE',
    where: path,
    message:
      to === 'rows' ? 'only a CSV of feature rows becomes rows' : `feature rows hold no packets to write as ${to}`,
    hint:
      to === 'rows'
        ? '`pegasim features export` computes the rows of captures and flow JSON'
        : '--to rows writes them with catalogue names, classes and split',
  });
}

const PATH = {
  type: 'string',
  demandOption: true,
  describe: 'folder of captures by class, captures with labels.csv, flow JSON, or a CSV of feature rows',
} as const;

const inspectCommand = defineCommand<Args>({
  command: 'inspect <path>',
  describe: 'classes, flows, packets, durations, link types, and every problem with its place',
  builder: (yargs) =>
    yargs
      .positional('path', PATH)
      .options(datasetOptionGroup)
      .example('$0 dataset inspect traces/p2p', 'what is in the shipped captures'),
  handler: inspect,
});

const splitCommand = defineCommand<Args>({
  command: 'split <path>',
  describe: 'deal flows (or rows) to train, validation and test; write them with a split column',
  builder: (yargs) =>
    yargs
      .positional('path', PATH)
      .option('out', {
        type: 'string',
        alias: 'o',
        default: 'labels.csv',
        describe: 'labels.csv, flow JSON or CSV of rows to write',
      })
      .options(datasetOptionGroup)
      .example('$0 dataset split traces/p2p --split-by flow -o labels.csv', 'reads again with --split-by column'),
  handler: split,
});

const convertCommand = defineCommand<Args>({
  command: 'convert <path>',
  describe: 'write a labelled dataset in another form',
  builder: (yargs) =>
    yargs
      .positional('path', PATH)
      .option('to', {
        choices: ['flow-json', 'folders', 'rows'] as const,
        default: 'flow-json',
        describe:
          'one JSON of flows (len_seq, ts_seq), a folder of captures per class, or feature rows (of a CSV) under catalogue names',
      })
      .option('out', { type: 'string', alias: 'o', demandOption: true, describe: 'file or folder to write' })
      .options(datasetOptionGroup)
      .example('$0 dataset convert traces/p2p --to flow-json -o p2p.json', 'as other tools read it')
      .example(
        '$0 dataset convert flows.json --to folders -o captures',
        'packets of the sizes and times of a flow JSON',
      ),
  handler: convert,
});

export const datasetCommand = defineCommand<CommonArgs>({
  command: 'dataset',
  describe: 'look a dataset over, deal its flows, convert it',
  builder: (yargs) =>
    yargs
      .command(inspectCommand)
      .command(splitCommand)
      .command(convertCommand)
      .demandCommand(1, 'name what to do: inspect, split, convert'),
  handler: () => {},
});
