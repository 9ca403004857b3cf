/** A headless Chromium for tests of pages: Debian's package, driven by playwright-core. Nothing is downloaded. */

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';

const PATHS = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser's program; undefined where none is installed: tests say SKIP and why. */
export const browserPath = PATHS.find((path) => path !== undefined && existsSync(path));

export const NO_BROWSER = 'SKIP no Chromium here (apt-get install chromium, or set CHROMIUM)';

export interface View {
  readonly width: number;
  readonly height?: number;
  readonly scheme?: 'light' | 'dark';
}

/** A page that is open, and what it did besides being read. */
export interface Opened {
  readonly page: Page;
  /** Console messages and uncaught errors. */
  readonly complaints: readonly string[];
  /** Addresses asked for, the page itself left out. */
  readonly requests: readonly string[];
}

export interface Rig {
  open(html: string, view: View): Promise<Opened>;
  close(): Promise<void>;
}

/** Start the browser once for a file of tests. */
export async function startBrowser(): Promise<Rig> {
  const browser: Browser = await chromium.launch({ executablePath: browserPath ?? '', args: ['--no-sandbox'] });
  const folder = mkdtempSync(join(tmpdir(), 'pegasim-page-'));
  let pages = 0;
  return {
    async open(html, { width, height = 800, scheme = 'light' }) {
      const file = join(folder, `${pages++}.html`);
      writeFileSync(file, html);
      const address = pathToFileURL(file).href;
      const page = await browser.newPage({ viewport: { width, height }, colorScheme: scheme });
      const complaints: string[] = [];
      const requests: string[] = [];
      page.on('console', (message) => complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('request', (request) => {
        if (request.url().split('#')[0] !== address) requests.push(request.url());
      });
      await page.goto(address);
      return { page, complaints, requests };
    },
    async close() {
      await browser.close();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** In the browser: texts of visible charts that leave their drawing or run into another text. Plain JavaScript, as the page's types are not ours. */
export const CUT_OR_CROSSING = `[...document.querySelectorAll('figure.chart svg')].filter((svg) => svg.getBoundingClientRect().width > 0).flatMap((svg) => {
  const frame = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll('text')].map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() }));
  const cut = texts.filter(({ box }) => box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1);
  const crossing = texts.filter(({ box }, i) => texts.slice(i + 1).some((other) =>
    box.left < other.box.right - 1 && other.box.left < box.right - 1 && box.top < other.box.bottom - 3 && other.box.top < box.bottom - 3));
  const name = svg.getAttribute('aria-label');
  return [...cut.map(({ text }) => name + ': cut: ' + text), ...crossing.map(({ text }) => name + ': crossing: ' + text)];
})`;

/** In the browser: is the page wider than the screen? Its width in pixels. */
export const PAGE_WIDTH = 'document.documentElement.scrollWidth';
