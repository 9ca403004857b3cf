/** What a run of a program over packets takes and yields, in columns: shared by the reference pipeline and the engine. */

/** Packets as frames, or field values injected in place of parsing (verify, feature rows). Columns of PacketColumns (traffic). */
export type RunInput =
  | { readonly kind: 'packets'; readonly packets: FrameColumns }
  | {
      readonly kind: 'injected';
      readonly count: number;
      /** Field name → one value a packet; fields of 32 bits at most. All headers are invalid, the parser does not run. */
      readonly fields: Readonly<Record<string, Uint32Array>>;
    };

/** The part of traffic's PacketColumns that a pipeline reads (same shape; `program` imports no room). */
export interface FrameColumns {
  readonly count: number;
  readonly bytes: Uint8Array;
  readonly offset: Uint32Array;
  readonly capLen: Uint32Array;
  readonly origLen: Uint32Array;
  readonly seconds: Uint32Array;
  readonly nanos: Uint32Array;
  readonly capture: Uint32Array;
}

/** `perCapture`: registers cleared at each new capture; `continuous`: kept. */
export type StateMode = 'perCapture' | 'continuous';

/** Per-packet outcome codes in RunColumns.outcome. */
export const OUTCOME_VERDICT = 0;
/** Parsed, but the program's validity bit was 0 (window not full, slot lost). */
export const OUTCOME_NO_VERDICT = 1;
/** The parser rejected it. */
export const OUTCOME_UNPARSED = 2;
/** The parser ran past the captured bytes of a frame whose original was longer. */
export const OUTCOME_TRUNCATED = 3;
/** The parser ran past the end of a whole frame. */
export const OUTCOME_SHORT = 4;

export interface RunColumns {
  readonly count: number;
  readonly outcome: Uint8Array;
  /** Class index (argmax) or 0/1 (score); -1 without verdict. */
  readonly verdict: Int16Array;
  /** count × program.verdict.logits.length, sign-extended; 0 without verdict. */
  readonly logits: Int32Array;
  /**
   * Values at the end of the pipeline of the fields asked for, 64-bit fields as two columns `name` (low) and `name.hi`. 0 when unparsed.
   * A field that egress neither bridges nor uses keeps its value from the end of ingress; one that egress uses unbridged starts there as 0.
   */
  readonly observed: Readonly<Record<string, Uint32Array>>;
}
