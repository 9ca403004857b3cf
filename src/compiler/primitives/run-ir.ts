/** Evaluates the tensor language on one row: the constant folder, the base point of every slice, and the tests' second opinion. */
import type { AffineOp, BlockOp, EmbedOp, Ir, LinearOp, Op } from './ir.ts';

/** One operation's result (op.size numbers) from the results before it. `input` is read by input operations only. */
export function runOp(op: Op, at: (tensor: number) => Float64Array, sizes: (tensor: number) => number): Float64Array {
  switch (op.kind) {
    case 'input':
      throw new Error('an input has no rule');
    case 'const':
      return op.data;
    case 'affine':
      return runAffine(op, at, sizes);
    case 'linear':
      return runLinear(op, at(op.input));
    case 'sum':
      return runSum(op.inputs.map(at), op.size);
    case 'unary':
      return at(op.input).map(op.fn.f);
    case 'binary': {
      const b = at(op.b);
      return at(op.a).map((x, i) => op.fn.f(x, b[i]));
    }
    case 'block':
      return runBlock(op, at(op.input));
    case 'embed':
      return runEmbed(op, at(op.input));
  }
}

function runSum(inputs: readonly Float64Array[], size: number): Float64Array {
  const out = new Float64Array(size);
  for (const x of inputs) for (let i = 0; i < size; i++) out[i] += x[i];
  return out;
}

function runAffine(
  op: AffineOp,
  at: (tensor: number) => Float64Array,
  sizes: (tensor: number) => number,
): Float64Array {
  const { owner, index } = affineSources(op, sizes);
  const inputs = op.inputs.map(at);
  const out = new Float64Array(op.size);
  for (let i = 0; i < op.size; i++) {
    const x = owner[i] < 0 ? 0 : inputs[owner[i]][index[i]] * (op.scale ? op.scale[i] : 1);
    out[i] = x + (op.bias ? op.bias[i] : 0);
  }
  return out;
}

/** Splits the concatenated index of an affine operation: position in `inputs` (−1: nothing) and element in that tensor. */
export function affineSources(
  op: AffineOp,
  sizes: (tensor: number) => number,
): { readonly owner: Int32Array; readonly index: Int32Array } {
  const starts: number[] = [];
  let total = 0;
  for (const input of op.inputs) {
    starts.push(total);
    total += sizes(input);
  }
  const owner = new Int32Array(op.size).fill(-1);
  const index = new Int32Array(op.size);
  for (let i = 0; i < op.size; i++) {
    const s = op.src[i];
    if (s < 0) continue;
    let k = starts.length - 1;
    while (starts[k] > s) k--;
    owner[i] = k;
    index[i] = s - starts[k];
  }
  return { owner, index };
}

function runLinear(op: LinearOp, x: Float64Array): Float64Array {
  const out = op.bias ? Float64Array.from(op.bias) : new Float64Array(op.size);
  const { k, m, src, dst } = op;
  for (let b = 0; b * k < src.length; b++) {
    const w = op.weights[op.weightOf[b]];
    for (let j = 0; j < m; j++) {
      let sum = 0;
      for (let i = 0; i < k; i++) {
        const s = src[b * k + i];
        if (s >= 0) sum += w[j * k + i] * x[s];
      }
      out[dst[b * m + j]] += sum;
    }
  }
  return out;
}

function runBlock(op: BlockOp, x: Float64Array): Float64Array {
  const out = new Float64Array(op.size);
  const { k, m, src, dst } = op;
  const values = new Float64Array(k);
  const result = new Float64Array(m);
  for (let b = 0; b * k < src.length; b++) {
    let count = 0;
    for (let i = 0; i < k; i++) if (src[b * k + i] >= 0) values[count++] = x[src[b * k + i]];
    op.fn.f(values, count, result);
    for (let j = 0; j < m; j++) out[dst[b * m + j]] = result[j];
  }
  return out;
}

/** Row of an embedding table for an index held as a float: nearest integer, clamped to the table. */
export function embedRow(rows: number, x: number): number {
  return Math.min(rows - 1, Math.max(0, Math.round(x)));
}

function runEmbed(op: EmbedOp, x: Float64Array): Float64Array {
  const out = new Float64Array(op.size);
  for (let i = 0; i < x.length; i++) {
    const row = embedRow(op.rows, x[i]);
    for (let d = 0; d < op.dim; d++) out[i * op.dim + d] = op.table[row * op.dim + d];
  }
  return out;
}

/** Every tensor of the network for one input row (x.length = the input's size). */
export function runIr(ir: Ir, x: Float64Array): Float64Array[] {
  const results: Float64Array[] = [];
  const at = (id: number) => results[id];
  const sizes = (id: number) => ir.ops[id].size;
  for (const op of ir.ops) results.push(op.kind === 'input' ? x : runOp(op, at, sizes));
  return results;
}
