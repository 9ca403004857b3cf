/**
 * The dataplane program as plain data: what every room upstream produces and every room downstream consumes.
 *
 * Vocabulary and rules follow P4-16/TNA. Everything refers to everything else *by name*, so fragments of a program
 * (parser, feature registers, model tables, verdict) are merged by concatenating lists. No behaviour lives here.
 */

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

/** A value an instruction reads. Constants are given as signed or unsigned; they are taken modulo 2^w. */
export type Operand =
  | { readonly kind: 'field'; readonly field: string }
  | { readonly kind: 'param'; readonly param: string }
  | { readonly kind: 'const'; readonly value: number };

export type BinaryOp =
  | 'add'
  | 'sub' // a - b
  | 'addSatU'
  | 'addSatS'
  | 'subSatU'
  | 'subSatS'
  | 'minU'
  | 'minS'
  | 'maxU'
  | 'maxS'
  | 'and'
  | 'or'
  | 'xor';

/** Compare two values into a 1-bit-valued destination; Tofino 2 only (TARGETS.md §2). */
export type CompareOp = 'eq' | 'ne' | 'ltU' | 'leU' | 'gtU' | 'geU' | 'ltS' | 'leS' | 'gtS' | 'geS';

/**
 * One action-unit instruction: at most one per destination field per stage; all of a stage read the values at its entry.
 * Values narrower than the destination are zero-extended; wider are cut. Signed forms (`..S`, `shrS`) read each operand as
 * two's complement of the *destination's* width. `signed` comparisons use the width of operand `a`'s field.
 */
export type Instruction =
  | { readonly op: 'set'; readonly dst: string; readonly a: Operand }
  | { readonly op: 'not'; readonly dst: string; readonly a: Operand }
  | { readonly op: BinaryOp; readonly dst: string; readonly a: Operand; readonly b: Operand }
  | { readonly op: CompareOp; readonly dst: string; readonly a: Operand; readonly b: Operand }
  /** Shift of a PHV operand by a constant 0..31. */
  | { readonly op: 'shl' | 'shrU' | 'shrS'; readonly dst: string; readonly a: Operand; readonly by: number }
  /** dst = a[low+bits-1 : low], zero-extended. */
  | { readonly op: 'slice'; readonly dst: string; readonly a: Operand; readonly low: number; readonly bits: number }
  /** dst[dstLow+bits-1 : dstLow] = a[low+bits-1 : low]; other bits of dst keep (deposit-field). */
  | {
      readonly op: 'deposit';
      readonly dst: string;
      readonly dstLow: number;
      readonly a: Operand;
      readonly low: number;
      readonly bits: number;
    }
  /** dst = when ? a : dst (conditional move; `when` is a field, taken when non-zero). */
  | { readonly op: 'cmov'; readonly dst: string; readonly a: Operand; readonly when: string }
  /** dst = low bits of a hash (hash unit through the immediate path). */
  | { readonly op: 'hash'; readonly dst: string; readonly hash: string };

/** Hash unit: CRC32 (TNA `HashAlgorithm_t.CRC32`) over a byte string, each part the XOR of its fields (the unit is linear). */
export interface Hash {
  readonly name: string;
  readonly algorithm: 'crc32';
  /** Parts in order, most significant byte first; all fields of one part have the same width, a multiple of 8 bits. */
  readonly parts: readonly { readonly xor: readonly string[] }[];
}

/** One call of a stateful ALU: at most one per action, and one per register array per packet. */
export interface StatefulCall {
  /** Name of a StatefulAction. */
  readonly run: string;
  /** Field that indexes the register (its low bits, modulo the register's size). */
  readonly index: string;
}

export interface Action {
  readonly name: string;
  /** Action data, typed per parameter; each at most 32 bits. */
  readonly params: readonly { readonly name: string; readonly bits: number }[];
  readonly instructions: readonly Instruction[];
  readonly stateful?: StatefulCall;
}

export type CellBits = 1 | 8 | 16 | 32;

/** A register array: `size` cells (a power of two) of one value, or of a pair (lo, hi). */
export interface Register {
  readonly name: string;
  readonly cellBits: CellBits;
  readonly pair: boolean;
  readonly size: number;
  /** Initial values: [lo] or [lo, hi]. */
  readonly initial: readonly number[];
  readonly note?: string;
}

/** What a stateful ALU may read: a cell half, one of two PHV inputs, a constant. */
export type SaluOperand =
  | { readonly kind: 'lo' }
  | { readonly kind: 'hi' }
  | { readonly kind: 'input'; readonly index: 0 | 1 }
  | { readonly kind: 'const'; readonly value: number };

/** a ⊙ b; both read at the cell's width (signed: two's complement of that width). `a`, `b` may be differences x − y, wrapped. */
export interface SaluCondition {
  readonly op: 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge';
  readonly signed: boolean;
  readonly a: SaluOperand;
  /** Subtracted from a before the comparison, if given. */
  readonly minus?: SaluOperand;
  readonly b: SaluOperand;
}

/** Those of a sub-unit (T:bf-asm/salu_inst.cpp:631-697): `addSatS` is its signed saturating addition, at the cell's width. */
export type SaluOp = 'set' | 'add' | 'sub' | 'addSatS' | 'minU' | 'minS' | 'maxU' | 'maxS' | 'and' | 'or' | 'xor';

/** new value of `cell` = a (set) or a ⊙ b, when the predicate holds; wraps at the cell's width. */
export interface SaluUpdate {
  readonly cell: 'lo' | 'hi';
  /**
   * Truth table over the conditions: bit (c0 + 2·c1) is 1 where the update happens; omitted = always. With no condition,
   * bit 0. The updates of one cell must have disjoint predicates; where none holds, the cell keeps its value.
   */
  readonly when?: number;
  readonly op: SaluOp;
  readonly a: SaluOperand;
  readonly b?: SaluOperand;
}

/** Word sent to the PHV: an old or new half, an input, or the truth of a condition; 0 when the predicate does not hold. */
export interface SaluOutput {
  readonly dst: string;
  readonly when?: number;
  readonly value: 'oldLo' | 'oldHi' | 'newLo' | 'newHi' | 'cond0' | 'cond1';
}

/** One read-modify-write: instruction set of the chip's stateful ALU (TARGETS.md §7). */
export interface StatefulAction {
  readonly name: string;
  readonly register: string;
  /** PHV inputs (zero-extended or cut to the cell's width); at most 2. */
  readonly inputs: readonly Operand[];
  /** At most 2 (4 on Tofino 2; the validator knows the chip). */
  readonly conditions: readonly SaluCondition[];
  readonly updates: readonly SaluUpdate[];
  readonly outputs: readonly SaluOutput[];
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
