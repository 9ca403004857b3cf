import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { featureProgram, featureSets, idealFeatures } from '../../src/features/index.ts';
import { validateProgram } from '../../src/program/index.ts';
import { chipNamed, chipRules } from '../../src/switch/index.ts';
import { dataset, type FrameSpec } from './frames.ts';
import { switchValues } from './switch.ts';

const Bytes = suite('features/bytes');
const NAMES = featureSets['cnn-l'];

function same(specs: readonly FrameSpec[], names: readonly string[] = NAMES): void {
  const data = dataset(specs);
  const { columns, outcome } = switchValues(featureProgram(names), data);
  const ideal = idealFeatures(data, names);
  for (let i = 0; i < specs.length; i++) {
    assert.is(outcome[i], 'accept', `packet ${i}`);
    assert.equal(
      columns.map((column) => column[i]),
      ideal.map((column) => column[i]),
      `packet ${i}: ${JSON.stringify(specs[i])}`,
    );
  }
}

Bytes(
  'every IP length from 0 to 70 bytes of L4 ends exactly there: ICMP, UDP, TCP, IPv4 and IPv6, padding ignored',
  () => {
    const specs: FrameSpec[] = [];
    for (const v6 of [false, true])
      for (let payload = 0; payload <= 70; payload++)
        for (const proto of [1, 17, 6])
          specs.push({
            at: 0,
            proto: v6 && proto === 1 ? 58 : proto,
            payload,
            v6,
            padding: payload % 5,
            vlans: payload % 3,
          });
    // One flow each, so that time plays no part.
    same(
      specs.map((spec, i) => ({ ...spec, flow: i })),
      NAMES.filter((name) => name !== 'pkt.ipd' && name !== 'pkt.len'),
    );
  },
);

Bytes('any number of bytes from 1 to 60 can be asked for', () => {
  const specs = [0, 1, 2, 3, 4, 5, 9, 30, 33, 58, 59, 60, 61].flatMap((payload): FrameSpec[] =>
    [1, 17, 6].map((proto) => ({ at: 0, proto, payload })),
  );
  for (const count of [1, 2, 3, 4, 5, 7, 8, 12, 13, 20, 21, 22, 23, 24, 59, 60])
    same(specs, [...Array.from({ length: count }, (_, i) => `l4.byte[${i}]`), 'tcp.data_offset']);
});

Bytes('TCP options are bytes 20 on; the data offset is read from byte 12, for TCP alone', () => {
  same(
    [
      { at: 0, dataOffset: 8, payload: 3 },
      { at: 0, dataOffset: 15, payload: 0, sport: 7 },
      { at: 0, proto: 17, payload: 20, sport: 8 },
    ],
    ['l4.byte[0]', 'l4.byte[21]', 'l4.byte[35]', 'tcp.data_offset'],
  );
});

Bytes('fragments have no L4 bytes; IPv4 options leave the fixed TCP header of 20 bytes', () => {
  const data = dataset([
    { at: 0, fragOffset: 185, payload: 60, proto: 17 },
    { at: 0, options: 4, payload: 40 },
  ]);
  const { columns } = switchValues(featureProgram(NAMES), data);
  const ideal = idealFeatures(data, NAMES);
  assert.is(
    columns.slice(0, 55).every((column) => column[0] === 0),
    true,
  );
  for (let i = 0; i < 55; i++) assert.is(columns[i][1], i < 20 ? ideal[i][1] : 0);
  assert.not.equal(ideal[20][1], 0);
});

Bytes('the 55 bytes of CNN-L need 254 parser rows of 256 and hash ports as before', () => {
  const program = featureProgram(NAMES);
  const rows = program.parser.states.reduce((sum, state) => sum + state.cases.length + 1, 0);
  assert.is(rows, 254);
  assert.equal(validateProgram(program, chipRules(chipNamed('tofino2'))), []);
  const data = dataset([
    { at: 0 },
    { at: 0, proto: 17, payload: 9 },
    { at: 0, proto: 1, payload: 30 },
    { at: 0, v6: true },
  ]);
  const hashes = (names: string[]) => switchValues(featureProgram(names), data).field('meta.flow_hash');
  assert.equal(hashes(['flow.max_len', 'l4.byte[3]']), hashes(['flow.max_len']));
});

Bytes.run();
