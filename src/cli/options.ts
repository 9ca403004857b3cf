/** Option groups that several commands share, and their translation to the study room's options. */

import { resolve } from 'node:path';
import type { Options } from 'yargs';
import { fail } from '../problem.ts';
import type { CompileChoices, DatasetOptions, FlowOptions, ModelId } from '../study/index.ts';

/** As in the model room, which help and completion do without; a test holds the two equal. */
export const MODEL_IDS = [
  'mlp-b',
  'rnn-b',
  'cnn-b',
  'cnn-m',
  'cnn-l',
  'autoencoder',
  'rnn-b-register',
  'cnn-l-no-ipd',
] as const satisfies readonly ModelId[];

export const datasetOptionGroup = {
  labels: { type: 'string', describe: 'labels.csv: file or 5-tuple to class', group: 'Dataset:' },
  'label-column': {
    type: 'string',
    default: 'class',
    describe: 'column of labels.csv with the class',
    group: 'Dataset:',
  },
  classes: { type: 'string', array: true, describe: 'keep these classes, in this order', group: 'Dataset:' },
  'gap-ms': { type: 'number', describe: 'a longer silence starts a new flow', group: 'Dataset:' },
  'unit-ns': {
    type: 'number',
    describe: 'feature-row CSV: ns per unit of its time features (default 100000)',
    group: 'Dataset:',
  },
  'split-by': {
    choices: ['file', 'flow', 'column'] as const,
    default: 'file',
    describe: 'deal captures, flows, or use a column',
    group: 'Dataset:',
  },
  'split-seed': { type: 'number', default: 1, describe: 'seed of the split', group: 'Dataset:' },
  'split-file': { type: 'string', describe: 'JSON that names the split of each capture or run', group: 'Dataset:' },
  'accept-damage': {
    type: 'boolean',
    default: false,
    describe: 'exit 0 in spite of damaged captures',
    group: 'Dataset:',
  },
} as const satisfies Record<string, Options>;

export interface DatasetArgs {
  acceptDamage: boolean;
  labels: string | undefined;
  labelColumn: string;
  classes: string[] | undefined;
  gapMs: number | undefined;
  unitNs: number | undefined;
  splitBy: 'file' | 'flow' | 'column';
  splitSeed: number;
  splitFile: string | undefined;
}

export function datasetFromArgs(path: string, args: DatasetArgs): DatasetOptions {
  return {
    path: resolve(path),
    labelColumn: args.labelColumn,
    ...(args.labels === undefined ? {} : { labels: resolve(args.labels) }),
    ...(args.classes === undefined ? {} : { classes: args.classes }),
    ...(args.gapMs === undefined ? {} : { gapMs: wholeOrMore('--gap-ms', args.gapMs, 0) }),
    ...(args.unitNs === undefined ? {} : { unitNs: wholeOrMore('--unit-ns', args.unitNs, 1) }),
    split: {
      by: args.splitBy,
      seed: wholeOrMore('--split-seed', args.splitSeed, 0),
      train: 0.6,
      validation: 0.15,
      test: 0.25,
      ...(args.splitFile === undefined ? {} : { file: resolve(args.splitFile) }),
    },
  };
}

export const flowOptionGroup = {
  slots: { type: 'number', default: 65536, describe: 'flow slots (a power of two)', group: 'Flow state:' },
  policy: {
    choices: ['replace', 'keep', 'timeout'] as const,
    default: 'replace',
    describe: 'what happens when a slot is taken',
    group: 'Flow state:',
  },
  'timeout-ms': {
    type: 'number',
    describe: 'idle time after which a slot is free (policy timeout)',
    group: 'Flow state:',
  },
  symmetric: { type: 'boolean', default: true, describe: 'both directions share a slot', group: 'Flow state:' },
  'tick-bits': { type: 'number', default: 16, describe: 'time unit on the switch: 2^k ns', group: 'Flow state:' },
  ipd: {
    choices: ['wrap', 'lean', 'saturate', 'wide'] as const,
    describe: 'how time between packets is kept: 16 bits that wrap (lean: the time alone), or 32 bits',
    group: 'Flow state:',
  },
} as const satisfies Record<string, Options>;

export interface FlowArgs {
  slots: number;
  policy: 'replace' | 'keep' | 'timeout';
  timeoutMs: number | undefined;
  symmetric: boolean;
  tickBits: number;
  ipd: 'wrap' | 'lean' | 'saturate' | 'wide' | undefined;
}

export function flowFromArgs(args: FlowArgs): FlowOptions {
  return {
    slots: args.slots,
    policy: args.policy,
    symmetric: args.symmetric,
    tickBits: args.tickBits,
    ...(args.ipd === undefined ? {} : { ipd: args.ipd }),
    ...(args.timeoutMs === undefined ? {} : { timeoutMs: args.timeoutMs }),
  };
}

