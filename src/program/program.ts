/**
 * The dataplane program as plain data: what every room upstream produces and every room downstream consumes.
 *
 * Vocabulary and rules follow P4-16/TNA. Everything refers to everything else *by name*, so fragments of a program
 * (parser, feature registers, model tables, verdict) are merged by concatenating lists. No behaviour lives here. Actions are in
 * action.ts, registers and stateful actions in register.ts.
 */

import type { Action, Hash } from './action.ts';
import type { Register, StatefulAction } from './register.ts';

export type * from './action.ts';
export type * from './register.ts';

/** Ingress runs first; egress sees only bridged fields. Stage s of both shares its memories. */
export type Gress = 'ingress' | 'egress';

/** Where a field's value comes from when a packet enters. */
export type FieldSource =
  | 'header' // extracted by the parser, deparsed again
  | 'metadata' // 0 at entry of its gress unless bridged
  | 'timestamp' // intrinsic: capture time in ns since the epoch modulo 2^48 (ingress MAC timestamp)
  | 'port'; // intrinsic: ingress port, 9 bits

/** An unsigned bit vector. Signedness belongs to the instruction that reads it. */
export interface Field {
  /** Dotted name, unique: `hdr.ipv4.total_len`, `meta.slot`. */
  readonly name: string;
  /** 1..64. Wider than 32: may be matched, copied, sliced and hashed; not added. */
  readonly bits: number;
  readonly source: FieldSource;
  /** Why the field exists, for printers and emitters (`sum of neurons 0 and 1 of fc1`). */
  readonly note?: string;
  /**
   * Two or more narrow values share this field (at most 32 bits), lowest bit first. An add adds all at once and carries run
   * into the guard bits between lanes (PROGRAM.md "Packed lanes").
   */
  readonly lanes?: readonly { readonly low: number; readonly bits: number }[];
}

/** A header on the wire: its fields in order, most significant first; total width a multiple of 8. */
export interface Header {
  readonly name: string;
  readonly fields: readonly string[];
}

/** Parser key: bits of an extracted field, or bytes ahead of the cursor (lookahead). */
export type SelectKey =
  | { readonly kind: 'field'; readonly field: string }
  | { readonly kind: 'lookahead'; readonly byte: number; readonly bytes: 1 | 2 | 4 };

export interface SelectCase {
  /** One value and mask per key; hit when (key & mask) == value for all keys. First hit wins. */
  readonly value: readonly number[];
  readonly mask: readonly number[];
  /** A state's name, `accept` or `reject`. */
  readonly next: string;
}

/**
 * One parser state: extract headers at the cursor one after the other (each makes its header valid and advances the
 * cursor), skip bytes, copy to metadata, then choose the next state. Extracting or looking ahead past the captured bytes
 * rejects the packet as short; skipping past the end does not, by itself.
 */
export interface ParserState {
  readonly name: string;
  readonly extract: readonly string[];
  /** Bytes skipped after the extractions (IPv4 options). */
  readonly skip: number;
  /** Metadata written by the parser: from an extracted field, or a constant. */
  readonly assign: readonly { readonly dst: string; readonly from: { field: string } | { const: number } }[];
  readonly select: readonly SelectKey[];
  readonly cases: readonly SelectCase[];
  /** Next state when no case hits: a name, `accept` or `reject`. */
  readonly otherwise: string;
}

/** Starts at state `start`. Rejected packets are counted, forwarded and never classified (the `unparsed` path). */
export interface Parser {
  readonly states: readonly ParserState[];
}

export type MatchKind = 'exact' | 'ternary' | 'range' | 'lpm';

export interface TableKey {
  readonly field: string;
  readonly match: MatchKind;
  /** Match only bits low .. low+bits-1 of the field (default: all). */
  readonly slice?: { readonly low: number; readonly bits: number };
}

/**
 * Entries in columns, sorted by priority then order. Key words: one 32-bit word per key of ≤ 32 bits, two (low, high) for
 * wider, keys in order; `keyWords` words an entry. exact: mask all ones; lpm: prefix mask; range: value = low end,
 * mask = high end, inclusive. A hit is the matching entry with the smallest priority; ties for best are errors.
 */
