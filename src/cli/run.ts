/** `pegasim run`: scenarios from captures to verdicts, expectations checked, baselines kept. */

import { ProblemError } from '../problem.ts';
import type { Reported } from '../report/index.ts';
import type { BatchItem, MatrixTable, Scenario } from '../study/index.ts';
import { type CommonArgs, defineCommand } from './command.ts';
import { EXIT_FAILED, EXIT_INPUT } from './exit.ts';
import { onInterrupt } from './interrupt.ts';
import { wholeOrMore } from './options.ts';
import { note, out, outJson, printProblem, warn } from './output.ts';
import { progressDisplay } from './progress.ts';

interface Args extends CommonArgs {
  scenarios: string[];
  smoke: boolean;
  filter: string | undefined;
  jobs: number;
  failFast: boolean;
  update: boolean;
  out: string | undefined;
  html: string | undefined;
  junit: string | undefined;
  markdown: string | undefined;
  workers: number | undefined;
  cache: string;
  acceptDamage: boolean;
}

async function chosenScenarios(args: Args): Promise<readonly Scenario[]> {
  const { checkNames, filterScenarios, loadScenarios } = await import('../study/index.ts');
  const workers = args.workers === undefined ? {} : { workers: wholeOrMore('--workers', args.workers, 0) };
  const all = [...new Set(args.scenarios)]
    .flatMap((file) => loadScenarios(file, args.smoke))
    .map((scenario) => ({ ...scenario, replay: { ...scenario.replay, ...workers } }));
  checkNames(all);
  return filterScenarios(all, args.filter);
}

async function checkOutputs(args: Args): Promise<void> {
  const { checkWritable } = await import('../files.ts');
  const { join } = await import('node:path');
  if (args.out !== undefined) checkWritable(join(args.out, 'results.json'));
  for (const file of [args.html, args.junit, args.markdown]) if (file !== undefined) checkWritable(file);
}

function failWith(code: number): void {
  if (process.exitCode !== EXIT_INPUT) process.exitCode = code;
}

async function handler(args: Args): Promise<void> {
  const { closeThreads, runBatch } = await import('../study/index.ts');
  onInterrupt(closeThreads);
  const jobs = wholeOrMore('--jobs', args.jobs, 1);
  const scenarios = await chosenScenarios(args);
  await checkOutputs(args);
  const progress = progressDisplay(args.quiet);
  const show = await shower(args, scenarios.length, progress.stop);
  const items = await runBatch(scenarios, {
    jobs,
    failFast: args.failFast,
    cache: args.cache === '' ? undefined : args.cache,
    mode: args.update ? 'update' : 'compare',
    progress: progress.report,
    onItem: show,
  }).finally(progress.stop);
  if (args.update) await writeBaselines(items, args);
  await writeResults(items, args);
}