export const compileOptionGroup = {
  strategy: {
    choices: ['published', 'output-aware'] as const,
    default: 'output-aware',
    describe: 'how clustering trees are grown',
    group: 'Compiler:',
  },
  growth: {
    choices: ['complete', 'best-first'] as const,
    describe: 'order of splits (default: complete for published, else best-first)',
    group: 'Compiler:',
  },
  leaves: { type: 'number', default: 16, describe: 'leaves per clustering tree', group: 'Compiler:' },
  'index-bits': {
    type: 'number',
    describe:
      'window models: bits of fuzzy index kept per packet (default: what a joined table of 4,096 entries allows)',
    group: 'Compiler:',
  },
  'state-bits': {
    choices: [8, 16] as const,
    describe: 'models with a state: bits of a register (default: 8)',
    group: 'Compiler:',
  },
  entries: { type: 'number', describe: 'TCAM entries that one tree may need at most', group: 'Compiler:' },
  refit: {
    type: 'boolean',
    default: true,
    describe: 'ridge refit of all leaf values, layer by layer',
    group: 'Compiler:',
  },
  softmax: {
    type: 'boolean',
    default: true,
    describe: 'softmax-regression refit of the last layer (classifiers)',
    group: 'Compiler:',
  },
  mix: {
    type: 'number',
    describe: 'share of inputs exchanged in rows added to calibration, 0 to 1; 0: none (default 0.5, published 0)',
    group: 'Compiler:',
  },
  'fine-tune': {
    type: 'boolean',
    default: false,
    describe: 'train leaf values and thresholds by back-propagation',
    group: 'Compiler:',
  },
  snap: {
    type: 'boolean',
    default: true,
    describe: 'move thresholds within gaps of the data to where they need fewer entries',
    group: 'Compiler:',
  },
  width: { choices: [8, 12, 16, 32] as const, default: 16, describe: 'bits of an accumulator', group: 'Compiler:' },
  lanes: {
    choices: ['auto', 'off', 'on'] as const,
    default: 'auto',
    describe: 'let narrow sums share 32-bit accumulators: where it saves something, never, or wherever proved safe',
    group: 'Compiler:',
  },
  'max-rows': { type: 'number', describe: 'calibrate on at most so many rows', group: 'Compiler:' },
} as const satisfies Record<string, Options>;

export interface CompileArgs {
  strategy: 'published' | 'output-aware';
  growth: 'complete' | 'best-first' | undefined;
  leaves: number;
  indexBits: number | undefined;
  stateBits: number | undefined;
  entries: number | undefined;
  refit: boolean;
  softmax: boolean;
  mix: number | undefined;
  fineTune: boolean;
  snap: boolean;
  width: number;
  lanes: 'auto' | 'off' | 'on';
  maxRows: number | undefined;
}

export function compileFromArgs(args: CompileArgs): CompileChoices {
  return {
    strategy: args.strategy,
    ...(args.growth === undefined ? {} : { growth: args.growth }),
    leaves: wholeOrMore('--leaves', args.leaves, 2),
    ...(args.indexBits === undefined ? {} : { indexBits: wholeOrMore('--index-bits', args.indexBits, 1) }),
    ...(args.stateBits === undefined ? {} : { stateBits: args.stateBits as 8 | 16 }),
    ...(args.entries === undefined ? {} : { entries: wholeOrMore('--entries', args.entries, 1) }),
    refit: args.refit,
    softmax: args.softmax,
    ...(args.mix === undefined ? {} : { mix: share('--mix', args.mix) }),
    fineTune: args.fineTune,
    snap: args.snap,
    width: args.width as CompileChoices['width'],
    lanes: args.lanes,
    ...(args.maxRows === undefined ? {} : { maxRows: wholeOrMore('--max-rows', args.maxRows, 1) }),
  };
}

/** yargs lets `--seed abc` through as NaN; this does not. @throws ProblemError CLI-USAGE */
export function wholeOrMore(name: string, value: number, least: number): number {
  if (!Number.isInteger(value) || value < least) {
    const have = Number.isNaN(value) ? 'no number' : String(value);
    fail({ code: 'CLI-USAGE', message: `${name} takes a whole number of at least ${least}`, have });
  }
  return value;
}

/** A whole number of a range. @throws ProblemError CLI-USAGE */
export function wholeFrom(name: string, value: number, [least, most]: readonly [number, number]): number {
  if (wholeOrMore(name, value, least) <= most) return value;
  fail({ code: 'CLI-USAGE', message: `${name} takes a whole number of at most ${most}`, have: String(value) });
}

/** A number above 0. @throws ProblemError CLI-USAGE */
export function aboveZero(name: string, value: number): number {
  if (!(value > 0 && Number.isFinite(value))) {
    const have = Number.isNaN(value) ? 'no number' : String(value);
    fail({ code: 'CLI-USAGE', message: `${name} takes a number above 0`, have });
  }
  return value;
}

/** @throws ProblemError CLI-USAGE unless 0 ≤ value ≤ 1 */
function share(name: string, value: number): number {
  if (!(value >= 0 && value <= 1)) {
    const have = Number.isNaN(value) ? 'no number' : String(value);
    fail({ code: 'CLI-USAGE', message: `${name} takes a number from 0 to 1`, have });
  }
  return value;
}
