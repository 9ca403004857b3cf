/** A packet's walk equals its walk in a whole run, though only the packets of its slot are run. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { featureProgram } from '../../src/features/index.ts';
import { type Program, writePgs } from '../../src/program/index.ts';
import { explainText } from '../../src/report/index.ts';
import { explainTask } from '../../src/study/explain.ts';
import { slotProgram } from '../../src/study/slot-slice.ts';
import { chipNamed, type PacketTrace, placeProgram, runReference } from '../../src/switch/index.ts';
import { generateTraces, parseTraceSpec, readCaptures } from '../../src/traffic/index.ts';

const Explain = suite('explain');
const folder = mkdtempSync(join(tmpdir(), 'pegasim-explain-'));
const spec = readFileSync(new URL('../../traces/p2p.yaml', import.meta.url), 'utf8').replace(
  /seconds: *\d+/g,
  'seconds: 1',
);
generateTraces(parseTraceSpec(spec, 'p2p.yaml'), join(folder, 'data'), { scale: 0.1 });
const [capture = ''] = readdirSync(join(folder, 'data'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.pcap'))
  .sort()
  .map((name) => join(folder, 'data', name));

function written(name: string, slots: number): { path: string; program: Program } {
  const program = { ...featureProgram(['ip.total_len', 'flow.max_len', 'pkt.ipd'], { slots }), name };
  const { placement } = placeProgram(program, chipNamed('tofino2'));
  const path = join(folder, `${name}.pgs`);
  writePgs(path, { program, placement, meta: {}, inputs: '' });
  return { path, program };
}

const small = written('small', 4);
const large = written('large', 65536);

Explain('the slot program keeps the tables that compute the slot, and no register', () => {
  const slice = slotProgram(small.program);
  assert.ok(slice !== undefined && slice.tables.length < small.program.tables.length);
  assert.equal(slice?.registers, []);
});

Explain('every traced packet of 4 slots walks as in the whole run', async () => {
  const { packets } = await readCaptures([capture]);
  const { placement } = placeProgram(small.program, chipNamed('tofino2'));
  const wanted = [0, 17, 60].filter((n) => n < packets.count);
  const traces: PacketTrace[] = [];
  runReference(
    small.program,
    placement,
    { kind: 'packets', packets },
    {
      trace: { packets: new Set(wanted), onPacket: (trace) => traces.push(trace) },
    },
  );
  for (const [i, packet] of wanted.entries()) {
    const { explanation } = await explainTask({ program: small.path, capture, packet });
    assert.equal(explanation.trace, traces[i]);
    assert.ok(explanation.earlier <= packet);
  }
});

Explain('a flow is found in either direction; its text names the tables', async () => {
  const { explanation } = await explainTask({ program: small.path, capture, packet: 5 });
  const [protocol, one, , two] = (explanation.flow ?? '').split(' ');
  for (const flow of [`${protocol} ${one} ${two}`, `${protocol} ${two} - ${one}`]) {
    const found = await explainTask({ program: small.path, capture, flow });
    assert.is(found.explanation.flow, explanation.flow);
    assert.match(explainText(found), /flow_slot_v4/);
    const counted = (earlier: number) => explainText({ ...found, explanation: { ...found.explanation, earlier } });
    assert.match(counted(1), /1 earlier packet shares its flow slot/);
    assert.match(counted(2), /2 earlier packets share its flow slot/);
  }
});

Explain('the register of a state is shown as the signed number it holds: −97, not 159', async () => {
  const cell = { bits: 8, units: 1, start: 0, tables: [{ feature: 'pkt.len', values: Int32Array.of(-97) }] } as const;
  const program = featureProgram(['state[0]'], { state: cell });
  const { placement } = placeProgram(program, chipNamed('tofino2'));
  const path = join(folder, 'state.pgs');
  writePgs(path, { program, placement, meta: {}, inputs: '' });
  const found = await explainTask({ program: path, capture, packet: 0 });
  const accesses = found.explanation.trace.stages.flatMap(({ tables }) => tables.map(({ register }) => register));
  const own = accesses.find((access) => access?.register === 'state_0');
  assert.equal([own?.before, own?.after], [[0], [-97]]);
  assert.equal(found.explanation.features, [{ feature: 'state[0]', value: 31 }]);
  assert.match(explainText(found), /register state_0\[\d+\]: 0 → -97/);
});

Explain('two programs with other slot numbers part where the slot is computed', async () => {
  const { parting } = await explainTask({ program: small.path, capture, packet: 60, diff: large.path });
  assert.match(parting?.what ?? '', /^flow_slot/);
  assert.is((await explainTask({ program: small.path, capture, packet: 60, diff: small.path })).parting, null);
});

Explain('a packet that the capture does not have is refused with STUDY-PACKET', async () => {
  try {
    await explainTask({ program: small.path, capture, packet: 9_999_999 });
    assert.unreachable();
  } catch (error) {
    assert.is((error as { problem?: { code: string } }).problem?.code, 'STUDY-PACKET');
  }
});

Explain.after(() => rmSync(folder, { recursive: true }));
Explain.run();
