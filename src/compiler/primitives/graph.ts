/**
 * The Partition / Map / SumReduce graph (Pegasus §4): what the front end makes of an ONNX model and the back end turns into tables.
 *
 * A *value* is a vector materialised on the switch. A *Map* reads one group of elements (a Partition), evaluates any function of
 * it, and adds its result into elements of one value (the SumReduce). Between two values the network is Σ_g f_g(x_g).
 *
 * `fusion/mapModel` makes the graph to lower (groups merged, passes run); `buildGraph` alone gives the finest partition.
 */

/** A function of one group, evaluated on a batch: rows × inputs in, rows × outputs out, row-major. Deterministic float64. */
export type GroupFunction = (x: Float64Array, rows: number) => Float64Array;

/** One element of a materialised value. */
export interface ElementRef {
  readonly value: number;
  readonly index: number;
}

/** A vector held on the switch: the model's input, or the sum that Maps add into. */
export interface Value {
  readonly id: number;
  readonly name: string;
  readonly size: number;
  readonly kind: 'input' | 'sum';
  /** Constant start of the sum (bias), length `size`; the back end folds it into one Map. Absent: zeros. */
  readonly bias?: Float64Array;
  /** ONNX nodes whose result this is, for errors and reports. */
  readonly nodes: readonly string[];
  /** Window models: the packet (0 = oldest) each element depends on alone, −1 for several. Absent for row models. */
  readonly packets?: Int32Array;
}

/** Maps of one `key` compute the same function at different window positions: trees and tables may be shared. */
export interface Sharing {
  readonly key: string;
  readonly position: number;
}

export interface MapNode {
  readonly id: number;
  readonly name: string;
  readonly inputs: readonly ElementRef[];
  /** The value this Map adds into. */
  readonly output: number;
  /** Elements of the output it contributes to, in the order of the function's outputs. */
  readonly outIndex: Int32Array;
  readonly apply: GroupFunction;
  /** Set when the function is linear: outputs × inputs weights (row-major), no constant part. */
  readonly linear?: Float64Array;
  /** Set when the function is w · Σ |x| + constant, one output: the weight and the constant. Subtractions and maxima can do it. */
  readonly absolute?: { readonly weight: number; readonly constant: number };
  /**
   * The one input is the index of embeddings (Gather) and nothing else, and is matched exactly: the number of rows. From the last row on
   * the function stays the same.
   */
  readonly exact?: readonly number[];
  readonly shared?: Sharing;
  /**
   * Window models: the Map looks at one packet's elements only, the same ones (`key`) in every packet (`position`). Its fuzzy index can be
   * computed once when the packet arrives and kept in the flow's state, so one tree serves all positions; the tables differ.
   */
  readonly indexShared?: Sharing;
  /**
   * Positions in `inputs` seen by each clustering tree when the group is looked up by several small trees whose leaf numbers are joined
   * to one exact index, first tree most significant (three pairs: 3 × 4 bit → 4,096 entries). Absent: one tree over all inputs.
   */
  readonly trees?: readonly (readonly number[])[];
  /** ONNX nodes inside the function. */
  readonly nodes: readonly string[];
}

/** Whole network. Values are in topological order; value 0 is the input (features, or window flattened oldest packet first). */
export interface MapGraph {
  readonly values: readonly Value[];
  readonly maps: readonly MapNode[];
  /** The value holding the logits, reconstruction or score. */
  readonly output: number;
  /** Features of the input in order; window > 1: element p × features.length + f is feature f of packet p. */
  readonly features: readonly string[];
  readonly window: number;
  /** Operators behind the output that keep the order of the classes and were left out: Softmax, LogSoftmax, ArgMax. */
  readonly dropped?: readonly string[];
  /** Window models: the value of which one packet's share is kept per flow; absent: the raw input. */
  readonly perPacket?: number;
}

/** Input positions that each clustering tree of a Map looks at. */
export function partsOf(map: MapNode): readonly (readonly number[])[] {
  return map.trees ?? [map.inputs.map((_, i) => i)];
}
