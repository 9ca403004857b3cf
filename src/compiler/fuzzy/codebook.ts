/**
 * Codebooks: fuzzy matching of one small whole-number feature by value instead of by range. An embedding need not be monotone, and a few
 * ranges of a packet length say little about it; the values whose functions are alike share a code wherever they lie. Deterministic:
 * clusters are bisected along their widest output, then moved to their means (Lloyd), weighted by how often a value occurs.
 */
import type { GrownTree } from './grow.ts';

/** What values 0 … count−1 of a feature do: `dim` numbers each, and how much each counts. */
export interface CodePoints {
  readonly count: number;
  readonly dim: number;
  readonly y: Float64Array;
  readonly weight: Float64Array;
}

const ROUNDS = 12;

function means(p: CodePoints, code: Int32Array, codes: number): Float64Array {
  const mean = new Float64Array(codes * p.dim);
  const total = new Float64Array(codes);
  for (let i = 0; i < p.count; i++) {
    total[code[i]] += p.weight[i];
    for (let d = 0; d < p.dim; d++) mean[code[i] * p.dim + d] += p.weight[i] * p.y[i * p.dim + d];
  }
  for (let c = 0; c < codes; c++) if (total[c] > 0) for (let d = 0; d < p.dim; d++) mean[c * p.dim + d] /= total[c];
  return mean;
}

/** Weighted squared error of every code, and the output that varies most within it. */
function spreads(p: CodePoints, code: Int32Array, codes: number): { error: Float64Array; widest: Int32Array } {
  const mean = means(p, code, codes);
  const parts = new Float64Array(codes * p.dim);
  for (let i = 0; i < p.count; i++)
    for (let d = 0; d < p.dim; d++)
      parts[code[i] * p.dim + d] += p.weight[i] * (p.y[i * p.dim + d] - mean[code[i] * p.dim + d]) ** 2;
  const error = new Float64Array(codes);
  const widest = new Int32Array(codes);
  for (let c = 0; c < codes; c++)
    for (let d = 0; d < p.dim; d++) {
      error[c] += parts[c * p.dim + d];
      if (parts[c * p.dim + d] > parts[c * p.dim + widest[c]]) widest[c] = d;
    }
  return { error, widest };
}

/** Splits the code with the largest error at the mean of its widest output; false when all codes are exact. */
function bisect(p: CodePoints, code: Int32Array, codes: number): boolean {
  const { error, widest } = spreads(p, code, codes);
  let pick = 0;
  for (let c = 1; c < codes; c++) if (error[c] > error[pick]) pick = c;
  if (!(error[pick] > 1e-12)) return false;
  const mean = means(p, code, codes)[pick * p.dim + widest[pick]];
  for (let i = 0; i < p.count; i++) if (code[i] === pick && p.y[i * p.dim + widest[pick]] > mean) code[i] = codes;
  return true;
}

/** Squared distance of a value from a code's mean; where it reaches `enough`, at least that. */
function distance(p: CodePoints, value: number, mean: Float64Array, code: number, enough: number): number {
  let error = 0;
  for (let d = 0; d < p.dim && error < enough; d++) error += (p.y[value * p.dim + d] - mean[code * p.dim + d]) ** 2;
  return error;
}

/** How many codes there are. */
const codeCount = (code: Int32Array): number => code.reduce((most, c) => Math.max(most, c + 1), 1);

/** Every value to the nearest mean; returns whether anything moved. */
function reassign(p: CodePoints, code: Int32Array, codes: number): boolean {
  const mean = means(p, code, codes);
  let moved = false;
  for (let i = 0; i < p.count; i++) {
    let best = code[i];
    let least = Number.POSITIVE_INFINITY;
    for (let c = 0; c < codes; c++) {
      const error = distance(p, i, mean, c, least);
      if (error < least) {
        least = error;
        best = c;
      }
    }
    moved ||= best !== code[i];
    code[i] = best;
  }
  return moved;
}

/** Code of every value, numbered by first appearance; at most `codes` of them. */
export function codesOf(p: CodePoints, codes: number): Int32Array {
  const code = new Int32Array(p.count);
  let made = 1;
  while (made < codes && bisect(p, code, made)) made++;
  for (let round = 0; round < ROUNDS && reassign(p, code, made); round++);
  const numbers = new Map<number, number>();
  return code.map((c) => {
    const n = numbers.get(c) ?? numbers.size;
    numbers.set(c, n);
    return n;
  });
}

/** Weighted squared error that the codes leave. */
export function codeError(p: CodePoints, code: Int32Array): number {
  return spreads(p, code, codeCount(code)).error.reduce((sum, error) => sum + error, 0);
}

/** Value of each code whose functions are nearest to the code's mean: what the code stands for where nothing was seen. */
export function prototypesOf(p: CodePoints, code: Int32Array): Float64Array {
  const codes = codeCount(code);
  const mean = means(p, code, codes);
  const nearest = new Float64Array(codes);
  const least = new Float64Array(codes).fill(Number.POSITIVE_INFINITY);
  for (let i = 0; i < p.count; i++) {
    const error = distance(p, i, mean, code[i], least[code[i]]);
    if (error >= least[code[i]]) continue;
    least[code[i]] = error;
    nearest[code[i]] = i;
  }
  return nearest;
}

/** Balanced tree over one feature whose leaves are codes: runs of one code are ranges, several runs share a leaf number. */
export function codeTree(code: Int32Array): GrownTree {
  const ends: number[] = [];
  for (let v = 0; v < code.length; v++) if (v === code.length - 1 || code[v + 1] !== code[v]) ends.push(v);
  const threshold: number[] = [];
  const left: number[] = [];
  const right: number[] = [];
  const build = (from: number, to: number): number => {
    if (from === to) return ~code[ends[from]];
    const node = threshold.length;
    const middle = (from + to - 1) >> 1;
    threshold.push(ends[middle]);
    left.push(0);
    right.push(0);
    left[node] = build(from, middle);
    right[node] = build(middle + 1, to);
    return node;
  };
  build(0, ends.length - 1);
  return {
    coord: new Uint16Array(threshold.length),
    threshold: Float64Array.from(threshold),
    left: Int32Array.from(left),
    right: Int32Array.from(right),
    leaves: codeCount(code),
  };
}
