/** From the float graph to integer tables: the steps of the strategy one after the other, each with what it did. */
import { macroF1, argmaxRows as mostLikely } from '../model/index.ts';
import { fail, type Progress } from '../problem.ts';
import { type Formats, overflowing, quantise } from './fixedpoint/index.ts';
import {
  type FineTuneOptions,
  type FuzzyInput,
  type FuzzyOptions,
  fineTune,
  fuzzyNetwork,
  type LabelledRows,
  mostEntries,
  snapThresholds,
} from './fuzzy/index.ts';
import { evaluateNetwork, type LanesChoice, type Range, type TableNetwork } from './lower/index.ts';
import type { StrategyStep } from './mapped.ts';
import { evaluateGraph, type MapGraph } from './primitives/index.ts';

/** How the tables are made. */
export interface StrategyOptions
  extends Pick<FuzzyOptions, 'strategy' | 'growth' | 'leaves' | 'indexBits' | 'entries' | 'refit' | 'softmax' | 'mix'> {
  /** Bits of every sum (default 16). */
  readonly width?: 8 | 12 | 16 | 32;
  /** Elements that share 32-bit accumulators (default `auto`: where the cost model gains by it). */
  readonly lanes?: LanesChoice;
  /** Row models: thresholds move within the gaps of the calibration rows to where they need fewer entries (default true). */
  readonly snap?: boolean;
  /** Back-propagation through leaf values and thresholds (argmax models; needs labels). Default off. */
  readonly fineTune?: boolean | FineTuneOptions;
}

export interface StrategyInput {
  /** Over the values that the switch computes. */
  readonly graph: MapGraph;
  readonly train: LabelledRows;
  readonly validation: LabelledRows;
  readonly features: readonly FuzzyInput[];
  /** Range of every element of the input. */
  readonly inputs: readonly Range[];
  readonly verdict: TableNetwork['verdict'];
  readonly classes: readonly string[];
  readonly options: StrategyOptions;
  /** Also run the steps that are part of one another alone, to report the worth of each. */
  readonly explain: boolean;
  readonly progress?: Progress;
}

export interface StrategyResult {
  readonly float: TableNetwork;
  readonly fixed: TableNetwork;
  readonly formats: Formats;
  readonly steps: readonly StrategyStep[];
}

/** Share of rows on which two outputs have the same first maximum; 1 for scores. */
function agreement(network: TableNetwork, rows: LabelledRows, float: Float64Array): number {
  const { verdict } = network;
  if (verdict.kind !== 'argmax') return 1;
  const { classes } = evaluateNetwork(network, rows.values, rows.rows);
  const wanted = mostLikely(float, network.values[verdict.value].size);
  let same = 0;
  for (let r = 0; r < rows.rows; r++) if (wanted[r] === classes[r]) same++;
  return same / rows.rows;
}

/** One line of the report: agreement with the float model on the train rows, macro-F1 on the validation rows. */
function stepOf(
  input: StrategyInput,
  float: Float64Array,
  name: string,
  network: TableNetwork,
  note: string,
): StrategyStep {
  const { train, validation, verdict } = input;
  const step = { name, agreement: agreement(network, train, float), note };
  if (verdict.kind !== 'argmax' || validation.rows === 0) return step;
  const size = network.values[verdict.value].size;
  const { classes } = evaluateNetwork(network, validation.values, validation.rows);
  return { ...step, validation: macroF1(validation.label, classes, size) };
}

/** Options of fuzzy matching after each of its steps, the last being what was asked for. */
function fuzzySteps(input: StrategyInput): { name: string; options: FuzzyOptions }[] {
  const { options, verdict } = input;
  const refit = options.refit ?? options.strategy !== 'published';
  const softmax = (options.softmax ?? refit) && verdict.kind === 'argmax';
  const growth = options.growth ?? (options.strategy === 'published' ? 'complete' : 'best-first');
  const width = options.width ?? 16;
  const all = { ...options, growth, refit, softmax, width };
  const trees = `${options.strategy ?? 'output-aware'} trees, ${growth}`;
  const steps = [{ name: trees, options: { ...all, refit: false, softmax: false } }];
  if (refit) steps.push({ name: 'ridge refit', options: { ...all, softmax: false } });
  if (softmax) steps.push({ name: 'softmax refit', options: all });
  return input.explain ? steps : [{ name: steps.map((s) => s.name).join(' + '), options: all }];
}

