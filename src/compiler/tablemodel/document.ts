/** The table-model document (`model.json`) as typed data, read with clear errors. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fail } from '../../problem.ts';

export type DType = 'int8' | 'uint8' | 'int16le' | 'uint16le' | 'int32le';

export interface TableArray {
  readonly shape: readonly number[];
  readonly data: Int32Array;
}

export interface EmbedStep {
  readonly op: 'embed';
  readonly in: string;
  readonly tables: readonly string[];
  readonly out: string;
}

export interface MapStep {
  readonly op: 'map';
  readonly in: string;
  readonly dim: number;
  readonly S: string;
  readonly T: string;
  readonly lut?: string;
  readonly luts?: readonly (readonly [string, number])[];
  readonly out: string;
  readonly join?: number;
  readonly perPacket?: boolean;
  readonly first?: number;
  readonly count?: number;
  readonly add?: boolean;
}

export interface RecurrentStep {
  readonly op: 'recurrent';
  readonly in: string;
  readonly state: string;
  readonly S: string;
  readonly T: string;
  readonly lut: string;
}

export interface AbsDiffStep {
  readonly op: 'absdiff';
  readonly a: string;
  readonly b: string;
  readonly out: string;
}

export type TableStep = EmbedStep | MapStep | RecurrentStep | AbsDiffStep;

export interface TableInput {
  readonly kind: 'row' | 'window';
  readonly length?: number;
  readonly features: readonly string[];
  readonly bits: readonly number[];
  readonly clamp?: readonly number[];
  readonly unit?: Readonly<Record<string, string>>;
}

export interface TableVectors {
  readonly input?: string;
  readonly logits?: string;
  readonly pred?: string;
  readonly labels?: string;
  readonly score?: string;
  readonly leaves?: Readonly<Record<string, string>>;
}

/** A document with its arrays loaded (all as 32-bit integers). */
export interface TableModel {
  readonly name: string;
  readonly classes: readonly string[];
  readonly input: TableInput;
  readonly steps: readonly TableStep[];
  readonly verdict:
    | { readonly kind: 'argmax'; readonly of: string }
    | { readonly kind: 'score'; readonly of: string; readonly divide: number; readonly threshold?: number };
  readonly vectors: TableVectors;
  readonly arrays: Readonly<Record<string, TableArray>>;
  readonly path: string;
}

type Json = Record<string, unknown>;

function bad(where: string, message: string, hint?: string): never {
  fail({ code: 'COMPILE-TABLE-MODEL', message, where, ...(hint === undefined ? {} : { hint }) });
}

function object(value: unknown, where: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) bad(where, 'must be an object');
  return value as Json;
}

function list(value: unknown, where: string): unknown[] {
  if (!Array.isArray(value)) bad(where, 'must be a list');
  return value;
}

function text(value: unknown, where: string): string {
  if (typeof value !== 'string' || value === '') bad(where, 'must be a name');
  return value;
}

function whole(value: unknown, where: string, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max)
    bad(where, `must be a whole number from ${min} to ${max}`);
  return value;
}

const BYTES: Readonly<Record<DType, number>> = { int8: 1, uint8: 1, int16le: 2, uint16le: 2, int32le: 4 };

function decode(bytes: Buffer, dtype: DType, count: number): Int32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    if (dtype === 'int8') data[i] = view.getInt8(i);
    else if (dtype === 'uint8') data[i] = view.getUint8(i);
    else if (dtype === 'int16le') data[i] = view.getInt16(2 * i, true);
    else if (dtype === 'uint16le') data[i] = view.getUint16(2 * i, true);
    else data[i] = view.getInt32(4 * i, true);
  }
  return data;
}

function readArray(folder: string, name: string, value: unknown, where: string): TableArray {
  const spec = object(value, where);
  const file = text(spec.file, `${where}.file`);
  const dtype = text(spec.dtype, `${where}.dtype`) as DType;
  const width = BYTES[dtype];
  if (width === undefined)
    bad(`${where}.dtype`, `unknown dtype ${dtype}`, `use one of ${Object.keys(BYTES).join(', ')}`);
  const shape = list(spec.shape, `${where}.shape`).map((n, i) => whole(n, `${where}.shape[${i}]`, 0, 2 ** 31));
  const count = shape.reduce((product, n) => product * n, 1);
  const path = join(folder, file);
  if (!existsSync(path)) bad(path, `file of array ${name} does not exist`);
  const bytes = readFileSync(path);
  if (bytes.length !== count * width) {
    fail({
      code: 'COMPILE-TABLE-MODEL',
      message: `file of array ${name} has the wrong size for ${dtype} [${shape.join(', ')}]`,
      where: path,
      need: `${count * width} bytes`,
      have: `${bytes.length} bytes`,
    });
  }
  return { shape, data: decode(bytes, dtype, count) };
}

function readInput(value: unknown, where: string): TableInput {
  const spec = object(value, where);
  const kind = spec.kind;
  if (kind !== 'row' && kind !== 'window') bad(`${where}.kind`, 'must be "row" or "window"');
  const features = list(spec.features, `${where}.features`).map((f, i) => text(f, `${where}.features[${i}]`));
  const bits = list(spec.bits, `${where}.bits`).map((b, i) => whole(b, `${where}.bits[${i}]`, 1, 32));
  if (features.length === 0) bad(`${where}.features`, 'must name at least one feature');
  if (bits.length !== features.length) bad(`${where}.bits`, `must have one width a feature (${features.length})`);
  const result: TableInput = { kind, features, bits };
  const clamp = spec.clamp === undefined ? undefined : list(spec.clamp, `${where}.clamp`);
  if (clamp !== undefined && clamp.length !== features.length)
    bad(`${where}.clamp`, `must have one value a feature (${features.length})`);
  return {
    ...result,
    ...(kind === 'window' ? { length: whole(spec.length, `${where}.length`, 1, 64) } : {}),
    ...(clamp === undefined ? {} : { clamp: clamp.map((c, i) => whole(c, `${where}.clamp[${i}]`, 0, 2 ** 32 - 1)) }),
    ...(spec.unit === undefined ? {} : { unit: object(spec.unit, `${where}.unit`) as Record<string, string> }),
  };
}

