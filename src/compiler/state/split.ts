/**
 * A model with a state in two halves: the cell, which the program's front keeps in registers (features/state.ts), and the head, an
 * ordinary row model whose features are the registers. What a packet adds is a sum of functions of one feature each: exact tables.
 */
import { featureNamed, type StateCell, stateName } from '../../features/index.ts';
import { type ModelSpec, type OnnxModel, type OnnxNode, tensor } from '../../model/index.ts';
import { fail } from '../../problem.ts';
import { buildGraph, type MapGraph, type MapNode } from '../primitives/index.ts';
import { graphOnSwitch, inputScales, switchClamps } from '../ticks.ts';
import { nodeText, type Recurrence, recogniseState } from './recognise.ts';

export interface StateModel {
  readonly cell: StateCell;
  /** Clamps of the cell's features, in ticks where they are times. */
  readonly clamp: Readonly<Record<string, number>>;
  /** Logits from the registers' values. */
  readonly head: OnnxModel;
  /** Of the head: its features are the units. */
  readonly spec: ModelSpec;
}

export interface StateOptions {
  readonly tickBits?: number;
  /** Bits of a unit's register (default 8). */
  readonly bits?: 8 | 16;
}

/** Exact tables of more rows than a 16-bit field can address are not built. */
const MOST_ROWS = 1 << 16;

/** What a packet adds, as a model of its own: the sum with a state of zeros. */
function additions(model: OnnxModel, spec: ModelSpec, found: Recurrence): MapGraph {
  const { graph } = model;
  const name = spec.state!.input;
  const zeros = tensor('float32', [1, found.units], new Float32Array(found.units), name);
  const output = found.sum;
  const alone: OnnxModel = {
    ...model,
    graph: {
      ...graph,
      inputs: graph.inputs.filter((input) => input.name !== name),
      initializers: { ...graph.initializers, [name]: zeros },
      outputs: [{ name: output, type: 'float32', dims: ['batch', found.units] }],
    },
  };
  return buildGraph(alone, { features: spec.features, window: 1, output });
}

/** A function of one feature that adds into the state. */
function featureOf(graph: MapGraph, map: MapNode): number {
  const [ref] = map.inputs;
  if (map.output === graph.output && map.inputs.length === 1 && ref.value === 0) return ref.index;
  return fail({
    code: 'COMPILE-STATE',
    message: 'what a packet adds to the state is not a sum of functions of one feature each',
    where: `nodes ${map.nodes.slice(0, 3).join(', ')}`,
    hint: 'embed each feature apart and add the results',
  });
}

/** Rows of a feature's table: its values up to the clamp, or fewer when all its functions stay the same from an embedding's last row on. */
function rowsOf(graph: MapGraph, feature: number, clamp: number | undefined, maps: readonly MapNode[]): number {
  const name = graph.features[feature];
  const { bits } = featureNamed(name);
  const different = Math.max(...maps.map((map) => map.exact?.[0] ?? Number.POSITIVE_INFINITY));
  const rows = Math.min(clamp === undefined ? 2 ** bits : clamp + 1, different);
  if (rows <= MOST_ROWS) return rows;
  return fail({
    code: 'COMPILE-STATE',
    message: `${name} is too wide for an exact table`,
    need: `at most ${MOST_ROWS} values`,
    have: `${rows}`,
    hint: `clamp: { ${name}: … } in the model's spec`,
  });
}

/** Contributions of each feature by value: [value][unit], in the state's unit. The constant part goes to the first. */
function contributions(graph: MapGraph, clamp: Readonly<Record<string, number>>): Map<number, Float64Array> {
  const units = graph.values[graph.output].size;
  const byFeature = new Map<number, MapNode[]>();
  for (const map of graph.maps) {
    const feature = featureOf(graph, map);
    byFeature.set(feature, [...(byFeature.get(feature) ?? []), map]);
  }
  const sums = new Map<number, Float64Array>();
  for (const [feature, maps] of byFeature) {
    const rows = rowsOf(graph, feature, clamp[graph.features[feature]], maps);
    const values = Float64Array.from({ length: rows }, (_, value) => value);
    const table = new Float64Array(rows * units);
    for (const map of maps) {
      const added = map.apply(values, rows);
      for (let value = 0; value < rows; value++) {
        map.outIndex.forEach((unit, o) => {
          table[value * units + unit] += added[value * map.outIndex.length + o];
        });
      }
    }
    sums.set(feature, table);
  }
  const { bias } = graph.values[graph.output];
  const [first] = sums.values();
  if (first === undefined)
    fail({
      code: 'COMPILE-STATE',
      message: 'no feature adds to the state',
      hint: 'add a function of a feature, bounded by the Clip',
    });
  if (bias) for (let i = 0; i < first.length; i++) first[i] += bias[i % units];
  return sums;
}

