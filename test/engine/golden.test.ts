/** The published MLP-B tables through the engine: all 38,245 rows' logits and predictions, and macro-F1 0.85635. */

import { existsSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compileInjected, readTableModel } from '../../src/compiler/index.ts';
import { arrayOf } from '../../src/compiler/tablemodel/document.ts';
import { injectedRows } from '../../src/compiler/tablemodel/verify.ts';
import { runEngine } from '../../src/engine/index.ts';
import { score } from '../../src/replay/index.ts';
import { chipNamed } from '../../src/switch/index.ts';

const Golden = suite('engine golden');
const folder = '../shared/golden/mlp-CICIOT2022';

for (const kernels of ['fused', 'wasm', 'typescript'] as const) {
  Golden(`mlp-CICIOT2022 by ${kernels} kernels: every logit and prediction equal, macro-F1 0.85635`, async () => {
    if (!existsSync(folder)) {
      console.log(`SKIP ${folder} is not there`);
      return;
    }
    const model = readTableModel(folder);
    const { program, placement } = compileInjected(model, { chip: chipNamed('unbounded') });
    const { input, rows } = injectedRows(model);
    const run = await runEngine(program, placement, input, { workers: 1, kernels });
    const expected = (name: string) => arrayOf(model, name, 'vectors').data;
    const equal = (a: ArrayLike<number>, b: ArrayLike<number>) =>
      Array.from(a).filter((value, i) => value === b[i]).length;
    assert.is(equal(run.logits, expected('test.logits')), rows * 3);
    assert.is(equal(run.verdict, expected('test.pred')), rows);
    assert.is(score(expected('test.labels'), run.verdict, model.classes).macroF1.toFixed(5), '0.85635');
  });
}

Golden.run();
