/** The six models and a state in registers from ONNX, whole path from raw packets, as P4 of every target: run by the tests' own P4 machine. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compileModel } from '../../src/compiler/index.ts';
import {
  conformPlacement,
  conformTo,
  type EmitFile,
  type EmitOptions,
  type EmitTarget,
  emitProgram,
} from '../../src/emit/index.ts';
import { stateName } from '../../src/features/index.ts';
import { type ModelId, parseOnnx } from '../../src/model/index.ts';
import type { Program } from '../../src/program/index.ts';
import { chipNamed, placeProgram } from '../../src/switch/index.ts';
import type { FeatureRows } from '../../src/traffic/index.ts';
import { randomModel } from '../compiler/primitives/six-models.ts';
import { dataset, type FrameSpec } from '../features/frames.ts';
import { structureProblems } from './p4/check.ts';
import { readBfrt, readCli } from './p4/entries.ts';
import { P4Machine } from './p4/machine.ts';
import { readPcap } from './p4/pcap.ts';
import { parseP4 } from './p4/syntax.ts';

const Onnx = suite('emit/onnx');

/** Three flows of nine packets, mixed: TCP both ways, UDP behind a VLAN tag, IPv6; then options, a fragment, ARP, a cut header. */
function frames(): FrameSpec[] {
  const specs: FrameSpec[] = [];
  for (let i = 0; i < 9; i++) {
    const at = 1_000_000_000_000 + i * 3_000_000;
    const back = i % 3 === 2 ? { src: '10.0.0.2', dst: '10.0.0.1', sport: 80, dport: 1000 } : {};
    specs.push({ at, payload: 60 + ((i * 37) % 300), ...back });
    specs.push({ at: at + 70_000, proto: 17, sport: 53, dport: 4000, vlans: 1, payload: 66 + i, tos: 8 });
    specs.push({ at: at + 900_000, v6: true, sport: 9, payload: 70 + 11 * i });
  }
  const at = 1_001_000_000_000;
  specs.push({ at, options: 12, payload: 70 }, { at: at + 5, fragOffset: 100, payload: 80 });
  specs.push({ at: at + 9, etherType: 0x0806 }, { at: at + 11, payload: 4, snap: 40 });
  return specs;
}

/** Random weights, few leaves a tree: every construct of the model's program, few entries. */
function compiled(id: ModelId, salu: 'four-words' | 'one-word', rowsFrom = 0): Program {
  const { definition, onnx, inputs } = randomModel(id);
  const { features, window, clamp } = definition;
  const classes = ['a', 'b', 'c'];
  const count = 24;
  const { cell } = definition;
  const kept = cell === undefined ? {} : { state: { input: 'state', output: 'next_state' } };
  const read = cell === undefined ? features : Array.from({ length: cell.units }, (_, unit) => stateName(unit));
  // Of registers any value is as good as another.
  const given = cell === undefined ? inputs(rowsFrom + count) : inputs(4 * count).map((value) => value % 256);
  const rows: FeatureRows = {
    features: read,
    classes,
    count,
    values: Float64Array.from(given).slice(rowsFrom * read.length * window),
    label: Int16Array.from({ length: count }, (_, r) => r % 3),
    split: new Uint8Array(count),
  };
  const anomaly = definition.task === 'anomaly';
  const spec = { features, window, classes, units: {}, clamp, ...kept, verdict: anomaly ? 'score' : 'argmax' } as const;
  return compileModel({
    name: id,
    model: parseOnnx(onnx, id),
    spec: anomaly ? { ...spec, classes: ['a', 'b'], threshold: 1 } : spec,
    calibration: rows,
    chip: chipNamed('unbounded'),
    front: { slots: 256, salu },
    strategy: { leaves: 4, refit: false },
  }).program;
}

