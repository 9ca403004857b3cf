/** Gzip around captures: damage of every kind keeps what precedes it, pipes are read once, and what is no capture is named. */
import { execFileSync, spawn } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ProblemError } from '../../src/problem.ts';
import { type CaptureInfo, openCapture } from '../../src/traffic/index.ts';
import { classic, face, keep, section } from './captures.ts';

const Gzip = suite('gzip and other forms');

/** 200 packets of 60..259 bytes whose content does not compress to nothing. */
const packets = Array.from({ length: 200 }, (_, i) => ({
  seconds: i,
  fraction: 0,
  data: Uint8Array.from({ length: 60 + i }, (_, b) => (b * 131 + i * 17 + b * b) & 255),
}));
const bytes = classic(packets);

async function infoOf(path: string): Promise<CaptureInfo> {
  const capture = await openCapture(path);
  for await (const _ of capture);
  return capture.info();
}

async function refusal(path: string): Promise<string> {
  try {
    await infoOf(path);
  } catch (error) {
    if (error instanceof ProblemError) return `${error.problem.code} ${error.problem.message}`;
    throw error;
  }
  return 'read';
}

Gzip('a wrong checksum at the end: all 200 packets, and the damage', async () => {
  const zipped = gzipSync(bytes);
  zipped.fill(0, zipped.length - 8);
  const { packets: read, damage } = await infoOf(keep('crc.pcap.gz', zipped));
  assert.is(read, 200);
  assert.match(damage!.reason, /gzip stream is damaged \(incorrect data check\)/);
});

Gzip('bytes behind the stream: all 200 packets, and the damage', async () => {
  const { packets: read, damage } = await infoOf(
    keep('tail.gz', Buffer.concat([gzipSync(bytes), Buffer.from('tail')])),
  );
  assert.is(read, 200);
  assert.match(damage!.reason, /gzip stream is damaged/);
});

Gzip('a stream cut in half: the packets before the cut, one fewer than fit at most', async () => {
  const zipped = gzipSync(bytes, { level: 0 });
  const cut = zipped.subarray(0, zipped.length >> 1);
  let fit = 0;
  for (let at = 24; fit < 200 && at + 16 + packets[fit]!.data.length <= cut.length - 32; fit++)
    at += 16 + packets[fit]!.data.length;
  const { packets: read, damage } = await infoOf(keep('half.pcap.gz', cut));
  assert.ok(read >= fit - 1 && read <= fit + 1, `${read} of ${fit}`);
  assert.match(damage!.reason, /unexpected end of file/);
});

Gzip('two members, one with name and comment, are one capture', async () => {
  const second = gzipSync(bytes.subarray(5000));
  const named = Buffer.concat([
    Buffer.from([0x1f, 0x8b, 8, 8 + 16, 0, 0, 0, 0, 0, 3]),
    Buffer.from('name\0comment\0'),
    second.subarray(10),
  ]);
  const { packets: read, damage } = await infoOf(
    keep('two.gz', Buffer.concat([gzipSync(bytes.subarray(0, 5000)), named])),
  );
  assert.is(read, 200);
  assert.is(damage, undefined);
});

Gzip('a header alone, text inside and gzip inside gzip are refused by name', async () => {
  assert.match(
    await refusal(keep('head.gz', gzipSync(bytes).subarray(0, 10))),
    /TRAFFIC-HEADER-CUT gzip stream is damaged/,
  );
  assert.match(await refusal(keep('text.gz', gzipSync('just some lines of text\n'))), /TRAFFIC-NOT-CAPTURE .*text/);
  assert.match(await refusal(keep('twice.gz', gzipSync(gzipSync(bytes)))), /TRAFFIC-COMPRESSED .*gzip-compressed/);
});

Gzip('a named pipe is read once, plain and zipped', async () => {
  const plain = keep('pipe.pcap', bytes);
  const zipped = keep('pipe.pcap.gz', gzipSync(bytes));
  for (const path of [plain, zipped]) {
    const pipe = `${path}.fifo`;
    execFileSync('mkfifo', [pipe]);
    const writer = spawn('sh', ['-c', 'cat "$0" > "$1"', path, pipe], { stdio: 'ignore' });
    const { packets: read, damage } = await infoOf(pipe);
    assert.is(read, 200, path);
    assert.is(damage, undefined);
    writer.kill();
  }
});

Gzip('twelve formats that are no pcap are named, with the way out', async () => {
  const cases: readonly (readonly [string, number[] | string, RegExp])[] = [
    ['zst', [0x28, 0xb5, 0x2f, 0xfd], /zstd-compressed/],
    ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], /xz-compressed/],
    ['bz2', 'BZh9', /bzip2-compressed/],
    ['lz4', [4, 0x22, 0x4d, 0x18], /lz4-compressed/],
    ['Z', [0x1f, 0x9d, 0x90], /compress-compressed/],
    ['zip', 'PK\x03\x04', /zip archive/],
    ['7z', [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], /7-zip/],
    ['snoop', 'snoop\0\0\0', /snoop capture/],
    ['cap', 'GMBU', /Network Monitor/],
    ['erf', [1, 2, 3, 4, 5, 6, 7, 8, 2, 4, 0, 80, 0, 0, 0, 60], /ERF capture/],
    ['log', 'btsnoop\0', /Bluetooth/],
    ['csv', 'flow;länge;klasse\n1;60;a\n', /text/],
  ];
  for (const [ending, start, pattern] of cases) {
    const head = typeof start === 'string' ? Buffer.from(start) : Buffer.from(start);
    assert.match(
      await refusal(keep(`other.${ending}`, Buffer.concat([head, Buffer.alloc(ending === 'csv' ? 0 : 64)]))),
      pattern,
    );
  }
});

Gzip('a pcapng of major version 2 is refused, a later section of it is damage', async () => {
  const two = section();
  two.writeUInt16LE(2, 12);
  assert.match(await refusal(keep('two.pcapng', Buffer.concat([two, face(1)]))), /TRAFFIC-VERSION pcapng version 2/);
  const { damage } = await infoOf(keep('later.pcapng', Buffer.concat([section(), face(1), two])));
  assert.match(damage!.reason, /pcapng version 2/);
});

Gzip.run();
