/**
 * `npm run docs:screenshots`: runs the shipped scenarios with the built program and takes the pictures of the documentation from their
 * reports, in headless Chromium. `--reports FOLDER` takes quickstart.html and all.html from a folder instead of running anything.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium } from 'playwright-core';

const ROOT = join(import.meta.dirname, '..');
const IMAGES = join(ROOT, 'docs/images');
/** Pictures are part of the repository: they stay small. */
const MOST_BYTES = 150_000;

const LAPTOP = { width: 1366, height: 860 };
const PHONE = { width: 390, height: 844 };

interface Shot {
  readonly name: string;
  readonly report: 'quickstart' | 'all';
  readonly screen: { readonly width: number; readonly height: number };
  readonly scheme: 'light' | 'dark';
  /** Section to show; the top of the page without. */
  readonly section?: string;
  /** Show the whole section rather than a screenful that begins with it. */
  readonly whole?: boolean;
}

const SHOTS: readonly Shot[] = [
  { name: 'report-summary', report: 'quickstart', screen: LAPTOP, scheme: 'light' },
  { name: 'report-summary-dark', report: 'quickstart', screen: LAPTOP, scheme: 'dark' },
  {
    name: 'report-waterfall',
    report: 'quickstart',
    screen: LAPTOP,
    scheme: 'light',
    section: 'waterfall',
    whole: true,
  },
  {
    name: 'report-confusion',
    report: 'quickstart',
    screen: LAPTOP,
    scheme: 'light',
    section: 'confusion',
    whole: true,
  },
  { name: 'report-stages', report: 'quickstart', screen: LAPTOP, scheme: 'dark', section: 'stages', whole: true },
  { name: 'report-phv', report: 'quickstart', screen: LAPTOP, scheme: 'dark', section: 'phv' },
  { name: 'report-phone', report: 'quickstart', screen: PHONE, scheme: 'light' },
  { name: 'report-phone-dark', report: 'quickstart', screen: PHONE, scheme: 'dark', section: 'waterfall' },
  { name: 'summary', report: 'all', screen: LAPTOP, scheme: 'light', section: 'all', whole: true },
];

function pegasim(args: readonly string[]): void {
  const run = spawnSync(process.execPath, ['dist/cli/main.js', ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  // 1: an expectation failed, which a picture may show.
  if (run.status !== 0 && run.status !== 1) throw new Error(`pegasim ${args.join(' ')}: exit ${run.status}`);
}

function writeReports(folder: string): void {
  const cache = ['--cache', join(folder, 'cache'), '--quiet'];
  pegasim(['run', 'scenarios/quickstart.yaml', '--html', join(folder, 'quickstart.html'), ...cache]);
  // One run a file: studies have pages of their own. CNN-L is left out, its training takes minutes.
  const files = ['autoencoder', 'cnn-b', 'cnn-m', 'quickstart', 'rnn-b'].map((name) =>
    join('scenarios', `${name}.yaml`),
  );
  pegasim(['run', ...files, '--html', join(folder, 'all.html'), ...cache]);
}

async function take(browser: Browser, folder: string, shot: Shot): Promise<void> {
  const page = await browser.newPage({ viewport: shot.screen, colorScheme: shot.scheme, reducedMotion: 'reduce' });
  await page.goto(pathToFileURL(join(folder, `${shot.report}.html`)).href);
  const path = join(IMAGES, `${shot.name}.png`);
  const section = shot.section === undefined ? undefined : page.locator(`#${shot.section}`);
  if (shot.whole && section !== undefined) await section.screenshot({ path });
  else {
    if (section !== undefined) await page.evaluate(`document.getElementById('${shot.section}').scrollIntoView()`);
    await page.screenshot({ path });
  }
  await page.close();
  const { size } = statSync(path);
  console.log(`docs/images/${shot.name}.png: ${size} bytes`);
  if (size > MOST_BYTES) throw new Error(`${path} is larger than ${MOST_BYTES} bytes`);
}

const program = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path && existsSync(path),
);
if (program === undefined) throw new Error('no Chromium: apt-get install chromium, or set CHROMIUM');
const given = process.argv.indexOf('--reports');
const folder = given < 0 ? mkdtempSync(join(tmpdir(), 'pegasim-shots-')) : (process.argv[given + 1] ?? '');
try {
  if (given < 0) writeReports(folder);
  const browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] });
  for (const shot of SHOTS) await take(browser, folder, shot);
  await browser.close();
} finally {
  if (given < 0) rmSync(folder, { recursive: true, force: true });
}
