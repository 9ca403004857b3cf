/** The page of a result: self-contained, whole, the same bytes twice; in Chromium drawn, readable at two widths, reachable by keyboard. */

import type { Locator } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { resultPage } from '../../src/report/html/index.ts';
import type { ScenarioResult } from '../../src/study/index.ts';
import {
  browserPath,
  CUT_OR_CROSSING,
  NO_BROWSER,
  type Opened,
  PAGE_WIDTH,
  type Rig,
  startBrowser,
  type View,
} from './browser.ts';
import { HOSTILE, SAMPLE_TIMING, sampleResult, sampleScores } from './sample.ts';

const SECTIONS = [
  'summary',
  'waterfall',
  'confusion',
  'classes',
  'curves',
  'slots',
  'model',
  'stages',
  'phv',
  'tables',
  'speed',
];
/** Waterfall, classes, position, slots, header vector, seconds. */
const CHARTS = 6;

const Page = suite('result page');
let rig: Rig | undefined;

Page.before(async () => {
  if (browserPath === undefined) console.log(NO_BROWSER);
  else rig = await startBrowser();
});
Page.after(() => rig?.close());

/** Run `look` on the page of a result in the browser; nothing where there is none. */
async function inBrowser(result: ScenarioResult, view: View, look: (opened: Opened) => Promise<void>): Promise<void> {
  if (rig === undefined) return;
  const opened = await rig.open(resultPage(result, SAMPLE_TIMING), view);
  await look(opened);
  assert.equal(opened.complaints, []);
  assert.equal(opened.requests, []);
  await opened.page.close();
}

