/** `pegasim traces generate`: synthetic labelled captures from a spec. */

import { basename, dirname, join, resolve } from 'node:path';
import { fail } from '../problem.ts';
import { type CommonArgs, defineCommand } from './command.ts';
import { wholeOrMore } from './options.ts';
import { outResult } from './output.ts';
import { progressDisplay } from './progress.ts';

interface Args extends CommonArgs {
  spec: string;
  out: string | undefined;
  scale: number | undefined;
  seed: number | undefined;
}

async function generate(args: Args): Promise<void> {
  const { generateTraces, parseTraceSpec } = await import('../traffic/index.ts');
  const { readFile } = await import('../files.ts');
  const { count, textTable } = await import('../report/index.ts');
  const spec = parseTraceSpec(readFile(args.spec).toString('utf8'), args.spec);
  const folder = resolve(args.out ?? join(dirname(args.spec), basename(args.spec).replace(/\.ya?ml$/, '')));
  if (args.scale !== undefined && !(args.scale > 0)) {
    fail({ code: 'CLI-USAGE', message: '--scale takes a number above 0' });
  }
  if (args.seed !== undefined) wholeOrMore('--seed', args.seed, 0);
  const progress = progressDisplay(args.quiet);
  const captures = generateTraces(spec, folder, {
    progress: progress.report,
    ...(args.scale === undefined ? {} : { scale: args.scale }),
    ...(args.seed === undefined ? {} : { seed: args.seed }),
  });
  progress.stop();
  outResult(args.json, { folder, captures }, () => {
    const rows = captures.map((one) => [
      one.file,
      one.className,
      count(one.flows),
      count(one.packets),
      count(one.bytes),
    ]);
    return `${textTable([['capture', 'class', 'flows', 'packets', 'bytes'], ...rows], 'llrrr')}\nwritten to ${folder}`;
  });
}

export const tracesCommand = defineCommand<CommonArgs>({
  command: 'traces',
  describe: 'generate synthetic labelled captures',
  builder: (yargs) =>
    yargs
      .command(
        defineCommand<Args>({
          command: 'generate <spec>',
          describe: 'write the captures of a trace spec: the same spec and seed give the same bytes',
          builder: (y) =>
            y
              .positional('spec', { type: 'string', demandOption: true, describe: 'trace spec (YAML)' })
              .option('out', {
                type: 'string',
                alias: 'o',
                describe: 'folder; default: beside the spec, named like it',
              })
              .option('scale', { type: 'number', describe: 'multiply the flows of every capture' })
              .option('seed', { type: 'number', describe: 'instead of the seed of the spec' })
              .example('$0 traces generate traces/p2p.yaml -o p2p-large --scale 10', 'ten times the flows'),
          handler: generate,
        }),
      )
      .demandCommand(1, 'name an action: generate'),
  handler: () => {},
});
