/** Fingerprints of slices: equal functions at different window positions share trees and tables. */
import type { Instruction, LinearForm, Slice } from './slice-code.ts';

const FNV_PRIME = 0x01000193;

/** Where functions of one name are told apart (slopes, bounds). */
const PROBES = [-7.3, -1.1, -0.4, 0.3, 1.2, 6.9];

/** Two 32-bit hashes over the bits of numbers. */
interface Hash {
  readonly word: Float64Array;
  readonly halves: Uint32Array;
  a: number;
  b: number;
}

function mix(h: Hash, x: number): void {
  h.word[0] = x;
  for (const half of h.halves) {
    h.a = Math.imul(h.a ^ half, FNV_PRIME);
    h.a ^= h.a >>> 15;
    h.b = Math.imul(h.b + half, 0x85ebca6b);
    h.b = (h.b << 13) | (h.b >>> 19);
  }
}

function mixText(h: Hash, text: string): void {
  for (let i = 0; i < text.length; i++) mix(h, text.charCodeAt(i));
}

function mixForm(h: Hash, form: LinearForm): void {
  mix(h, form.cols.length);
  for (const c of form.cols) mix(h, c);
  for (const w of form.weights) mix(h, w);
  mix(h, form.bias);
}

function mixInstruction(h: Hash, i: Instruction): void {
  mixText(h, i.kind);
  mix(h, i.out);
  switch (i.kind) {
    case 'lin':
      mixForm(h, i);
      return;
    case 'fn':
      mixText(h, i.fn.name);
      for (const x of PROBES) mix(h, i.fn.f(x));
      mix(h, i.a);
      return;
    case 'fn2':
      mixText(h, i.fn.name);
      for (const x of PROBES) mix(h, i.fn.f(x, 0.7));
      mix(h, i.fn.f(0, 1.3));
      for (const v of [i.a.column, i.a.value, i.b.column, i.b.value]) mix(h, v);
      return;
    case 'embed':
      for (const v of [i.a, i.rows, i.dim, i.at]) mix(h, v);
      for (let r = 0; r < i.rows; r++) mix(h, i.table[r * i.dim + i.at]);
  }
}

/** A fingerprint of what the slice computes (64 bits, hexadecimal). */
export function sliceKey(slice: Slice): string {
  const word = new Float64Array(1);
  const h: Hash = { word, halves: new Uint32Array(word.buffer), a: 0x811c9dc5, b: 0x9e3779b9 };
  mix(h, slice.inputs);
  for (const instruction of slice.code) mixInstruction(h, instruction);
  for (const form of slice.outputs) mixForm(h, form);
  return [h.a, h.b].map((v) => (v >>> 0).toString(16).padStart(8, '0')).join('');
}
