/**
 * Hash externs. v1model hashes a tuple of plain fields, so XORs are computed one table earlier; on Tofino a symmetric pair of
 * parts (a ^ b, b ^ a) is the chip's `@symmetric` option (PROGRAM.md "Flow slots"), other XORs are computed one table earlier too.
 */

import type { Gress, Hash } from '../program/index.ts';
import type { Context } from './context.ts';

/** One element of the hashed tuple: a field, or (by `prepared`) the XOR of several in metadata of our own. */
interface Part {
  readonly text: string;
  readonly prepared?: string;
}

export interface HashPlan {
  readonly parts: readonly string[];
  /** Assignments that must run in an earlier table. */
  readonly prepare: readonly string[];
  /** Pairs for `@symmetric`. */
  readonly symmetric: readonly (readonly [string, string])[];
}

/** How a hash is computed in one gress. Adds the metadata it needs. */
export function planHash(context: Context, hash: Hash, gress: Gress): HashPlan {
  const symmetric: [string, string][] = [];
  const parts: Part[] = [];
  const done = new Set<number>();
  hash.parts.forEach((part, p) => {
    if (done.has(p)) return;
    const mirror = context.tofino ? mirrorOf(hash, p) : -1;
    if (mirror >= 0) {
      const pair = part.xor.map((name) => context.field(name, gress)) as [string, string];
      symmetric.push(pair);
      parts[p] = { text: pair[0] };
      parts[mirror] = { text: pair[1] };
      done.add(mirror);
    } else parts[p] = plainPart(context, hash, p, gress);
  });
  return {
    parts: parts.map((one) => one.text),
    prepare: parts.flatMap((one) => one.prepared ?? []),
    symmetric,
  };
}

/** The later part that XORs the same two fields the other way round. */
function mirrorOf(hash: Hash, p: number): number {
  const [a, b, ...rest] = hash.parts[p].xor;
  if (b === undefined || a === b || rest.length > 0) return -1;
  return hash.parts.findIndex(({ xor }, q) => q > p && xor.length === 2 && xor[0] === b && xor[1] === a);
}

function plainPart(context: Context, hash: Hash, p: number, gress: Gress): Part {
  const names = hash.parts[p].xor;
  if (names.length === 1) return { text: context.field(names[0], gress) };
  const member = `pegasim_xor_${context.control[gress].nameOf(`hash ${hash.name}`)}_${p}`;
  context.extra.set(member, context.bits(names[0]));
  const xor = names.map((name) => context.field(name, gress)).join(' ^ ');
  return { text: `meta.${member}`, prepared: `meta.${member} = ${xor};` };
}