Page('the file is self-contained: no address is named, a policy forbids to fetch any', () => {
  const html = resultPage(sampleResult(), SAMPLE_TIMING);
  assert.not.match(html, /(src|href)="(?!#)/);
  assert.not.match(html, /url\((?!#)|@import/);
  assert.match(html, /Content-Security-Policy" content="default-src 'none'/);
});

Page('the same result gives the same bytes twice in one process', () => {
  assert.is(resultPage(sampleResult(), SAMPLE_TIMING), resultPage(sampleResult(), SAMPLE_TIMING));
});

Page(`a class named ${HOSTILE} is text, in tables and in charts`, () => {
  const html = resultPage(sampleResult());
  assert.not.ok(html.includes(HOSTILE));
  assert.ok(html.includes('&lt;script&gt;window.broken=1'));
});

Page('all 11 sections of one result are there', () => {
  const html = resultPage(sampleResult(), SAMPLE_TIMING);
  assert.equal(
    [...html.matchAll(/<section id="(\w+)"/g)].map((match) => match[1]),
    SECTIONS,
  );
});

Page('every id is unique, every drawing has a name', () => {
  const html = resultPage(sampleResult(), SAMPLE_TIMING);
  const ids = [...html.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]);
  assert.is(new Set(ids).size, ids.length);
  assert.is(
    html.match(/<svg class="(broad|narrow)" role="img" aria-label="[^"]+"/g)?.length,
    html.match(/<svg/g)?.length,
  );
});

Page('a baseline shows flips, their causes and the figures that changed; without one there is no section', () => {
  assert.not.match(resultPage(sampleResult()), /<section id="baseline"/);
  const cause = { kind: 'table', stage: 3, what: 'nn_a', before: 'entry 1', after: 'entry 2', via: null } as const;
  const html = resultPage({
    ...sampleResult(),
    baseline: {
      file: 's.baseline.json',
      status: 'changed',
      compared: 100,
      flipped: 7,
      gained: 2,
      lost: 5,
      incomparable: [],
      figures: [{ figure: 'macroF1', before: 0.5, after: 0.75 }],
      classes: [],
      differs: ['program'],
      causes: [{ ...cause, packets: 7 }],
      walked: 7,
      unexplained: null,
      flips: [{ capture: 'a.pcap', packet: 17, label: HOSTILE, before: 'video', after: null, cause }],
    },
  });
  const section = /<section id="baseline"[\s\S]*?<\/section>/.exec(html)?.[0] ?? '';
  for (const text of [
    '7',
    'of 100 compared',
    'table nn_a, stage 3',
    'entry 2',
    'macroF1',
    '0.75',
    'a.pcap',
    '&lt;script&gt;',
  ])
    assert.ok(section.includes(text), text);
  assert.not.ok(html.includes(HOSTILE));
});

Page('a score model without alarms shows ROC curves, no confusion', () => {
  const html = resultPage(sampleScores());
  assert.match(html, /ROC of the anomaly score/);
  assert.match(html, /float, area 0\.9000/);
  assert.not.match(html, /<section id="classes"/);
});

Page(`in Chromium: ${CHARTS} charts drawn, one drawing of each visible, at 1366 and at 390 pixels`, async () => {
  for (const [width, shown, hidden] of [
    [1366, 'broad', 'narrow'],
    [390, 'narrow', 'broad'],
  ] as const)
    await inBrowser(sampleResult(), { width }, async ({ page }) => {
      assert.is(await page.locator(`figure.chart svg.${shown}:visible`).count(), CHARTS);
      assert.is(await page.locator(`figure.chart svg.${hidden}:visible`).count(), 0);
      assert.is(
        (await page.locator('figure.chart svg:visible path, figure.chart svg:visible rect').count()) > CHARTS,
        true,
      );
    });
});

Page('in Chromium: values of charts and tables equal the result', async () => {
  const result = sampleResult();
  await inBrowser(result, { width: 1366 }, async ({ page }) => {
    const drawn = (id: string) => page.locator(`#${id} svg.broad text`).allTextContents();
    const [first, last] = [result.waterfall?.steps[0], result.waterfall?.steps.at(-1)];
    const bars = await drawn('waterfall');
    for (const step of [first, last]) assert.ok(bars.includes((step?.macroF1 ?? 0).toFixed(4)), bars.join(' '));
    const classes = await drawn('classes');
    for (const side of [result.replay.switch, result.replay.float])
      for (const { f1 } of side?.packets.perClass ?? []) assert.ok(classes.includes(f1.toFixed(3)), classes.join(' '));
    const seconds = await drawn('speed');
    for (const value of Object.values(SAMPLE_TIMING.steps))
      assert.ok(seconds.includes(value.toFixed(2)), String(value));
    const matrices = page.locator('#confusion table');
    assert.is(await matrices.count(), 3);
    const counts = async (n: number): Promise<number[][]> => {
      const rows = await matrices.nth(n).locator('tbody tr').all();
      const number = (text: string): number => Number(text.replace('·', '0').replace('−', '-').replace(',', ''));
      // Below its count a cell says its share.
      const cells = async (row: Locator): Promise<string[]> =>
        (await row.locator('td').allInnerTexts()).map((text) => text.split('\n')[0] ?? '');
      return Promise.all(rows.map(async (row) => (await cells(row)).map(number)));
    };
    const [float, ours] = [result.replay.float!.packets.confusion, result.replay.switch.packets.confusion];
    assert.equal(await counts(0), float);
    assert.equal(await counts(1), ours);
    assert.equal(
      await counts(2),
      ours.map((row, i) => row.map((value, j) => value - float[i]![j]!)),
    );
    const tables = await page.locator('#tables tbody tr td:first-child').allTextContents();
    assert.equal(
      tables,
      result.fit.tables.map(({ table }) => table),
    );
    assert.is(await page.locator('h1').textContent(), result.name);
  });
});

Page('in Chromium: the hostile class name is shown, its script did not run', async () => {
  await inBrowser(sampleResult(), { width: 1366 }, async ({ page }) => {
    assert.is(await page.evaluate('typeof window.broken'), 'undefined');
    assert.ok((await page.locator('#classes tbody td').allTextContents()).includes(HOSTILE));
  });
});

Page('in Chromium: nothing is wider than the screen at 390 and 1366 pixels, light and dark', async () => {
  for (const scheme of ['light', 'dark'] as const)
    for (const width of [390, 1366])
      await inBrowser(sampleResult(), { width, scheme }, async ({ page }) => {
        assert.is(await page.evaluate(PAGE_WIDTH), width);
        const paper = await page.evaluate('getComputedStyle(document.body).backgroundColor');
        assert.is(paper, scheme === 'light' ? 'rgb(244, 246, 250)' : 'rgb(14, 18, 24)');
      });
});

Page('in Chromium: no text of a chart is cut off or runs into another', async () => {
  for (const width of [390, 1366])
    for (const result of [sampleResult(), sampleScores()])
      await inBrowser(result, { width }, async ({ page }) => {
        const wrong = await page.evaluate<string[]>(CUT_OR_CROSSING);
        assert.equal(wrong, []);
      });
});

Page(
  'in Chromium: the keyboard skips to the results, sorts a table, opens what is folded, scrolls what is wide',
  async () => {
    await inBrowser(sampleResult(), { width: 1366 }, async ({ page }) => {
      await page.keyboard.press('Tab');
      assert.is(await page.evaluate('document.activeElement?.className'), 'skip');
      await page.keyboard.press('Enter');
      assert.is(await page.evaluate('document.activeElement?.id'), 'main');
      const heading = page.locator('#classes thead button', { hasText: 'F1 switch' });
      const column = () => page.locator('#classes tbody td:nth-child(4)').allTextContents();
      await heading.focus();
      await page.keyboard.press('Enter');
      assert.is(await page.locator('#classes th[aria-sort=ascending]').count(), 1);
      const up = await column();
      assert.equal(up, [...up].sort());
      await page.keyboard.press('Enter');
      assert.equal(await column(), up.reverse());
      await page.locator('#phv summary').last().focus();
      await page.keyboard.press('Enter');
      assert.is(await page.locator('#phv details[open]').count(), 1);
      const boxes = page.locator('.wide');
      for (let i = 0; i < (await boxes.count()); i++) assert.is(await boxes.nth(i).getAttribute('tabindex'), '0');
    });
  },
);

Page('in Chromium: a focused element is outlined', async () => {
  await inBrowser(sampleResult(), { width: 1366 }, async ({ page }) => {
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    const style = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
    assert.is(style, 'solid');
  });
});

Page('a page with 40 classes, 2,000 tables and 1,000 pieces of header vector stays under 3 MB', () => {
  const sample = sampleResult();
  const names = Array.from({ length: 40 }, (_, i) => `application number ${i}`);
  const perClass = names.map((name) => ({
    class: name,
    support: 25_000,
    precision: 0.9123,
    recall: 0.8765,
    f1: 0.8912,
  }));
  const packets = {
    ...sample.replay.switch.packets,
    perClass,
    confusion: names.map((_, i) => [...names.map((_, j) => i * 1000 + j), 0]),
  };
  const side = {
    ...sample.replay.switch,
    packets,
    covered: packets,
    firstVerdict: names.map((name) => ({ class: name, flows: 9, without: 1, packets: 8, milliseconds: 12.5 })),
  };
  const many = <T>(items: readonly T[], count: number): T[] =>
    Array.from({ length: count }, (_, i) => items[i % items.length] as T);
  const html = resultPage({
    ...sample,
    fit: {
      ...sample.fit,
      tables: many(sample.fit.tables, 2000),
      phv: { ...sample.fit.phv, map: many(sample.fit.phv.map, 1000) },
    },
    replay: { ...sample.replay, classes: names, switch: side, float: { ...side, runtime: 'r', features: [] } },
  });
  assert.ok(html.length < 3e6, `${html.length} bytes`);
});

Page.run();
