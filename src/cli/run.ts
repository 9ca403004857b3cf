/** `pegasim run`: scenarios from captures to verdicts, expectations checked. */

import type { Reported } from '../report/index.ts';
import { type CommonArgs, defineCommand } from './command.ts';
import { EXIT_FAILED, EXIT_INPUT } from './exit.ts';
import { wholeOrMore } from './options.ts';
import { note, out, outJson, warn } from './output.ts';
import { progressDisplay } from './progress.ts';

interface Args extends CommonArgs {
  scenarios: string[];
  smoke: boolean;
  out: string | undefined;
  html: string | undefined;
  junit: string | undefined;
  workers: number | undefined;
  cache: string;
  acceptDamage: boolean;
}

async function handler(args: Args): Promise<void> {
  const { loadScenarios, openCache, runOrRecall } = await import('../study/index.ts');
  const { junitXml, loadPages, resultLine, resultText } = await import('../report/index.ts');
  const { checkWritable, writeFile } = await import('../files.ts');
  const { join } = await import('node:path');
  if (args.out !== undefined) checkWritable(join(args.out, 'results.json'));
  for (const file of [args.html, args.junit]) if (file !== undefined) checkWritable(file);
  const workers = args.workers === undefined ? {} : { workers: wholeOrMore('--workers', args.workers, 0) };
  const scenarios = args.scenarios
    .flatMap((file) => loadScenarios(file, args.smoke))
    .map((scenario) => ({ ...scenario, replay: { ...scenario.replay, ...workers } }));
  const progress = progressDisplay(args.quiet);
  const results: unknown[] = [];
  const reported: Reported[] = [];
  for (const scenario of scenarios) {
    const cache = openCache(args.cache === '' ? undefined : args.cache);
    const { result, timing, kept } = await runOrRecall(scenario, { cache, progress: progress.report }).finally(
      progress.stop,
    );
    if (kept && !args.quiet) note(`${scenario.name}: nothing has changed, the result is from the cache`);
    warn(result.replay, { ...args, acceptDamage: args.acceptDamage || scenario.replay.acceptDamage });
    results.push({ ...result, timing });
    reported.push({ result, timing });
    if (args.out !== undefined)
      writeFile(join(args.out, `${scenario.name}.json`), `${JSON.stringify(result, null, 2)}\n`);
    if (!args.json) out(scenarios.length === 1 ? resultText(result, timing) : resultLine(result, timing));
    if (!result.pass && process.exitCode !== EXIT_INPUT) process.exitCode = EXIT_FAILED;
  }
  if (args.out !== undefined)
    writeFile(join(args.out, 'results.json'), `${JSON.stringify(results.map(withoutTiming), null, 2)}\n`);
  const pages = [args.html, args.out === undefined ? undefined : join(args.out, 'report.html')];
  for (const file of pages.filter((name) => name !== undefined)) {
    const { studyPage } = await loadPages();
    writeFile(file, studyPage(reported));
  }
  if (args.junit !== undefined) writeFile(args.junit, junitXml(reported));
  if (args.json) outJson(scenarios.length === 1 ? results[0] : results);
  else if (args.out !== undefined && !args.quiet) note(`results written to ${args.out}`);
}

function withoutTiming(result: unknown): unknown {
  const { timing: _timing, ...rest } = result as { timing: unknown };
  return rest;
}

export const runCommand = defineCommand<Args>({
  command: 'run <scenarios..>',
  describe: 'run scenarios: train, compile, place, replay, compare with float, check expectations',
  builder: (yargs) =>
    yargs
      .positional('scenarios', { type: 'string', array: true, demandOption: true, describe: 'scenario files (YAML)' })
      .option('smoke', {
        type: 'boolean',
        default: false,
        describe: "apply each file's smoke overrides: the same path, smaller",
      })
      .option('out', {
        type: 'string',
        alias: 'o',
        describe: 'folder for results.json, report.html and one JSON file per scenario',
      })
      .option('html', { type: 'string', describe: 'write the report as one self-contained HTML file' })
      .option('junit', { type: 'string', describe: 'write the expectations as JUnit XML, for CI systems' })
      .option('workers', { type: 'number', describe: "instead of each file's replay.workers; the result is the same" })
      .option('cache', { type: 'string', default: '.pegasim-cache', describe: 'folder of kept artefacts; empty: none' })
      .option('accept-damage', { type: 'boolean', default: false, describe: 'exit 0 in spite of damaged captures' })
      .example('$0 run scenarios/quickstart.yaml', 'captures to verdicts in under a minute')
      .example('$0 run scenarios/*.yaml --smoke --json', 'all of them, small, for a script'),
  handler,
});
