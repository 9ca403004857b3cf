/** `pegasim explain`: why a packet got its verdict, stage by stage. */

import { type CommonArgs, defineCommand } from './command.ts';
import { wholeOrMore } from './options.ts';
import { outResult } from './output.ts';
import { progressDisplay } from './progress.ts';

interface Args extends CommonArgs {
  program: string;
  capture: string;
  packet: number | undefined;
  flow: string | undefined;
  diff: string | undefined;
}

async function handler(args: Args): Promise<void> {
  const { explainTask } = await import('../study/index.ts');
  const { explainText } = await import('../report/index.ts');
  const progress = progressDisplay(args.quiet);
  const done = await explainTask({
    program: args.program,
    capture: args.capture,
    ...(args.packet === undefined ? {} : { packet: wholeOrMore('--packet', args.packet, 0) }),
    ...(args.flow === undefined ? {} : { flow: args.flow }),
    ...(args.diff === undefined ? {} : { diff: args.diff }),
    progress: progress.report,
  }).finally(progress.stop);
  outResult(args.json, done.other === null ? done.explanation : done, () => explainText(done));
}

export const explainCommand = defineCommand<Args>({
  command: 'explain <program> <capture>',
  describe: 'walk one packet through a program: fields, tables, entries, registers, sums, verdict',
  builder: (yargs) =>
    yargs
      .positional('program', { type: 'string', demandOption: true, describe: 'program file (.pgs)' })
      .positional('capture', { type: 'string', demandOption: true, describe: 'capture (pcap, pcapng)' })
      .option('packet', { type: 'number', alias: 'n', describe: 'number of the packet in the capture, from 0' })
      .option('flow', { type: 'string', describe: "'tcp 10.0.0.1:80 10.0.0.2:4321': its first packet with a verdict" })
      .option('diff', { type: 'string', describe: 'another program: show the first stage where they part' })
      .example('$0 explain mlp.pgs a.pcap --packet 17', 'why this verdict?'),
  handler,
});
