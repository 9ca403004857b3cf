import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ProblemError } from '../../src/problem.ts';
import {
  inspectDataset,
  interleave,
  loadDataset,
  loadRows,
  openDataset,
  splitDataset,
  TEST,
  TRAIN,
  writeClassFolders,
  writeFlowJson,
  writeRows,
} from '../../src/traffic/index.ts';
import { classic, keep, scratch } from './captures.ts';

const Forms = suite('dataset forms');

const P2P = join(import.meta.dirname, '../../traces/p2p');

const flow = (label: string, lengths: number[], more: object = {}): object => ({
  label,
  len_seq: lengths,
  ts_seq: lengths.map((_, i) => 1_700_000_000 + i * 0.25),
  ...more,
});

Forms('flow JSON becomes packets: lengths, times to the µs, IHL, TOS and data offset in real headers', async () => {
  const tcp = flow('a', [66, 1514], { ip_hl_seq: [5, 6], ip_tos_seq: [0, 184], tcp_off_seq: [8, 0] });
  const path = keep('flows.json', JSON.stringify([tcp, flow('b', [80]), flow('a', [90, 91, 92]), flow('b', [60, 61])]));
  const data = await loadDataset({ path, split: { by: 'flow', fractions: [0.5, 0, 0.5] } });
  assert.equal(data.classes, ['a', 'b']);
  assert.equal([...data.decoded.flow], [0, 0, 1, 2, 2, 2, 3, 3]);
  assert.equal([...data.packets.origLen], [66, 1514, 80, 90, 91, 92, 60, 61]);
  assert.equal([data.packets.seconds[1], data.packets.nanos[1]], [1_700_000_000, 250_000_000]);
  const second = data.packets.bytes.subarray(data.packets.offset[1]!);
  assert.equal([second[14], second[15], (second[16]! << 8) | second[17]!], [0x46, 184, 1500]);
  assert.equal([...data.decoded.protocol], [6, 6, 17, 17, 17, 17, 17, 17]);
});

Forms('train.json and test.json in a folder are the splits; "lengths: ip" adds 14 bytes', async () => {
  keep('bos/train.json', JSON.stringify([flow('x', [100]), flow('y', [100])]));
  keep('bos/test.json', JSON.stringify([flow('x', [100]), flow('y', [100])]));
  const data = await loadDataset({ path: scratch('bos'), lengths: 'ip' });
  assert.equal([...data.flowSplit], [TRAIN, TRAIN, TEST, TEST]);
  assert.equal([...data.packets.origLen], [114, 114, 114, 114]);
});

Forms('flow JSON that is none names the flow', async () => {
  const bad = async (value: unknown): Promise<string> => {
    try {
      await loadDataset({ path: keep('bad.json', typeof value === 'string' ? value : JSON.stringify(value)) });
    } catch (error) {
      if (error instanceof ProblemError) return `${error.problem.code} ${error.problem.where} ${error.problem.message}`;
      throw error;
    }
    return 'loaded';
  };
  assert.match(await bad('[{'), /^TRAFFIC-JSON/);
  assert.match(
    await bad([flow('a', [1]), { label: 'b', len_seq: [1], ts_seq: [1, 2] }]),
    /flow 1 "ts_seq" has 2 values/,
  );
  assert.match(await bad([{ len_seq: [], ts_seq: [] }]), /flow 0 has no "label"/);
  assert.match(await bad([]), /^TRAFFIC-EMPTY/);
});

Forms('the shipped captures as flow JSON and back: the same flows, lengths and µs times', async () => {
  const before = await loadDataset({ path: P2P });
  const path = scratch('p2p.json');
  assert.is(writeFlowJson(path, before), before.flows.count);
  const after = await loadDataset({ path });
  assert.is(after.packets.count, before.packets.count);
  assert.equal([...after.flowSplit], [...before.flowSplit]);
  assert.equal([...after.flowLabel], [...before.flowLabel]);
  const sums = (data: typeof before): number[] => [...data.flows.bytes.subarray(0, data.flows.count)];
  assert.equal(sums(after), sums(before));
});

