/** Which layouts are tried, and that the one handed back computes what the network does. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  evaluateNetwork,
  frontInputs,
  type LanesChoice,
  searchLayout,
  type TableNetwork,
} from '../../../src/compiler/lower/index.ts';
import { runEngine } from '../../../src/engine/index.ts';
import { injectedColumns, injectedFront } from '../../../src/features/index.ts';
import { type Chip, chipNamed, runReference } from '../../../src/switch/index.ts';
import { generator, mlpNetwork } from './mlp.ts';

const Search = suite('search for a layout');

function shapeOf({ features }: TableNetwork) {
  return { features: features.map((f) => f.name), bits: features.map((f) => f.bits) };
}

function search(network: TableNetwork, chip: Chip, lanes: LanesChoice) {
  const front = injectedFront(shapeOf(network));
  return searchLayout('mlp', network, front, chip, { inputs: frontInputs(front, network), lanes });
}

/** Thirty random rows through both executions. */
async function computes(network: TableNetwork, found: ReturnType<typeof search>, next: (n: number) => number) {
  const input = Uint32Array.from({ length: 300 }, () => next(256));
  const columns = { kind: 'injected', ...injectedColumns(input, 30, shapeOf(network)) } as const;
  const expected = evaluateNetwork(network, input, 30);
  const run = await runEngine(found.program, found.placement, columns, { workers: 1 });
  assert.equal([...run.logits], [...expected.values[network.verdict.value]]);
  assert.equal([...runReference(found.program, found.placement, columns).verdict], [...expected.classes]);
}

Search(
  'the cost model packs where it saves stages: 32 sums of 7 bits and 16 of 10 on Tofino, fewer stages than unpacked',
  async () => {
    const next = generator(77);
    const network = mlpNetwork(next, { sizes: [32, 16], spans: [6, 25] });
    const [off, auto] = (['off', 'auto'] as const).map((lanes) => search(network, chipNamed('tofino'), lanes));
    assert.ok(off.lowered.sums.every((s) => s.lanes === undefined));
    assert.ok(auto.fits && auto.lowered.sums.some((s) => s.lanes !== undefined));
    assert.ok(auto.placement.stages < off.placement.stages, `${auto.placement.stages} < ${off.placement.stages}`);
    await computes(network, auto, next);
  },
);

Search(
  '20 and 10 sums on 8 stages: none of the 16 layouts that the estimate prefers fits, the first with all sums packed does',
  async () => {
    const next = generator(77);
    const network = mlpNetwork(next, { sizes: [20, 10], spans: [10, 60] });
    const chip = { ...chipNamed('tofino2'), name: 'short', stages: 8 };
    const auto = search(network, chip, 'auto');
    assert.equal([auto.fits, auto.layoutsTried], [true, 17]);
    assert.equal(
      auto.choice.values.map(({ value, lanes }) => [value, lanes !== null]),
      [
        ['h1', true],
        ['h2', true],
        ['y', false],
      ],
    );
    // The report names the second ranking's estimate; without shared fields nothing fits.
    assert.is.not(auto.choice.options[0].estimate, null);
    assert.is(search(network, chip, 'off').fits, false);
    await computes(network, auto, next);
  },
);

Search.run();
