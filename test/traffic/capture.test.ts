import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ProblemError } from '../../src/problem.ts';
import { openCapture, type PacketColumns, readCaptures } from '../../src/traffic/index.ts';
import { block, classic, enhanced, face, keep, option, type Packet, readBack, section } from './captures.ts';
import { readWithOracle } from './oracle.ts';

const Captures = suite('captures');

const frame = (length: number, fill = 1): Uint8Array => new Uint8Array(length).fill(fill);
const three: Packet[] = [60, 70, 1514].map((length, i) => ({
  seconds: 100 + i,
  fraction: 10 * i,
  data: frame(length, i),
}));

async function codeOf(path: string): Promise<string> {
  try {
    await readBack(path);
  } catch (error) {
    if (error instanceof ProblemError) return error.problem.code;
    throw error;
  }
  return 'read';
}

Captures('a classic capture gives its three packets in either byte order, µs as 1000 ns', async () => {
  const little = await readBack(keep('little.pcap', classic(three)));
  const big = await readBack(keep('big.pcap', classic(three, { big: true })));
  assert.equal(big.packets, little.packets);
  assert.equal(
    little.packets.map((packet) => packet.nanos),
    [0, 10_000, 20_000],
  );
  assert.equal(
    little.packets.map((packet) => packet.data.length / 2),
    [60, 70, 1514],
  );
  assert.is(little.info.damage, undefined);
});

Captures('the nanosecond magic keeps nanoseconds; a fraction of 1,500,000 µs carries one second', async () => {
  const nano = await readBack(keep('nano.pcap', classic(three, { magic: 0xa1b23c4d })));
  assert.equal(
    nano.packets.map((packet) => packet.nanos),
    [0, 10, 20],
  );
  const over = await readBack(keep('over.pcap', classic([{ seconds: 7, fraction: 1_500_000, data: frame(60) }])));
  assert.equal([over.packets[0]!.seconds, over.packets[0]!.nanos], [8, 500_000_000]);
});

Captures('the modified magic has 24-byte record headers', async () => {
  const file = keep('modified.pcap', classic(three, { magic: 0xa1b2cd34, recordHeader: 24 }));
  assert.equal((await readBack(file)).packets, (await readBack(keep('plain.pcap', classic(three)))).packets);
});

Captures('gzip around either format changes nothing', async () => {
  const plain = await readBack(keep('a.pcap', classic(three)));
  const zipped = await readBack(keep('a.pcap.gz', gzipSync(classic(three))));
  assert.equal(zipped.packets, plain.packets);
  assert.is(zipped.info.format, 'pcap, gzip');
});

Captures('a capture cut in packet 2 gives packets 0 and 1 and names packet 2 and byte 226', async () => {
  const { packets, info } = await readBack(keep('cut.pcap', classic(three).subarray(0, 400)));
  assert.is(packets.length, 2);
  assert.is(info.damage?.packet, 2);
  assert.is(info.damage?.byteOffset, 24 + 76 + 86);
  assert.match(info.damage!.reason, /ends inside a packet/);
});

Captures('a cut gzip stream gives the packets before the cut and says so', async () => {
  const bytes = gzipSync(
    classic(
      Array.from({ length: 400 }, (_, i) => ({ seconds: i, fraction: (i * 7919) % 1e6, data: frame(60, i * 31) })),
    ),
  );
  const { packets, info } = await readBack(keep('cut.pcap.gz', bytes.subarray(0, bytes.length >> 1)));
  assert.ok(packets.length > 0 && packets.length < 400);
  assert.match(info.damage!.reason, /gzip stream is damaged/);
});

Captures('a captured length of 4,294,967,295 stops at once, without memory for it', async () => {
  const bytes = classic(three);
  bytes.writeUInt32LE(0xffff_ffff, 24 + 76 + 8);
  const { packets, info } = await readBack(keep('huge.pcap', bytes));
  assert.is(packets.length, 1);
  assert.is(info.damage?.packet, 1);
});

