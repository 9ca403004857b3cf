import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FLOW, featureProgram, featureSets, type IpdMode, idealFeatures } from '../../src/features/index.ts';
import { validateProgram } from '../../src/program/index.ts';
import { chipNamed, chipRules, crc32 } from '../../src/switch/index.ts';
import { dataset, type FrameSpec } from './frames.ts';
import { switchValues } from './switch.ts';

const Front = suite('features/front');
const MS = 1_000_000;
const TICK = 65_536;
const T0 = 1_700_000_000 * 1e9;
const MLP = featureSets['mlp-b'];

Front('programs of all six feature sets, policies and ipd modes are valid', () => {
  for (const names of Object.values(featureSets))
    for (const policy of ['replace', 'keep', 'timeout'] as const)
      for (const ipd of ['wrap', 'lean', 'saturate', 'wide'] as const)
        for (const more of [
          {},
          { clamp: { 'pkt.len': 1500, 'pkt.ipd': 3906 }, ipdFrom: 8, flowLength: 'ip' as const },
        ]) {
          const program = featureProgram(names, { policy, ipd, slots: 1024, ...more });
          assert.equal(validateProgram(program), [], `${names[0]} ${policy} ${ipd}`);
        }
});

Front('header features of IPv4, VLAN, options, IPv6, ICMP and fragments equal the ideal values', () => {
  const specs: FrameSpec[] = [
    { at: T0, payload: 100, tos: 0x48 },
    { at: T0 + MS, payload: 10, vlans: 1, proto: 17 },
    { at: T0 + 2 * MS, payload: 10, vlans: 2, dataOffset: 8 },
    { at: T0 + 3 * MS, payload: 30, options: 8 },
    { at: T0 + 4 * MS, payload: 64, proto: 1 },
    { at: T0 + 5 * MS, payload: 64, fragOffset: 185 },
    { at: T0 + 6 * MS, payload: 33, v6: true, tos: 0xb8, dataOffset: 6 },
    { at: T0 + 7 * MS, payload: 33, v6: true, proto: 58 },
  ];
  const data = dataset(specs);
  const names = ['ip.ihl', 'ip.total_len', 'ip.protocol', 'ip.tos', 'tcp.data_offset'];
  assert.equal(switchValues(featureProgram(names), data).columns, idealFeatures(data, names));
});

Front('all ten lengths of IPv4 options are skipped: ports behind them are found', () => {
  const specs = Array.from({ length: 11 }, (_, i): FrameSpec => ({ at: T0, options: 4 * i, dataOffset: 5 + i }));
  const { columns, field } = switchValues(featureProgram(['tcp.data_offset', 'flow.max_len']), dataset(specs));
  assert.equal(
    [...columns[0]],
    specs.map((_, i) => 5 + i),
  );
  assert.equal(new Set(field(FLOW.hash)).size, 1);
});

Front('ARP, a third VLAN tag and a cut TCP header are unparsed or short, with zeros', () => {
  const specs: FrameSpec[] = [
    { at: T0, etherType: 0x0806 },
    { at: T0, vlans: 3 },
    { at: T0, payload: 100, snap: 40 },
    { at: T0, payload: 100 },
  ];
  const { outcome } = switchValues(featureProgram(MLP), dataset(specs));
  assert.equal(outcome, ['unparsed', 'unparsed', 'truncated', 'accept']);
});

/** Two flows that alternate, both directions, gaps in whole ticks: ideal and switch agree. */
function exactTraffic(): FrameSpec[] {
  return Array.from({ length: 60 }, (_, i): FrameSpec => {
    const back = i % 3 === 1;
    const port = i % 2 === 0 ? 1000 : 2000;
    const gap = (i * i * 37) % 211;
    return {
      at: T0 - (T0 % TICK) + TICK * (i * 300 + gap),
      src: back ? '10.0.0.2' : '10.0.0.1',
      dst: back ? '10.0.0.1' : '10.0.0.2',
      sport: back ? 80 : port,
      dport: back ? port : 80,
      payload: (i * 91) % 1300,
    };
  });
}

