/** Frames that must leave the switch: the input with changed header fields, the result header, the class's action. */

import type { Program, RunColumns } from '../program/index.ts';
import { tableActions } from '../program/index.ts';
import type { Context } from './context.ts';
import { firstHeader, RESULT_TYPE } from './headers.ts';
import { type ParseWalk, readBits } from './parse-walk.ts';
import { NO_CLASS, resultFields, tosField } from './result.ts';

/** Header fields that some action writes: their final values must be observed. */
export function writtenHeaderFields(program: Program): string[] {
  const actions = new Set(program.tables.flatMap(tableActions));
  const written = program.actions
    .filter((one) => actions.has(one.name))
    .flatMap((one) => [
      ...one.instructions.map((instruction) => instruction.dst),
      ...program.stateful
        .filter((salu) => salu.name === one.stateful?.run)
        .flatMap((salu) => salu.outputs.map((o) => o.dst)),
    ]);
  const headers = new Set(program.headers.flatMap((one) => one.fields));
  return [...new Set(written)].filter((name) => headers.has(name));
}

/** Writes bits into a frame, most significant first. */
export function writeBits(frame: Uint8Array, first: number, bits: number, value: bigint): void {
  for (let b = 0; b < bits; b++) {
    const at = first + b;
    const bit = Number((value >> BigInt(bits - 1 - b)) & 1n);
    frame[at >> 3] = (frame[at >> 3] & ~(0x80 >> (at & 7))) | (bit ? 0x80 >> (at & 7) : 0);
  }
}

/** The frame that leaves for packet `i`; undefined when it is dropped. */
export function expectedFrame(
  context: Context,
  frame: Uint8Array,
  walk: ParseWalk,
  run: RunColumns,
  i: number,
): Uint8Array | undefined {
  const out = Uint8Array.from(frame);
  const accepted = run.outcome[i] <= 1;
  if (accepted) patchHeaders(context, out, walk, run, i);
  const { result } = context.settings;
  if (result === 'header') return accepted ? withResult(context, out, run, i) : out;
  if (result === 'none') return out;
  const dropped = accepted && !applyAction(context, out, walk, run, i);
  renewChecksum(context, out, walk);
  return dropped ? undefined : out;
}

function fieldBit(context: Context, walk: ParseWalk, name: string): number | undefined {
  const header = context.at.headerOf.get(name)!;
  const offset = walk.headers.get(header);
  if (offset === undefined) return undefined;
  const fields = context.at.header.get(header)!.fields;
  const before = fields.slice(0, fields.indexOf(name)).reduce((sum, one) => sum + context.bits(one), 0);
  return offset * 8 + before;
}

function patchHeaders(context: Context, out: Uint8Array, walk: ParseWalk, run: RunColumns, i: number): void {
  for (const name of writtenHeaderFields(context.program)) {
    const bit = fieldBit(context, walk, name);
    if (bit === undefined) continue;
    const high = context.bits(name) > 32 ? BigInt(run.observed[`${name}.hi`][i]) << 32n : 0n;
    writeBits(out, bit, context.bits(name), high | BigInt(run.observed[name][i]));
  }
}

function withResult(context: Context, frame: Uint8Array, run: RunColumns, i: number): Uint8Array {
  const fields = resultFields(context);
  const header = new Uint8Array(fields.reduce((sum, one) => sum + one.bits, 0) / 8);
  const first = firstHeader(context.program);
  const length = first ? first.fields.reduce((sum, name) => sum + context.bits(name), 0) / 8 : 0;
  const valid = run.outcome[i] === 0;
  const logits = context.program.verdict.logits.length;
  let bit = 0;
  for (const one of fields) {
    let value = 0n;
    if (one.name === 'next_type') value = readBits(frame, (length - 2) * 8, 16);
    else if (one.name === 'class_index') value = BigInt(valid && run.verdict[i] >= 0 ? run.verdict[i] : NO_CLASS);
    else if (one.name === 'valid') value = valid ? 1n : 0n;
    else if (one.logit !== undefined && valid) value = BigInt(run.logits[i * logits + one.logit]);
    writeBits(header, bit, one.bits, BigInt.asUintN(one.bits, value));
    bit += one.bits;
  }
  const out = new Uint8Array(frame.length + header.length);
  out.set(frame.subarray(0, length));
  out.set(header, length);
  out.set(frame.subarray(length), length + header.length);
  if (first) writeBits(out, (length - 2) * 8, 16, BigInt(RESULT_TYPE));
  return out;
}

/** The copy that leaves for a packet whose class is mirrored; undefined for others. Only the checksum is computed anew in it. */
export function mirroredFrame(
  context: Context,
  frame: Uint8Array,
  walk: ParseWalk,
  run: RunColumns,
  i: number,
): Uint8Array | undefined {
  const { settings, program } = context;
  const wanted = run.outcome[i] === 0 ? settings.actions[program.verdict.classes[run.verdict[i]]] : undefined;
  if (settings.result !== 'action' || !wanted?.startsWith('mirror:')) return undefined;
  const out = Uint8Array.from(frame);
  // A copy made in ingress is the packet as it came; one made in egress has what ingress wrote.
  if (program.egress.length > 0) patchHeaders(context, out, walk, run, i);
  renewChecksum(context, out, walk);
  return out;
}

/** Applies the class's action; false when it drops. */
function applyAction(context: Context, out: Uint8Array, walk: ParseWalk, run: RunColumns, i: number): boolean {
  const { program, settings } = context;
  if (run.outcome[i] !== 0) return true;
  const [kind, value] = (settings.actions[program.verdict.classes[run.verdict[i]]] ?? 'forward').split(':');
  const tos = tosField(context);
  if (kind === 'dscp' && tos !== undefined && program.egress.length === 0) {
    const bit = fieldBit(context, walk, tos);
    if (bit !== undefined) writeBits(out, bit, 6, BigInt(value));
  }
  return kind !== 'drop';
}

/** The emitted P4 computes the IPv4 header checksum anew (headers without options). */
function renewChecksum(context: Context, out: Uint8Array, walk: ParseWalk): void {
  const header = context.at.header.get('ipv4');
  const names = (header?.fields ?? []).filter((name) => /\.(ihl|checksum)$/.test(name));
  const offset = walk.headers.get('ipv4');
  if (names.length !== 2 || offset === undefined || (out[offset] & 15) !== 5) return;
  out[offset + 10] = 0;
  out[offset + 11] = 0;
  let sum = 0;
  for (let b = 0; b < 20; b += 2) sum += out[offset + b] * 256 + out[offset + b + 1];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  out[offset + 10] = (~sum >> 8) & 255;
  out[offset + 11] = ~sum & 255;
}