Captures('what is no capture is refused with its own code', async () => {
  assert.is(await codeOf(keep('empty.pcap', '')), 'TRAFFIC-EMPTY');
  assert.is(await codeOf(keep('text.pcap', 'time,source,destination\n1,2,3\n')), 'TRAFFIC-NOT-CAPTURE');
  assert.is(await codeOf(keep('two.pcap', 'ab')), 'TRAFFIC-NOT-CAPTURE');
  assert.is(await codeOf(keep('head.pcap', classic([]).subarray(0, 13))), 'TRAFFIC-HEADER-CUT');
  assert.is(await codeOf(keep('zstd.pcap', Buffer.from('28b52ffd00000000', 'hex'))), 'TRAFFIC-COMPRESSED');
  assert.is(await codeOf(keep('link.pcap', classic(three, { linkType: 147 }))), 'TRAFFIC-LINKTYPE');
  assert.is(await codeOf(keep('none.pcap', '').replace('none', 'absent')), 'TRAFFIC-NOT-FOUND');
  assert.is(await codeOf(keep('x/y.pcap', '').replace('/y.pcap', '')), 'TRAFFIC-UNREADABLE');
  assert.is(
    await codeOf(keep('ng-user.pcapng', Buffer.concat([section(), face(147), enhanced(0, 0n, frame(60))]))),
    'TRAFFIC-LINKTYPE',
  );
});

Captures('a capture without packets is read: 0 packets, no damage', async () => {
  const { packets, info } = await readBack(keep('bare.pcap', classic([])));
  assert.is(packets.length, 0);
  assert.is(info.damage, undefined);
});

Captures('pcapng: 64-bit ticks of 1 µs, 1 ns and 2^-20 s give exact times; an offset adds seconds', async () => {
  const seconds = 1_700_000_123;
  const at = async (
    resolution: number,
    ticks: bigint,
    extra: Uint8Array = Buffer.alloc(0),
  ): Promise<[number, number]> => {
    const options = Buffer.concat([option(9, Uint8Array.of(resolution)), extra]);
    const file = keep('time.pcapng', Buffer.concat([section(), face(1, options), enhanced(0, ticks, frame(60))]));
    const { packets } = await readBack(file);
    return [packets[0]!.seconds, packets[0]!.nanos];
  };
  assert.equal(await at(6, BigInt(seconds) * 1_000_000n + 654_321n), [seconds, 654_321_000]);
  assert.equal(await at(9, BigInt(seconds) * 1_000_000_000n + 987_654_321n), [seconds, 987_654_321]);
  assert.equal(await at(0x80 | 20, (BigInt(seconds) << 20n) + (1n << 19n)), [seconds, 500_000_000]);
  assert.equal(await at(12, 1234n * 10n ** 12n + 5n * 10n ** 11n + 999n), [1234, 500_000_000]);
  const offset = Buffer.alloc(8);
  offset.writeBigInt64LE(1000n);
  assert.equal(await at(6, BigInt(seconds) * 1_000_000n, option(14, offset)), [seconds + 1000, 0]);
});

Captures('pcapng: unknown blocks are skipped, a simple block has time 0, sections may change byte order', async () => {
  const simple = block(3, Buffer.concat([Buffer.from([60, 0, 0, 0]), frame(60)]));
  const parts = [section(), block(0x0bad, frame(21)), face(1), enhanced(0, 5_000_000n, frame(61)), simple];
  const other = [section(true), face(1, new Uint8Array(0), true), enhanced(0, 9_000_000n, frame(62), true)];
  const { packets, info } = await readBack(keep('blocks.pcapng', Buffer.concat([...parts, ...other])));
  assert.equal(
    packets.map((packet) => packet.data.length / 2),
    [61, 60, 62],
  );
  assert.equal(
    packets.map((packet) => packet.seconds),
    [5, 0, 9],
  );
  assert.is(info.records, 3);
});

Captures('pcapng: packets of a USB interface are skipped and counted, and keep their numbers', async () => {
  const parts = [
    section(),
    face(220),
    face(1),
    enhanced(0, 0n, frame(60)),
    enhanced(1, 0n, frame(60)),
    enhanced(0, 0n, frame(60)),
  ];
  const { packets, info } = await readBack(keep('usb.pcapng', Buffer.concat(parts)));
  assert.equal(
    packets.map((packet) => packet.number),
    [1],
  );
  assert.is(info.counts.skippedLinkType, 2);
  assert.is(info.records, 3);
});

