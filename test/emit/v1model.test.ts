import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type EmitFile, emitProgram } from '../../src/emit/index.ts';
import type { Program } from '../../src/program/index.ts';
import { randomProgram } from '../program/arbitrary.ts';
import { randomFrames } from '../program/packets.ts';
import { tinyProgram } from '../program/tiny.ts';
import { readCli, readRuntimeJson, readRuntimeText } from './p4/entries.ts';
import type { Contents } from './p4/installed.ts';
import { P4Machine } from './p4/machine.ts';
import { readPcap } from './p4/pcap.ts';
import { parseP4 } from './p4/syntax.ts';
import type { P4Tree } from './p4/tree.ts';

const V1model = suite('emit/v1model');

const packets = (seed: number, count: number) => ({ kind: 'packets', packets: randomFrames(seed, count) }) as const;
const text = (files: readonly EmitFile[], name: RegExp) => String(files.find((one) => name.test(one.path))!.content);
const bytes = (files: readonly EmitFile[], path: string) =>
  files.find((one) => one.path === path)!.content as Uint8Array;

/** Sends the kit's input through the emitted P4 with these entries; the first frame that differs from what is expected. */
function firstDifference(files: readonly EmitFile[], tree: P4Tree, contents: Contents): string | undefined {
  const machine = new P4Machine(tree, contents);
  const input = readPcap(bytes(files, 'kit/input_in.pcap'));
  const out = input.flatMap((frame) => machine.runV1(frame, 0n).frame ?? []);
  const expected = readPcap(bytes(files, 'kit/expected_out.pcap'));
  if (out.length !== expected.length) return `${out.length} frames, expected ${expected.length}`;
  const at = out.findIndex((frame, i) => Buffer.compare(frame, expected[i]) !== 0);
  if (at < 0) return undefined;
  return `frame ${at}: ${Buffer.from(out[at]).toString('hex')}, expected ${Buffer.from(expected[at]).toString('hex')}`;
}

function check(program: Program, frames: number): void {
  const files = emitProgram(program, undefined, { target: 'v1model', kit: packets(program.name.length, frames) });
  const tree = parseP4(text(files, /\.p4$/));
  assert.is(firstDifference(files, tree, readCli(text(files, /entries\.txt$/), tree)), undefined, program.name);
}

V1model('the tiny program runs as P4 and yields the expected frames from all three entry files', () => {
  const files = emitProgram(tinyProgram(), undefined, { target: 'v1model', kit: packets(1, 80) });
  const tree = parseP4(text(files, /\.p4$/));
  for (const contents of [
    readCli(text(files, /entries\.txt$/), tree),
    readRuntimeText(text(files, /txtpb$/), tree),
    readRuntimeJson(text(files, /p4rt\.json$/), tree),
  ]) {
    assert.is(firstDifference(files, tree, contents), undefined);
  }
});

V1model('40 random programs run as P4 on 30 random frames each, ingress and egress', () => {
  for (let seed = 0; seed < 40; seed++) check(randomProgram(seed, { size: 1 + (seed % 10) }), 30);
});

V1model('P4Runtime text and JSON install the same tables as the command file', () => {
  for (let seed = 100; seed < 106; seed++) {
    const program = randomProgram(seed, { size: 8 });
    const files = emitProgram(program, undefined, { target: 'v1model', kit: packets(seed, 30) });
    const tree = parseP4(text(files, /\.p4$/));
    assert.is(firstDifference(files, tree, readRuntimeText(text(files, /txtpb$/), tree)), undefined, program.name);
    assert.is(firstDifference(files, tree, readRuntimeJson(text(files, /p4rt\.json$/), tree)), undefined, program.name);
  }
});

V1model.run();