Forms('splitDataset writes labels that load to the same classes and splits', async () => {
  const labels = scratch('out/labels.csv');
  const before = await loadDataset({ path: P2P, split: { by: 'flow', seed: 9 } });
  const { count } = await splitDataset({ path: P2P, split: { by: 'flow', seed: 9 } }, labels);
  assert.is(count, before.flows.count);
  const after = await loadDataset({ captures: P2P, labels, split: { by: 'column' } });
  assert.equal([...after.flowLabel], [...before.flowLabel]);
  assert.equal([...after.flowSplit], [...before.flowSplit]);
  assert.is(after.counts.labelRowsUnmatched, 0);
});

Forms('flow JSON as class folders loads again with the same packets', async () => {
  const path = keep(
    'convert.json',
    JSON.stringify(['a', 'b', 'a', 'b', 'a', 'b'].map((name, i) => flow(name, [60 + i, 70]))),
  );
  const before = await loadDataset({ path });
  assert.is(writeClassFolders(scratch('folders'), before).count, 12);
  const after = await loadDataset({ path: scratch('folders') });
  assert.equal(after.captures, ['a/convert.pcap', 'b/convert.pcap']);
  assert.equal([...after.packets.origLen].sort(), [...before.packets.origLen].sort());
});

Forms('feature rows written and read again are equal', () => {
  const rows = loadRows({
    path: keep('r.csv', 'x,y,class\n1,2,"a,b"\n3,4,c\n5,6,"a,b"\n7,8,c\n'),
    split: { by: 'flow', fractions: [0.5, 0, 0.5] },
  });
  writeRows(scratch('r2.csv'), rows);
  assert.equal(readFileSync(scratch('r2.csv'), 'utf8').split('\n')[0], 'x,y,class,split');
  assert.equal(loadRows({ path: scratch('r2.csv') }), rows);
});

Forms('inspect reports captures, classes, durations and problems with file, packet and byte', async () => {
  keep(
    'look/a/one.pcap',
    classic([
      { seconds: 1, fraction: 0, data: new Uint8Array(60) },
      { seconds: 4, fraction: 500_000, data: new Uint8Array(60) },
    ]),
  );
  keep('look/b/cut.pcap', classic([{ seconds: 1, fraction: 0, data: new Uint8Array(60) }]).subarray(0, 70));
  keep('look/b/text.pcap', 'plain text, no packets in here');
  const report = await inspectDataset({ path: scratch('look') });
  assert.equal(
    report.captures.map((one) => [one.name, one.packets, one.duration]),
    [
      ['a/one.pcap', 2, 3.5],
      ['b/cut.pcap', 0, 0],
    ],
  );
  assert.equal(
    report.problems.slice(0, 2).map(({ file, packet, byteOffset }) => [file, packet, byteOffset]),
    [
      ['b/cut.pcap', 0, 24],
      ['b/text.pcap', undefined, 0],
    ],
  );
  assert.match(report.problems[2]!.reason, /class "a" has no packets/);
});

Forms('inspect of the shipped captures: three classes of 320 flows, nothing wrong, bare captures allowed', async () => {
  const report = await inspectDataset({ path: P2P });
  assert.equal(
    report.classes.map((one) => [one.name, one.flows, one.train + one.validation + one.test]),
    [
      ['heron', 320, 320],
      ['magpie', 320, 320],
      ['otter', 320, 320],
    ],
  );
  assert.equal([report.problems.length, report.warnings.length], [0, 0]);
  const bare = await inspectDataset({ captures: join(P2P, 'heron') });
  assert.is(bare.classes.length, 0);
  assert.match(bare.warnings[0]!, /no labels/);
});

