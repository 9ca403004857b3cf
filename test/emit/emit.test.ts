import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type EmitFile, type EmitOptions, emitProgram, writeEmitted } from '../../src/emit/index.ts';
import { ProblemError } from '../../src/problem.ts';
import { entriesOf, type Program } from '../../src/program/index.ts';
import { randomProgram } from '../program/arbitrary.ts';
import { randomFrames } from '../program/packets.ts';
import { tinyProgram } from '../program/tiny.ts';
import { structureProblems } from './p4/check.ts';
import { readBfrt, readCli } from './p4/entries.ts';
import { P4Machine } from './p4/machine.ts';
import { readPcap } from './p4/pcap.ts';
import { parseP4 } from './p4/syntax.ts';

const Emit = suite('emit/emit');

const packets = (seed: number, count: number) => ({ kind: 'packets', packets: randomFrames(seed, count) }) as const;
const content = (files: readonly EmitFile[], name: RegExp) => files.find((one) => name.test(one.path))!.content;
const text = (files: readonly EmitFile[], name: RegExp) => String(content(files, name));
const hex = (frames: readonly Uint8Array[]) => frames.map((one) => Buffer.from(one).toString('hex'));

function code(program: Program, options: EmitOptions): string {
  try {
    emitProgram(program, undefined, options);
    return 'emitted';
  } catch (error) {
    return error instanceof ProblemError ? error.problem.code : String(error);
  }
}

/** The tiny program with other entries in its ternary table. */
function retrained(count: number): Program {
  const tiny = tinyProgram();
  const shape = { keys: [{ bits: 8, match: 'ternary' as const }], params: [[16], []] };
  const rows = Array.from({ length: count }, (_, i) => ({ key: [i & 255], data: [(100 + i) & 0xffff], priority: i }));
  const tables = tiny.tables.map((one) =>
    one.name === 't_map' ? { ...one, size: count, entries: entriesOf(shape, rows) } : one,
  );
  return { ...tiny, tables };
}

Emit('files of v1model and of Tofino, the same bytes each time', () => {
  const paths = (options: EmitOptions) => emitProgram(tinyProgram(), undefined, options).map((one) => one.path);
  assert.equal(paths({ target: 'v1model' }), [
    'tiny.p4',
    'entries.txt',
    'entries.p4rt.txtpb',
    'entries.p4rt.json',
    'README.md',
  ]);
  assert.equal(paths({ target: 'tna' }), ['tiny.p4', 'entries.bfrt.json', 'load_entries.py', 'README.md']);
  const kit = packets(4, 20);
  assert.equal(
    emitProgram(tinyProgram(), undefined, { target: 'v1model', kit }),
    emitProgram(tinyProgram(), undefined, { target: 'v1model', kit }),
  );
});

Emit('priorities: smaller wins for the command file and BF-Runtime, larger and above 0 for P4Runtime', () => {
  const files = emitProgram(tinyProgram(), undefined, { target: 'v1model' });
  const cli = text(files, /entries\.txt$/)
    .trim()
    .split('\n');
  assert.equal(cli, [
    'set_queue_depth 1000000',
    'table_add PegasimIngress.t_map PegasimIngress.do_add 0x06&&&0xff => 65533 0',
    'table_add PegasimIngress.t_map PegasimIngress.do_add 0x01&&&0x01 => 5 1',
    'table_add PegasimIngress.t_map PegasimIngress.do_skip 0x00&&&0x01 => 1',
  ]);
  const priorities = [...text(files, /txtpb$/).matchAll(/priority: (\d+)/g)].map((one) => Number(one[1]));
  assert.equal(priorities, [2, 1, 1]);
  const bfrt = JSON.parse(text(emitProgram(tinyProgram(), undefined, { target: 't2na' }), /bfrt/));
  assert.equal(
    bfrt.tables[0].entries.map((one: { priority: number }) => one.priority),
    [0, 1, 1],
  );
});

Emit('like: the old P4 byte for byte, new entries; 512 new ones fit a block of TCAM rows, 513 do not', () => {
  const old = tinyProgram();
  const files = emitProgram(retrained(4), undefined, { target: 'v1model', like: old });
  assert.is(text(files, /\.p4$/), text(emitProgram(old, undefined, { target: 'v1model' }), /\.p4$/));
  assert.match(text(files, /entries\.txt$/), /0x03&&&0xff => 103 3/);
  assert.is(code(retrained(512), { target: 'v1model', like: old }), 'emitted');
  assert.is(code(retrained(513), { target: 'v1model', like: old }), 'EMIT-LIKE-SIZE');
  const other = { ...old, fields: old.fields.map((one) => (one.name === 'meta.sum' ? { ...one, bits: 17 } : one)) };
  assert.is(code(retrained(4), { target: 'v1model', like: other }), 'EMIT-LIKE');
});

