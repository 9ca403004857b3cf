/** The test kit: frames to send through the emitted program, and what must come out, packet by packet. */

import type { FrameColumns, Placement, Program, RunColumns } from '../program/index.ts';
import { chipNamed, placeProgram, runReference } from '../switch/index.ts';
import type { Context } from './context.ts';
import { expectedFrame, mirroredFrame, writtenHeaderFields } from './expected.ts';
import type { EmitFile } from './files.ts';
import { mirrorSessions } from './options.ts';
import { parserWalker } from './parse-walk.ts';
import { type Frame, pcapBytes } from './pcap.ts';
import { compareScript } from './readme.ts';
import { resultFields } from './result.ts';

export interface Kit {
  readonly files: readonly EmitFile[];
  readonly packets: number;
  /** Frames left out because they end inside skipped bytes, where targets and program differ. */
  readonly leftOut: number;
}

/** Kit of a program whose P4 is the context's; state runs on through all frames, as it does on a switch. */
export function buildKit(
  context: Context,
  program: Program,
  placement: Placement | undefined,
  packets: FrameColumns,
): Kit {
  const walker = parserWalker(program);
  const all = Array.from({ length: packets.count }, (_, i) => i);
  const frameOf = (i: number) => packets.bytes.subarray(packets.offset[i], packets.offset[i] + packets.capLen[i]);
  const kept = all.filter((i) => !walker(frameOf(i)).cutInSkip);
  const chosen = keptColumns(packets, kept);
  const where = placement ?? placeProgram(program, chipNamed('unbounded')).placement;
  const observe = writtenHeaderFields(program);
  const run = runReference(program, where, { kind: 'packets', packets: chosen }, { state: 'continuous', observe });
  const input: Frame[] = [];
  const output: Frame[] = [];
  const copies: Frame[] = [];
  kept.forEach((from, i) => {
    const time = { seconds: packets.seconds[from], nanos: packets.nanos[from] };
    const frame = frameOf(from);
    const shim = context.settings.timeSource === 'shim' ? shimBytes(time.seconds, time.nanos) : [];
    input.push({ ...time, bytes: Uint8Array.from([...shim, ...frame]) });
    const bytes = expectedFrame(context, frame, walker(frame), run, i);
    if (bytes) output.push({ ...time, bytes });
    const copy = mirroredFrame(context, frame, walker(frame), run, i);
    if (copy) copies.push({ ...time, bytes: copy });
  });
  const mirrors = mirrorSessions(context.settings).length > 0;
  const files: EmitFile[] = [
    { path: 'kit/input_in.pcap', content: pcapBytes(input) },
    { path: 'kit/output_in.pcap', content: pcapBytes([]) },
    { path: 'kit/expected_out.pcap', content: pcapBytes(output) },
    ...(mirrors
      ? [
          { path: 'kit/mirror_in.pcap', content: pcapBytes([]) },
          { path: 'kit/expected_mirror_out.pcap', content: pcapBytes(copies) },
        ]
      : []),
    { path: 'kit/expected.json', content: expectedJson(context, program, run) },
    { path: 'kit/compare.py', content: compareScript() },
  ];
  return { files, packets: kept.length, leftOut: packets.count - kept.length };
}

/** Frames as the switch gets them: whole (what the capture cut off never arrives), one capture. */
function keptColumns(packets: FrameColumns, kept: readonly number[]): FrameColumns {
  const pick = (column: Uint32Array) => Uint32Array.from(kept, (i) => column[i]);
  return {
    count: kept.length,
    bytes: packets.bytes,
    offset: pick(packets.offset),
    capLen: pick(packets.capLen),
    origLen: pick(packets.capLen),
    seconds: pick(packets.seconds),
    nanos: pick(packets.nanos),
    capture: new Uint32Array(kept.length),
  };
}

/** Six bytes, big-endian: nanoseconds since the epoch modulo 2^48. */
export function shimBytes(seconds: number, nanos: number): number[] {
  const time = BigInt.asUintN(48, BigInt(seconds) * 1_000_000_000n + BigInt(nanos));
  return Array.from({ length: 6 }, (_, b) => Number((time >> BigInt(8 * (5 - b))) & 255n));
}

const OUTCOMES = ['verdict', 'no verdict', 'unparsed', 'truncated', 'short'];

/** Per packet: outcome, class (null without), logits. One packet a line. */
function expectedJson(context: Context, program: Program, run: RunColumns): string {
  const logits = program.verdict.logits.length;
  const lines = Array.from({ length: run.count }, (_, i) => {
    const valid = run.outcome[i] === 0;
    return JSON.stringify({
      packet: i,
      outcome: OUTCOMES[run.outcome[i]],
      class: valid && run.verdict[i] >= 0 ? run.verdict[i] : null,
      logits: valid ? [...run.logits.subarray(i * logits, (i + 1) * logits)] : [],
    });
  });
  const head = {
    format: 'pegasim/expected',
    version: 1,
    program: program.name,
    classes: program.verdict.classes,
    resultHeader:
      context.settings.result === 'header' ? resultFields(context).map(({ name, bits }) => ({ name, bits })) : [],
    signedLogits: program.verdict.logits.map((one) => one.signed),
  };
  const open = JSON.stringify(head).slice(0, -1);
  return `${open},"packets":[\n${lines.join(',\n')}\n]}\n`;
}
