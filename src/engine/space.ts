/** Addresses handed out while an image is laid out, and the pieces of words that go there once its memory exists. */

import { fail } from '../problem.ts';
import type { Words } from './ir.ts';
import type { WordSink } from './parser.ts';

/** Words at an address. */
export interface Piece {
  readonly address: number;
  readonly data: Words;
}

export interface Space {
  /** Room for so many bytes, on a cache line of its own. */
  readonly reserve: (bytes: number) => number;
  /** Address of these words, placed at the first call. */
  readonly tableAddress: (words: Words) => number;
  readonly pieces: Piece[];
  readonly constants: Map<number, number>;
  /** First free byte. */
  readonly top: () => number;
}

/** The first bytes stay free: address 0 means "none". */
const FIRST = 1024;
const LIMIT = 0xffff0000;
/** Bytes of a cache line. */
const LINE = 64;

/**
 * An empty space.
 * @throws ProblemError RUN-MEMORY from `reserve` when the image does not fit a 4 GiB memory
 */
export function createSpace(): Space {
  const pieces: Piece[] = [];
  let top = FIRST;
  const reserve = (bytes: number) => {
    const address = Math.ceil(top / LINE) * LINE;
    top = address + bytes;
    if (top > LIMIT) {
      fail({
        code: 'RUN-MEMORY',
        message: 'tables, registers and columns of all workers do not fit one memory',
        need: `more than ${top} bytes`,
        have: `${LIMIT} bytes`,
        hint: 'fewer workers: each has its own registers and columns',
      });
    }
    return address;
  };
  const known = new Map<Words, number>();
  const tableAddress = (words: Words) => {
    let address = known.get(words);
    if (address === undefined) {
      address = reserve(words.byteLength);
      pieces.push({ address, data: words });
      known.set(words, address);
    }
    return address;
  };
  return { reserve, tableAddress, pieces, constants: new Map(), top: () => top };
}

/** Words collected first and reserved as one piece, so that addresses inside it are known while writing. */
export function writeWords(space: Space, bytes: number, fill: (sink: WordSink) => void): number {
  const address = space.reserve(bytes);
  const words = new Uint32Array(bytes >>> 2);
  let used = 0;
  fill({
    address: () => address + used * 4,
    word: (value) => {
      if (used >= words.length) throw new RangeError('a code area is too small');
      words[used++] = value;
    },
    patch: (at, value) => {
      words[(at - address) >>> 2] = value;
    },
  });
  space.pieces.push({ address, data: words });
  return address;
}

/** A splat cell of a constant, for operands with step 0. */
export function constantCell(space: Space, value: number): number {
  const word = value >>> 0;
  let address = space.constants.get(word);
  if (address === undefined) {
    address = space.tableAddress(new Uint32Array(4).fill(word));
    space.constants.set(word, address);
  }
  return address;
}