/** Packets that come out as they must, those that do not, and how many had a verdict. */
function outcome(
  program: Program,
  target: EmitTarget,
  options: Partial<EmitOptions> = {},
): { packets: number; different: number; verdicts: number; changed: number } {
  const { packets } = dataset(frames());
  const kit = { kind: 'packets', packets } as const;
  const files = emitProgram(program, undefined, { target, kit, timeSource: 'shim', ...options });
  const file = (path: RegExp) => files.find((one: EmitFile) => path.test(one.path))!.content;
  const tree = parseP4(String(file(/\.p4$/)));
  const contents =
    target === 'v1model' ? readCli(String(file(/entries\.txt$/)), tree) : readBfrt(String(file(/bfrt\.json$/)), tree);
  assert.equal(structureProblems(tree, contents), [], `${program.name} for ${target}`);
  const machine = new P4Machine(tree, contents);
  const expected = readPcap(file(/expected_out/) as Uint8Array);
  const input = readPcap(file(/input_in/) as Uint8Array);
  const out = input.map((frame) =>
    target === 'v1model' ? machine.runV1(frame, 0n).frame : machine.runTofino(frame, 0n).frame,
  );
  const changed = out.filter((frame, i) => frame && Buffer.compare(frame, input[i].subarray(6)) !== 0).length;
  const different = out.filter((frame, i) => !frame || Buffer.compare(frame, expected[i]) !== 0).length;
  const verdicts = (String(file(/expected\.json$/)).match(/"outcome":"verdict"/g) ?? []).length;
  return { packets: out.length, different, verdicts, changed };
}

const MODELS: readonly ModelId[] = ['mlp-b', 'rnn-b', 'cnn-b', 'cnn-m', 'cnn-l', 'autoencoder', 'rnn-b-register'];

for (const id of MODELS) {
  Onnx(`${id} from ONNX: 31 frames through parser, hash, registers and tables, in v1model, T2NA and TNA`, () => {
    const wide = compiled(id, 'four-words');
    // Slicing CNN-L's bytes takes most of a minute: its Tofino 1 front has nothing that the other models' have not.
    const narrow = id === 'cnn-l' ? [] : [[compiled(id, 'one-word'), 'tna'] as const];
    for (const [program, target] of [[wide, 'v1model'], [wide, 't2na'], ...narrow] as const) {
      const { packets, different, verdicts } = outcome(program, target);
      assert.is(different, 0, `${different} of ${packets} for ${target}`);
      assert.ok(verdicts >= 6, `${verdicts} verdicts for ${target}`);
    }
  });
}

Onnx('mlp-b marks the DSCP of IPv4 packets alone, with a new header checksum, on bmv2 and Tofino 2', () => {
  const program = compiled('mlp-b', 'four-words');
  const actions = { a: 'dscp:46', b: 'dscp:10', c: 'dscp:1' };
  for (const target of ['v1model', 't2na'] as const) {
    const { different, changed } = outcome(program, target, { result: 'action', actions });
    assert.is(different, 0, target);
    // 9 TCP, 9 UDP, the one with options, the fragment; the cut one is never parsed, and its checksum is wrong as it came.
    assert.is(changed, 21, target);
  }
});

Onnx(
  'cnn-m calibrated anew takes the shape of the old program: same P4, same placement, new entries, right answers',
  () => {
    const old = compiled('cnn-m', 'four-words');
    const fresh = compiled('cnn-m', 'four-words', 24);
    const { program, problems } = conformTo(fresh, old);
    assert.equal(problems, []);
    const p4 = (one: Program, like?: Program) =>
      emitProgram(one, undefined, { target: 'v1model', ...(like === undefined ? {} : { like }) });
    assert.is(p4(program!, old)[0].content, p4(old)[0].content);
    assert.is.not(p4(program!, old)[1].content, p4(old)[1].content);
    assert.is(outcome(program!, 'v1model', { like: old }).different, 0);
    const { placement } = placeProgram(old, chipNamed('unbounded'));
    const kept = conformPlacement(placement, program!);
    assert.equal(
      kept.parts.map(({ table, stage, sram }) => [table, stage, sram]),
      placement.parts.map(({ table, stage, sram }) => [table, stage, sram]),
    );
    const entries = (name: string) => program!.tables.find((one) => one.name === name)!.entries.count;
    assert.ok(kept.parts.every(({ table, from, to }) => from <= to && to <= entries(table)));
  },
);

Onnx('another model or other classes are refused; the same program is its own likeness', () => {
  const old = compiled('autoencoder', 'four-words');
  const code = (fresh: Program) => [...new Set(conformTo(fresh, old).problems.map((one) => one.code))];
  // Where tables differ their sizes may not hold either.
  assert.equal(code(compiled('cnn-m', 'four-words')), ['EMIT-LIKE', 'EMIT-LIKE-SIZE']);
  const other = { ...old, verdict: { ...old.verdict, classes: ['x', 'y'] } };
  assert.equal(code(other), ['EMIT-LIKE']);
  assert.equal(code(old), []);
});

Onnx.run();
