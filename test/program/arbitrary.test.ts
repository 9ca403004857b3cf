import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { problemText } from '../../src/problem.ts';
import { validateProgram } from '../../src/program/index.ts';
import { randomProgram } from './arbitrary.ts';

const Arbitrary = suite('program/arbitrary');

Arbitrary('240 random programs of size 1 to 12 are valid', () => {
  for (let seed = 0; seed < 240; seed++) {
    const program = randomProgram(seed, { size: 1 + (seed % 12) });
    assert.equal(validateProgram(program).map(problemText), [], program.name);
  }
});

Arbitrary('together they use every instruction, match kind and stateful operation', () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 150; seed++) {
    const program = randomProgram(seed, { size: 8 });
    for (const action of program.actions) for (const one of action.instructions) seen.add(one.op);
    for (const table of program.tables) for (const one of table.keys) seen.add(one.match);
    for (const one of program.stateful) for (const update of one.updates) seen.add(`salu ${update.op}`);
    if (program.egress.length > 0) seen.add('egress');
  }
  assert.is(seen.size, 32 + 4 + 11 + 1);
});

Arbitrary.run();