function sizeNote(network: TableNetwork): string {
  const trees = network.maps.flatMap((map) => (map.kind === 'tree' ? map.trees : []));
  return `${trees.length} trees, ${trees.reduce((sum, tree) => sum + tree.leaves, 0)} leaves`;
}

/** Fine-tunes if asked for; under an entry budget thresholds stay where the budget was kept. */
function tuned(input: StrategyInput, network: TableNetwork): { network: TableNetwork; note: string } | undefined {
  const { options, train, validation, graph, progress } = input;
  const asked = options.fineTune ?? false;
  if (asked === false || input.verdict.kind !== 'argmax') return undefined;
  const settings: FineTuneOptions = {
    ...(graph.window > 1 ? { mix: 0 } : {}),
    ...(options.entries === undefined ? {} : { thresholds: 'none' }),
    ...(asked === true ? {} : asked),
    ...(progress === undefined ? {} : { progress }),
  };
  const stop = validation.rows > 0 ? validation : train;
  const float = (values: Float64Array, rows: number): Float64Array => evaluateGraph(graph, values, rows);
  const { network: made, history, best } = fineTune(network, train, float, stop, settings);
  return { network: made, note: `epoch ${best} of ${history.length - 1} kept${best === 0 ? ': none was better' : ''}` };
}

/** Integer tables, snapped if that is asked for and the sums still fit. */
function fixedPoint(
  input: StrategyInput,
  float: TableNetwork,
  step: (name: string, network: TableNetwork, note: string) => void,
) {
  const { options, inputs, train } = input;
  const point = { width: options.width ?? 16, inputs };
  const { network, formats } = quantise(float, point);
  step('fixed point', network, `${point.width} bits, no overflow proved`);
  // The trees of a window stay equal from packet to packet: their codes are kept.
  if (options.snap === false || network.window > 1) return { network, formats };
  const snapped = snapThresholds(network, train, inputs);
  if (overflowing(snapped.network, point) !== undefined) return { network, formats };
  step(
    'threshold snapping',
    snapped.network,
    `${snapped.moved} moved, tree entries ${snapped.before} → ${snapped.after}`,
  );
  return { network: snapped.network, formats };
}

function checkEntries({ options, inputs }: StrategyInput, network: TableNetwork): void {
  if (options.entries === undefined) return;
  const most = mostEntries(network, inputs);
  if (most <= options.entries) return;
  fail({
    code: 'COMPILE-ENTRIES',
    message: 'a tree needs more TCAM entries than allowed',
    need: `${most} entries`,
    have: `${options.entries}`,
    hint: 'a larger --entries, or fewer --leaves',
  });
}

/**
 * Trees, refits, fine-tuning, fixed point, snapping.
 * @throws ProblemError COMPILE-WIDTH, COMPILE-ENTRIES
 */
export function runStrategy(input: StrategyInput): StrategyResult {
  const { graph, train, features, verdict, classes, progress } = input;
  const reference = evaluateGraph(graph, train.values, train.rows);
  const steps: StrategyStep[] = [];
  const step = (name: string, network: TableNetwork, note: string): void => {
    steps.push(stepOf(input, reference, name, network, note));
  };
  let network: TableNetwork | undefined;
  for (const { name, options } of fuzzySteps(input)) {
    const settings = progress === undefined ? options : { ...options, progress };
    network = fuzzyNetwork(graph, train, features, verdict, classes, settings).network;
    step(name, network, sizeNote(network));
  }
  let float = network!;
  const better = tuned(input, float);
  if (better !== undefined) {
    float = better.network;
    step('fine-tuning', float, better.note);
  }
  const { network: fixed, formats } = fixedPoint(input, float, step);
  checkEntries(input, fixed);
  return { float, fixed, formats, steps };
}
