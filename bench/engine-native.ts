/** The hand-written native loop (bench/native.c) on the same rows: compiled when a C compiler is there. One thread. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NetMap, TableNetwork } from '../src/compiler/lower/network.ts';
import type { RunColumns } from '../src/program/index.ts';
import type { RowBench } from './engine-models.ts';

const REPEATS = 5;
const MOST_ROWS = 100_000;

function compiler(): string | undefined {
  for (const name of ['cc', 'gcc', 'clang']) {
    try {
      execFileSync(name, ['--version'], { stdio: 'ignore' });
      return name;
    } catch {
      // Not installed: try the next.
    }
  }
  return undefined;
}

const KIND = { tree: 0, exact: 1, absdiff: 2 } as const;

/** Maps as the C program reads them; undefined for kinds it does not know. */
function encodeMap(map: NetMap, offset: readonly number[]): number[] | undefined {
  const place = (ref: { value: number; index: number }) => offset[ref.value] + ref.index;
  if (map.kind === 'absdiff') {
    const pairs = map.a.flatMap((a, i) => [place(a), place(map.b[i])]);
    return [KIND.absdiff, 0, 0, offset[map.output], 0, map.a.length, ...pairs];
  }
  if (map.kind !== 'tree' && map.kind !== 'exact') return undefined;
  const { outIndex } = map;
  const from = outIndex[0];
  const to = outIndex[outIndex.length - 1];
  const rows = map.lut.length / outIndex.length;
  const wide = to - from + 1;
  const lut = new Int32Array(rows * wide);
  for (let r = 0; r < rows; r++)
    outIndex.forEach((at, o) => {
      lut[r * wide + at - from] += map.lut[r * outIndex.length + o];
    });
  const head = [KIND[map.kind], rows, wide, offset[map.output] + from];
  if (map.kind === 'exact') return [...head, 0, place(map.input), ...lut];
  const trees = map.trees.flatMap((tree) => [
    tree.inputs.length,
    tree.coord.length,
    tree.leaves,
    ...tree.inputs.map(place),
    ...tree.coord,
    ...Array.from(tree.threshold, (limit) => Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.floor(limit)))),
    ...tree.left,
    ...tree.right,
  ]);
  return [...head, map.trees.length, ...trees, ...lut];
}

function encode(network: TableNetwork, rows: RowBench, count: number): Int32Array | undefined {
  let values = 0;
  const offset = network.values.map((value) => {
    values += value.size;
    return values - value.size;
  });
  const maps = network.maps.map((map) => encodeMap(map, offset));
  if (maps.some((map) => map === undefined)) return undefined;
  const answer = network.verdict.value;
  const start = new Int32Array(values);
  network.values.forEach(({ bias }, v) => {
    bias?.forEach((value, i) => {
      start[offset[v] + i] = value;
    });
  });
  const size = network.values[answer].size;
  const head = [count, rows.width, values, maps.length, offset[answer], size, REPEATS];
  const body = (maps as number[][]).flat();
  const words = new Int32Array(head.length + values + body.length + count * rows.width);
  words.set(head);
  words.set(start, head.length);
  words.set(body, head.length + values);
  words.set(rows.values.subarray(0, count * rows.width), head.length + values + body.length);
  return words;
}

/** The native loop's rows a second, and its digest of all answers. */
export interface NativeResult {
  readonly rate: number;
  readonly count: number;
  readonly digest: number;
}

/** The digest that native.c makes: of predictions, or of scores where there is one output. */
export function answersDigest({ verdict, logits }: RunColumns, count: number): number {
  const outputs = logits.length / verdict.length;
  let digest = 0;
  for (let i = 0; i < count; i++) digest = (Math.imul(digest, 31) + (outputs > 1 ? verdict[i] : logits[i])) >>> 0;
  return digest;
}

/** Runs the native loop; undefined without a compiler or for models with steps it lacks. */
export function runNative(rows: RowBench): NativeResult | undefined {
  const cc = compiler();
  const count = Math.min(rows.count, MOST_ROWS);
  const words = cc === undefined ? undefined : encode(rows.network, rows, count);
  if (cc === undefined || words === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'pegasim-native-'));
  try {
    const [binary, data] = [join(folder, 'native'), join(folder, 'rows')];
    execFileSync(cc, ['-O3', '-march=native', '-o', binary, join(import.meta.dirname, 'native.c')]);
    writeFileSync(data, words);
    const [seconds, digest] = execFileSync(binary, [data], { encoding: 'utf8' }).split(' ').map(Number);
    return { rate: count / seconds, count, digest };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
