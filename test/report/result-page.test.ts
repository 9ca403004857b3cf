/** The report in headless Chromium: charts drawn, values those of the result, no console errors, names stay text. */

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { studyPage } from '../../src/report/html/index.ts';
import { junitXml } from '../../src/report/index.ts';
import { HOSTILE, sampleResult } from './sample.ts';

const Page = suite('result page');
const folder = mkdtempSync(join(tmpdir(), 'pegasim-page-'));
const browser = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);

/** The page's document after its scripts ran, and what the browser logged. */
function load(html: string): { dom: string; log: string } {
  const path = join(folder, 'page.html');
  writeFileSync(path, html);
  const flags = [
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--enable-logging=stderr',
    `--user-data-dir=${folder}/b`,
  ];
  const run = spawnSync(browser ?? '', [...flags, '--dump-dom', `file://${path}`], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { dom: run.stdout, log: run.stderr };
}

Page('the file is self-contained: no address is fetched, no script of a name runs', () => {
  const html = studyPage([{ result: sampleResult() }]);
  assert.not.match(html, /(src|href)="(?!#)/);
  assert.not.ok(html.includes(HOSTILE));
  assert.ok(html.includes('&lt;script&gt;window.broken=1'));
});

Page('all sections of one result are there, with figures of the result', () => {
  const result = sampleResult();
  const html = studyPage([{ result }]);
  for (const id of [
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
  ])
    assert.ok(html.includes(`<section id="${id}"`), id);
  for (const row of result.replay.switch.packets.confusion)
    for (const value of row) assert.ok(html.includes(`%">${value}</td>`), String(value));
  assert.ok(html.includes(result.replay.switch.packets.macroF1.toFixed(4)));
  for (const { table } of result.fit.tables) assert.ok(html.includes(`<td>${table}</td>`), table);
});

Page('in a browser: 3 charts drawn, values equal the result, nothing on the console', () => {
  if (browser === undefined) return console.log('SKIP no Chromium here');
  const result = sampleResult();
  const { dom, log } = load(studyPage([{ result }]));
  assert.not.match(log, /CONSOLE|Uncaught/);
  assert.is(dom.match(/<figure class="chart"><svg role="img"/g)?.length, 3);
  const [first, last] = [result.waterfall!.steps[0].macroF1, result.waterfall!.steps[4].macroF1];
  for (const value of [first, last]) assert.ok(dom.includes(`>${value.toFixed(4)}</text>`), String(value));
  for (const { f1 } of result.replay.switch.packets.perClass) assert.ok(dom.includes(`>${f1.toFixed(3)}</text>`));
});

Page('several results: a sortable table whose script runs without a complaint', () => {
  if (browser === undefined) return console.log('SKIP no Chromium here');
  const { dom, log } = load(studyPage([{ result: sampleResult('b') }, { result: sampleResult('a') }]));
  assert.not.match(log, /CONSOLE|Uncaught/);
  assert.is(dom.match(/<button type="button">/g)?.length, 9);
});

Page('JUnit XML is well formed and counts 1 failure of 2', () => {
  const xml = junitXml([{ result: sampleResult(`a\u0001 & ${HOSTILE}`) }]);
  assert.match(xml, /tests="2" failures="1"/);
  assert.match(xml, /a\\x01 &amp; &lt;script&gt;/);
  const path = join(folder, 'junit.xml');
  writeFileSync(path, xml);
  if (existsSync('/usr/bin/xmllint')) execFileSync('xmllint', ['--noout', path]);
});

Page.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
Page.run();
