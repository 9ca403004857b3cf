/** `pegasim dataset inspect|split|convert`: look a dataset over, deal its flows, write it in another form. */

import { type CommonArgs, defineCommand } from './command.ts';
import { EXIT_INPUT } from './exit.ts';
import { type DatasetArgs, datasetFromArgs, datasetOptionGroup } from './options.ts';
import { outResult, warn } from './output.ts';
import { progressDisplay } from './progress.ts';

interface Args extends CommonArgs, DatasetArgs {
  path: string;
  out: string;
  to: 'flow-json' | 'folders';
}

async function specOf(args: Args) {
  const { datasetSpec } = await import('../study/index.ts');
  const progress = progressDisplay(args.quiet);
  return { spec: datasetSpec(datasetFromArgs(args.path, args), progress.report), progress };
}

async function inspect(args: Args): Promise<void> {
  const { inspectDataset } = await import('../traffic/index.ts');
  const { datasetText } = await import('../report/index.ts');
  const { spec, progress } = await specOf(args);
  const report = await inspectDataset(spec).finally(progress.stop);
  outResult(args.json, report, () => datasetText(report));
  if (report.problems.length > 0 && !args.acceptDamage) process.exitCode = EXIT_INPUT;
}

async function split(args: Args): Promise<void> {
  const { splitDataset } = await import('../traffic/index.ts');
  const { spec, progress } = await specOf(args);
  const written = await splitDataset(spec, args.out).finally(progress.stop);
  outResult(args.json, written, () => `${written.count} flows written to ${written.path}`);
}

async function convert(args: Args): Promise<void> {
  const { loadDataset, writeClassFolders, writeFlowJson } = await import('../traffic/index.ts');
  const { spec, progress } = await specOf(args);
  const dataset = await loadDataset(spec).finally(progress.stop);
  const written =
    args.to === 'flow-json'
      ? { path: args.out, count: writeFlowJson(args.out, dataset), what: 'flows' }
      : { ...writeClassFolders(args.out, dataset), what: 'packets' };
  warn(dataset, args);
  outResult(args.json, written, () => `${written.count} ${written.what} written to ${written.path}`);
}

const PATH = {
  type: 'string',
  demandOption: true,
  describe: 'folder of captures by class, captures with labels.csv, or flow JSON',
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
  describe: 'deal flows to train, validation and test; write them as labels.csv with a split column',
  builder: (yargs) =>
    yargs
      .positional('path', PATH)
      .option('out', { type: 'string', alias: 'o', default: 'labels.csv', describe: 'CSV to write' })
      .options(datasetOptionGroup),
  handler: split,
});

const convertCommand = defineCommand<Args>({
  command: 'convert <path>',
  describe: 'write a labelled dataset in another form',
  builder: (yargs) =>
    yargs
      .positional('path', PATH)
      .option('to', {
        choices: ['flow-json', 'folders'] as const,
        default: 'flow-json',
        describe: 'one JSON of flows (len_seq, ts_seq), or a folder of captures per class',
      })
      .option('out', { type: 'string', alias: 'o', demandOption: true, describe: 'file or folder to write' })
      .options(datasetOptionGroup)
      .example('$0 dataset convert traces/p2p --to flow-json -o p2p.json', 'as other tools read it'),
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
