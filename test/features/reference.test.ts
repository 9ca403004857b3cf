import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { featureProgram, featureSets } from '../../src/features/index.ts';
import { chipNamed, placeProgram, runReference } from '../../src/switch/index.ts';
import { dataset, type FrameSpec } from './frames.ts';
import { switchValues } from './switch.ts';

const Reference = suite('features/reference');
const OUTCOMES = ['accept', 'accept', 'unparsed', 'truncated', 'short'];

const frames: fc.Arbitrary<FrameSpec[]> = fc
  .array(
    fc.record({
      gap: fc.nat(2 ** 33),
      sport: fc.integer({ min: 1000, max: 1004 }),
      proto: fc.constantFrom(6, 17, 1, 58, 44),
      payload: fc.nat(80),
      vlans: fc.nat(3),
      options: fc.nat(3).map((n) => 4 * n),
      v6: fc.boolean(),
      fragOffset: fc.constantFrom(0, 0, 0, 7),
      snap: fc.constantFrom(2000, 2000, 2000, 50),
      tos: fc.nat(255),
    }),
    { minLength: 1, maxLength: 25 },
  )
  .map((list) => {
    let at = 1e15;
    return list.map(({ gap, ...spec }) => {
      at += gap;
      return { ...spec, at, flow: 0 };
    });
  });

Reference('feature programs of any policy give the naive interpreter what the placed reference pipeline gives', () => {
  fc.assert(
    fc.property(
      frames,
      fc.constantFrom('mlp-b', 'cnn-b', 'cnn-l'),
      fc.constantFrom('replace' as const, 'keep' as const, 'timeout' as const),
      fc.constantFrom('wrap' as const, 'saturate' as const, 'wide' as const),
      fc.constantFrom(2, 4096),
      (specs, set, policy, ipd, slots) => {
        const program = featureProgram(featureSets[set], { policy, ipd, slots, window: 8, ipdFrom: 3 });
        const data = dataset(specs);
        const naive = switchValues(program, data);
        const observe = [...program.features.map(({ field }) => field), 'meta.flow_status', 'meta.flow_hash'];
        const { placement } = placeProgram(program, chipNamed('tofino2'));
        const run = runReference(program, placement, { kind: 'packets', packets: data.packets }, { observe });
        assert.equal(
          [...run.outcome].map((code) => OUTCOMES[code]),
          naive.outcome,
        );
        const accepted = naive.outcome.map((outcome) => outcome === 'accept');
        for (const name of observe)
          assert.equal(
            [...run.observed[name]].filter((_, i) => accepted[i]),
            naive.field(name).filter((_, i) => accepted[i]),
            name,
          );
      },
    ),
    { numRuns: 25, seed: 11 },
  );
});

Reference.run();
