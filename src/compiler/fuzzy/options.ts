/** What fuzzy matching is asked to do, and what it is given. */
import type { Progress } from '../../problem.ts';

export interface FuzzyOptions {
  /** `published`: splits by the squared error of the inputs. `output-aware`: by that of the Map's outputs. Default the latter. */
  readonly strategy?: 'published' | 'output-aware';
  /** `complete`: every level is split whole. `best-first`: the split that gains most comes next. Default: complete for `published`. */
  readonly growth?: 'complete' | 'best-first';
  /** Leaves a tree (default 16). */
  readonly leaves?: number;
  /**
   * Window models: bits of fuzzy index kept per packet, all of them shared out among the trees that look at one packet (evenly, or between
   * codebooks by what they need); a tree of b bits has 2^b leaves. Other models have no such tree and refuse it (COMPILE-INDEX-BITS).
   * Default: what a joined table of 4,096 entries allows.
   */
  readonly indexBits?: number;
  /** TCAM entries that the cover of one tree may need, beside the leaf budget (best-first growth only). Default: any number. */
  readonly entries?: number;
  /** Bits of the sums (default 16): what the entry budget counts with. */
  readonly width?: number;
  /** Ridge refit of leaf values, layer by layer (default true; never for `published` unless asked). */
  readonly refit?: boolean;
  /** Softmax-regression refit of the last layer (argmax only; default: as `refit`). */
  readonly softmax?: boolean;
  /**
   * Calibration rows are joined by as many (at most 10,000) in which every input is exchanged, with this probability, for that of another
   * row: the float model answers for combinations that the data do not show. Default 0.5; 0 for `published` and for window models.
   */
  readonly mix?: number;
  readonly progress?: Progress;
}

/** Options with every default filled in. */
export type Settled = Required<Omit<FuzzyOptions, 'progress' | 'indexBits'>>;

export function settle(options: FuzzyOptions, window: number): Settled {
  const strategy = options.strategy ?? 'output-aware';
  const refit = options.refit ?? strategy !== 'published';
  return {
    strategy,
    growth: options.growth ?? (strategy === 'published' ? 'complete' : 'best-first'),
    leaves: options.leaves ?? 16,
    entries: options.entries ?? Number.POSITIVE_INFINITY,
    width: options.width ?? 16,
    refit,
    softmax: options.softmax ?? refit,
    mix: window > 1 ? 0 : (options.mix ?? (strategy === 'published' ? 0 : 0.5)),
  };
}

/** Feature of the network's input: width and clamp as the switch has them. */
export interface FuzzyInput {
  readonly name: string;
  readonly bits: number;
  readonly clamp?: number;
}

/** Calibration rows: row-major inputs as the switch sees them. */
export interface Calibration {
  readonly rows: number;
  readonly values: ArrayLike<number>;
  /** Class of each row, −1 unknown; the softmax refit follows it beside the float model. */
  readonly label?: ArrayLike<number>;
}