Front('all ten MLP-B features equal the ideal ones when gaps are whole ticks and slots do not collide', () => {
  const data = dataset(exactTraffic());
  for (const policy of ['replace', 'keep', 'timeout'] as const)
    for (const ipd of ['wrap', 'lean', 'saturate', 'wide'] as const)
      for (const ipdFrom of [2, 8]) {
        const { columns } = switchValues(featureProgram(MLP, { policy, ipd, ipdFrom }), data);
        const ideal = idealFeatures(data, MLP, { ipdFrom });
        for (let f = 0; f < MLP.length; f++)
          assert.equal([...columns[f]], [...ideal[f]], `${MLP[f]} ${policy} ${ipd} from ${ipdFrom}`);
      }
});

Front('one result word (Tofino 1): the same features, one bit of state more, valid on that chip', () => {
  const data = dataset(exactTraffic());
  const ideal = idealFeatures(data, MLP);
  for (const policy of ['replace', 'keep'] as const)
    for (const ipd of ['wrap', 'lean', 'wide'] as const) {
      const program = featureProgram(MLP, { policy, ipd, salu: 'one-word', window: 8 });
      assert.equal(validateProgram(program, chipRules(chipNamed('tofino'))), []);
      assert.equal(
        switchValues(program, data).columns.map((column) => [...column]),
        ideal.map((column) => [...column]),
      );
      assert.is(
        program.flow?.bitsPerFlow,
        (featureProgram(MLP, { policy, ipd, window: 8 }).flow?.bitsPerFlow ?? 0) + 1,
      );
    }
  assert.throws(() => featureProgram(MLP, { salu: 'one-word', policy: 'timeout' }), /several result words/);
});

Front('a gap of 70,000 ticks wraps to 4,464, saturates at 65,535 or is kept by 32 bits', () => {
  const at = T0 - (T0 % TICK);
  const data = dataset([{ at }, { at: at + 70_000 * TICK }]);
  const last = (ipd: 'wrap' | 'saturate' | 'wide') =>
    switchValues(featureProgram(['pkt.ipd'], { ipd }), data).columns[0][1];
  assert.is(last('wrap'), 4464);
  assert.is(last('saturate'), 65535);
  assert.is(last('wide'), 70000);
});

Front('a clock 5 ticks back reads 65,531 wrapped, 0 saturating, 2^32 − 5 in 32 bits', () => {
  const at = T0 - (T0 % TICK);
  const data = dataset([{ at }, { at: at - 5 * TICK }, { at: at + TICK }]);
  const all = (ipd: 'wrap' | 'saturate' | 'wide') => [
    ...switchValues(featureProgram(['pkt.ipd'], { ipd }), data).columns[0],
  ];
  assert.equal(all('wrap'), [0, 65531, 6]);
  assert.equal(all('saturate'), [0, 0, 6]);
  assert.equal(all('wide'), [0, 2 ** 32 - 5, 6]);
  assert.equal([...idealFeatures(data, ['pkt.ipd'])[0]], [0, 0, 6]);
});

Front('clamps: pkt.len at 1,500 bytes and pkt.ipd at 3,906 ticks in all modes', () => {
  const at = T0 - (T0 % TICK);
  const data = dataset([{ at, payload: 1446 }, { at: at + 9000 * TICK, payload: 1447 }, { at: at + 9010 * TICK }]);
  const names = ['pkt.len', 'pkt.ipd'];
  const clamp = { 'pkt.len': 1500, 'pkt.ipd': 3906 };
  for (const policy of ['replace', 'keep'] as const)
    for (const ipd of ['wrap', 'lean', 'saturate', 'wide'] as const) {
      const { columns } = switchValues(featureProgram(names, { ipd, clamp, policy }), data);
      assert.equal([...columns[0]], [1500, 1500, 54], `${policy} ${ipd}`);
      assert.equal([...columns[1]], [0, 3906, 10], `${policy} ${ipd}`);
    }
});

/** Two flows on one slot (two slots exist): who holds it? */
function collide(
  policy: 'replace' | 'keep' | 'timeout',
  gapMs = 1,
  salu: 'four-words' | 'one-word' = 'four-words',
): { status: number[]; max: number[] } {
  const a = { sport: 1000, payload: 100 };
  const program = featureProgram(['flow.max_len'], { policy, salu, slots: 2, timeoutNs: 50 * MS });
  const slotOf = (sport: number) => switchValues(program, dataset([{ at: T0, sport }])).field(FLOW.slot)[0];
  const b = { sport: [2, 3, 4, 5, 6, 7, 8, 9].find((port) => slotOf(port) === slotOf(1000)) as number, payload: 200 };
  const at = T0 + 1000 * MS;
  const data = dataset([
    { ...a, at },
    { ...b, at: at + gapMs * MS },
    { ...a, at: at + (gapMs + 1) * MS },
    { ...a, at: at + (gapMs + 2) * MS },
  ]);
  const result = switchValues(program, data);
  return { status: result.field(FLOW.status), max: [...result.columns[0]] };
}

