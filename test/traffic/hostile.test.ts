import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { run } from '../../bench/hostile.ts';

const Hostile = suite('hostile captures');

Hostile(
  'every malformed or unusual capture of the collection is read, read up to its damage, or refused, as its manifest expects',
  async () => {
    const { figures } = await run();
    if (figures['hostile.total'] === undefined) return;
    assert.is(figures['hostile.ok'], figures['hostile.total']);
    assert.ok(figures['hostile.regressionOk']! >= 542);
  },
);

Hostile.run();
