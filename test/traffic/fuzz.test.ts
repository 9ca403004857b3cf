import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ProblemError } from '../../src/problem.ts';
import { decodeInto, newDecodeCounts, newDecodedColumns, newFlowTable, openCapture } from '../../src/traffic/index.ts';
import { block, classic, enhanced, face, ipv4, keep, section, udp } from './captures.ts';

const Fuzz = suite('fuzzed captures');

const frames = Array.from({ length: 12 }, (_, i) => ipv4('10.0.0.1', `10.0.0.${i}`, 17, udp(i, 53, i * 9)));
const records = frames.map((data, i) => ({ seconds: i, fraction: i, data }));
const blocks = [
  section(),
  face(1),
  face(113),
  ...frames.map((data, i) => enhanced(i % 2, BigInt(i), data)),
  block(5, frames[0]!),
];

/** Valid files to damage: every format, an Ethernet and a synthetic link layer each. */
const SEEDS: readonly (readonly [string, Buffer])[] = [
  ['classic', classic(records)],
  ['cooked', classic(records, { linkType: 113 })],
  ['radiotap', classic(records, { linkType: 127 })],
  ['ppp', classic(records, { linkType: 9, big: true })],
  ['pcapng', Buffer.concat(blocks)],
];

/** Read to the end and decode; every frame must lie inside its batch. A refusal is fine, anything else is not. */
async function survive(path: string): Promise<void> {
  const table = newFlowTable(1e6);
  const counts = newDecodeCounts();
  try {
    const capture = await openCapture(path, { reuse: 'next' });
    let packets = 0;
    for await (const batch of capture) {
      const out = newDecodedColumns(batch.count);
      decodeInto(batch, table, out, counts);
      packets += batch.count;
      for (let i = 0; i < batch.count; i++) {
        assert.ok(batch.offset[i]! + batch.capLen[i]! <= batch.bytes.length);
        assert.ok(out.l4Offset[i]! < Math.max(1, batch.capLen[i]!));
        assert.ok(batch.capLen[i]! <= batch.origLen[i]!);
      }
    }
    assert.is(capture.info().packets, packets);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
  }
}

const change = fc.record({
  at: fc.nat(4000),
  value: fc.constantFrom(0, 1, 2, 12, 32, 64, 127, 128, 254, 255),
  width: fc.integer({ min: 1, max: 4 }),
});

for (const [name, bytes] of SEEDS) {
  Fuzz(
    `${name}: 150 captures with up to eight bytes changed and the end cut are read or refused, nothing else`,
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(change, { maxLength: 8 }), fc.nat(bytes.length), async (changes, length) => {
          const damaged = Buffer.from(bytes);
          for (const { at, value, width } of changes)
            damaged.fill(value, at % bytes.length, Math.min(bytes.length, (at % bytes.length) + width));
          await survive(keep(`fuzz-${name}.pcap`, length % 3 === 0 ? damaged.subarray(0, length) : damaged));
        }),
        { numRuns: 150 },
      );
    },
  );
}

Fuzz('an original length of 4,294,967,295 over PPP stays above the captured length', async () => {
  const bytes = classic(records, { linkType: 9 });
  bytes.writeUInt32LE(0xffff_ffff, 24 + 12);
  await survive(keep('wrap.pcap', bytes));
});

Fuzz('gzip: 60 damaged streams are read or refused', async () => {
  const bytes = gzipSync(SEEDS[0]![1]);
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }), async (at, value) => {
      const damaged = Buffer.from(bytes);
      damaged[at] = value;
      await survive(keep('fuzz.pcap.gz', damaged));
    }),
    { numRuns: 60 },
  );
});

Fuzz.run();