Emit('unknown targets, classes, actions and ports are refused with what is known', () => {
  const wrong = (options: object) => code(tinyProgram(), { target: 'v1model', ...options } as EmitOptions);
  assert.is(wrong({ target: 'psa' }), 'EMIT-OPTION');
  assert.is(wrong({ result: 'action', actions: { c: 'drop' } }), 'EMIT-OPTION');
  assert.is(wrong({ result: 'action', actions: { a: 'explode' } }), 'EMIT-OPTION');
  assert.is(wrong({ outputPort: 511 }), 'EMIT-OPTION');
  assert.is(wrong({ result: 'action', actions: { a: 'mirror:0' } }), 'EMIT-OPTION');
  assert.is(wrong({ result: 'action', actions: { a: 'dscp:8' } }), 'EMIT-UNSUPPORTED');
  assert.is(wrong({ actions: { a: 'drop' } }), 'EMIT-OPTION');
  // MirrorId_t has 10 bits in tna.p4, 8 in t2na.p4.
  const session = (target: 'tna' | 't2na') =>
    code(tinyProgram(), { target, result: 'action', actions: { a: 'mirror:256' } });
  assert.is(session('tna'), 'emitted');
  assert.is(session('t2na'), 'EMIT-OPTION');
});

Emit('time comes from the shim by default on v1model, from the target on request', () => {
  const program = randomProgram(3, { size: 3, egress: false });
  const of = (options: Partial<EmitOptions>) =>
    text(emitProgram(program, undefined, { target: 'v1model', ...options }), /\.p4$/);
  assert.match(of({}), /packet\.extract\(hdr\.pegasim_shim\)/);
  assert.match(of({ timeSource: 'intrinsic' }), /standard_metadata\.ingress_global_timestamp \* 48w1000/);
  assert.not.match(of({ timeSource: 'intrinsic' }), /pegasim_shim/);
});

Emit('result as action: 20 random programs mirror, drop and forward as expected, ingress and egress', () => {
  let dropped = 0;
  let mirrored = 0;
  for (let seed = 200; seed < 220; seed++) {
    const program = randomProgram(seed, { size: 4, egress: seed % 3 === 0 });
    const [first, second] = program.verdict.classes;
    const actions = second === undefined ? { [first]: 'drop' } : { [first]: 'mirror:7', [second]: 'drop' };
    const files = emitProgram(program, undefined, {
      target: 'v1model',
      result: 'action',
      actions,
      kit: packets(seed, 40),
    });
    const tree = parseP4(text(files, /\.p4$/));
    const machine = new P4Machine(tree, readCli(text(files, /entries\.txt$/), tree));
    const expected = readPcap(content(files, /expected_out/) as Uint8Array);
    const input = readPcap(content(files, /input_in/) as Uint8Array);
    const results = input.map((frame) => machine.runV1(frame, 0n));
    const out = results.flatMap(({ frame }) => frame ?? []);
    assert.equal(hex(out), hex(expected), program.name);
    dropped += input.length - out.length;
    if (second === undefined) continue;
    const copies = results.flatMap(({ copy }) => copy ?? []);
    assert.equal(hex(copies), hex(readPcap(content(files, /expected_mirror/) as Uint8Array)), program.name);
    assert.match(text(files, /entries\.txt$/), /^mirroring_add 7 2$/m);
    mirrored += copies.length;
  }
  assert.ok(dropped > 0 && mirrored > 0, `${dropped} packets are dropped, ${mirrored} mirrored`);
});

Emit('structure: 30 random programs, both dialects: names, sizes, parameters, widths, one access a path', () => {
  for (let seed = 300; seed < 330; seed++) {
    const program = randomProgram(seed, { size: 1 + (seed % 9) });
    const files = emitProgram(program, undefined, { target: 'v1model' });
    const tree = parseP4(text(files, /\.p4$/));
    assert.equal(structureProblems(tree, readCli(text(files, /entries\.txt$/), tree)), [], program.name);
    if (code(program, { target: 't2na' }) !== 'emitted') continue;
    const tofino = emitProgram(program, undefined, { target: 't2na' });
    const other = parseP4(text(tofino, /\.p4$/));
    assert.equal(structureProblems(other, readBfrt(text(tofino, /bfrt/), other)), [], program.name);
  }
});

Emit('the structure check itself finds a missing field, a full table and a wide value', () => {
  const files = emitProgram(tinyProgram(), undefined, { target: 'v1model' });
  const source = text(files, /\.p4$/);
  const entries = text(files, /entries\.txt$/);
  const problems = (p4: string, cli: string) => {
    const tree = parseP4(p4);
    return structureProblems(tree, readCli(cli, tree)).join('; ');
  };
  assert.is(problems(source, entries), '');
  assert.match(problems(source.replace('bit<16> count;', ''), entries), /meta\.count is not declared/);
  assert.match(problems(source.replace('size = 512;', 'size = 2;'), entries), /3 entries in 2/);
  assert.match(problems(source, entries.replace('65533', '65536')), /65536 in bit<16>/);
});

Emit('written files are those emitted, nothing else', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pegasim-emit-'));
  const files = emitProgram(tinyProgram(), undefined, { target: 'v1model', kit: packets(2, 10) });
  writeEmitted(folder, files);
  assert.equal(readdirSync(join(folder, 'kit')).sort(), [
    'compare.py',
    'expected.json',
    'expected_out.pcap',
    'input_in.pcap',
    'output_in.pcap',
  ]);
  assert.is(readFileSync(join(folder, 'tiny.p4'), 'utf8'), text(files, /\.p4$/));
  const expected = JSON.parse(readFileSync(join(folder, 'kit/expected.json'), 'utf8'));
  assert.is(expected.packets.length, 10);
  rmSync(folder, { recursive: true });
});

Emit.run();