Captures('any packets, any chunk and batch size: the same as pcap-parser reads them', async () => {
  const packet = fc.record({
    seconds: fc.integer({ min: 0, max: 0x7fff_ffff }),
    fraction: fc.integer({ min: 0, max: 999_999 }),
    data: fc.uint8Array({ maxLength: 3000 }),
  });
  let round = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(packet, { maxLength: 60 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 9 }),
      async (packets, big, rows) => {
        const path = keep(`property-${round++ % 4}.pcap`, classic(packets, { big }));
        const ours = await readBack(path, { batchPackets: rows });
        const theirs: unknown[] = [];
        await readWithOracle(path, ({ seconds, micros, original, data }) =>
          theirs.push({ seconds, nanos: micros * 1000, original, data: data.toString('hex'), number: theirs.length }),
        );
        assert.equal(ours.packets, theirs);
      },
    ),
    { numRuns: 60 },
  );
});

Captures('records across chunk borders survive: 3 MB in chunks of 512 KiB equal the file read whole', async () => {
  const many = Array.from({ length: 3000 }, (_, i) => ({
    seconds: i,
    fraction: i,
    data: frame(60 + ((i * 7919) % 1900), i),
  }));
  const path = keep('chunks.pcap', classic(many));
  const small = await readBack(path, { batchBytes: 1 });
  const { packets } = await readCaptures([path]);
  assert.is(small.packets.length, 3000);
  assert.is(packets.count, 3000);
  small.packets.forEach((one, i) => {
    const from = packets.offset[i]!;
    assert.is(one.data, Buffer.from(packets.bytes.subarray(from, from + packets.capLen[i]!)).toString('hex'));
  });
});

Captures('memory used again changes nothing, whether at the next step or when released in any order', async () => {
  const many = Array.from({ length: 3000 }, (_, i) => ({
    seconds: i,
    fraction: i,
    data: frame(60 + ((i * 7919) % 1900), i),
  }));
  const path = keep('reuse.pcap', classic(many));
  const plain = await readBack(path);
  assert.equal((await readBack(path, { batchBytes: 1, reuse: 'next' })).packets, plain.packets);
  const capture = await openCapture(path, { batchBytes: 1, batchPackets: 100, reuse: 'release' });
  const held: PacketColumns[] = [];
  const memory = new Set<ArrayBufferLike>();
  let row = 0;
  for await (const batch of capture) {
    held.push(batch);
    memory.add(batch.bytes.buffer);
    if (held.length < 4) continue;
    const done = held.shift()!;
    for (let i = 0; i < done.count; i++, row++) {
      assert.is(done.origLen[i], plain.packets[row]!.original);
      assert.is(done.bytes[done.offset[i]! + done.capLen[i]! - 1], (row & 255) === 0 ? 0 : row & 255);
    }
    capture.release(done);
  }
  assert.is(row + held.reduce((sum, batch) => sum + batch.count, 0), 3000);
  assert.ok(memory.size <= 4, `${memory.size} chunks`);
});

Captures('pcapng blocks longer than the chunk are read: a 1.5 MB name block between packets', async () => {
  const parts = [
    section(),
    face(1),
    enhanced(0, 1n, frame(60)),
    block(4, frame(1_500_000)),
    enhanced(0, 2n, frame(61)),
  ];
  const { packets } = await readBack(keep('long.pcapng', Buffer.concat(parts)), { batchBytes: 1 });
  assert.equal(
    packets.map((packet) => packet.data.length / 2),
    [60, 61],
  );
});

Captures('readCaptures keeps 64 bytes of each packet when asked, lengths stay original', async () => {
  const path = keep('snap.pcap', classic(three));
  const { packets } = await readCaptures([path, path], { snapLength: 64 });
  assert.equal([...packets.capLen], [60, 64, 64, 60, 64, 64]);
  assert.equal([...packets.origLen], [60, 70, 1514, 60, 70, 1514]);
  assert.equal([...packets.capture], [0, 0, 0, 1, 1, 1]);
  assert.is(packets.bytes[packets.offset[5]!], 2);
});

Captures('an iteration given up early lets go of the file', async () => {
  const capture = await openCapture(keep('early.pcap', classic(three)), { batchPackets: 1 });
  for await (const batch of capture) {
    assert.is(batch.count, 1);
    break;
  }
  await capture.close();
});

Captures.run();
