/** `pegasim classify`: unlabelled captures of any size through a program. */

import { type CommonArgs, defineCommand } from './command.ts';
import { wholeOrMore } from './options.ts';
import { note, outResult, warn } from './output.ts';
import { progressDisplay } from './progress.ts';

interface Args extends CommonArgs {
  program: string;
  captures: string[];
  state: 'perCapture' | 'continuous';
  workers: number;
  verdicts: string | undefined;
  explain: boolean;
  acceptDamage: boolean;
}

async function handler(args: Args): Promise<void> {
  const { classifyTask } = await import('../study/index.ts');
  const { classifyText } = await import('../report/index.ts');
  const progress = progressDisplay(args.quiet);
  const { result, timing, plan } = await classifyTask({
    program: args.program,
    captures: args.captures,
    state: args.state,
    workers: wholeOrMore('--workers', args.workers, 0),
    ...(args.verdicts === undefined ? {} : { verdicts: args.verdicts }),
    progress: progress.report,
  }).finally(progress.stop);
  if (args.explain && !args.json) note(plan);
  warn({ warnings: [], damage: result.damage }, args);
  outResult(args.json, { ...result, timing, ...(args.explain ? { plan } : {}) }, () => classifyText(result, timing));
}

export const classifyCommand = defineCommand<Args>({
  command: 'classify <program> <captures..>',
  describe: 'run unlabelled captures of any size through a program: verdicts, and what became of every packet',
  builder: (yargs) =>
    yargs
      .positional('program', { type: 'string', demandOption: true, describe: 'program file (.pgs)' })
      .positional('captures', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'captures (pcap, pcapng, gzip), run in this order',
      })
      .option('state', {
        choices: ['perCapture', 'continuous'] as const,
        default: 'perCapture',
        describe: 'registers between captures',
      })
      .option('workers', {
        type: 'number',
        default: 0,
        describe: 'worker threads; 0: one per core. The result is the same for any number',
      })
      .option('verdicts', { type: 'string', describe: 'write one CSV line per packet with a verdict' })
      .option('explain', { type: 'boolean', default: false, describe: 'show the execution plan' })
      .option('accept-damage', { type: 'boolean', default: false, describe: 'exit 0 in spite of damaged captures' })
      .example('$0 classify mlp.pgs big.pcap --verdicts out.csv', 'verdicts of every packet, in bounded memory'),
  handler,
});
