/** Wrong input through the real binary: one clear line, exit code 2, nothing half-written. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pegasim, workFolder } from './rig.ts';

const CAPTURE = resolve('traces/p2p/heron/heron-01.pcap');

/** A folder with one capture in class `a` and whatever else is given. */
function dataset(files: Record<string, string | Uint8Array>): string {
  const folder = join(workFolder(), 'data');
  mkdirSync(join(folder, 'a'), { recursive: true });
  copyFileSync(CAPTURE, join(folder, 'a', 'good.pcap'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

async function refused(args: string[], pattern: RegExp, cwd?: string): Promise<void> {
  const result = await pegasim(args, cwd === undefined ? {} : { cwd });
  assert.is(result.code, 2, `${args.join(' ')}: exit ${result.code}\n${result.stderr}`);
  assert.match(result.stderr, pattern);
  assert.not.match(result.stderr, /^\s+at /m, 'a stack trace');
  const lines = result.stderr.trim().split('\n');
  assert.ok(lines.length <= 2, `one line and a hint, not ${lines.length}:\n${result.stderr}`);
}

const Errors = suite('wrong input');

Errors('a missing file', () => refused(['run', 'nope.yaml'], /FILE-READ: nope\.yaml: cannot be read: no such file/));

Errors('a missing dataset', () => refused(['train', 'mlp-b', 'nowhere'], /TRAFFIC-NOT-FOUND: .*nowhere/));

Errors('an empty capture', () =>
  refused(['train', 'mlp-b', dataset({ 'b/empty.pcap': '' })], /TRAFFIC-EMPTY: .*empty\.pcap: the file is empty/),
);

Errors('a file that is no capture', () =>
  refused(
    ['train', 'mlp-b', dataset({ 'b/text.pcap': 'hello, I am a text file\n' })],
    /TRAFFIC-NOT-CAPTURE: .*text\.pcap/,
  ),
);

Errors('a capture without a label', async () => {
  const folder = workFolder();
  copyFileSync(CAPTURE, join(folder, 'loose.pcap'));
  await refused(['train', 'mlp-b', folder], /TRAFFIC-UNLABELLED: .*loose\.pcap/);
});

Errors('a class with no packets', async () => {
  const folder = dataset({});
  mkdirSync(join(folder, 'b'));
  await refused(['train', 'mlp-b', folder], /TRAFFIC-CLASS-EMPTY: .*class "b"/);
});

Errors('rows without flows for a model with a state', async () => {
  const folder = workFolder();
  const rows = Array.from({ length: 20 }, (_, i) => `${60 + i},${i},${i % 2 ? 'x' : 'y'}`);
  writeFileSync(join(folder, 'rows.csv'), `pkt.len,pkt.ipd,class\n${rows.join('\n')}\n`);
  await refused(['train', 'rnn-b-register', 'rows.csv'], /MODEL-ROWS: .*which follow one another\n.*captures/, folder);
});

Errors('labels of which none matches', () =>
  refused(
    [
      'train',
      'mlp-b',
      dataset({
        'labels.csv': 'file,src_ip,src_port,dst_ip,dst_port,proto_num,class\na/good.pcap,9.9.9.9,1,8.8.8.8,2,6,x\n',
      }),
    ],
    /TRAFFIC-LABELS-UNMATCHED/,
  ),
);

Errors('malformed YAML names the line', async () => {
  const folder = workFolder();
  writeFileSync(join(folder, 's.yaml'), 'name: a\ndataset:\n  path: [x\n');
  await refused(['run', 's.yaml'], /SCENARIO-YAML: s\.yaml:4:1: malformed YAML/, folder);
});

Errors('an unknown key names the line and the known keys', async () => {
  const folder = workFolder();
  writeFileSync(join(folder, 's.yaml'), 'name: a\nbogus: 1\ndataset:\n  path: x\nmodel:\n  train: mlp-b\n');
  await refused(['run', 's.yaml'], /SCENARIO-SCHEMA: s\.yaml:2: unknown key 'bogus'/, folder);
});

Errors('an unknown feature', async () => {
  const folder = workFolder();
  const { buildGraph } = await import('../../src/model/index.ts');
  const graph = buildGraph({ metadata: { 'pegasim.features': '["pkt.colour"]' } });
  graph.output(graph.node('Relu', [graph.input('x', ['n', 1])]), ['n', 1]);
  const model = graph.bytes();
  writeFileSync(join(folder, 'm.onnx'), model);
  await refused(
    ['compile', 'm.onnx', '--data', dataset({ 'b/good.pcap': readFileSync(CAPTURE) }), '--split-by', 'flow'],
    /FEATURE-UNKNOWN: no feature is called pkt\.colour/,
    folder,
  );
});

Errors('an ONNX file that is not ONNX', async () => {
  const folder = workFolder();
  writeFileSync(join(folder, 'm.onnx'), 'not a model');
  await refused(
    ['compile', 'm.onnx', '--data', dataset({ 'b/good.pcap': readFileSync(CAPTURE) })],
    /MODEL-NOT-ONNX: m\.onnx/,
    folder,
  );
});

Errors('an output that cannot be written is refused before any work, and nothing is left', async () => {
  const folder = workFolder();
  writeFileSync(join(folder, 'file'), '');
  await refused(
    ['train', 'mlp-b', dataset({}), '-o', join(folder, 'file', 'm.onnx')],
    /FILE-WRITE: .*m\.onnx: cannot be written/,
  );
  assert.equal(readdirSync(folder), ['file']);
});

Errors('a device is not replaced by a file, and a folder below /proc is refused at once', async () => {
  await refused(['train', 'mlp-b', dataset({}), '-o', '/dev/null'], /FILE-WRITE: \/dev\/null: is a device/);
  await refused(['traces', 'generate', resolve('traces/p2p.yaml'), '-o', '/proc/nowhere'], /TRAFFIC-WRITE/);
});

Errors('a misspelt key is named before the one it stood for', async () => {
  const folder = workFolder();
  writeFileSync(join(folder, 's.yaml'), 'name: a\ndatset:\n  path: x\nmodel:\n  train: mlp-b\n');
  await refused(['run', 's.yaml'], /s\.yaml:2: unknown key 'datset'/, folder);
});

Errors('a program file that is none', async () => {
  const folder = workFolder();
  writeFileSync(join(folder, 'p.pgs'), 'PEGA');
  await refused(['fit', 'p.pgs'], /PROGRAM-/, folder);
  await refused(['replay', 'p.pgs', '--data', 'x'], /PROGRAM-/, folder);
});

Errors('a balance of classes beyond 1, and one for the AutoEncoder, which learns one class', async () => {
  const data = dataset({ 'b/good.pcap': readFileSync(CAPTURE) });
  const balance = (model: string, value: string): string[] => [
    'train',
    model,
    data,
    '--split-by',
    'flow',
    '--balance',
    value,
  ];
  await refused(balance('mlp-b', '2'), /MODEL-OPTIONS: balance must be between 0 and 1 \(have 2\)/);
  await refused(
    [...balance('autoencoder', '0.5'), '--benign', 'a'],
    /MODEL-OPTIONS: .*autoencoder learns one class\n.*--balance/,
  );
});

Errors('bits of an index or of a state for a table model, which has neither', async () => {
  const folder = workFolder();
  await refused(['compile', folder, '--index-bits', '6'], /COMPILE-INDEX-BITS: .*table model\n.*--index-bits/);
  await refused(['compile', folder, '--state-bits', '16'], /COMPILE-STATE: .*table model\n.*--state-bits/);
});

Errors('usage errors exit 2 and point to help', async () => {
  await refused([], /CLI-USAGE: name a command/);
  await refused(['tarin'], /CLI-USAGE/);
  await refused(['train', 'mlp-z', 'x'], /CLI-USAGE: .*mlp-b/);
  await refused(['fit', 'x.pgs', '--bogus'], /CLI-USAGE: Unknown argument: bogus/);
  await refused(['train', 'mlp-b', 'x', '--seed', 'abc'], /CLI-USAGE: --seed takes a whole number/);
  await refused(['compile', 'x.onnx', '--target', 'tofino9'], /FIT-CHIP: unknown chip "tofino9"/);
  await refused(['traces', 'generate', resolve('traces/p2p.yaml'), '--scale', 'abc'], /CLI-USAGE: --scale/);
  await refused(['fit', 'gone.pgs', '--target', 'x', '--target', 'tofino'], /PROGRAM-READ/);
});

Errors('of a list of files none is dropped: each missing scenario is looked for, in order', async () => {
  const folder = workFolder();
  writeFileSync(join(folder, 's.yaml'), 'name: a\nbogus: 1\ndataset:\n  path: x\nmodel:\n  train: mlp-b\n');
  await refused(['run', 's.yaml', 'gone.yaml', 'gone-too.yaml'], /s\.yaml:2: unknown key 'bogus'/, folder);
  await refused(['run', 'gone.yaml', 's.yaml'], /FILE-READ: gone\.yaml/, folder);
});

Errors('with --json the problem is an object on stdout too', async () => {
  const result = await pegasim(['fit', 'gone.pgs', '--json']);
  assert.is(result.code, 2);
  assert.is((JSON.parse(result.stdout) as { error: { code: string } }).error.code, 'PROGRAM-READ');
});

Errors('every command has help with an example and --json', async () => {
  const main = await pegasim(['--help']);
  const names = [...main.stdout.matchAll(/^ {2}pegasim (\w+)/gm)]
    .map((match) => match[1] ?? '')
    .filter((name) => name !== 'completion');
  assert.ok(names.length >= 9, names.join(' '));
  for (const name of names) {
    const { stdout, code } = await pegasim([name, '--help']);
    assert.is(code, 0);
    assert.match(stdout, /--json/);
    const nested = /Commands:/.test(stdout);
    assert.ok(nested || /Examples:/.test(stdout), `${name} has no example`);
  }
});

Errors('completion prints a shell script', async () => {
  const { stdout, code } = await pegasim(['completion']);
  assert.is(code, 0);
  assert.match(stdout, /pegasim/);
});

Errors('Ctrl-C, early or in the middle of training, leaves no file and exits 130', async () => {
  for (const interruptAfter of [1500, 4000]) {
    const folder = workFolder();
    const long = ['--epochs', '150', '--patience', '150'];
    const args = ['train', 'mlp-b', resolve('traces/p2p'), '-o', join(folder, 'm.onnx'), ...long];
    const result = await pegasim(args, { interruptAfter });
    assert.is(result.code, 130, result.stderr);
    assert.equal(existsSync(folder) ? readdirSync(folder) : [], []);
  }
});

Errors('of several scenario files the first missing one is named; of a repeated option the last counts', async () => {
  await refused(['run', 'missing-a.yaml', 'missing-b.yaml'], /missing-a\.yaml/);
  await refused(['fit', 'missing-a.pgs', '--target', 'tofino', '--target', 'nothing'], /nothing|missing-a/);
});

Errors.run();
