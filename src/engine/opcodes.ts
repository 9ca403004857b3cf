/** Numbers of the bytecode that the kernels (wasm/assembly/index.ts) and their TypeScript twin execute. */

export const OP = {
  end: 0,
  binary: 1,
  compare: 2,
  move: 3,
  shiftS: 4,
  direct: 5,
  product: 6,
  gather: 7,
  search: 8,
  find: 9,
  bitmap: 10,
  crc: 11,
  scan: 12,
  sum: 13,
  skip: 14,
} as const;

/** Words of each instruction, opcode included, by opcode. */
export const OP_WORDS = [1, 10, 11, 10, 9, 7, 6, 7, 6, 7, 6, 5, 8, 8, 3] as const;

/** Sub-operations of `binary`, in number order. */
export const BINARY = [
  'add',
  'sub',
  'addSatU',
  'addSatS',
  'subSatU',
  'subSatS',
  'minU',
  'minS',
  'maxU',
  'maxS',
  'and',
  'or',
  'xor',
] as const;

/** Sub-operations of `compare`, and of a register scan's conditions, in number order. */
export const COMPARE = ['eq', 'ne', 'ltU', 'leU', 'gtU', 'geU', 'ltS', 'leS', 'gtS', 'geS'] as const;

/** Sub-operations of a register scan's updates, in number order. */
export const UPDATE = ['set', 'add', 'sub', 'minU', 'minS', 'maxU', 'maxS', 'and', 'or', 'xor', 'addSatS'] as const;

/** Values a register scan puts out, in number order. */
export const OUTPUT = ['oldLo', 'oldHi', 'newLo', 'newHi', 'cond0', 'cond1'] as const;

/** Added to an output's number: OR into the destination instead of replacing it. */
export const OUTPUT_JOINS = 8;

/** What compiled kernels and this code must agree on: a module built for other numbers would do nothing, or something else, in silence. */
export const CONTRACT = JSON.stringify({ OP, OP_WORDS, BINARY, COMPARE, UPDATE, OUTPUT, OUTPUT_JOINS });

export type BinaryName = (typeof BINARY)[number];
export type CompareName = (typeof COMPARE)[number];

/** Outcome of a packet the parser accepted, before its verdict is known. */
export const PARSED = 255;

/** Mixes one key word into a hash: the same function as in wasm/assembly/lookup.ts. */
export function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1) >>> 0;
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
