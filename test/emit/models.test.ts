import { existsSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compileInjected, readTableModel } from '../../src/compiler/index.ts';
import { injectedRows } from '../../src/compiler/tablemodel/verify.ts';
import { type EmitFile, type EmitTarget, emitProgram } from '../../src/emit/index.ts';
import type { RunInput } from '../../src/program/index.ts';
import { chipNamed } from '../../src/switch/index.ts';
import { readBfrt, readCli } from './p4/entries.ts';
import { P4Machine } from './p4/machine.ts';
import { readPcap } from './p4/pcap.ts';
import { parseP4 } from './p4/syntax.ts';

const Models = suite('emit/models');
const golden = new URL('../../../shared/golden/', import.meta.url).pathname;

/** Packets of the first rows. */
function head(input: RunInput, packets: number): RunInput {
  if (input.kind !== 'injected') return input;
  const fields = Object.fromEntries(
    Object.entries(input.fields).map(([name, one]) => [name, one.subarray(0, packets)]),
  );
  return { kind: 'injected', count: packets, fields };
}

/** Runs a published table model's first rows as emitted P4; frames that differ from the simulator's. */
function differing(name: string, target: EmitTarget, rows: number): { packets: number; different: number } {
  const model = readTableModel(`${golden}${name}`);
  const compiled = compileInjected(model, { chip: chipNamed(target === 'v1model' ? 'unbounded' : 'tofino2') });
  const { input, packets } = injectedRows(model);
  const files = emitProgram(compiled.program, compiled.placement, {
    target,
    kit: head(input, rows * packets),
    timeSource: 'shim',
  });
  const file = (path: RegExp) => files.find((one: EmitFile) => path.test(one.path))!.content;
  const tree = parseP4(String(file(/\.p4$/)));
  const contents =
    target === 'v1model' ? readCli(String(file(/entries\.txt$/)), tree) : readBfrt(String(file(/bfrt\.json$/)), tree);
  const machine = new P4Machine(tree, contents);
  const expected = readPcap(file(/expected_out/) as Uint8Array);
  const out = readPcap(file(/input_in/) as Uint8Array).map((frame) =>
    target === 'v1model' ? machine.runV1(frame, 0n).frame : machine.runTofino(frame, 0n).frame,
  );
  const different = out.filter((frame, i) => !frame || Buffer.compare(frame, expected[i]) !== 0).length;
  return { packets: out.length, different };
}

const MODELS = [
  ['mlp-CICIOT2022', 6],
  ['rnn-CICIOT2022', 1],
  ['cnnb-CICIOT2022', 1],
  ['cnnm-CICIOT2022', 1],
  ['cnnl-CICIOT2022', 1],
  ['autoencoder-CICIOT2022', 1],
] as const;

for (const [name, rows] of MODELS) {
  Models(`${name}: ${rows} row(s) of features in a header run as v1model P4 with the simulator's logits`, () => {
    if (!existsSync(golden)) {
      console.log('SKIP the golden data is not here');
      return;
    }
    const { packets, different } = differing(name, 'v1model', rows);
    assert.is(different, 0, `${different} of ${packets} packets`);
  });
}

Models('mlp-CICIOT2022 on Tofino 2: ingress, bridged header and egress in T2NA yield the same frames', () => {
  if (!existsSync(golden)) {
    console.log('SKIP the golden data is not here');
    return;
  }
  assert.is(differing('mlp-CICIOT2022', 't2na', 3).different, 0);
});

Models.run();
