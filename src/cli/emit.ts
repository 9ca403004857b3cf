/** `pegasim emit`: P4-16, control-plane entries and a test kit from a compiled program. */

import { type CommonArgs, defineCommand } from './command.ts';
import { outResult } from './output.ts';

interface Args extends CommonArgs {
  program: string;
  target: 'v1model' | 'tna' | 't2na';
  out: string;
  pinStages: boolean;
  result: 'header' | 'action' | undefined;
  action: string[] | undefined;
  timeSource: 'shim' | 'intrinsic' | undefined;
  port: number | undefined;
  like: string | undefined;
  kit: string | undefined;
}

async function handler(args: Args): Promise<void> {
  const { emitTask } = await import('../study/index.ts');
  const { count, textTable } = await import('../report/index.ts');
  const { fail } = await import('../problem.ts');
  const pairs = (args.action ?? []).map((text) => {
    const at = text.lastIndexOf('=');
    if (at < 1)
      fail({
        code: 'CLI-USAGE',
        message: `--action takes class=what, not '${text}'`,
        hint: "e.g. --action 'bulk=dscp:8'",
      });
    return [text.slice(0, at), text.slice(at + 1)] as const;
  });
  const files = await emitTask({
    program: args.program,
    target: args.target,
    out: args.out,
    pinStages: args.pinStages,
    ...(args.result === undefined ? {} : { result: args.result }),
    ...(pairs.length === 0 ? {} : { actions: Object.fromEntries(pairs) }),
    ...(args.timeSource === undefined ? {} : { timeSource: args.timeSource }),
    ...(args.port === undefined ? {} : { outputPort: args.port }),
    ...(args.like === undefined ? {} : { like: args.like }),
    ...(args.kit === undefined ? {} : { kit: args.kit }),
  });
  const rows = files.map(({ path, content }) => ({ path, bytes: Buffer.byteLength(content) }));
  outResult(
    args.json,
    { out: args.out, files: rows },
    () =>
      `${textTable([['file', 'bytes'], ...rows.map(({ path, bytes }) => [path, count(bytes)])], 'lr')}\nwritten to ${args.out}`,
  );
}

export const emitCommand = defineCommand<Args>({
  command: 'emit <program>',
  describe: 'write P4-16, control-plane entries and a test kit',
  builder: (yargs) =>
    yargs
      .positional('program', { type: 'string', demandOption: true, describe: 'program file (.pgs)' })
      .option('target', {
        choices: ['v1model', 'tna', 't2na'] as const,
        alias: 't',
        demandOption: true,
        describe: 'bmv2, Tofino, Tofino 2',
      })
      .option('out', { type: 'string', alias: 'o', demandOption: true, describe: 'folder to write' })
      .option('pin-stages', { type: 'boolean', default: false, describe: '@stage pragmas as placed' })
      .option('result', {
        choices: ['header', 'action'] as const,
        describe: 'append the verdict as a header (default) or act on it',
      })
      .option('action', {
        type: 'string',
        array: true,
        describe: 'with --result action: class=dscp:N, class=drop, class=mirror:N, class=forward',
      })
      .option('time-source', {
        choices: ['shim', 'intrinsic'] as const,
        describe: 'six bytes before each frame (v1model default) or the target clock',
      })
      .option('port', { type: 'number', describe: 'output port' })
      .option('like', { type: 'string', describe: "keep this older program's P4, write new entries only" })
      .option('kit', {
        type: 'string',
        describe: 'capture whose packets make the test kit; for a table model, its folder',
      })
      .example(
        '$0 emit mlp.pgs --target v1model -o out/p4 --kit traces/p2p/heron/heron-01.pcap',
        'with inputs and expected outputs for bmv2',
      )
      .example("$0 emit mlp.pgs --target t2na -o out/p4 --result action --action 'heron=dscp:8'", 'mark a class'),
  handler,
});
