/** What a dataset is made of, as plain options (the `dataset` section of a scenario). */
import type { Progress } from '../../problem.ts';

/** How flows or rows are dealt to train, validation and test. */
export interface SplitSpec {
  /**
   * `flow`: flows dealt per class; `file`: whole captures dealt, classes balanced; `column`: a column of the labels (or rows) says it;
   * `list`: a JSON file says it (`split`: capture or group → split; or `files`: capture → {split, rows}; or `split_rows`: split → label rows).
   */
  readonly by: 'flow' | 'file' | 'column' | 'list';
  readonly seed?: number;
  /** Shares of train, validation, test; default 0.6, 0.2, 0.2. */
  readonly fractions?: readonly [number, number, number];
  /** For `column`: its name; default "split". */
  readonly column?: string;
  /** For `list`: the JSON file. */
  readonly file?: string;
}

/** Captures with labels. Give `path` (a folder with a sub-folder per class, or captures beside a labels.csv), or `captures` and `labels`. */
export interface DatasetSpec {
  readonly name?: string;
  readonly path?: string;
  /** A folder searched for captures, or files and folders. */
  readonly captures?: string | readonly string[];
  /** CSV: 5-tuple and/or file → class. */
  readonly labels?: string;
  /** Column of `labels` with the class; default "class", else "label". */
  readonly labelColumn?: string;
  /** The classes to keep, in this order; flows of others stay unlabelled. Default: all found, sorted. */
  readonly classes?: readonly string[];
  /** Default: by file when every class has at least three captures, else by flow. */
  readonly split?: SplitSpec;
  /** Milliseconds of silence after which a 5-tuple starts a new flow; default: never. */
  readonly gap?: number;
  /** Flows with fewer packets stay unlabelled; default 1. */
  readonly minPackets?: number;
  /** Bytes kept of each packet; default: all captured. */
  readonly snapLength?: number;
  /** Captures that cannot be opened: an error (default), or left out and counted. */
  readonly unreadable?: 'fail' | 'skip';
  /** Flow numbers continue over captures instead of starting anew in each; default false. */
  readonly continuous?: boolean;
  /** Flow JSON only: what `len_seq` counts, whole frames (default) or IP packets. */
  readonly lengths?: 'frame' | 'ip';
  readonly progress?: Progress;
}
