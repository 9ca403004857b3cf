import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ProblemError } from '../../src/problem.ts';
import {
  decodeInto,
  generateTraces,
  loadDataset,
  newDecodeCounts,
  newDecodedColumns,
  newFlowTable,
  parseTraceSpec,
  readCaptures,
  traceDataset,
} from '../../src/traffic/index.ts';
import { readBack, scratch } from './captures.ts';

const Traces = suite('traces');

const TRACES = join(import.meta.dirname, '../../traces');

const TINY = `
name: tiny
seed: 3
applications:
  - name: chat
    captures: 2
    flows: 20
    udp: 0.4
    ipv6: 0.3
    vlan: 0.3
    ipOptions: 0.3
    packets: { median: 12, spread: 0.3 }
    states:
      say: { side: client, size: { low: 1, high: 300 }, gapMs: { median: 5, spread: 1 }, payload: "aa ?? bb", next: { say: 0.5, hear: 0.5 } }
      hear: { side: server, size: { choices: [7, 1400] }, gapMs: 3, next: { say: 1 } }
`;

function refusal(text: string): string {
  try {
    parseTraceSpec(text, 'spec.yaml');
  } catch (error) {
    if (error instanceof ProblemError) return `${error.problem.where} ${error.problem.message}`;
    throw error;
  }
  return 'accepted';
}

/** The Internet checksum over words: 0xffff when they include a right one. */
function sum(bytes: Uint8Array, from: number, to: number, start = 0): number {
  let total = start;
  for (let i = from; i < to; i += 2) total += (bytes[i]! << 8) | (i + 1 < to ? bytes[i + 1]! : 0);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}

Traces('the same spec gives the same bytes, another seed others', () => {
  const spec = parseTraceSpec(TINY, 'tiny');
  const bytes = (folder: string): Buffer => readFileSync(join(scratch(folder), 'chat/chat-02.pcap'));
  generateTraces(spec, scratch('one'));
  generateTraces(spec, scratch('two'));
  generateTraces(spec, scratch('three'), { seed: 4 });
  assert.ok(bytes('one').equals(bytes('two')));
  assert.not.ok(bytes('one').equals(bytes('three')));
});

Traces(
  'every packet is valid: checksums of IPv4, TCP and UDP over both versions, with tags and options; times ascend',
  async () => {
    const [first] = generateTraces(parseTraceSpec(TINY, 'tiny'), scratch('valid'));
    const { packets, infos } = await readCaptures([join(scratch('valid'), first!.file)]);
    assert.is(packets.count, first!.packets);
    assert.is(infos[0]!.counts.timeBackwards, 0);
    const out = newDecodedColumns(packets.count);
    const table = newFlowTable();
    const counts = newDecodeCounts();
    decodeInto(packets, table, out, counts);
    assert.is(table.flows.count, 20);
    assert.is(counts.noL4 + counts.noIp, 0);
    assert.ok(counts.ipv6 > 0 && counts.ipv4 > 0);
    for (let i = 0; i < packets.count; i++) {
      const frame = packets.bytes.subarray(packets.offset[i]!, packets.offset[i]! + packets.capLen[i]!);
      const [l3, l4] = [out.l3Offset[i]!, out.l4Offset[i]!];
      const six = out.ipVersion[i] === 6;
      if (!six) assert.is(sum(frame, l3, l4), 0xffff);
      const addresses = six ? sum(frame, l3 + 8, l3 + 40) : sum(frame, l3 + 12, l3 + 20);
      assert.is(sum(frame, l4, frame.length, addresses + out.protocol[i]! + frame.length - l4), 0xffff);
    }
  },
);

Traces('scale 0.1 of 20 flows makes 2', async () => {
  const written = generateTraces(parseTraceSpec(TINY, 'tiny'), scratch('small'), { scale: 0.1 });
  assert.equal(
    written.map((one) => one.flows),
    [2, 2],
  );
  const { packets } = await readBack(join(scratch('small'), written[0]!.file));
  assert.is(packets.length, written[0]!.packets);
});

Traces('errors in a spec name the line: unknown keys, wrong values, unknown states, malformed YAML', () => {
  assert.match(refusal(TINY.replace('udp: 0.4', 'upd: 0.4')), /spec\.yaml:8 applications\.0\.upd: unknown key/);
  assert.match(refusal(TINY.replace('udp: 0.4', 'udp: 1.4')), /spec\.yaml:8 .*from 0 to 1/);
  assert.match(refusal(TINY.replace('hear: 0.5', 'hum: 0.5')), /spec\.yaml:14 .*known name/);
  assert.match(refusal(TINY.replace('aa ?? bb', 'aa ?? b')), /spec\.yaml:14 .*hexadecimal/);
  assert.match(refusal('applications: [\n  {'), /spec\.yaml:\d+ malformed YAML/);
  assert.match(refusal('seed: 1\n'), /list of applications/);
});

for (const name of ['p2p', 'anomaly']) {
  Traces(`the shipped captures of ${name}.yaml are what the spec generates, byte for byte`, () => {
    const spec = parseTraceSpec(readFileSync(join(TRACES, `${name}.yaml`), 'utf8'), name);
    const written = generateTraces(spec, scratch(name));
    for (const { file } of written) {
      assert.ok(readFileSync(join(scratch(name), file)).equals(readFileSync(join(TRACES, name, file))), file);
    }
    const shipped = readdirSync(join(TRACES, name), { recursive: true }).filter((file) =>
      String(file).endsWith('.pcap'),
    );
    assert.is(shipped.length, written.length);
  });
}

Traces('a dataset in memory holds the packets, flows and labels that the written captures are read as', async () => {
  const other = TINY.slice(TINY.indexOf('  - name')).replace('chat', 'talk');
  const spec = parseTraceSpec(`${TINY}${other}`, 'tiny');
  const folder = scratch('in-memory');
  generateTraces(spec, folder);
  const read = await loadDataset({ path: folder });
  const made = traceDataset(spec);
  assert.equal([made.classes, made.captures], [read.classes, read.captures]);
  const { bytes, offset, ...columns } = made.packets;
  assert.ok(made.packets.count > 500);
  for (const [name, column] of Object.entries(columns))
    assert.equal(column, read.packets[name as keyof typeof columns], name);
  for (let i = 0; i < made.packets.count; i += 7) {
    const frame = (from: typeof made.packets): Uint8Array =>
      from.bytes.slice(from.offset[i], from.offset[i]! + from.capLen[i]!);
    assert.equal(frame(made.packets), frame(read.packets), `packet ${i}`);
  }
  assert.equal([...made.decoded.flow], [...read.decoded.flow]);
  assert.equal([...made.flowLabel], [...read.flowLabel]);
});

Traces.run();
