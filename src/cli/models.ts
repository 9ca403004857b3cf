/** `pegasim models`: the models, what they read, and what they take on a chip. */

import { type CommonArgs, defineCommand } from './command.ts';
import { onInterrupt } from './interrupt.ts';
import { MODEL_IDS, wholeFrom } from './options.ts';
import { note, outResult } from './output.ts';
import { progressDisplay } from './progress.ts';

interface Args extends CommonArgs {
  models: (typeof MODEL_IDS)[number][];
  target: string;
  classes: number;
  workers: number;
  cache: string;
}

/** Figures of a model that the compiler refuses. */
const NOT_PLACED = { tables: null, stateBits: null, registerBits: null, stages: null, fits: false, short: [] };

/** The cache, or none where nothing can be written: a list needs no place of its own. */
async function cacheOf({ cache, quiet }: Args): Promise<string | undefined> {
  const { checkWritable } = await import('../files.ts');
  const { join } = await import('node:path');
  const { ProblemError } = await import('../problem.ts');
  if (cache === '') return undefined;
  try {
    checkWritable(join(cache, 'size', 'size.bin'));
    return cache;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    if (!quiet) note(`${cache} cannot be written: nothing is kept for the next time`);
    return undefined;
  }
}

async function handler(args: Args): Promise<void> {
  const classes = wholeFrom('--classes', args.classes, [2, 64]);
  const workers = wholeFrom('--workers', args.workers, [0, 64]);
  const { chipFor, closeThreads, modelSizes } = await import('../study/index.ts');
  const { modelDefinition } = await import('../model/index.ts');
  const { modelsText } = await import('../report/index.ts');
  onInterrupt(closeThreads);
  const chip = chipFor(args.target);
  const ids = args.models.length === 0 ? MODEL_IDS : MODEL_IDS.filter((id) => args.models.includes(id));
  const progress = progressDisplay(args.quiet);
  const cache = await cacheOf(args);
  const sizes = await modelSizes(ids, { classes, chip, workers, cache, progress: progress.report }).finally(
    progress.stop,
  );
  const rows = sizes.map((size) => {
    const { title, task, features, window, inputBits } = modelDefinition(size.id);
    return { title, task, features: [...features], window, inputBits, ...size };
  });
  const about = { classes, target: chip.name };
  const flat = rows.map(({ id, placed, problem, ...row }) => ({ id, ...row, ...(placed ?? NOT_PLACED), problem }));
  outResult(args.json, { ...about, models: flat }, () => modelsText(rows, about));
}

export const modelsCommand = defineCommand<Args>({
  command: 'models [models..]',
  describe: 'list the models that `train` knows: parameters, input bits; tables and bits a flow on a chip',
  builder: (yargs) =>
    yargs
      .positional('models', { choices: MODEL_IDS, array: true, default: [], describe: 'these alone; default: all' })
      .option('target', {
        type: 'string',
        alias: 't',
        default: 'tofino2',
        describe: 'chip, or chip YAML, that tables, stages and registers are counted on',
      })
      .option('classes', { type: 'number', default: 3, describe: 'classes of the classifiers, 2 to 64' })
      .option('workers', { type: 'number', default: 0, describe: 'models compiled at once; 0: one per core' })
      .option('cache', { type: 'string', default: '.pegasim-cache', describe: 'folder of kept artefacts; empty: none' })
      .epilogue(
        'Tables and bits come from the compiler at default options, on weights of one epoch on a small generated trace; kept in the cache.',
      )
      .example('$0 models', 'all of them on Tofino 2')
      .example('$0 models cnn-l rnn-b --target tofino --classes 6', 'two of them, six classes, on the smaller chip')
      .example('$0 models --json', 'with the names of all features'),
  handler,
});
