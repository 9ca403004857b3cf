/**
 * Fuzzy matching: a float Partition/Map/SumReduce graph becomes a table network with float leaf values, value by value in
 * topological order, each on the activations that the tables before it really yield (COMPILER.md "Fuzzy matching").
 */
import type { TableNetwork } from '../lower/network.ts';
import { evaluateValues, type MapGraph } from '../primitives/index.ts';
import { workFamily } from './family.ts';
import { networkOf } from './network.ts';
import { type Calibration, type FuzzyInput, type FuzzyOptions, settle } from './options.ts';
import { keptPlaces } from './packet-trees.ts';
import { splitPackets } from './packets.ts';
import { mixedRows } from './rows.ts';
import { tablesPerPosition, valueFamilies, type Work } from './work.ts';

/** Most mixed rows that join the calibration rows. */
const MOST_MIXED = 10_000;

/** Calibration rows, then mixed ones without labels. */
function withMixed(
  { rows, values, label }: Calibration,
  width: number,
  share: number,
): { readonly rows: number; readonly values: Float64Array; readonly label: ArrayLike<number> | undefined } {
  const own = Float64Array.from(values);
  if (share === 0) return { rows, values: own, label };
  const mixed = mixedRows(own, rows, width, share, 1, Math.min(rows, MOST_MIXED));
  const all = new Float64Array(own.length + mixed.length);
  all.set(own);
  all.set(mixed, own.length);
  const labels = label === undefined ? undefined : new Int16Array(all.length / width).fill(-1);
  if (label !== undefined) labels?.set(label);
  return { rows: all.length / width, values: all, label: labels };
}

/** The network with float leaf values, and activations, float and through the tables: of the calibration rows first, then of mixed rows. */
export interface FuzzyResult {
  readonly network: TableNetwork;
  /** Value that holds the answer. */
  readonly output: number;
  readonly float: readonly Float64Array[];
  readonly actual: readonly Float64Array[];
}

/**
 * Builds trees and leaf values for every Map of the graph on the calibration rows.
 * `verdict` says how the output is read; `features` how wide the inputs are on the switch.
 */
export function fuzzyNetwork(
  whole: MapGraph,
  calibration: Calibration,
  features: readonly FuzzyInput[],
  answer: TableNetwork['verdict'],
  classes: readonly string[],
  options: FuzzyOptions = {},
): FuzzyResult {
  const graph = tablesPerPosition(splitPackets(whole));
  const settled = settle(options, graph.window);
  const { rows, values: x, label } = withMixed(calibration, graph.values[0].size, settled.mix);
  const work: Work = {
    graph,
    rows,
    float: evaluateValues(graph, x, rows),
    actual: graph.values.map((v) => (v.kind === 'input' ? x : undefined)),
    options: settled,
    features,
    label,
    argmax: answer.kind === 'argmax',
    packets: keptPlaces(graph, options),
    packetTrees: new Map(),
    trees: new Map(),
    luts: new Map(),
  };
  const families = valueFamilies(graph);
  families.forEach((family, i) => {
    options.progress?.('fuzzy matching', i, families.length);
    workFamily(work, family);
  });
  const network = networkOf(work, graph.maps, answer, classes);
  return { network, output: graph.output, float: work.float, actual: work.actual as Float64Array[] };
}
