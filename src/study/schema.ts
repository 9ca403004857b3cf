/** The JSON Schema of scenario files: the one description that the loader, the docs and editors' completion share. */

import { MODEL_IDS } from '../model/index.ts';

const text = { type: 'string', minLength: 1 } as const;
const fraction = { type: 'number', minimum: 0, maximum: 1 } as const;
const positive = { type: 'integer', minimum: 1 } as const;

const dataset = {
  type: 'object',
  description: 'Where packets and labels come from.',
  additionalProperties: false,
  required: ['path'],
  properties: {
    path: {
      ...text,
      description:
        'Folder with one sub-folder of captures per class, folder of captures with labels, flow JSON or feature-row CSV. Relative to this file.',
    },
    labels: { ...text, description: 'labels.csv: file or 5-tuple to class.' },
    labelColumn: { ...text, description: 'Column of labels.csv that holds the class.', default: 'class' },
    classes: {
      type: 'array',
      items: text,
      minItems: 1,
      description: 'Classes to keep, in order. Default: all found, sorted.',
    },
    gapMs: {
      type: 'number',
      exclusiveMinimum: 0,
      description: 'A longer silence starts a new flow (ms). Default: never.',
    },
    unitNs: {
      type: 'number',
      exclusiveMinimum: 0,
      description: 'Feature-row CSV: nanoseconds per unit of its time features. Default 100000 (0.1 ms).',
    },
    generate: { ...text, description: 'Trace spec to generate into `path` when the folder does not exist yet.' },
    split: {
      type: 'object',
      additionalProperties: false,
      description: 'Train, validation and test.',
      properties: {
        by: { enum: ['file', 'flow', 'column'], default: 'file' },
        seed: { type: 'integer', minimum: 0, default: 1 },
        train: { ...fraction, default: 0.6 },
        validation: { ...fraction, default: 0.15 },
        test: { ...fraction, default: 0.25 },
        file: { ...text, description: 'split.json of a feature-row CSV.' },
      },
    },
  },
} as const;

const model = {
  type: 'object',
  description: 'The float model: trained here, or an ONNX file, or a folder with a table model.',
  additionalProperties: false,
  oneOf: [{ required: ['train'] }, { required: ['onnx'] }, { required: ['tables'] }],
  properties: {
    train: { enum: MODEL_IDS },
    onnx: text,
    tables: text,
    seed: { type: 'integer', minimum: 0, default: 1 },
    epochs: { ...positive, description: 'At most so many passes over the training rows.' },
    patience: { ...positive, description: 'Stop after so many epochs without a better validation score.' },
    learningRate: { type: 'number', exclusiveMinimum: 0 },
    balance: {
      ...fraction,
      description:
        'Classifiers: an epoch shows classes as often as they occur (0), all alike (1), or between. Default 0.5: by the square root of their rows; mlp-b 0.',
    },
    maxRows: { ...positive, description: 'Train on at most so many rows, drawn evenly.' },
    benign: { ...text, description: 'AutoEncoder: the class it learns.' },
  },
} as const;

const compile = {
  type: 'object',
  description: 'Compiler options; see `pegasim compile --help`.',
  additionalProperties: false,
  properties: {
    strategy: { enum: ['published', 'output-aware'], default: 'output-aware' },
    growth: {
      enum: ['complete', 'best-first'],
      description: 'Order of splits. Default: complete for published, else best-first.',
    },
    leaves: { type: 'integer', minimum: 2, maximum: 4096, default: 16 },
    indexBits: { type: 'integer', minimum: 1, maximum: 64, description: 'Bits of fuzzy index kept per packet.' },
    stateBits: { enum: [8, 16], description: 'Bits of a register of the recurrent state.' },
    entries: { ...positive, description: 'TCAM entries that one tree may need at most.' },
    refit: { type: 'boolean', default: true, description: 'Ridge refit of all leaf values, layer by layer.' },
    softmax: { type: 'boolean', default: true, description: 'Softmax-regression refit of the last layer.' },
    mix: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      description: 'Share of inputs exchanged in the rows added to calibration; 0: none. Default 0.5, published 0.',
    },
    fineTune: { type: 'boolean', default: false },
    snap: {
      type: 'boolean',
      default: true,
      description: 'Move thresholds within gaps to where they need fewer entries.',
    },
    width: { enum: [8, 12, 16, 32], default: 16 },
    lanes: { enum: ['auto', 'off', 'on'], default: 'auto' },
    maxRows: { ...positive, description: 'Calibrate on at most so many rows.' },
  },
} as const;