Forms(
  'interleave at 50,000 packets/s: the same packets, times inside flows kept, the rate within 10 % while flows begin',
  async () => {
    const before = await loadDataset({ path: P2P });
    const after = interleave(before, { packetsPerSecond: 50_000 });
    const { packets, decoded } = after;
    assert.is(packets.count, before.packets.count);
    const time = (data: typeof before, i: number): bigint =>
      BigInt(data.packets.seconds[i]!) * 1_000_000_000n + BigInt(data.packets.nanos[i]!);
    const gaps = (data: typeof before): Map<number, bigint[]> => {
      const seen = new Map<number, bigint[]>();
      for (let i = 0; i < data.packets.count; i++) {
        const id = data.decoded.flow[i]!;
        seen.set(id, [...(seen.get(id) ?? []), time(data, i)]);
      }
      return new Map([...seen].map(([id, times]) => [id, times.slice(1).map((t, k) => t - times[k]!)]));
    };
    const [old, merged] = [gaps(before), gaps(after)];
    for (const [id, list] of old) assert.equal(merged.get(id), list);
    for (let i = 1; i < packets.count; i++) assert.ok(time(after, i) >= time(after, i - 1));
    assert.is(new Set(decoded.flow).size, before.flows.count);
    const lastBegin = Math.max(...[...decoded.flow].map((id, i) => (decoded.flow.indexOf(id) === i ? i : 0)));
    const spread = Number(time(after, lastBegin) - time(after, 0)) / 1e9;
    assert.ok(Math.abs(packets.count / 50_000 / spread - 1) < 0.1, `${spread}`);
  },
);

Forms('inspect of flow JSON counts flows and packets per class, or names the flow that is wrong', async () => {
  const path = keep(
    'look.json',
    JSON.stringify(['a', 'b', 'a', 'b'].map((name, i) => flow(name, Array(i + 1).fill(100)))),
  );
  const spec = { split: { by: 'flow', fractions: [0.5, 0, 0.5] } } as const;
  const report = await inspectDataset({ path, ...spec });
  assert.equal(
    report.classes.map(({ name, flows, packets, bytes }) => [name, flows, packets, bytes]),
    [
      ['a', 2, 4, 400],
      ['b', 2, 6, 600],
    ],
  );
  const broken = await inspectDataset({ path: keep('broken.json', '[{"label": 1, "len_seq": 5}]'), ...spec });
  assert.match(broken.problems[0]!.file, /broken\.json: flow 0/);
});

Forms('a dataset streamed in batches has the packets, flow numbers, labels and splits of the loaded one', async () => {
  const spec = { path: P2P, gap: 200, split: { by: 'flow', seed: 2 } } as const;
  const loaded = await loadDataset(spec);
  const stream = await openDataset(spec);
  assert.equal(stream.flowLabel, loaded.flowLabel);
  assert.equal(stream.flowSplit, loaded.flowSplit);
  assert.is(stream.packetCount, loaded.packets.count);
  for (const pass of [1, 2]) {
    let row = 0;
    for await (const { packets, decoded, release } of stream.batches()) {
      for (let i = 0; i < packets.count; i++, row++) {
        assert.is(decoded.flow[i], loaded.decoded.flow[row]);
        assert.is(packets.nanos[i], loaded.packets.nanos[row]);
      }
      release();
    }
    assert.is(row, loaded.packets.count, `pass ${pass}`);
  }
});

Forms('interleave by capture keeps packets without IP; a rate of 0 is refused', async () => {
  const arp = { seconds: 5, fraction: 0, data: new Uint8Array(60) };
  keep('inter/a.pcap', classic([arp, arp]));
  const captures = [scratch('inter/a.pcap'), join(P2P, 'heron/heron-01.pcap')];
  const labels = keep('inter/l.csv', 'file,class\nheron-01.pcap,x\n');
  const data = await loadDataset({ captures, labels, split: { by: 'flow', fractions: [0.5, 0, 0.5] } });
  assert.is(interleave(data, { packetsPerSecond: 10, unit: 'capture' }).packets.count, data.packets.count);
  assert.throws(
    () => interleave(data, { packetsPerSecond: 0 }),
    (error: unknown) => error instanceof ProblemError,
  );
});

Forms('nothing half-written stays behind', () => {
  const left = readdirSync(scratch('.'), { recursive: true }).filter((name) => String(name).endsWith('.tmp'));
  assert.equal(left, []);
});

Forms.run();
