/** The fusion passes in order, with a report of what each saved; and the whole front half: ONNX model → fused graph. */
import type { OnnxModel } from '../../model/index.ts';
import { type BuildOptions, buildFromNetwork, type MapGraph, type Network, readNetwork } from '../primitives/index.ts';
import { absoluteSums } from './absolute.ts';
import { type AdditiveOptions, fuseAdditive } from './additive.ts';
import { composeMaps } from './compose-maps.ts';
import { costOf, type GraphCost } from './cost.ts';
import { type JoinOptions, joinIndices } from './join-indices.ts';
import { type MergeSpec, mergePartitions } from './merge-partitions.ts';
import { indexPackets } from './packet-index.ts';
import { reorderLinear } from './reorder-linear.ts';
import { unfusedCost } from './unfused-cost.ts';

/** One line of `compile --explain`. */
export interface PassReport {
  readonly pass: string;
  readonly before: GraphCost;
  readonly after: GraphCost;
}

export interface FusionOptions extends BuildOptions, AdditiveOptions {
  /** Sizes or elements of the groups, per value. */
  readonly groups?: MergeSpec;
  /** Window models of few features: one kept index a packet instead of an embedding (packet-index.ts). Default true. */
  readonly packetIndex?: boolean;
  /** Index joining; false (default) leaves every Map its own lookup. */
  readonly join?: false | JoinOptions;
  /**
   * Also run the passes on the unfused network, one primitive per operator, so that the report shows what each saves. Default false;
   * networks of more than `explainLimit` scalars are only counted there.
   */
  readonly explain?: boolean;
  /** Default 4,000. */
  readonly explainLimit?: number;
}

export interface MappedModel {
  readonly graph: MapGraph;
  readonly reports: readonly PassReport[];
}

type Pass = readonly [name: string, run: (graph: MapGraph) => MapGraph];

/** The passes that the options ask for. */
export function passesFor(options: FusionOptions): readonly Pass[] {
  const tree = options.tree ?? 2;
  const { join } = options;
  return [
    ['map composition', (graph) => composeMaps(graph, tree)],
    ['linear reordering', reorderLinear],
    ['additive architecture', (graph) => fuseAdditive(graph, options)],
    ...(options.packetIndex === false ? [] : [['one index a packet', indexPackets] as const]),
    ['absolute sums', absoluteSums],
    ['partition merging', (graph) => mergePartitions(graph, options.groups)],
    ...(join ? [['index joining', (graph: MapGraph) => joinIndices(graph, join)] as const] : []),
  ];
}

/** Run passes in order; linear reordering and composition repeat until neither finds anything. */
export function runPasses(graph: MapGraph, passes: readonly Pass[]): { graph: MapGraph; reports: PassReport[] } {
  const reports: PassReport[] = [];
  let current = graph;
  for (const [pass, run] of passes) {
    const before = costOf(current);
    current = run(current);
    reports.push({ pass, before, after: costOf(current) });
  }
  return { graph: current, reports };
}

function scalars(network: Network): number {
  return network.ops.reduce((sum, op) => sum + (op.kind === 'const' ? 0 : op.size), 0);
}

/** What the passes save, one after the other, starting from one primitive per operator. */
function explainPasses(network: Network, options: FusionOptions): PassReport[] {
  const unfused = buildFromNetwork(network, { ...options, unfused: true });
  const passes = passesFor(options);
  const reports: PassReport[] = [];
  let current = unfused;
  // Reordering and composition open the way for each other.
  for (let round = 0; round < 8; round++) {
    const { graph, reports: done } = runPasses(current, passes.slice(0, 3));
    // Every pass once; later rounds only where they found something.
    const found = (r: PassReport): boolean => r.before.lookups !== r.after.lookups || r.before.adds !== r.after.adds;
    reports.push(...done.filter((r) => round === 0 || found(r)));
    if (graph.maps.length === current.maps.length && graph.values.length === current.values.length) break;
    current = graph;
  }
  return [...reports, ...runPasses(current, passes.slice(3)).reports];
}

/** Small networks: pass by pass from the unfused graph to the fused one. Large ones: what the dependence analysis saved, then the passes. */
function explain(
  network: Network,
  options: FusionOptions,
  built: GraphCost,
  reports: readonly PassReport[],
): readonly PassReport[] {
  const analysis = 'dependence analysis';
  if (scalars(network) > (options.explainLimit ?? 4000)) {
    return [{ pass: analysis, before: unfusedCost(network), after: built }, ...reports];
  }
  const steps = explainPasses(network, options);
  const before = steps[steps.length - 1].after;
  const { after } = reports[reports.length - 1];
  return before.lookups === after.lookups && before.adds === after.adds
    ? steps
    : [...steps, { pass: analysis, before, after }];
}

/**
 * ONNX model → fused Partition/Map/SumReduce graph with a pass report. The dependence analysis builds the graph with composition,
 * reordering and additive groups already in it; the passes then act on what is left. Fails as buildGraph does, or with
 * COMPILE-PARTITION on bad groups.
 */
export function mapModel(model: OnnxModel, options: FusionOptions): MappedModel {
  const rowLength = options.features.length * (options.window ?? 1);
  const network = readNetwork(model, { rowLength, ...(options.output ? { output: options.output } : {}) });
  const built = buildFromNetwork(network, options);
  const { graph, reports } = runPasses(built, passesFor(options));
  if (!options.explain) return { graph, reports };
  return { graph, reports: explain(network, options, costOf(built), reports) };
}
