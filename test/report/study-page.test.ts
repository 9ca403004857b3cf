/** The summary page of several scenarios: sortable table, scatter, matrices, each result folded below. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { matrixLabel, studiesOf } from '../../src/report/html/matrix.ts';
import { studyPage } from '../../src/report/html/study-page.ts';
import { browserPath, CUT_OR_CROSSING, NO_BROWSER, PAGE_WIDTH, type Rig, startBrowser } from './browser.ts';
import { sampleResult } from './sample.ts';

const Study = suite('study page');
let rig: Rig | undefined;

Study.before(async () => {
  if (browserPath === undefined) console.log(NO_BROWSER);
  else rig = await startBrowser();
});
Study.after(() => rig?.close());

/** Slots × policy, six runs. */
const GRID = [256, 1024, 4096].flatMap((slots) =>
  ['replace', 'keep'].map((policy) => ({ result: sampleResult(`slots[flow.slots=${slots},flow.policy=${policy}]`) })),
);

Study('a matrix name gives base and options, values with commas and brackets included', () => {
  assert.equal(matrixLabel('a[x.y=1,z=b]'), {
    base: 'a',
    options: [
      ['x.y', '1'],
      ['z', 'b'],
    ],
  });
  assert.equal(matrixLabel('a[b][dataset.classes=a,b,flow.slots=4]'), {
    base: 'a[b]',
    options: [
      ['dataset.classes', 'a,b'],
      ['flow.slots', '4'],
    ],
  });
  assert.is(matrixLabel('plain'), undefined);
});

Study('six runs of 3 × 2 make one study with two axes; a single run makes none', () => {
  const [study, ...others] = studiesOf(GRID.map(({ result }) => result));
  assert.is(others.length, 0);
  assert.equal(study?.axes, [
    { option: 'flow.slots', values: ['256', '1024', '4096'] },
    { option: 'flow.policy', values: ['replace', 'keep'] },
  ]);
  assert.equal(studiesOf([sampleResult('a[b=1]')]), []);
});

Study('a matrix becomes a table of 3 rows and 2 columns with the figure of each run', () => {
  const html = studyPage(GRID);
  const table = /<section id="matrix-1"[\s\S]*?<\/section>/.exec(html)?.[0] ?? '';
  const figure = (GRID[0]?.result.replay.switch.packets.macroF1 ?? 0).toFixed(4);
  assert.is(table.match(new RegExp(`>${figure.replace('.', '\\.')}<small>`, 'g'))?.length, 6);
});

Study('nine results or more show summary and waterfall alone: 60 of them stay under 3 MB', () => {
  const html = studyPage(Array.from({ length: 60 }, (_, i) => ({ result: sampleResult(`run ${i}`) })));
  assert.ok(html.length < 3e6, `${html.length} bytes`);
  assert.not.match(html, /id="s1-phv"/);
});

Study(
  'in Chromium: a click on a heading sorts by number, a link opens the folded result, nothing is cut off',
  async () => {
    if (rig === undefined) return;
    const items = ['b', 'a', 'c'].map((name, i) => {
      const result = sampleResult(name);
      return {
        result: { ...result, fit: { ...result.fit, stages: { ...result.fit.stages, used: [9, 10, 2][i] as number } } },
      };
    });
    for (const width of [1366, 390]) {
      const { page, complaints, requests } = await rig.open(studyPage(items), { width });
      const names = () => page.locator('#all tbody td:first-child').allTextContents();
      const stages = page.locator('#all thead button', { hasText: 'stages' });
      await stages.click();
      assert.equal(await names(), ['c', 'b', 'a']);
      await stages.click();
      assert.equal(await names(), ['a', 'b', 'c']);
      await page.locator('#all tbody a', { hasText: 'a' }).click();
      assert.is(await page.locator('#s2 > details[open]').count(), 1);
      assert.is(await page.evaluate(PAGE_WIDTH), width);
      assert.equal(await page.evaluate(CUT_OR_CROSSING), []);
      assert.equal([...complaints, ...requests], []);
      await page.close();
    }
  },
);

Study.run();
