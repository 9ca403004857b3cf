/** Tables, bars and numbers for the terminal: aligned columns, no boxes, nothing that depends on the locale. */

/** One column: how a cell aligns. Numbers are formatted by the caller. */
export type Align = 'left' | 'right';

/**
 * Rows to aligned text. The first row is the header, underlined with dashes.
 * @param align one letter per column: `l` or `r`
 */
export function textTable(rows: readonly (readonly string[])[], align: string): string {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, displayWidth(cell));
    });
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => pad(cell, widths[i] ?? 0, align[i] === 'r' ? 'right' : 'left'))
      .join('  ')
      .trimEnd();
  const [header = [], ...body] = rows;
  return [line(header), widths.map((width) => '-'.repeat(width)).join('  '), ...body.map(line)].join('\n');
}

/** Columns a terminal needs for a text: combining marks none, East Asian wide characters two. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (/\p{Mark}/u.test(char)) continue;
    width +=
      code >= 0x1100 &&
      /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}]/u.test(char)
        ? 2
        : 1;
  }
  return width;
}

function pad(text: string, width: number, align: Align): string {
  const space = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'right' ? space + text : text + space;
}

/** Indent every line by two spaces a level. */
export function indent(text: string, level = 1): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? line : '  '.repeat(level) + line))
    .join('\n');
}

/** A share as `87.6 %`. */
export function percent(share: number, digits = 1): string {
  return `${(share * 100).toFixed(digits)} %`;
}

/** A score between 0 and 1 with four decimals; `–` when undefined. */
export function score(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? '–' : value.toFixed(4);
}

/** 12,345,678 with thin grouping by commas. */
export function count(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** 1.23 M, 45.6 k, 789. */
export function rate(perSecond: number): string {
  if (perSecond >= 1e6) return `${(perSecond / 1e6).toFixed(2)} M`;
  return perSecond >= 1e3 ? `${(perSecond / 1e3).toFixed(1)} k` : perSecond.toFixed(0);
}

/** Text that came from a file (class names, paths): control characters shown, never sent to the terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