Front('replace: the newcomer takes the slot (2), the old flow takes it back (2) and starts again', () => {
  assert.equal(collide('replace'), { status: [1, 2, 2, 0], max: [154, 254, 154, 154] });
});

Front('keep: the newcomer stays foreign (3) and leaves the registers alone', () => {
  assert.equal(collide('keep', 1, 'one-word'), collide('keep'));
  assert.equal(collide('replace', 1, 'one-word'), collide('replace'));
  assert.equal(collide('keep'), { status: [1, 3, 0, 0], max: [154, 0, 154, 154] });
});

Front('timeout 50 ms: foreign after 1 ms, first of an expired slot after 60 ms', () => {
  assert.equal(collide('timeout', 1).status, [1, 3, 0, 0]);
  assert.equal(collide('timeout', 60).status, [1, 1, 3, 3]);
});

Front('plain hashing separates directions, symmetric hashing joins them', () => {
  const data = dataset([{ at: T0 }, { at: T0 + MS, src: '10.0.0.2', dst: '10.0.0.1', sport: 80, dport: 1000 }]);
  const status = (symmetric: boolean) =>
    switchValues(featureProgram(['flow.max_len'], { symmetric }), data).field(FLOW.status);
  assert.equal(status(true), [1, 0]);
  assert.equal(status(false), [1, 1]);
});

Front(
  'bits per flow: MLP-B keeps 128 with saturating ipd, 128 with wrapping pairs, 112 lean, 160 with 32-bit ipd',
  () => {
    const bits = (ipd: IpdMode) => featureProgram(MLP, { ipd }).flow?.bitsPerFlow;
    assert.equal([bits('saturate'), bits('wrap'), bits('lean'), bits('wide')], [128, 128, 112, 160]);
  },
);

Front('the hash is CRC32 of the 5-tuple, or of its XORs: bytes in the order of PROGRAM.md', () => {
  const ports = [0x03, 0xe8, 0, 80];
  const a = [10, 0, 0, 1];
  const b = [10, 0, 0, 2];
  const xor = (x: number[], y: number[]) => x.map((byte, i) => byte ^ y[i]);
  const sides = [xor(ports.slice(0, 2), ports.slice(2)), xor(ports.slice(2), ports.slice(0, 2))].flat();
  const head = [0x20, 1, ...new Array(10).fill(0)];
  const hash = (symmetric: boolean, v6: boolean) =>
    switchValues(featureProgram(['flow.max_len'], { symmetric }), dataset([{ at: T0, v6 }])).field(FLOW.hash)[0];
  const wide = xor([...head, ...a], [...head, ...b]);
  assert.is(hash(false, false), crc32(Uint8Array.from([...a, ...b, ...ports, 6])));
  assert.is(hash(true, false), crc32(Uint8Array.from([...xor(a, b), ...xor(b, a), ...sides, 6])));
  assert.is(hash(false, true), crc32(Uint8Array.from([...head, ...a, ...head, ...b, ...ports, 6])));
  assert.is(hash(true, true), crc32(Uint8Array.from([...wide, ...wide, ...sides, 6])));
});

Front('a clamp of 65,535 or more binds only 32-bit ipd', () => {
  const at = T0 - (T0 % TICK);
  const data = dataset([{ at }, { at: at + 90_000 * TICK }]);
  const last = (ipd: IpdMode) =>
    switchValues(featureProgram(['pkt.ipd'], { ipd, clamp: { 'pkt.ipd': 80_000 } }), data).columns[0][1];
  assert.equal([last('saturate'), last('wide')], [65_535, 80_000]);
});

Front('unknown features and bytes beyond the parser are refused by code', () => {
  const code = (names: string[]) => {
    try {
      featureProgram(names);
      return 'none';
    } catch (error) {
      return (error as { problem: { code: string } }).problem.code;
    }
  };
  assert.is(code(['flow.color']), 'FEATURE-UNKNOWN');
  assert.is(code(['l4.byte[64]']), 'FEATURE-L4-LIMIT');
});

Front.run();
