/** The whole path through the real binary, on small captures: every step leaves what the next one reads. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pegasim, workFolder } from './rig.ts';

const folder = workFolder();
const data = join(folder, 'data');
const json = async (args: string[], code = 0): Promise<Record<string, unknown>> => {
  const result = await pegasim([...args, '--json'], { cwd: folder });
  assert.is(result.code, code, `${args.join(' ')}\n${result.stderr}`);
  return JSON.parse(result.stdout) as Record<string, unknown>;
};

const Path = suite('from captures to verdicts');

Path('traces generate writes the same bytes twice', async () => {
  const spec = resolve('traces/p2p.yaml');
  await json(['traces', 'generate', spec, '-o', data, '--scale', '0.4']);
  const again = join(folder, 'again');
  const listed = (await json(['traces', 'generate', spec, '-o', again, '--scale', '0.4'])) as {
    captures: { file: string }[];
  };
  assert.ok(listed.captures.length >= 9);
  for (const { file } of listed.captures) assert.equal(readFileSync(join(data, file)), readFileSync(join(again, file)));
});

Path('train writes ONNX that knows its features', async () => {
  const result = (await json(['train', 'mlp-b', 'data', '-o', 'mlp.onnx', '--epochs', '3'])) as {
    model: { features: string[]; training: { epochs: number } };
  };
  assert.is(result.model.features.length, 10);
  assert.is(result.model.training.epochs, 3);
  assert.ok(existsSync(join(folder, 'mlp.onnx')));
});

Path('compile places it on Tofino 2, the same bytes for 1 and 2 workers', async () => {
  const one = (await json([
    'compile',
    'mlp.onnx',
    '--data',
    'data',
    '-o',
    'one.pgs',
    '--workers',
    '1',
    '--max-rows',
    '2000',
  ])) as { fits: boolean };
  await json(['compile', 'mlp.onnx', '--data', 'data', '-o', 'two.pgs', '--workers', '2', '--max-rows', '2000']);
  assert.is(one.fits, true);
  assert.equal(readFileSync(join(folder, 'one.pgs')), readFileSync(join(folder, 'two.pgs')));
});

Path('fit agrees, and says 1 where the program does not fit', async () => {
  const report = (await json(['fit', 'one.pgs'])) as { fits: boolean; stages: { used: number; available: number } };
  assert.is(report.fits, true);
  assert.ok(report.stages.used <= report.stages.available);
  const small = (await json(['fit', 'one.pgs', '--target', 'tofino2h'], 1)) as { fits: boolean; problems: unknown[] };
  assert.is(small.fits, false);
  assert.ok(small.problems.length > 0);
});

Path('replay scores switch and float, accounts for every packet, the same for 1, 2, 3 and 7 workers', async () => {
  const results: Record<string, unknown>[] = [];
  for (const workers of ['1', '2', '3', '7']) {
    const { timing: _timing, ...result } = await json([
      'replay',
      'one.pgs',
      '--data',
      'data',
      '--model',
      'mlp.onnx',
      '--workers',
      workers,
      '--verdicts',
      `v${workers}.csv`,
    ]);
    results.push(result);
  }
  for (const other of results.slice(1)) assert.equal(other, results[0]);
  for (const workers of ['2', '3', '7'])
    assert.equal(readFileSync(join(folder, `v${workers}.csv`)), readFileSync(join(folder, 'v1.csv')));
  const { outcomes, scored } = results[0] as { outcomes: Record<string, number>; scored: number };
  const { packets, ...parts } = outcomes;
  assert.is(
    Object.values(parts).reduce((a, b) => a + b),
    packets,
  );
  assert.is(readFileSync(join(folder, 'v1.csv'), 'utf8').trim().split('\n').length, scored + 1);
});

Path('classify runs two captures in turn, the same for 1 and 2 workers, every packet accounted for', async () => {
  const captures = ['data/heron/heron-01.pcap', 'data/otter/otter-01.pcap'];
  const results: Record<string, unknown>[] = [];
  for (const workers of ['1', '2']) {
    const args = ['classify', 'one.pgs', ...captures, '--workers', workers, '--verdicts', `c${workers}.csv`];
    const { timing: _timing, ...result } = await json(args);
    results.push(result);
  }
  assert.equal(results[1], results[0]);
  const csv = readFileSync(join(folder, 'c1.csv'), 'utf8');
  assert.is(readFileSync(join(folder, 'c2.csv'), 'utf8'), csv);
  const {
    outcomes,
    classes,
    captures: read,
  } = results[0] as {
    outcomes: Record<string, number>;
    classes: { class: string; packets: number }[];
    captures: { path: string; packets: number }[];
  };
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  const { packets, ...parts } = outcomes;
  assert.equal(
    read.map(({ path }) => path),
    captures,
  );
  assert.is(sum(read.map((one) => one.packets)), packets);
  assert.is(sum(Object.values(parts)), packets);
  assert.is(sum(classes.map((one) => one.packets)), parts.verdict);
  const lines = csv.trim().split('\n');
  assert.is(lines[0], 'capture,packet,verdict');
  assert.is(lines.length, parts.verdict + 1);
  assert.ok(lines[1].startsWith('data/heron/heron-01.pcap,') && lines.at(-1)?.startsWith('data/otter/otter-01.pcap,'));
});

Path('classify --explain shows how tables are matched and packets shared out', async () => {
  const { plan } = (await json(['classify', 'one.pgs', 'data/heron/heron-01.pcap', '--explain'])) as { plan: string };
  for (const part of [/^plan of /, /packets: shared out by/, /tables:\n/, /phases:\n/]) assert.match(plan, part);
});

Path('emit writes P4 and entries for three targets', async () => {
  for (const target of ['v1model', 't2na']) {
    const { files } = (await json(['emit', 'one.pgs', '--target', target, '-o', `p4-${target}`])) as {
      files: { path: string }[];
    };
    assert.ok(
      files.some(({ path }) => path.endsWith('.p4')),
      target,
    );
  }
});

Path('compile --like takes the old layout: emit --like writes the same P4; another chip is refused', async () => {
  const like = ['compile', 'mlp.onnx', '--data', 'data', '--like', 'one.pgs', '--max-rows', '1800', '-o', 'like.pgs'];
  assert.is(((await json(like)) as { fits: boolean }).fits, true);
  await json(['emit', 'like.pgs', '--like', 'one.pgs', '--target', 't2na', '-o', 'p4-like']);
  const file = (folderName: string, name: string) => readFileSync(join(folder, folderName, name), 'utf8');
  assert.is(file('p4-like', 'mlp.p4'), file('p4-t2na', 'mlp.p4'));
  const other = await pegasim([...like, '--target', 'tofino'], { cwd: folder });
  assert.is(other.code, 2);
  assert.match(other.stderr, /EMIT-LIKE: .*another chip/);
});

Path('labels that match only some flows are warned about', async () => {
  const labelled = join(folder, 'labelled');
  mkdirSync(join(labelled, 'pcap'), { recursive: true });
  for (const name of ['heron', 'otter'])
    copyFileSync(join(data, name, `${name}-01.pcap`), join(labelled, 'pcap', `${name}.pcap`));
  writeFileSync(join(labelled, 'labels.csv'), 'file,class\nheron.pcap,a\notter.pcap,b\nghost.pcap,b\n');
  const result = await pegasim(['train', 'mlp-b', 'labelled', '--split-by', 'flow', '--epochs', '1', '-o', 'l.onnx'], {
    cwd: folder,
  });
  assert.is(result.code, 0, result.stderr);
  assert.match(result.stderr, /warning: .*1 .*(match|unmatched)/i);
});

Path('a capture cut in mid-packet: read up to the damage, reported, exit 2 unless accepted', async () => {
  const cut = join(folder, 'cut');
  for (const name of ['heron', 'otter', 'magpie']) {
    mkdirSync(join(cut, name), { recursive: true });
    for (const k of ['01', '02', '03'])
      copyFileSync(join(data, name, `${name}-${k}.pcap`), join(cut, name, `${k}.pcap`));
  }
  const victim = join(cut, 'heron', '01.pcap');
  truncateSync(victim, readFileSync(victim).length - 7);
  const args = ['train', 'mlp-b', 'cut', '--epochs', '1', '-o', 'c.onnx'];
  const strict = await pegasim(args, { cwd: folder });
  assert.is(strict.code, 2, strict.stderr);
  assert.match(strict.stderr, /damaged: .*01\.pcap, packet \d+, byte \d+/);
  assert.is((await pegasim([...args, '--accept-damage'], { cwd: folder })).code, 0);
});

Path('run: the scenario end to end, JSON on stdout, results on disk, expectations decide the exit code', async () => {
  const scenario = (expect: string): string =>
    `name: small\ndataset: {path: data}\nmodel: {train: mlp-b, epochs: 2}\ncompile: {maxRows: 1000, leaves: 8}\nexpect: ['${expect}', 'packetsLost: 0']\n`;
  writeFileSync(join(folder, 'good.yaml'), scenario('macroF1 >= 0.3'));
  writeFileSync(join(folder, 'bad.yaml'), scenario('macroF1 >= 0.999'));
  const good = (await json(['run', 'good.yaml', '-o', 'out'])) as { pass: boolean; figures: { macroF1: number } };
  assert.is(good.pass, true);
  const written = JSON.parse(readFileSync(join(folder, 'out', 'small.json'), 'utf8')) as {
    figures: { macroF1: number };
  };
  assert.is(written.figures.macroF1, good.figures.macroF1);
  const bad = (await json(['run', 'bad.yaml'], 1)) as { pass: boolean };
  assert.is(bad.pass, false);
});

Path.run();