const flow = {
  type: 'object',
  description: 'Per-flow state on the switch.',
  additionalProperties: false,
  properties: {
    slots: { ...positive, default: 65536 },
    policy: { enum: ['replace', 'keep', 'timeout'], default: 'replace' },
    timeoutMs: { type: 'number', exclusiveMinimum: 0 },
    symmetric: { type: 'boolean', default: true },
    tickBits: { type: 'integer', minimum: 0, maximum: 30, default: 16, description: 'Time unit: 2^k ns.' },
    ipd: {
      enum: ['wrap', 'lean', 'saturate', 'wide'],
      description: 'How time between packets is kept: 16 bits that wrap (lean: the time alone), or 32 bits.',
    },
    windows: {
      enum: ['right', 'published'],
      description: 'published: windows off by one and an 8-bit packet count, as in the published program.',
    },
  },
} as const;

const replay = {
  type: 'object',
  additionalProperties: false,
  properties: {
    split: { enum: ['test', 'validation', 'train', 'all'], default: 'test' },
    state: {
      enum: ['perCapture', 'continuous', 'interleave'],
      default: 'perCapture',
      description:
        'Registers cleared at each capture, kept from one to the next, or all flows merged into one trace at `packetsPerSecond`.',
    },
    packetsPerSecond: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 1e10,
      description: 'With `state: interleave`: mean rate of the merged trace. A higher rate has more flows at one time.',
    },
    flows: { ...positive, description: 'Replay at most so many flows of the split, drawn evenly. Default: all.' },
    workers: { type: 'integer', minimum: 0, description: '0: one per core.', default: 0 },
    acceptDamage: { type: 'boolean', default: false },
  },
} as const;

const expectations = {
  type: 'array',
  description:
    'What must hold, e.g. `macroF1 >= 0.88`, `gapToFloat <= 0.005`, `fits: true`, `stages <= 20`, `sram <= 30 %`.',
  items: { anyOf: [text, { type: 'object', minProperties: 1, maxProperties: 1 }] },
} as const;

const body = {
  name: {
    type: 'string',
    pattern: '^[a-z0-9][a-z0-9._-]*$',
    description: 'Letters, digits, dots and dashes; names the results.',
  },
  about: text,
  dataset,
  model,
  compile,
  target: { ...text, description: 'tofino, tofino2, tofino2m, unbounded, or a chip YAML.', default: 'tofino2' },
  flow,
  replay,
  expect: expectations,
} as const;

const matrix = {
  type: 'object',
  description: 'Dotted option → values; one run per combination, e.g. `compile.leaves: [8, 16, 32]`.',
  propertyNames: { pattern: '^((dataset|model|compile|flow|replay)(\\.[A-Za-z]+)*|target)$' },
  additionalProperties: { type: 'array', minItems: 1 },
} as const;

const partial = {
  dataset: { ...dataset, required: [] },
  model: { ...model, oneOf: undefined },
  compile,
  flow,
  replay,
  target: body.target,
  expect: expectations,
  matrix,
};

export const SCENARIO_SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: 'https://pegasim.dev/scenario.schema.json',
  title: 'pegasim scenario',
  type: 'object',
  additionalProperties: false,
  required: ['name', 'dataset', 'model'],
  properties: {
    ...body,
    smoke: {
      type: 'object',
      description: 'Overrides for `--smoke`: a quick check of the same path.',
      additionalProperties: false,
      properties: partial,
    },
    matrix,
  },
};