export interface Entries {
  readonly count: number;
  readonly keyWords: number;
  readonly value: Uint32Array;
  readonly mask: Uint32Array;
  readonly priority: Uint32Array;
  /** Index into the table's `actions`. */
  readonly action: Uint8Array;
  readonly dataWords: number;
  /** `dataWords` words an entry (the widest action's parameter count), one per parameter, unsigned modulo 2^bits. */
  readonly data: Uint32Array;
}

export interface Table {
  readonly name: string;
  readonly gress: Gress;
  /** No keys: keyless, always runs the default action. */
  readonly keys: readonly TableKey[];
  readonly actions: readonly string[];
  readonly defaultAction: { readonly action: string; readonly data: readonly number[] };
  /** Declared size; 0 for keyless tables. */
  readonly size: number;
  readonly entries: Entries;
  /** What this table came from: `fc1 groups 0-1 (ip.ihl, ip.total_len)`. */
  readonly note?: string;
}

/** A gateway test against a constant, or header validity. All tests of a condition must hold. */
export type Test =
  | { readonly kind: 'valid'; readonly header: string }
  | { readonly kind: 'invalid'; readonly header: string }
  | {
      readonly kind: 'cmp';
      readonly field: string;
      readonly op: 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge';
      readonly value: number;
      readonly signed?: boolean;
    };

export type Step =
  | { readonly kind: 'apply'; readonly table: string }
  | {
      readonly kind: 'if';
      readonly all: readonly Test[];
      readonly then: readonly Step[];
      readonly else: readonly Step[];
    };

/** Who owns a flow slot and how a newcomer is treated; read by replay to count collisions. */
export interface FlowState {
  /** Field that indexes every flow register. */
  readonly slot: string;
  readonly slots: number;
  /** Field with the full hash kept as owner. */
  readonly owner: string;
  readonly symmetric: boolean;
  readonly policy: 'replace' | 'keep' | 'timeout';
  /** Nanoseconds, for `timeout`. */
  readonly timeoutNs?: number;
  /** Field, 2 bits: 0 the owner's packet, 1 first of an empty slot, 2 took the slot from another, 3 slot belongs to another. */
  readonly status: string;
  /** State kept on the switch per flow in bits, all registers together. */
  readonly bitsPerFlow: number;
}

/** Where the answer is found after the last stage. */
export interface Verdict {
  readonly kind: 'argmax' | 'score' | 'none';
  /** 1-bit field: 1 when the verdict counts (window full, slot owned). Absent: always. */
  readonly valid?: string;
  /** argmax: class index. score: 1 when over the threshold. */
  readonly class?: string;
  /** Logits (argmax), one signed value a class, or [score]. A slice where lanes are packed. */
  readonly logits: readonly {
    readonly field: string;
    readonly low: number;
    readonly bits: number;
    readonly signed: boolean;
  }[];
  readonly classes: readonly string[];
  /** Anomaly threshold, in units of the score. */
  readonly threshold?: number;
}

/** A switch-computed model input: which field holds it. */
export interface FeatureField {
  readonly feature: string;
  readonly field: string;
  readonly bits: number;
}

/** A complete dataplane program. Plain data: serialisable as it is (typed arrays kept). */
export interface Program {
  readonly name: string;
  readonly fields: readonly Field[];
  readonly headers: readonly Header[];
  readonly parser: Parser;
  readonly hashes: readonly Hash[];
  readonly registers: readonly Register[];
  readonly stateful: readonly StatefulAction[];
  readonly actions: readonly Action[];
  readonly tables: readonly Table[];
  readonly ingress: readonly Step[];
  readonly egress: readonly Step[];
  /** Fields carried from ingress to egress in a bridged header. Everything else is 0 / invalid there. */
  readonly bridge: readonly string[];
  readonly features: readonly FeatureField[];
  readonly flow?: FlowState;
  readonly verdict: Verdict;
}

/** A slice of a program; fragments are merged by concatenating their lists (program/merge.ts). */
export type Fragment = Partial<
  Pick<
    Program,
    | 'fields'
    | 'headers'
    | 'hashes'
    | 'registers'
    | 'stateful'
    | 'actions'
    | 'tables'
    | 'ingress'
    | 'egress'
    | 'bridge'
    | 'features'
    | 'flow'
  >
>;
