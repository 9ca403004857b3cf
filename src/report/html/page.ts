/** The frame of a report: one self-contained HTML file, light and dark, readable on a phone, reachable by keyboard. */

import { escapeHtml } from './escape.ts';
import { POLICY, SCRIPT } from './script.ts';
import { STYLE } from './style.ts';

export interface Section {
  readonly id: string;
  readonly title: string;
  /** HTML, already escaped where it holds text from files. */
  readonly body: string;
}

export interface PageHead {
  readonly title: string;
  /** Right of the title. */
  readonly badge?: { readonly text: string; readonly tone: 'pass' | 'fail' };
  /** HTML below the title. */
  readonly lead: string;
}

/** A whole page with a list of contents; sections without content are left out. */
export function htmlPage({ title, badge, lead }: PageHead, sections: readonly Section[]): string {
  const shown = sections.filter(({ body }) => body !== '');
  const contents = shown.map((one) => `<li><a href="#${one.id}">${escapeHtml(one.title)}</a></li>`).join('');
  const main = shown
    .map(
      (one) =>
        `<section id="${one.id}" aria-labelledby="${one.id}-title"><h2 id="${one.id}-title">${escapeHtml(one.title)}</h2>\n${one.body}\n</section>`,
    )
    .join('\n');
  const mark = badge === undefined ? '' : `<span class="badge ${badge.tone}">${escapeHtml(badge.text)}</span>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="pegasim">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the results</a>
<div class="page">
<header><div class="title"><h1>${escapeHtml(title)}</h1>${mark}</div>${lead}</header>
<div class="body">
<nav aria-label="Contents"><ul>${contents}</ul></nav>
<main id="main" tabindex="-1">
${main}
<footer><p>Written by pegasim. Everything shown is in the JSON result beside this page; nothing is loaded from anywhere.</p></footer>
</main>
</div>
</div>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

export interface Card {
  readonly name: string;
  readonly value: string;
  readonly note?: string;
  readonly tone?: 'pass' | 'fail';
  /** A share drawn as a bar below the value; above 1 it is drawn full, in the colour of a loss. */
  readonly share?: number;
}

/** The figures that a reader wants first. */
export function cards(items: readonly Card[]): string {
  const meter = (share: number): string =>
    `<span class="meter" aria-hidden="true"><i${share > 1 ? ' class="over"' : ''} style="width:${Math.round(Math.min(share, 1) * 100)}%"></i></span>`;
  const card = ({ name, value, note, tone, share }: Card): string =>
    `<div class="card"><dt>${escapeHtml(name)}</dt><dd><span${tone === undefined ? '' : ` class="${tone}"`}>${escapeHtml(value)}</span>${note === undefined ? '' : `<div class="note">${escapeHtml(note)}</div>`}${share === undefined ? '' : meter(share)}</dd></div>`;
  return `<dl class="cards">${items.map(card).join('')}</dl>`;
}