/** Tells each scenario as it is done: one whole, several by a line each. */
async function shower(args: Args, count: number, clear: () => void): Promise<(item: BatchItem) => void> {
  const { resultLine, resultText } = await import('../report/index.ts');
  const { writeFile } = await import('../files.ts');
  const { join } = await import('node:path');
  return (item) => {
    clear();
    const { name, replay } = item.scenario;
    if (item.kind === 'skipped') return;
    if (item.kind === 'problem') {
      if (count === 1) throw new ProblemError(item.problem);
      if (!args.json) out(`${name}: ERROR ${item.problem.code}`);
      printProblem(item.problem, false);
      failWith(EXIT_INPUT);
      return;
    }
    const { result, timing, kept } = item.outcome;
    if (kept && count === 1 && !args.quiet) note(`${name}: nothing has changed, the result is from the cache`);
    warn(result.replay, { ...args, acceptDamage: args.acceptDamage || replay.acceptDamage });
    if (args.out !== undefined) writeFile(join(args.out, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
    if (!args.json) out(count === 1 ? resultText(result, timing) : resultLine(result, timing, kept));
    if (!result.pass) failWith(EXIT_FAILED);
  };
}

/** Baselines are written when every scenario has run: an interrupted or failing `--update` changes none. */
async function writeBaselines(items: readonly BatchItem[], args: Args): Promise<void> {
  const { readBaseline, updateBaseline } = await import('../study/index.ts');
  const broken = items.find(({ kind }) => kind !== 'done');
  if (broken !== undefined) {
    note('no baseline is written: not every scenario has run');
    failWith(EXIT_INPUT);
    return;
  }
  const files = new Map<string, BatchItem[]>();
  for (const item of items) {
    const file = item.scenario.origin?.file ?? '';
    files.set(file, [...(files.get(file) ?? []), item]);
  }
  for (const [file, own] of files) {
    const study = own[0]?.scenario.origin?.study ?? '';
    let old: ReturnType<typeof readBaseline>;
    try {
      old = readBaseline(file, study);
    } catch (error) {
      if (!(error instanceof ProblemError) || !error.problem.code.startsWith('STUDY-BASELINE')) throw error;
      note(`${error.problem.where ?? file}: ${error.problem.message}; it is replaced`);
    }
    const runs = own.flatMap((item) => (item.kind === 'done' ? [item.outcome.baseline] : []));
    const path = updateBaseline(file, study, old, runs);
    if (!args.quiet) note(`baseline of ${runs.length} run${runs.length === 1 ? '' : 's'} written to ${path}`);
  }
}

/** What `results.json` and `--json` hold of a scenario. */
function record(item: BatchItem): unknown {
  const { name } = item.scenario;
  if (item.kind === 'done') return item.outcome.result;
  return { schema: 'pegasim/problem', version: 1, name, error: item.kind === 'problem' ? item.problem : null };
}

async function writeResults(items: readonly BatchItem[], args: Args): Promise<void> {
  const { matrixTables } = await import('../study/index.ts');
  const { junitXml, matrixText, resultsMarkdown } = await import('../report/index.ts');
  const { writeFile } = await import('../files.ts');
  const { join } = await import('node:path');
  const reported: Reported[] = items.flatMap((item) => (item.kind === 'done' ? [item.outcome] : []));
  const tables: readonly MatrixTable[] = matrixTables(reported.map(({ result }) => result));
  if (args.out !== undefined) {
    const all = [...items.map(record), ...tables];
    writeFile(join(args.out, 'results.json'), `${JSON.stringify(all, null, 2)}\n`);
  }
  const pages = [args.html, args.out === undefined ? undefined : join(args.out, 'report.html')];
  const wanted = reported.length === 0 ? [] : pages.filter((name) => name !== undefined);
  const page = wanted.length === 0 ? '' : await pageOf(reported, args);
  for (const file of wanted) writeFile(file, page);
  if (args.junit !== undefined) writeFile(args.junit, junitXml(reported, notRun(items)));
  if (args.markdown !== undefined) writeFile(args.markdown, resultsMarkdown(reported.map(({ result }) => result)));
  const timed = items.map((item) =>
    item.kind === 'done' ? { ...item.outcome.result, timing: item.outcome.timing } : record(item),
  );
  if (args.json) outJson(timed.length === 1 ? timed[0] : [...timed, ...tables]);
  else for (const table of tables) out(`\n${matrixText(table)}`);
  const skipped = items.filter(({ kind }) => kind === 'skipped').length;
  if (skipped > 0) note(`${skipped} scenario${skipped === 1 ? '' : 's'} after the first failure not run`);
  if (!args.json && args.out !== undefined && !args.quiet) note(`results written to ${args.out}`);
}

/** The page of these results; drawn once, as charts take longer than finding that nothing has changed. */
async function pageOf(reported: readonly Reported[], args: Args): Promise<string> {
  const { cached, contentKey, openCache } = await import('../study/index.ts');
  const cache = openCache(args.cache === '' ? undefined : args.cache);
  const items = reported.map(({ result, timing }) => ({ result, ...(timing === undefined ? {} : { timing }) }));
  return cached(cache, 'page', contentKey('page', items), async () => {
    const { loadPages } = await import('../report/index.ts');
    return (await loadPages()).studyPage(items);
  });
}

function notRun(items: readonly BatchItem[]): { name: string; error: string | null }[] {
  return items.flatMap((item) => {
    if (item.kind === 'done') return [];
    const error = item.kind === 'problem' ? `${item.problem.code}: ${item.problem.message}` : null;
    return [{ name: item.scenario.name, error }];
  });
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
      .option('filter', { type: 'string', describe: 'only scenarios whose name holds this; * stands for anything' })
      .option('jobs', {
        type: 'number',
        alias: 'j',
        default: 1,
        describe: 'scenarios at once; the results are the same',
      })
      .option('fail-fast', { type: 'boolean', default: false, describe: 'stop at the first scenario that fails' })
      .option('update', {
        type: 'boolean',
        alias: 'u',
        default: false,
        describe: 'write the baseline beside each file (NAME.baseline.json); later runs are compared with it',
      })
      .option('out', {
        type: 'string',
        alias: 'o',
        describe: 'folder for results.json, report.html and one JSON file per scenario',
      })
      .option('html', { type: 'string', describe: 'write the report as one self-contained HTML file' })
      .option('junit', { type: 'string', describe: 'write the expectations as JUnit XML, for CI systems' })
      .option('markdown', { type: 'string', describe: 'write one table of all scenarios as Markdown' })
      .option('workers', { type: 'number', describe: "instead of each file's replay.workers; the result is the same" })
      .option('cache', { type: 'string', default: '.pegasim-cache', describe: 'folder of kept artefacts; empty: none' })
      .option('accept-damage', { type: 'boolean', default: false, describe: 'exit 0 in spite of damaged captures' })
      .example('$0 run scenarios/quickstart.yaml', 'captures to verdicts in under a minute')
      .example('$0 run scenarios/*.yaml --smoke --json', 'all of them, small, for a script')
      .example('$0 run scenarios/*.yaml -j 4 --fail-fast --junit junit.xml', 'for CI')
      .example('$0 run scenarios/quickstart.yaml --update', 'what a later run is compared with'),
  handler,
});
