import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type EmitFile, type EmitTarget, emitProgram } from '../../src/emit/index.ts';
import { ProblemError } from '../../src/problem.ts';
import type { Program } from '../../src/program/index.ts';
import { chipNamed, placeProgram } from '../../src/switch/index.ts';
import { randomProgram } from '../program/arbitrary.ts';
import { randomFrames } from '../program/packets.ts';
import { tinyProgram } from '../program/tiny.ts';
import { readBfrt } from './p4/entries.ts';
import { P4Machine } from './p4/machine.ts';
import { readPcap } from './p4/pcap.ts';
import { parseP4 } from './p4/syntax.ts';

const Tofino = suite('emit/tofino');

const text = (files: readonly EmitFile[], name: RegExp) => String(files.find((one) => name.test(one.path))!.content);

/** Sends the kit through the emitted P4; `refused` with the code when the target cannot express the program. */
function difference(program: Program, target: EmitTarget, seed: number): string | undefined {
  const frames = { kind: 'packets', packets: randomFrames(seed, 30) } as const;
  let files: EmitFile[];
  try {
    files = emitProgram(program, undefined, { target, kit: frames, timeSource: 'shim' });
  } catch (error) {
    if (error instanceof ProblemError) return `refused ${error.problem.code}`;
    throw error;
  }
  const tree = parseP4(text(files, /\.p4$/));
  const machine = new P4Machine(tree, readBfrt(text(files, /bfrt\.json$/), tree));
  const content = (path: string) => readPcap(files.find((one) => one.path === path)!.content as Uint8Array);
  const out = content('kit/input_in.pcap').flatMap((frame) => machine.runTofino(frame, 0n).frame ?? []);
  const expected = content('kit/expected_out.pcap');
  const at = expected.findIndex((frame, i) => out[i] === undefined || Buffer.compare(frame, out[i]) !== 0);
  return at < 0 && out.length === expected.length ? undefined : `frame ${at} of ${expected.length}`;
}

Tofino('the tiny program runs on TNA and T2NA, its hash through the symmetric option or XORs', () => {
  assert.is(difference(tinyProgram(), 'tna', 1), undefined);
  assert.is(difference(tinyProgram(), 't2na', 1), undefined);
});

Tofino(
  'of 60 random programs those that Tofino 2 can express run as T2NA, ingress and egress over a bridged header',
  () => {
    const refused = new Map<string, number>();
    let egress = 0;
    for (let seed = 0; seed < 60; seed++) {
      const program = randomProgram(seed, { size: 1 + (seed % 3) });
      const result = difference(program, 't2na', seed);
      if (result?.startsWith('refused')) refused.set(result, (refused.get(result) ?? 0) + 1);
      else {
        assert.is(result, undefined, program.name);
        egress += program.egress.length > 0 ? 1 : 0;
      }
    }
    const left = 60 - [...refused.values()].reduce((sum, one) => sum + one, 0);
    assert.ok(left >= 10 && egress >= 3, `${left} expressible, ${egress} with egress`);
    assert.ok(
      [...refused.keys()].every((one) => /EMIT-(WIDTH|UNSUPPORTED)|PROGRAM-CHIP/.test(one)),
      [...refused.keys()].join(),
    );
  },
);

Tofino('a compare into a field is refused on Tofino 1 and written on Tofino 2', () => {
  const tiny = tinyProgram();
  const sum = { kind: 'field', field: 'meta.sum' } as const;
  const compare = { op: 'gtU', dst: 'meta.class', a: sum, b: { kind: 'const', value: 4 } } as const;
  const actions = tiny.actions.map((one) => (one.name === 'decide' ? { ...one, instructions: [compare] } : one));
  const program = { ...tiny, actions };
  assert.is(difference(program, 'tna', 2), 'refused PROGRAM-CHIP');
  assert.is(difference(program, 't2na', 2), undefined);
});

Tofino('--pin-stages writes the stage of every table of the placement', () => {
  const tiny = tinyProgram();
  const { placement } = placeProgram(tiny, chipNamed('tofino2'));
  const files = emitProgram(tiny, placement, { target: 't2na', pinStages: true });
  const tree = parseP4(text(files, /\.p4$/));
  const tables = tree.controls.get('PegasimIngress')!.tables;
  for (const part of placement.parts) {
    const table = tables.find((one) => one.name === part.table);
    assert.ok(table?.stages.includes(part.stage), `${part.table} in stage ${part.stage}`);
  }
});

Tofino.run();
