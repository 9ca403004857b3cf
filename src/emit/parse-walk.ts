/** Where the parser finds headers in a frame: offsets for the test kit's expected frames. Verdicts come from the reference pipeline. */

import type { ParserState, Program } from '../program/index.ts';
import { lookupOf } from '../program/index.ts';

export interface ParseWalk {
  readonly accepted: boolean;
  /** Byte offset of every header that was extracted, in order. */
  readonly headers: ReadonlyMap<string, number>;
  /** The frame ends inside bytes that a state skips: targets call that a short packet, the program does not. */
  readonly cutInSkip: boolean;
}

/** `bits` bits from bit `first` of a frame, most significant first. */
export function readBits(frame: Uint8Array, first: number, bits: number): bigint {
  let value = 0n;
  for (let b = first >> 3; b <= (first + bits - 1) >> 3; b++) value = (value << 8n) | BigInt(frame[b]);
  const spare = 7 - ((first + bits - 1) & 7);
  return BigInt.asUintN(bits, value >> BigInt(spare));
}

export type Walker = (frame: Uint8Array) => ParseWalk;

export function parserWalker(program: Program): Walker {
  const at = lookupOf(program);
  const states = new Map(program.parser.states.map((one) => [one.name, one]));
  const bitsOf = (name: string) => at.field.get(name)!.bits;
  const place = new Map<string, { header: string; bit: number }>();
  const bytes = new Map<string, number>();
  for (const header of program.headers) {
    let bit = 0;
    for (const name of header.fields) {
      place.set(name, { header: header.name, bit });
      bit += bitsOf(name);
    }
    bytes.set(header.name, bit / 8);
  }
  const choose = (state: ParserState, frame: Uint8Array, cursor: number, headers: ReadonlyMap<string, number>) => {
    const keys: bigint[] = [];
    for (const key of state.select) {
      if (key.kind === 'field') {
        const { header, bit } = place.get(key.field)!;
        keys.push(readBits(frame, headers.get(header)! * 8 + bit, bitsOf(key.field)));
      } else if (cursor + key.byte + key.bytes > frame.length) return undefined;
      else keys.push(readBits(frame, (cursor + key.byte) * 8, key.bytes * 8));
    }
    const hit = state.cases.find((one) => keys.every((key, k) => (key & BigInt(one.mask[k])) === BigInt(one.value[k])));
    return hit ? hit.next : state.otherwise;
  };
  return (frame) => {
    const headers = new Map<string, number>();
    let cursor = 0;
    let cutInSkip = false;
    const end = (accepted: boolean) => ({ accepted, headers, cutInSkip });
    for (let name: string | undefined = 'start'; name !== 'accept'; ) {
      const state = name === undefined ? undefined : states.get(name);
      if (!state) return end(false);
      for (const header of state.extract) {
        if (cursor + bytes.get(header)! > frame.length) return end(false);
        headers.set(header, cursor);
        cursor += bytes.get(header)!;
      }
      cursor += state.skip;
      if (state.skip > 0 && cursor > frame.length) cutInSkip = true;
      name = choose(state, frame, cursor, headers);
    }
    return end(true);
  };
}
