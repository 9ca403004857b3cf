import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { classic, ipv4, keep, readBack, udp } from './captures.ts';

const LinkTypes = suite('link types');

/** An IPv4 packet without its Ethernet header. */
const ip = ipv4('10.0.0.1', '10.0.0.2', 17, udp(1000, 2000)).subarray(14);
const zeros = (length: number): Buffer => Buffer.alloc(length);
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** Link type, header in front of the IP packet. */
const CASES: readonly [name: string, linkType: number, header: Buffer][] = [
  ['raw IP', 101, zeros(0)],
  ['raw IPv4', 228, zeros(0)],
  ['NULL, little endian', 0, hex('02000000')],
  ['NULL, big endian', 0, hex('00000002')],
  ['LOOP', 108, hex('00000002')],
  ['ENC', 109, hex('02000000 00000000 00000000')],
  ['Linux cooked', 113, hex('0000 0001 0006 0200000000010000 0800')],
  ['Linux cooked 2', 276, hex('0800 0000 00000002 0001 00 06 0200000000010000')],
  ['PPP with address and control', 9, hex('ff03 0021')],
  ['PPP with a one-byte protocol', 9, hex('21')],
  ['PPP in HDLC framing', 50, hex('ff03 0021')],
  ['Cisco HDLC', 104, hex('0f00 0800')],
  ['PPPoE', 51, hex('1100 0001 0036 0021')],
  ['802.11 data', 105, Buffer.concat([hex('0801 0000'), zeros(20), hex('aaaa03 000000 0800')])],
  ['802.11 QoS data', 105, Buffer.concat([hex('8801 0000'), zeros(22), hex('aaaa03 000000 0800')])],
  ['radiotap', 127, Buffer.concat([hex('0000 0800 00000000 0801 0000'), zeros(20), hex('aaaa03 000000 0800')])],
  ['PPI around Ethernet', 192, Buffer.concat([hex('0000 0800 01000000'), zeros(12), hex('0800')])],
];

for (const [name, linkType, header] of CASES) {
  LinkTypes(
    `${name} (${linkType}) becomes an Ethernet frame of 14 + ${ip.length} bytes around the same IP packet`,
    async () => {
      const data = Buffer.concat([header, ip]);
      const packet = { seconds: 1, fraction: 2, data, original: data.length + 100 };
      const { packets, info } = await readBack(keep('link.pcap', classic([packet, packet], { linkType })));
      assert.is(packets.length, 2);
      for (const one of packets) {
        assert.is(one.data, `${'00'.repeat(12)}0800${ip.toString('hex')}`);
        assert.is(one.original, 14 + ip.length + 100);
      }
      assert.is(info.counts.syntheticEthernet, 2);
    },
  );
}

LinkTypes('a frame shorter than its link header becomes an empty frame, still counted', async () => {
  const { packets } = await readBack(
    keep('short.pcap', classic([{ seconds: 1, fraction: 0, data: zeros(10) }], { linkType: 113 })),
  );
  assert.is(packets.length, 1);
  assert.is(packets[0]!.data, '');
});

LinkTypes('four check-sequence bytes announced by the link type are stripped', async () => {
  const { packets } = await readBack(
    keep('fcs.pcap', classic([{ seconds: 1, fraction: 0, data: zeros(64) }], { linkType: 0x4400_0001 })),
  );
  assert.is(packets[0]!.original, 60);
  assert.is(packets[0]!.data.length, 120);
});

LinkTypes('ARP over Linux cooked keeps its EtherType 0806', async () => {
  const data = Buffer.concat([hex('0000 0001 0006 0200000000010000 0806'), zeros(28)]);
  const { packets } = await readBack(keep('arp.pcap', classic([{ seconds: 1, fraction: 0, data }], { linkType: 113 })));
  assert.match(packets[0]!.data, /^0{24}0806/);
});

LinkTypes.run();
