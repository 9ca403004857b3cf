/** Actions of a program (program.ts): operands, instructions of the action units, hashes. */

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
