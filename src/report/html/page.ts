/** The frame of a report: one self-contained HTML file, light and dark, readable on a phone, reachable by keyboard. */

import { escapeHtml } from './escape.ts';
import { STYLE } from './style.ts';

export interface Section {
  readonly id: string;
  readonly title: string;
  /** HTML, already escaped where it holds text from files. */
  readonly body: string;
}

/** A whole page with a table of contents. */
export function htmlPage(title: string, lead: string, sections: readonly Section[]): string {
  const shown = sections.filter(({ body }) => body !== '');
  const contents = shown.map(({ id, title }) => `<li><a href="#${id}">${escapeHtml(title)}</a></li>`).join('');
  const main = shown
    .map(
      ({ id, title, body }) =>
        `<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${escapeHtml(title)}</h2>\n${body}\n</section>`,
    )
    .join('\n');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="pegasim">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the results</a>
<header><h1>${escapeHtml(title)}</h1>${lead}</header>
<nav aria-label="Contents"><ul>${contents}</ul></nav>
<main id="main">
${main}
</main>
</body>
</html>
`;
}

/** A table; cells are text and get escaped. Wide tables scroll inside their own box. */
export function htmlTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  align: string,
  caption: string,
): string {
  const cell = (tag: 'th' | 'td', text: string, i: number): string => {
    const right = align[i] === 'r' ? ' class="r"' : '';
    const scope = tag === 'th' ? ' scope="col"' : '';
    return `<${tag}${scope}${right}>${escapeHtml(text)}</${tag}>`;
  };
  const head = header.map((text, i) => cell('th', text, i)).join('');
  const body = rows.map((row) => `<tr>${row.map((text, i) => cell('td', text, i)).join('')}</tr>`).join('\n');
  return `<div class="wide" tabindex="0" role="region" aria-label="${escapeHtml(caption)}"><table><caption>${escapeHtml(caption)}</caption><thead><tr>${head}</tr></thead><tbody>
${body}
</tbody></table></div>`;
}

export interface HeatText {
  readonly caption: string;
  /** Name of the corner cell: `true \\ predicted`. */
  readonly corner: string;
  /** Value that gets the full colour; default the largest. */
  readonly max?: number;
  readonly cell: (value: number) => string;
}

/** A matrix as a table whose cells are shaded by value: readable by eye and by screen reader alike. */
export function heatTable(
  rows: readonly string[],
  columns: readonly string[],
  values: readonly (readonly number[])[],
  text: HeatText,
): string {
  const max = text.max ?? Math.max(1e-12, ...values.map((row) => Math.max(0, ...row)));
  const shade = (value: number): number => Math.round((Math.min(Math.max(value, 0), max) / max) * 85);
  const cell = (value: number): string =>
    `<td class="r" style="--heat-share:${shade(value)}%">${escapeHtml(text.cell(value))}</td>`;
  const head = columns.map((name) => `<th scope="col" class="r">${escapeHtml(name)}</th>`).join('');
  const body = rows
    .map((name, i) => `<tr><th scope="row">${escapeHtml(name)}</th>${(values[i] ?? []).map(cell).join('')}</tr>`)
    .join('\n');
  return `<div class="wide" tabindex="0" role="region" aria-label="${escapeHtml(text.caption)}"><table class="heat"><caption>${escapeHtml(text.caption)}</caption><thead><tr><th scope="col">${escapeHtml(text.corner)}</th>${head}</tr></thead><tbody>
${body}
</tbody></table></div>`;
}
