import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { descriptionDemand } from '../../../src/switch/demand/description.ts';
import { type Chip, chipNamed, fitDescription, readDescription } from '../../../src/switch/index.ts';
import { crowdedContainers } from '../../../src/switch/phv/crowded.ts';
import { dependencies } from '../../../src/switch/place/depend.ts';
import { NOTHING_RESERVED } from '../../../src/switch/place/reserve.ts';
import { schedule } from '../../../src/switch/place/schedule.ts';

const X = suite('switch/phv crowded');
const TOFINO2 = chipNamed('tofino2');

/** `n` exact tables on one header byte, each setting its own metadata field of `bits` bits. */
function leaves(n: number, bits = 4, accumulates = false) {
  const tables = Array.from({ length: n }, (_, i) => ({
    table: `leaf${i}`,
    key: [{ field: 'hdr.f.x', bits: 8, match: 'exact' }],
    size: 16,
    action: `set${i}`,
    action_param_bits: [bits],
    writes: [`meta.l${i}`],
    accumulates,
  }));
  return readDescription(JSON.stringify({ program: `leaves${n}`, tables, infer: false }), 'leaves.json');
}

function crowd(n: number, chip: Chip, bits?: number, accumulates?: boolean): number[] {
  const demand = descriptionDemand(leaves(n, bits, accumulates));
  return crowdedContainers(demand, chip, NOTHING_RESERVED).map((fields) => fields.length);
}

X(
  'Tofino 2 copies a byte and 55 leaf numbers with its 56 mocha containers; of 57 leaf numbers two share a container',
  () => {
    assert.equal(crowd(55, TOFINO2), []);
    assert.equal(crowd(56, TOFINO2), []);
    assert.equal(crowd(57, TOFINO2), [2]);
  },
);

X('32 bits of leaf numbers go into one container: of 65 four-bit ones 8 and 2, of 64 seven-bit ones 4, 4', () => {
  assert.equal(crowd(65, TOFINO2), [8, 2]);
  assert.equal(crowd(64, TOFINO2, 7), [4, 4]);
});

X('whole bytes, sums, chips without mocha containers and chips without limits crowd nothing', () => {
  assert.equal(crowd(65, TOFINO2, 8), []);
  assert.equal(crowd(65, TOFINO2, 4, true), []);
  assert.equal(crowd(65, chipNamed('tofino')), []);
  assert.equal(crowd(65, chipNamed('unbounded')), []);
});

X(
  '55 tables take 4 stages of 16; of 63 the 8 that share a container follow one a stage behind 3 full stages, and the path says why',
  () => {
    const plain = fitDescription(leaves(55), TOFINO2);
    assert.is(plain.stages.used, 4);
    const { stages, path } = fitDescription(leaves(63), TOFINO2);
    assert.is(stages.used, 11);
    assert.equal(path.at(-1)?.cause.kind, 'container');
  },
);

X('a chip of 6 stages takes the same 63 tables in 4: allocated anew with the stages in view', () => {
  const report = fitDescription(leaves(63), { ...TOFINO2, stages: 6 });
  assert.ok(report.fits);
  assert.is(report.stages.used, 4);
});

X('the same tables as a program of this project keep a container for each field: 63 take 4 stages', () => {
  const demand = { ...descriptionDemand(leaves(63)), foreign: false };
  assert.is(Math.max(...schedule(demand, TOFINO2, dependencies(demand)).parts.map((part) => part.stage)), 3);
});

X.run();
