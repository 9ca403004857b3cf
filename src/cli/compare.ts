/** `pegasim compare`: two results side by side. */

import { type CommonArgs, defineCommand } from './command.ts';
import { EXIT_FAILED } from './exit.ts';
import { note, outResult } from './output.ts';

interface Args extends CommonArgs {
  before: string;
  after: string;
  html: string | undefined;
}

async function handler(args: Args): Promise<void> {
  const { compareFiles, turnedWorse } = await import('../study/index.ts');
  const { compareText, loadPages } = await import('../report/index.ts');
  const { checkWritable, writeFile } = await import('../files.ts');
  if (args.html !== undefined) checkWritable(args.html);
  const compared = compareFiles(args.before, args.after);
  if (args.html !== undefined) writeFile(args.html, (await loadPages()).comparePage(compared));
  const { pairs, unpaired } = compared;
  if (args.json && !args.quiet) for (const text of unpaired) note(text);
  outResult(args.json, pairs.length === 1 ? pairs[0] : pairs, () => compareText(compared));
  if (pairs.some(turnedWorse)) process.exitCode = EXIT_FAILED;
}

export const compareCommand = defineCommand<Args>({
  command: 'compare <before> <after>',
  describe: 'what changed between two results; exit 1 if an expectation that held fails now',
  builder: (yargs) =>
    yargs
      .positional('before', { type: 'string', demandOption: true, describe: 'JSON of `pegasim run -o` or `--json`' })
      .positional('after', { type: 'string', demandOption: true, describe: 'the same of a later run' })
      .option('html', { type: 'string', describe: 'write the comparison as one self-contained HTML file' })
      .example('$0 compare old/results.json new/results.json', 'scenarios are paired by name'),
  handler,
});
