import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  decodeInto,
  keyText,
  newDecodeCounts,
  newDecodedColumns,
  newFlowTable,
  readCaptures,
} from '../../src/traffic/index.ts';
import { classic, ipv4, keep, type Packet, udp } from './captures.ts';

const Decode = suite('decode');

const at = (milliseconds: number, data: Uint8Array): Packet => ({
  seconds: Math.floor(milliseconds / 1000),
  fraction: (milliseconds % 1000) * 1000,
  data,
});

async function decode(packets: readonly Packet[], gapMs = 0) {
  const read = await readCaptures([keep('decode.pcap', classic(packets))]);
  const table = newFlowTable(gapMs * 1e6);
  const out = newDecodedColumns(read.packets.count);
  const counts = newDecodeCounts();
  decodeInto(read.packets, table, out, counts);
  return { out, counts, flows: table.flows };
}

const tcp = [0x10, 0x01, 0x00, 0x50, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 1, 1, 0, 0, 0, 0];
const there = ipv4('10.0.0.1', '10.0.0.2', 6, tcp);
const back = ipv4('10.0.0.2', '10.0.0.1', 6, [...tcp.slice(2, 4), ...tcp.slice(0, 2), ...tcp.slice(4)]);
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const tagged = (frame: Buffer, tags: string): Buffer =>
  Buffer.concat([frame.subarray(0, 12), hex(tags), frame.subarray(12)]);

Decode('both directions are flow 0, another port is flow 1', async () => {
  const other = ipv4('10.0.0.1', '10.0.0.2', 17, udp(4096, 80));
  const { out, flows } = await decode([at(0, there), at(1, back), at(2, other)]);
  assert.equal([...out.flow], [0, 0, 1]);
  assert.equal([...out.l4Offset], [34, 34, 34]);
  assert.is(keyText(flows.words, 0), 'TCP 10.0.0.1:4097 - 10.0.0.2:80');
});

Decode('equal addresses are ordered by port: one flow for both directions', async () => {
  const one = ipv4('10.0.0.1', '10.0.0.1', 17, udp(5, 9));
  const two = ipv4('10.0.0.1', '10.0.0.1', 17, udp(9, 5));
  assert.equal([...(await decode([at(0, one), at(1, two)])).out.flow], [0, 0]);
});

Decode('one, two and eight VLAN tags give the untagged flow; nine give none', async () => {
  const tags = (count: number): Buffer => tagged(there, '8100 0064 '.repeat(count));
  const { out, counts } = await decode([at(0, there), at(1, tags(1)), at(2, tags(2)), at(3, tags(8)), at(4, tags(9))]);
  assert.equal([...out.flow], [0, 0, 0, 0, -1]);
  assert.equal([...out.l3Offset], [14, 18, 22, 46, 0]);
  assert.is(counts.noIp, 1);
});

Decode('a later fragment has no L4 and no ports: a flow of its own; the first fragment has both', async () => {
  const first = ipv4('10.0.0.1', '10.0.0.2', 17, udp(1, 2), 0x2000);
  const later = ipv4('10.0.0.1', '10.0.0.2', 17, udp(1, 2), 0x2001);
  const { out, counts } = await decode([at(0, first), at(1, later)]);
  assert.equal([...out.flow], [0, 1]);
  assert.equal([...out.l4Offset], [34, 0]);
  assert.is(counts.laterFragment, 1);
});

Decode('IPv6: ports are read; with an extension header there is no L4', async () => {
  const address = (last: string): string => `20010db8000000000000000000000${last}`;
  const head = (next: string): Buffer =>
    hex(`${'00'.repeat(12)} 86dd 60000000 0014 ${next} 40 ${address('001')} ${address('002')}`);
  const plain = Buffer.concat([head('11'), Buffer.from(udp(7, 8))]);
  const hop = Buffer.concat([head('00'), hex('11 00 0000 0000 0000'), Buffer.from(udp(7, 8))]);
  const { out, counts, flows } = await decode([at(0, plain), at(1, hop)]);
  assert.equal([...out.ipVersion], [6, 6]);
  assert.equal([...out.protocol], [17, 0]);
  assert.equal([...out.l4Offset], [54, 0]);
  assert.is(counts.noL4, 1);
  assert.is(keyText(flows.words, 0), 'UDP [2001:db8::1]:7 - [2001:db8::2]:8');
});

Decode('a gap of 256 ms splits a flow at 257 ms and not at 256 ms, and remembers the flow before', async () => {
  const packets = [at(0, there), at(256, there), at(513, there)];
  assert.equal([...(await decode(packets)).out.flow], [0, 0, 0]);
  const { out, flows } = await decode(packets, 256);
  assert.equal([...out.flow], [0, 0, 1]);
  assert.equal([flows.previous[0], flows.previous[1]], [-1, 0]);
});

Decode('times that go backwards do not split', async () => {
  assert.equal([...(await decode([at(900, there), at(0, there), at(100, there)], 256)).out.flow], [0, 0, 0]);
});

Decode('header lengths beyond the packet, IHL below 5, ARP and empty frames have no flow', async () => {
  const short = Buffer.from(there);
  short[14] = 0x44;
  const long = Buffer.from(there.subarray(0, 36));
  long[14] = 0x4f;
  const arp = Buffer.concat([Buffer.alloc(12), hex('0806'), Buffer.alloc(40)]);
  const { out, counts } = await decode([short, long, arp, Buffer.alloc(0)].map((frame, i) => at(i, frame)));
  assert.equal([...out.flow], [-1, -1, -1, -1]);
  assert.is(counts.noIp, 4);
});

Decode('20,000 flows keep their numbers while the table grows', async () => {
  const frames = Array.from({ length: 20_000 }, (_, i) =>
    ipv4(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, '198.18.0.1', 17, udp(1000 + (i % 7), 53, 0)),
  );
  const { out, flows } = await decode([...frames, ...frames].map((frame, i) => at(i, frame)));
  assert.is(flows.count, 20_000);
  for (let i = 0; i < 20_000; i++) assert.ok(out.flow[i] === i && out.flow[20_000 + i] === i);
});

Decode.run();
