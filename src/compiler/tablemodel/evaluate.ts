/**
 * Exact integer evaluation of a table-model document, straight from its definition (TABLE-MODEL.md). Independent of the lowering,
 * of table networks and of the pipelines: the oracle that `verify` holds them against.
 */
import { fail } from '../../problem.ts';
import { arrayOf, type MapStep, type TableModel, type TableStep } from './document.ts';

export interface TableModelResult {
  readonly rows: number;
  /** Vectors by name, rows × size each (the last definition or accumulated value). */
  readonly vectors: ReadonlyMap<string, Int32Array>;
  /** Leaf numbers by step number, rows × leaves each. */
  readonly leaves: ReadonlyMap<number, Uint8Array>;
  readonly pred: Int16Array;
}

interface Vector {
  /** 1 for plain vectors, packets for matrices. */
  readonly packets: number;
  readonly size: number;
  readonly data: Int32Array;
}

interface State {
  readonly model: TableModel;
  readonly rows: number;
  readonly vectors: Map<string, Vector>;
  readonly leaves: Map<number, Uint8Array>;
}

function wrong(state: State, step: number, message: string): never {
  fail({ code: 'COMPILE-TABLE-MODEL', message, where: `${state.model.path}: steps[${step}]` });
}

function vectorOf(state: State, name: string, step: number): Vector {
  return state.vectors.get(name) ?? wrong(state, step, `vector "${name}" is not defined by an earlier step`);
}

/** Inputs as the document reads them: width checked, clamped. */
function inputs(model: TableModel, input: ArrayLike<number>, rows: number): Vector {
  const { features, bits, clamp, length } = model.input;
  const packets = model.input.kind === 'window' ? (length ?? 1) : 1;
  const data = new Int32Array(rows * packets * features.length);
  for (let i = 0; i < data.length; i++) {
    const f = i % features.length;
    if (input[i] < 0 || input[i] >= 2 ** bits[f]) {
      fail({
        code: 'COMPILE-TABLE-MODEL',
        message: `value ${input[i]} of ${features[f]} does not fit ${bits[f]} unsigned bits`,
        where: `${model.path}: input row ${Math.floor(i / (packets * features.length))}`,
      });
    }
    data[i] = clamp === undefined ? input[i] : Math.min(input[i], clamp[f]);
  }
  return { packets, size: features.length, data };
}

function embed(state: State, step: Extract<TableStep, { op: 'embed' }>, number: number): void {
  const x = vectorOf(state, step.in, number);
  const tables = step.tables.map((name) => arrayOf(state.model, name, `steps[${number}].tables`));
  const dim = tables[0].shape[1];
  const out = new Int32Array(state.rows * x.packets * dim);
  for (let p = 0; p < state.rows * x.packets; p++) {
    tables.forEach((table, f) => {
      const row = x.data[p * x.size + f];
      if (row >= table.shape[0]) wrong(state, number, `value ${row} has no row in table "${step.tables[f]}"`);
      for (let d = 0; d < dim; d++) out[p * dim + d] += table.data[row * dim + d];
    });
  }
  state.vectors.set(step.out, { packets: x.packets, size: dim, data: out });
}

/** Leaf of one tree (S and T of 15 nodes from `at`) over `dim` elements from `from`. */
function leaf(x: Int32Array, from: number, S: Int32Array, T: Int32Array, at: number): number {
  let node = 0;
  for (let level = 0; level < 4; level++) node = 2 * node + (x[from + S[at + node]] <= T[at + node] ? 1 : 2);
  return node - 15;
}

interface Lut {
  readonly data: Int32Array;
  readonly base: number;
  readonly out: number;
}

function lutsOf(state: State, step: MapStep, number: number): Lut[] {
  if (step.lut !== undefined) {
    const lut = arrayOf(state.model, step.lut, `steps[${number}].lut`);
    return [{ data: lut.data, base: 0, out: lut.shape[2] }];
  }
  return (step.luts ?? []).map(([name, index]) => {
    const lut = arrayOf(state.model, name, `steps[${number}].luts`);
    const [, groups, leaves, out] = lut.shape;
    return { data: lut.data, base: index * groups * leaves * out, out };
  });
}