function readMap(spec: Json, where: string): MapStep {
  const luts = spec.luts === undefined ? undefined : list(spec.luts, `${where}.luts`);
  if ((luts === undefined) === (spec.lut === undefined)) bad(where, 'a map needs either "lut" or "luts"');
  const pairs = luts?.map((pair, i): readonly [string, number] => {
    const [name, index] = list(pair, `${where}.luts[${i}]`);
    return [text(name, `${where}.luts[${i}][0]`), whole(index, `${where}.luts[${i}][1]`, 0, 2 ** 16)];
  });
  return {
    op: 'map',
    in: text(spec.in, `${where}.in`),
    dim: whole(spec.dim, `${where}.dim`, 1, 16),
    S: text(spec.S, `${where}.S`),
    T: text(spec.T, `${where}.T`),
    out: text(spec.out, `${where}.out`),
    ...(pairs === undefined ? { lut: text(spec.lut, `${where}.lut`) } : { luts: pairs }),
    ...(spec.join === undefined ? {} : { join: whole(spec.join, `${where}.join`, 1, 4) }),
    ...(spec.perPacket === undefined ? {} : { perPacket: spec.perPacket === true }),
    ...(spec.first === undefined ? {} : { first: whole(spec.first, `${where}.first`, 0, 2 ** 16) }),
    ...(spec.count === undefined ? {} : { count: whole(spec.count, `${where}.count`, 1, 2 ** 16) }),
    ...(spec.add === undefined ? {} : { add: spec.add === true }),
  };
}

function readStep(value: unknown, where: string): TableStep {
  const spec = object(value, where);
  const name = (key: string): string => text(spec[key], `${where}.${key}`);
  switch (spec.op) {
    case 'embed': {
      const tables = list(spec.tables, `${where}.tables`).map((t, i) => text(t, `${where}.tables[${i}]`));
      return { op: 'embed', in: name('in'), tables, out: name('out') };
    }
    case 'map':
      return readMap(spec, where);
    case 'recurrent':
      return { op: 'recurrent', in: name('in'), state: name('state'), S: name('S'), T: name('T'), lut: name('lut') };
    case 'absdiff':
      return { op: 'absdiff', a: name('a'), b: name('b'), out: name('out') };
    default:
      return bad(`${where}.op`, `unknown step ${String(spec.op)}`, 'known steps: embed, map, recurrent, absdiff');
  }
}

function readVerdict(value: unknown, where: string): TableModel['verdict'] {
  const spec = object(value, where);
  const of = text(spec.of, `${where}.of`);
  if (spec.kind === 'argmax') return { kind: 'argmax', of };
  if (spec.kind !== 'score') bad(`${where}.kind`, 'must be "argmax" or "score"');
  const divide = spec.divide === undefined ? 1 : whole(spec.divide, `${where}.divide`, 1, 2 ** 31);
  const threshold = spec.threshold;
  if (threshold !== undefined && typeof threshold !== 'number') bad(`${where}.threshold`, 'must be a number');
  return { kind: 'score', of, divide, ...(threshold === undefined ? {} : { threshold: threshold as number }) };
}

/** Path of the document for a folder or a `model.json`, or undefined when there is none. */
export function tableModelPath(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  const file = statSync(path).isDirectory() ? join(path, 'model.json') : path;
  return existsSync(file) && file.endsWith('.json') ? file : undefined;
}

/**
 * Reads a table-model document with all its arrays.
 * Throws COMPILE-TABLE-MODEL naming the file and the key for anything missing, misshapen or unknown.
 */
export function readTableModel(path: string): TableModel {
  const file = tableModelPath(path);
  if (file === undefined) bad(path, 'no table model here', 'give a folder with a model.json, or the model.json itself');
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    bad(file, `not valid JSON: ${(error as Error).message}`);
  }
  const doc = object(parsed, file);
  if (doc.format !== 'pegasim/table-model') bad(`${file}: format`, 'must be "pegasim/table-model"');
  if (doc.version !== 1)
    bad(`${file}: version`, `version ${String(doc.version)} is not known`, 'this pegasim reads version 1');
  const arrays: Record<string, TableArray> = {};
  for (const [name, spec] of Object.entries(object(doc.arrays, `${file}: arrays`)))
    arrays[name] = readArray(dirname(file), name, spec, `${file}: arrays.${name}`);
  const vectors = doc.vectors === undefined ? {} : (object(doc.vectors, `${file}: vectors`) as TableVectors);
  return {
    name: text(doc.name, `${file}: name`),
    classes: list(doc.classes ?? [], `${file}: classes`).map(String),
    input: readInput(doc.input, `${file}: input`),
    steps: list(doc.steps, `${file}: steps`).map((s, i) => readStep(s, `${file}: steps[${i}]`)),
    verdict: readVerdict(doc.verdict, `${file}: verdict`),
    vectors,
    arrays,
    path: file,
  };
}

/** An array that a step names; throws when the document has none of that name. */
export function arrayOf(model: TableModel, name: string, where: string): TableArray {
  const array = model.arrays[name];
  if (array === undefined) bad(`${model.path}: ${where}`, `array "${name}" is not declared under "arrays"`);
  return array;
}
