/** What the kernels offer, compiled or as their TypeScript twin; and views of the one memory they work on. */

/** Functions on a memory; addresses are bytes (layouts: image.ts, encode.ts, parser.ts). */
export interface Machine {
  /** Bytecode over `count` packets. */
  readonly run: (code: number, count: number) => void;
  /** Generated loops: columns' address, bytes of a column in use (at least 4). */
  readonly loops: readonly ((base: number, bytes: number) => void)[];
  readonly parse: (plan: number, input: number, first: number, count: number) => void;
  /** Lists the parsed lanes first..first+count-1; writes up to one word more than it returns. */
  readonly pick: (outcome: number, first: number, count: number, list: number) => number;
  readonly collect: (plan: number, moves: number, list: number, count: number) => void;
  readonly deliver: (plan: number, moves: number, list: number, count: number) => void;
  readonly assign: (slot: number, sizeMask: number, shards: number, list: number, count: number, heads: number) => void;
}

/**
 * `fused`: compiled kernels and loops generated for the plan. `wasm`: compiled kernels, operation by operation. `typescript`:
 * their twin. All give the same results.
 */
export type Kernels = 'fused' | 'wasm' | 'typescript';

/** Typed views of one memory. */
export interface Views {
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
}

/** Views of a whole buffer. */
export function viewsOf(buffer: ArrayBufferLike): Views {
  return { u8: new Uint8Array(buffer), u16: new Uint16Array(buffer), u32: new Uint32Array(buffer) };
}
