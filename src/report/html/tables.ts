/** Tables and shaded matrices. Cells are text and get escaped; wide tables scroll inside their own box, which the keyboard reaches. */

import { escapeHtml } from './escape.ts';

export interface TableText {
  readonly caption: string;
  /** Headings sort by a click or Enter. Default true; off where the order of the rows is the message. */
  readonly sortable?: boolean;
  /** Scroll rows too. */
  readonly tall?: boolean;
}

function box(caption: string, tall: boolean, table: string): string {
  return `<div class="wide${tall ? ' tall' : ''}" tabindex="0" role="region" aria-label="${escapeHtml(caption)}">${table}</div>`;
}

/** A cell that is text, or HTML made here (a link inside the page). */
export type Cell = string | { readonly html: string };

/**
 * A table.
 * @param align one letter per column: `l`, `r`, or `k` for a text column that must not be squeezed
 */
export function htmlTable(
  header: readonly string[],
  rows: readonly (readonly Cell[])[],
  align: string,
  { caption, sortable = true, tall = false }: TableText,
): string {
  const cell = (tag: 'th' | 'td', content: Cell, i: number): string => {
    const look = align[i] === 'r' ? ' class="r"' : align[i] === 'k' ? ' class="k"' : '';
    const scope = tag === 'th' ? ' scope="col"' : '';
    return `<${tag}${scope}${look}>${typeof content === 'string' ? escapeHtml(content) : content.html}</${tag}>`;
  };
  const head = header.map((text, i) => cell('th', text, i)).join('');
  const body = rows.map((row) => `<tr>${row.map((one, i) => cell('td', one, i)).join('')}</tr>`).join('\n');
  const look = sortable && rows.length > 1 ? ' class="sortable"' : '';
  return box(
    caption,
    tall,
    `<table${look}><caption><span>${escapeHtml(caption)}</span></caption><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table>`,
  );
}

export interface HeatCell {
  readonly text: string;
  /** Smaller, below. */
  readonly small?: string;
  /** 0 to 1: how deep the cell is shaded. */
  readonly shade: number;
  readonly tone?: 'better' | 'worse';
}

export interface HeatText {
  readonly caption: string;
  /** Name of the corner cell: `true \\ verdict`. */
  readonly corner: string;
  /** Small cells, for many columns. */
  readonly dense?: boolean;
}

/** Deepest shade in percent: text stays readable on it in both themes. */
const DEEPEST = 55;

/** A matrix as a table whose cells are shaded: readable by eye and by screen reader alike. */
export function heatTable(
  rows: readonly string[],
  columns: readonly string[],
  cells: readonly (readonly (HeatCell | null)[])[],
  text: HeatText,
): string {
  const one = (cell: HeatCell | null): string => {
    if (cell === null) return '<td class="zero" style="--heat-share:0%">–</td>';
    const shade = Math.round(Math.min(Math.max(cell.shade, 0), 1) * DEEPEST);
    const look = [cell.tone ?? '', shade === 0 ? 'zero' : ''].filter((name) => name !== '').join(' ');
    const small = cell.small === undefined ? '' : `<small>${escapeHtml(cell.small)}</small>`;
    return `<td${look === '' ? '' : ` class="${look}"`} style="--heat-share:${shade}%">${escapeHtml(cell.text)}${small}</td>`;
  };
  const head = columns.map((name) => `<th scope="col">${escapeHtml(name)}</th>`).join('');
  const body = rows
    .map(
      (name, i) =>
        `<tr><th scope="row" title="${escapeHtml(name)}">${escapeHtml(name)}</th>${(cells[i] ?? []).map(one).join('')}</tr>`,
    )
    .join('\n');
  const table = `<table class="heat${text.dense ? ' dense' : ''}"><caption><span>${escapeHtml(text.caption)}</span></caption><thead><tr><th scope="col">${escapeHtml(text.corner)}</th>${head}</tr></thead><tbody>\n${body}\n</tbody></table>`;
  return box(text.caption, false, table);
}
