/** A user's own recurrent model through the real binary: named by a sidecar, compiled into registers, replayed; other cells refused by node. */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildGraph } from '../../src/model/index.ts';
import { pegasim, workFolder } from './rig.ts';

const State = suite('a state through the command line');
const DATA = resolve('traces/p2p');
const folder = workFolder();

/** Four units that add up what the length says; `h` goes in, `h_next` comes out, the first unit less the second is the first logit, and so on. */
function ownModel(file: string, cell: 'Clip' | 'Tanh'): void {
  const g = buildGraph();
  const x = g.input('x', ['n', 1]);
  const h = g.input('h', ['n', 4]);
  const table = Float32Array.from({ length: 1501 * 4 }, (_, i) => Math.sin((i >> 2) / 200 + (i & 3)) / 2);
  const column = g.node('Squeeze', [x, g.ints('axis', [1])], {}, { name: 'column' });
  const index = g.node('Cast', [column], { to: 7 }, { name: 'index' });
  const added = g.node('Gather', [g.weights('table', [1501, 4], table), index], {}, { name: 'look' });
  const sum = g.node('Add', [h, added], {}, { name: 'sum' });
  const bounds = [g.weights('low', [], [-3]), g.weights('high', [], [3])];
  g.node(cell, cell === 'Clip' ? [sum, ...bounds] : [sum], {}, { name: 'cell', outputs: ['h_next'] });
  const read = g.weights('read', [4, 3], [1, 0, 0, -1, 1, 0, 0, -1, 1, 0, 0, -1]);
  g.output(g.node('MatMul', ['h_next', read], {}, { name: 'logits' }), ['n', 3]);
  g.output('h_next', ['n', 4]);
  writeFileSync(join(folder, file), g.bytes());
  const sidecar = ['features: [pkt.len]', 'clamp: { pkt.len: 1500 }', 'classes: [heron, magpie, otter]'];
  writeFileSync(join(folder, `${file}.yaml`), `${sidecar.join('\n')}\nstate: { input: h, output: h_next }\n`);
}

State(
  'own ONNX and a sidecar: 64 register bits a flow at 8 bits a unit, float and switch agree on 95 % of the packets',
  async () => {
    ownModel('own.onnx', 'Clip');
    const compile = ['compile', 'own.onnx', '--data', DATA, '--max-rows', '1000', '--leaves', '64', '-o', 'own.pgs'];
    const made = await pegasim(compile, { cwd: folder });
    assert.is(made.code, 0, made.stderr);
    const args = ['replay', 'own.pgs', '--data', DATA, '--model', 'own.onnx', '--json'];
    const { code, stdout, stderr } = await pegasim(args, { cwd: folder });
    assert.is(code, 0, stderr);
    const result = JSON.parse(stdout);
    assert.ok(result.agreement.fraction > 0.95, `${result.agreement.fraction}`);
    // Four units of 8 bits beside the owner's 32: no gap is read, so there is no clock.
    assert.is(result.slots.bitsPerFlow, 64);
    assert.equal([result.outcomes.noVerdict, result.scored > 5000], [0, true]);
  },
);

State('a tanh cell is refused with exit code 2: its node, why, and the form that compiles', async () => {
  ownModel('tanh.onnx', 'Tanh');
  const { code, stdout, stderr } = await pegasim(['compile', 'tanh.onnx', '--data', DATA, '-o', 'tanh.pgs'], {
    cwd: folder,
  });
  assert.equal([code, stdout], [2, '']);
  assert.match(stderr, /COMPILE-STATE: node cell \(Tanh\): .*\n.*next state = Clip\(state \+ f\(packet\), low, high\)/);
});

State.run();
