/** `pegasim dataset` through the real binary: every form looked over, dealt and converted; what cannot be read is named with its place. */

import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pegasim, workFolder } from './rig.ts';

const folder = workFolder();
const DATA = resolve('traces/p2p');

async function run(args: readonly string[], code = 0): Promise<{ stdout: string; stderr: string }> {
  const result = await pegasim(['dataset', ...args], { cwd: folder });
  assert.is(result.code, code, result.stderr);
  return result;
}

const Data = suite('dataset command');

Data(
  'captures → flow JSON → captures: 960 flows and 36,317 packets all the way, flow by flow the same lengths',
  async () => {
    await run(['convert', DATA, '--to', 'flow-json', '-o', 'flows.json']);
    await run(['convert', 'flows.json', '--to', 'folders', '-o', 'again']);
    await run(['convert', 'again', '--to', 'flow-json', '--split-by', 'flow', '-o', 'again.json']);
    const lengths = (file: string): string[] => {
      const flows = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { label: string; len_seq: number[] }[];
      return flows.map(({ label, len_seq }) => `${label} ${len_seq.join(' ')}`).sort();
    };
    assert.is(lengths('flows.json').length, 960);
    assert.equal(lengths('again.json'), lengths('flows.json'));
    const { stdout } = await run(['inspect', 'flows.json']);
    assert.match(stdout, /^1 capture, 36,317 packets, 960 flows, .* the longest lasts \d/);
  },
);

Data('split of captures, flow JSON and rows reads again with the same parts', async () => {
  await run(['split', DATA, '--split-by', 'flow', '--split-seed', '7', '-o', 'labels.csv']);
  const table = readFileSync(join(folder, 'labels.csv'), 'utf8').trim().split('\n');
  assert.is(table.length, 961);
  await run(['split', 'flows.json', '-o', 'dealt.json']);
  const flows = JSON.parse(readFileSync(join(folder, 'dealt.json'), 'utf8')) as { split: string }[];
  assert.ok(flows.every(({ split }) => ['train', 'validation', 'test'].includes(split)));
});

Data('feature rows: ranges, classes, repeated rows; bad cells are counted and named with their line', async () => {
  const rows = Array.from({ length: 30 }, (_, i) => `${60 + i},${i % 3},${i % 2 ? 'x' : 'y'}`);
  writeFileSync(join(folder, 'rows.csv'), `pkt.len,pkt.ipd,class\n${rows.join('\n')}\n60,0,y\n`);
  const good = await run(['inspect', 'rows.csv']);
  assert.match(good.stdout, /31 rows of 2 features; 1 repeat an earlier row, 0 cannot be read/);
  assert.match(good.stdout, /pkt\.len +60 +89 +30/);
  await run(['convert', 'rows.csv', '--to', 'rows', '-o', 'dealt.csv']);
  assert.match(
    readFileSync(join(folder, 'dealt.csv'), 'utf8'),
    /^pkt\.len,pkt\.ipd,class,split\n60,0,y,(train|validation|test)\n/,
  );
  writeFileSync(join(folder, 'bad.csv'), 'a,b,class\n1,2,x\n1,zz,y\n3,,x\n');
  const bad = await run(['inspect', 'bad.csv'], 2);
  assert.match(bad.stdout, /2 cannot be read/);
  assert.match(bad.stdout, /bad\.csv:3: "zz" in column "b" is no number/);
});

Data('rows are not written as packets, captures not as rows: what to do instead is said', async () => {
  assert.match(
    (await run(['convert', 'rows.csv', '-o', 'x.json'], 2)).stderr,
    /CLI-USAGE: .*hold no packets.*\n.*--to rows/,
  );
  assert.match((await run(['convert', DATA, '--to', 'rows', '-o', 'x.csv'], 2)).stderr, /features export/);
  assert.not.ok(existsSync(join(folder, 'x.csv')));
});

Data('inspect counts a file that is no capture and one that ends in a packet, with file, packet and byte', async () => {
  const broken = join(folder, 'broken');
  for (const name of ['a', 'b']) mkdirSync(join(broken, name), { recursive: true });
  copyFileSync(join(DATA, 'heron/heron-01.pcap'), join(broken, 'a', 'good.pcap'));
  const bytes = readFileSync(join(DATA, 'otter/otter-01.pcap'));
  writeFileSync(join(broken, 'b', 'cut.pcap'), bytes.subarray(0, 24 + 16 + 10));
  writeFileSync(join(broken, 'b', 'text.pcap'), 'hello, I am text\n');
  const { stdout } = await run(['inspect', 'broken'], 2);
  assert.match(stdout, /unreadable: 1 file, 1 capture from some byte on/);
  assert.match(stdout, /problem: b\/cut\.pcap, packet 0, byte 24: /);
  assert.match(stdout, /problem: b\/text\.pcap, byte 0: not a capture/);
  await run(['inspect', 'broken', '--accept-damage']);
});

Data.run();