function map(state: State, step: MapStep, number: number): void {
  const x = vectorOf(state, step.in, number);
  const [S, T] = [
    arrayOf(state.model, step.S, `steps[${number}].S`),
    arrayOf(state.model, step.T, `steps[${number}].T`),
  ];
  const luts = lutsOf(state, step, number);
  const join = step.join ?? 1;
  const radix = 16 ** join;
  const packets = step.perPacket === true ? x.packets : 1;
  const rowSize = step.perPacket === true ? x.size : x.packets * x.size;
  const first = step.first ?? 0;
  const count = step.count ?? rowSize / step.dim;
  const width = luts.reduce((sum, lut) => sum + lut.out, 0);
  const runs = state.rows * packets;
  const leaves = new Uint8Array(runs * count);
  const existing = step.add === true ? vectorOf(state, step.out, number) : undefined;
  const out = existing?.data ?? new Int32Array(runs * width);
  if (out.length !== runs * width) wrong(state, number, `adds ${width} values to a vector of another size`);
  for (let r = 0; r < runs; r++) {
    for (let g = 0; g < count; g += join) {
      let index = 0;
      for (let j = 0; j < join; j++) {
        const group = first + g + j;
        const l = leaf(x.data, r * rowSize + group * step.dim, S.data, T.data, group * 15);
        leaves[r * count + g + j] = l;
        index = index * 16 + l;
      }
      let at = r * width;
      for (const lut of luts) {
        const from = lut.base + ((g / join) * radix + index) * lut.out;
        for (let o = 0; o < lut.out; o++) out[at++] += lut.data[from + o];
      }
    }
  }
  state.leaves.set(number, leaves);
  state.vectors.set(step.out, { packets, size: width, data: out });
}

function recurrent(state: State, step: Extract<TableStep, { op: 'recurrent' }>, number: number): void {
  const x = vectorOf(state, step.in, number);
  const [S, T, lut] = [step.S, step.T, step.lut].map((name) => arrayOf(state.model, name, `steps[${number}]`));
  const size = lut.shape[2];
  const groups = lut.shape[0];
  if (groups !== x.size + size) wrong(state, number, `needs ${x.size + size} trees, the table has ${groups}`);
  const h = new Int32Array(state.rows * size);
  const row = new Int32Array(groups);
  const leaves = new Uint8Array(state.rows * x.packets * groups);
  for (let r = 0; r < state.rows; r++) {
    for (let p = 0; p < x.packets; p++) {
      const run = r * x.packets + p;
      for (let i = 0; i < x.size; i++) row[i] = x.data[run * x.size + i];
      for (let i = 0; i < size; i++) row[x.size + i] = h[r * size + i];
      h.fill(0, r * size, (r + 1) * size);
      for (let g = 0; g < groups; g++) {
        const l = leaf(row, g, S.data, T.data, g * 15);
        leaves[run * groups + g] = l;
        for (let o = 0; o < size; o++) h[r * size + o] += lut.data[(g * 16 + l) * size + o];
      }
    }
  }
  state.leaves.set(number, leaves);
  state.vectors.set(step.state, { packets: 1, size, data: h });
}

function absdiff(state: State, step: Extract<TableStep, { op: 'absdiff' }>, number: number): void {
  const a = vectorOf(state, step.a, number);
  const b = vectorOf(state, step.b, number);
  const size = a.packets * a.size;
  if (size !== b.packets * b.size) wrong(state, number, `"${step.a}" and "${step.b}" differ in size`);
  const out = new Int32Array(state.rows);
  for (let i = 0; i < a.data.length; i++) out[Math.floor(i / size)] += Math.abs(a.data[i] - b.data[i]);
  state.vectors.set(step.out, { packets: 1, size: 1, data: out });
}

/**
 * Runs `rows` rows of inputs (row-major, window rows oldest packet first) through the document's steps.
 * Throws COMPILE-TABLE-MODEL for an input that does not fit its bits, or a step that does not fit its arrays.
 */
export function evaluateTableModel(model: TableModel, input: ArrayLike<number>, rows: number): TableModelResult {
  const state: State = { model, rows, vectors: new Map([['x', inputs(model, input, rows)]]), leaves: new Map() };
  model.steps.forEach((step, number) => {
    if (step.op === 'embed') embed(state, step, number);
    else if (step.op === 'map') map(state, step, number);
    else if (step.op === 'recurrent') recurrent(state, step, number);
    else absdiff(state, step, number);
  });
  const answer = vectorOf(state, model.verdict.of, model.steps.length - 1);
  const pred = new Int16Array(rows).fill(-1);
  if (model.verdict.kind === 'argmax') {
    for (let r = 0; r < rows; r++) {
      let best = 0;
      for (let c = 1; c < answer.size; c++)
        if (answer.data[r * answer.size + c] > answer.data[r * answer.size + best]) best = c;
      pred[r] = best;
    }
  }
  const vectors = new Map([...state.vectors].map(([name, v]) => [name, v.data]));
  return { rows, vectors, leaves: state.leaves, pred };
}
