/** What a model reads and answers: features, window, units, classes; from ONNX metadata_props (`pegasim.*`) or a sidecar `<model>.yaml`. */
import { existsSync, readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { fail } from '../problem.ts';
import type { OnnxModel } from './onnx/types.ts';

export interface ModelSpec {
  /** Names of FEATURES.md, in input order (per packet for window models). */
  readonly features: readonly string[];
  /** Packets per sample, oldest first; 1 for row models. */
  readonly window: number;
  /** Class names in logit order; empty for anomaly models. */
  readonly classes: readonly string[];
  /** Nanoseconds per unit of each time feature, e.g. { 'pkt.ipd': 100000 }. */
  readonly units: Readonly<Record<string, number>>;
  /** Largest value of features that the model clamps (embedding indices), e.g. { 'pkt.len': 1500 }. */
  readonly clamp?: Readonly<Record<string, number>>;
  /** `argmax` of the logits, or an anomaly `score` compared with the threshold (higher = anomalous). */
  readonly verdict: 'argmax' | 'score';
  readonly threshold?: number;
  /** A recurrent state: the ONNX input that takes it and the output that gives it after this packet. It starts at zero with each flow. */
  readonly state?: StateNames;
  /** What the training saw: features as the switch computes them, ideal ones, or rows of a file. Says nothing when absent. */
  readonly trainedOn?: TrainedOn;
}

export interface StateNames {
  readonly input: string;
  readonly output: string;
}

const TRAINED_ON = ['switch', 'ideal', 'file'] as const;
export type TrainedOn = (typeof TRAINED_ON)[number];

const KEYS = ['features', 'window', 'classes', 'units', 'clamp', 'verdict', 'threshold', 'state', 'trainedOn'];

interface Place {
  readonly where: string;
  readonly hint?: string;
}

function wrong(message: string, place: Place, have?: string): never {
  fail({
    code: 'MODEL-SPEC',
    message,
    where: place.where,
    ...(have === undefined ? {} : { have }),
    ...(place.hint === undefined ? {} : { hint: place.hint }),
  });
}

function stringList(value: unknown, key: string, place: Place): readonly string[] {
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    wrong(`${key} must be a list of names`, place, JSON.stringify(value));
  }
  return value as string[];
}

function numberTable(value: unknown, key: string, place: Place): Readonly<Record<string, number>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    wrong(`${key} must map feature names to numbers`, place, JSON.stringify(value));
  }
  for (const [name, unit] of Object.entries(value)) {
    if (!(typeof unit === 'number' && unit > 0)) wrong(`${key}.${name} must be a positive number`, place, String(unit));
  }
  return value as Record<string, number>;
}

function stateNames(value: unknown, window: unknown, place: Place): StateNames {
  const { input, output, ...rest } = (typeof value === 'object' ? (value ?? {}) : {}) as Record<string, unknown>;
  if (typeof input !== 'string' || typeof output !== 'string' || Object.keys(rest).length > 0) {
    const hint = 'write state: { input: <ONNX input>, output: <ONNX output> }';
    wrong('state must name an input and an output of the model', { ...place, hint }, JSON.stringify(value));
  }
  if (window !== 1) {
    const hint = 'leave window out: a row is one packet, the state holds what came before';
    wrong('a model with a state reads one packet at a time', { ...place, hint }, `window ${window}`);
  }
  return { input, output };
}

/** Check a spec given as plain values (YAML or JSON). Fails with MODEL-SPEC naming the key. */
export function checkModelSpec(raw: Readonly<Record<string, unknown>>, where: string): ModelSpec {
  const place = { where };
  for (const key of Object.keys(raw)) {
    if (!KEYS.includes(key)) wrong(`unknown key ${key}`, { where, hint: `known keys: ${KEYS.join(', ')}` });
  }
  const features = stringList(raw.features ?? [], 'features', place);
  if (features.length === 0) wrong('no features are named', { where, hint: 'list the model inputs under `features`' });
  const window = raw.window ?? 1;
  if (!(Number.isInteger(window) && (window as number) >= 1)) wrong('window must be a whole number ≥ 1', place);
  const verdict = raw.verdict ?? 'argmax';
  if (verdict !== 'argmax' && verdict !== 'score') wrong('verdict must be argmax or score', place, String(verdict));
  const { threshold } = raw;
  if (threshold !== undefined && typeof threshold !== 'number') wrong('threshold must be a number', place);
  const trainedOn = TRAINED_ON.find((one) => one === raw.trainedOn);
  if (raw.trainedOn !== undefined && trainedOn === undefined)
    wrong(`trainedOn must be one of ${TRAINED_ON.join(', ')}`, place, String(raw.trainedOn));
  return {
    features,
    window: window as number,
    classes: stringList(raw.classes ?? [], 'classes', place),
    units: numberTable(raw.units ?? {}, 'units', place),
    ...(raw.clamp === undefined ? {} : { clamp: numberTable(raw.clamp, 'clamp', place) }),
    verdict,
    ...(threshold === undefined ? {} : { threshold: threshold as number }),
    ...(raw.state === undefined ? {} : { state: stateNames(raw.state, window, place) }),
    ...(trainedOn === undefined ? {} : { trainedOn }),
  };
}

/** The spec as metadata_props: one `pegasim.<key>` per key, JSON values. */
export function specMetadata(spec: ModelSpec): Record<string, string> {
  const entries = Object.entries(spec).map(([key, value]) => [`pegasim.${key}`, JSON.stringify(value)] as const);
  return Object.fromEntries(entries);
}

function fromMetadata(metadata: Readonly<Record<string, string>>, file: string): ModelSpec | undefined {
  if (metadata['pegasim.features'] === undefined) return undefined;
  const raw: Record<string, unknown> = {};
  for (const key of KEYS) {
    const text = metadata[`pegasim.${key}`];
    if (text === undefined) continue;
    try {
      raw[key] = JSON.parse(text);
    } catch {
      wrong(`metadata pegasim.${key} is not JSON`, { where: file }, text.slice(0, 60));
    }
  }
  return checkModelSpec(raw, `${file}, metadata`);
}

function fromYaml(path: string): ModelSpec {
  const document = parseDocument(readFileSync(path, 'utf8'));
  const error = document.errors[0];
  if (error) {
    const line = error.linePos?.[0].line;
    wrong(error.message.split('\n')[0], { where: line === undefined ? path : `${path}:${line}` });
  }
  const raw: unknown = document.toJS();
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) wrong('expected a mapping', { where: path });
  return checkModelSpec(raw as Record<string, unknown>, path);
}

/**
 * The spec of a model: the sidecar `<file>.yaml` (or the file with `.yaml` for `.onnx`) when there is one, else the metadata.
 * Fails with MODEL-SPEC when neither names the features, or on malformed content (with the line for YAML).
 */
export function readModelSpec(model: OnnxModel, file: string): ModelSpec {
  const sidecars = [`${file}.yaml`, file.replace(/\.onnx$/, '.yaml')].filter((path) => path !== file);
  const sidecar = sidecars.find((path) => existsSync(path));
  const spec = sidecar ? fromYaml(sidecar) : fromMetadata(model.metadata, file);
  if (!spec) {
    wrong('the model does not say which features it reads', {
      where: file,
      hint: `write ${sidecars[0]} with \`features: [...]\`, or set metadata_props pegasim.features`,
    });
  }
  return spec;
}
