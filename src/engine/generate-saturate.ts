/** Saturating additions and subtractions in a loop, of plain instructions and of stateful ALUs. */

import { ALL_ONES } from './builder.ts';
import { constant, op as emit, I32, local, W, withIndex } from './bytes.ts';
import type { Writer } from './writer.ts';

export type Saturating = 'addSatU' | 'addSatS' | 'subSatU' | 'subSatS';

/** Saturating operations on words shifted up to their end, from locals of both operands. */
export function saturate(writer: Writer, sub: Saturating, x: number, y: number): void {
  const { body } = writer;
  const adds = sub === 'addSatU' || sub === 'addSatS';
  const result = local(body, I32);
  const get = (...locals: readonly number[]) => {
    for (const index of locals) withIndex(body, W.get, index);
  };
  get(x, y);
  emit(body, adds ? W.add : W.sub);
  withIndex(body, W.set, result);
  if (sub === 'addSatU' || sub === 'subSatU') {
    constant(body, adds ? ALL_ONES : 0);
    get(result);
    get(...(adds ? [result, x] : [x, y]));
    emit(body, W.ltU, W.select);
    return;
  }
  get(result);
  constant(body, 31);
  emit(body, W.shrS);
  constant(body, 0x80000000);
  emit(body, W.xor);
  get(result);
  get(x, result);
  emit(body, W.xor);
  get(...(adds ? [y, result] : [x, y]));
  emit(body, W.xor, W.and);
  constant(body, 31);
  emit(body, W.shrU, W.select);
}