/** Largest (`sign` 1) or minus the smallest (−1) number of a table's column. */
function extreme(table: ArrayLike<number>, unit: number, units: number, sign: 1 | -1): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let i = unit; i < table.length; i += units) most = Math.max(most, sign * table[i]);
  return most;
}

/**
 * Contributions in steps of the registers. What all features add together must not leave the register's signed range, so that the sum in
 * front of it is exact: at most half of the state's range. Where only rounding goes beyond, the largest numbers give way.
 */
function tablesOf(
  sums: ReadonlyMap<number, Float64Array>,
  cell: Omit<StateCell, 'tables'>,
  step: number,
  where: string,
) {
  const { units, bits } = cell;
  const most = 2 ** (bits - 1) - 1;
  const real = [...sums.values()].map((table) => table.map((value) => value / step));
  const rounded = real.map((table) => Int32Array.from(table, Math.round));
  for (let unit = 0; unit < units; unit++) {
    for (const sign of [1, -1] as const) {
      const total = (tables: readonly ArrayLike<number>[]): number =>
        tables.reduce((sum, table) => sum + extreme(table, unit, units, sign), 0);
      if (total(real) > most + 0.5 + 1e-3) {
        fail({
          code: 'COMPILE-STATE',
          message: `one packet can move unit ${unit} by more than half of the state's range`,
          where,
          need: `at most ${most} of ${2 * most + 1} steps`,
          have: `${Math.ceil(total(real))}`,
          hint: 'bound what a packet adds (Tanh), or widen the bounds of the Clip',
        });
      }
      const beyond = total(rounded) - most;
      if (beyond > 0) lower(rounded[0], unit, units, sign, extreme(rounded[0], unit, units, sign) - beyond);
    }
  }
  return rounded;
}

/** Numbers of a column at most `limit` (sign 1), or at least −limit (−1). */
function lower(table: Int32Array, unit: number, units: number, sign: 1 | -1, limit: number): void {
  for (let i = unit; i < table.length; i += units) if (sign * table[i] > limit) table[i] = sign * limit;
}

/** The model behind the registers: their unsigned values to the state's unit, then as the model goes on. */
function headOf(model: OnnxModel, found: Recurrence, step: number): OnnxModel {
  const { graph } = model;
  const [input, scaled] = ['pegasim_state', 'pegasim_state_scaled'];
  const node = (op: string, name: string, inputs: readonly string[], output: string): OnnxNode => ({
    name,
    op,
    domain: '',
    inputs,
    outputs: [output],
    attributes: {},
  });
  const scalar = (name: string, value: number) => ({ [name]: tensor('float32', [], [value], name) });
  return {
    ...model,
    graph: {
      ...graph,
      inputs: [{ name: input, type: 'float32', dims: ['batch', found.units] }],
      outputs: graph.outputs.filter(({ name }) => name === found.output),
      initializers: {
        ...graph.initializers,
        ...scalar('pegasim_state_step', step),
        ...scalar('pegasim_state_low', found.low),
      },
      nodes: [
        node('Mul', 'pegasim_state_scale', [input, 'pegasim_state_step'], scaled),
        node('Add', 'pegasim_state_shift', [scaled, 'pegasim_state_low'], found.clip.outputs[0]),
        ...graph.nodes.filter((one) => one !== found.clip),
      ],
    },
  };
}

/**
 * Splits a model with a state. The registers span the Clip's bounds: a step is (high − low) / (2^bits − 1).
 * @throws ProblemError COMPILE-STATE when registers cannot keep the state, and those of `buildGraph`
 */
export function splitState(model: OnnxModel, spec: ModelSpec, options: StateOptions = {}): StateModel {
  const { tickBits = 16, bits = 8 } = options;
  const found = recogniseState(model, spec);
  const step = (found.high - found.low) / (2 ** bits - 1);
  const scales = inputScales(spec.features, spec.units, tickBits);
  const clamp = switchClamps(spec.features, spec.clamp ?? {}, scales);
  const graph = graphOnSwitch(additions(model, spec, found), scales, spec.clamp ?? {});
  const start = Math.round(-found.low / step) - 2 ** (bits - 1);
  const sums = contributions(graph, clamp);
  const shape = { bits, units: found.units, start };
  const values = tablesOf(sums, shape, step, nodeText(found.clip));
  const tables = [...sums.keys()].map((feature, t) => ({ feature: spec.features[feature], values: values[t] }));
  const cell: StateCell = { ...shape, tables };
  const { state: _state, clamp: _clamp, ...rest } = spec;
  const features = Array.from({ length: found.units }, (_, unit) => stateName(unit));
  return { cell, clamp, head: headOf(model, found, step), spec: { ...rest, features, units: {} } };
}
