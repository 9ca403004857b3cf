import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ProblemError } from '../../../src/problem.ts';
import { CHIPS, chipFromText, chipNamed, chipRules, reserveFromText } from '../../../src/switch/index.ts';

const X = suite('switch/targets');

function complaint(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ProblemError) return `${error.problem.code} ${error.problem.where ?? ''}`.trim();
    throw error;
  }
  return 'none';
}

X('tofino has 12 stages and 224 normal containers, tofino2 20 and 168', () => {
  const normal = (name: string) => {
    const { groups, normalPerGroup } = chipNamed(name).phv;
    return (groups[8] + groups[16] + groups[32]) * normalPerGroup;
  };
  assert.equal([chipNamed('tofino').stages, normal('tofino')], [12, 224]);
  assert.equal([chipNamed('tofino2').stages, normal('tofino2')], [20, 168]);
  assert.equal(
    CHIPS.map((chip) => chip.stages),
    [12, 20, 12, 20, 6, Infinity],
  );
  assert.is(
    complaint(() => chipNamed('tofino9')),
    'FIT-CHIP',
  );
});

X(
  'rules: comparisons into fields only from tofino2 on; the largest 32-bit register has 192,512 and 94,208 cells',
  () => {
    assert.equal(
      [chipRules(chipNamed('tofino')).compareIntoPhv, chipRules(chipNamed('tofino2')).compareIntoPhv],
      [false, true],
    );
    assert.equal(
      [chipRules(chipNamed('tofino')).registerCells32, chipRules(chipNamed('tofino2')).registerCells32],
      [192512, 94208],
    );
  },
);

X('a custom chip replaces numbers of its base; unknown keys and wrong types name the line', () => {
  const chip = chipFromText('name: half\nbase: tofino2\nstages: 10\nstage: { tcam: 12, vliw: unlimited }', 'c.yaml');
  assert.equal([chip.stages, chip.stage.tcam, chip.stage.sram, chip.stage.vliw], [10, 12, 80, Infinity]);
  assert.is(
    complaint(() => chipFromText('name: x\nstage:\n  tcan: 12', 'c.yaml')),
    'FIT-CHIP-FILE c.yaml:3',
  );
  assert.is(
    complaint(() => chipFromText('name: x\nstages: many', 'c.yaml')),
    'FIT-CHIP-FILE c.yaml:2',
  );
  assert.is(
    complaint(() => chipFromText('name: x\nstages: 0', 'c.yaml')),
    'FIT-CHIP-FILE c.yaml:2',
  );
  assert.is(
    complaint(() => chipFromText('name: tofino', 'c.yaml')),
    'FIT-CHIP-FILE c.yaml:1',
  );
  assert.is(complaint(() => chipFromText('stages: 3', 'c.yaml')).split(' ')[0], 'FIT-CHIP-FILE');
});

X('a reservation adds up over ranges; bad ranges name the line', () => {
  const reserve = reserveFromText(
    'reserve:\n  - { stages: 0-1, sram: 5 }\n  - { stage: 1, sram: 2, tcam: 1 }\ncontainers: { 8: 3 }',
    'r.yaml',
  );
  assert.equal(reserve.stages, [{ sram: 5 }, { sram: 7, tcam: 1 }]);
  assert.is(reserve.containers[8], 3);
  assert.is(
    complaint(() => reserveFromText('reserve:\n  - { stages: 5-2, sram: 5 }', 'r.yaml')),
    'FIT-RESERVE r.yaml:2',
  );
});

X.run();
