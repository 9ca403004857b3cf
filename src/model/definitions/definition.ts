/** What a model definition is: its input, its network, and how it is trained by default. */
import type { Layers } from '../networks/layers.ts';

/** The six of the paper, then the variants. The command line has the same list, so as to start without this room (src/cli/options.ts). */
export const MODEL_IDS = [
  'mlp-b',
  'rnn-b',
  'cnn-b',
  'cnn-m',
  'cnn-l',
  'autoencoder',
  'rnn-b-register',
  'cnn-l-no-ipd',
] as const;

export type ModelId = (typeof MODEL_IDS)[number];

export interface TrainingDefaults {
  readonly epochs: number;
  /** Epochs without a better validation figure before stopping. */
  readonly patience: number;
  readonly learningRate: number;
  /** Epochs after which the learning rate halves (ALGORITHM §4.2: 10). */
  readonly halving: number;
  readonly batch: number;
  /** Rows shown per epoch at most (drawn anew each epoch, small data several times); bounds the time of the large models. */
  readonly rowsPerEpoch: number;
  /** Default balance of the classes (samples.ts); absent: 0.5. */
  readonly balance?: number;
}

/** A recurrence that one stateful ALU per unit can compute: state' = state + move(packet), between −limit and limit. */
export interface RegisterCell {
  readonly units: number;
  readonly limit: number;
  /** Packets [n, features] → what each adds to the units [n, units]; at most `limit` in size. */
  move<T>(layers: Layers<T>, packets: T): T;
  /** States after their packets [n, units] → logits [n, classes]. */
  read<T>(layers: Layers<T>, states: T, classes: number): T;
}

export interface ModelDefinition {
  readonly id: ModelId;
  readonly title: string;
  /** `anomaly`: the output is a score, trained on benign rows alone. */
  readonly task: 'classify' | 'anomaly';
  /** Names of FEATURES.md, per packet. */
  readonly features: readonly string[];
  /** Packets per sample. */
  readonly window: number;
  /** Bits of one sample as the paper counts them: 8 per element of a window, the header widths of the row model. */
  readonly inputBits: number;
  /** Largest value of features that index embeddings (and are clamped on the switch). */
  readonly clamp: Readonly<Record<string, number>>;
  /** Parameters that keep their initial values. */
  readonly frozen: readonly string[];
  readonly training: TrainingDefaults;
  /** Sets frozen parameters from the training rows before training; `column(f)` are all values of feature f in them. */
  fit?(
    parameter: (name: string) => { readonly data: ArrayLike<number> & { [at: number]: number } },
    column: (feature: number) => Float64Array,
  ): void;
  /** Rows [batch, window × features] → logits [batch, classes], or the score [batch, 1]. */
  network<T>(layers: Layers<T>, input: T, classes: number): T;
  /** Models whose state lives in registers for the whole flow: they train on flows, and `network` is what a flow's first packet gives. */
  readonly cell?: RegisterCell;
}

/** Packets in a window (ALGORITHM §2.2). */
export const WINDOW = 8;

/** `pkt.len` and `pkt.ipd` index embeddings of this many rows (ALGORITHM §2.2: clamps 1500 and 2560). */
export const LENGTHS = 1501;
export const GAPS = 2561;

/** Numbers of each in its embedding. */
export const LENGTH_NUMBERS = 10;
export const GAP_NUMBERS = 8;

export const WINDOW_FEATURES = ['pkt.len', 'pkt.ipd'] as const;
export const WINDOW_CLAMP = { 'pkt.len': LENGTHS - 1, 'pkt.ipd': GAPS - 1 } as const;

/** The window as stacked packets: length and gap through their embeddings (10 and 8 numbers) and one fully connected layer. */
export function embedPackets<T>(layers: Layers<T>, input: T, outputs: number): T {
  const packets = layers.stack(input, WINDOW);
  const length = layers.embed(packets, 0, 'length', LENGTHS, LENGTH_NUMBERS);
  const gap = layers.embed(packets, 1, 'gap', GAPS, GAP_NUMBERS);
  return layers.linear(layers.concat([length, gap]), 'embed', outputs);
}
