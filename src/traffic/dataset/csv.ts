/** Comma-separated values (RFC 4180: quotes, doubled quotes, line breaks inside quotes), with the line of every row. */
import { readFileSync } from 'node:fs';
import { fail } from '../../problem.ts';
import { failOnFile } from '../capture/source.ts';

/** A table of text. */
export interface CsvTable {
  readonly path: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** 1-based line in the file where each row begins. */
  readonly lines: readonly number[];
}

/** Read a text file. @throws ProblemError TRAFFIC-NOT-FOUND, TRAFFIC-UNREADABLE */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    failOnFile(error, path);
  }
}

interface Cursor {
  at: number;
  line: number;
}

/** One field from the cursor on; leaves the cursor on the separator. */
function readField(text: string, cursor: Cursor, path: string): string {
  if (text[cursor.at] !== '"') {
    const from = cursor.at;
    while (cursor.at < text.length && !',\n\r'.includes(text[cursor.at]!)) cursor.at++;
    return text.slice(from, cursor.at);
  }
  const opened = cursor.line;
  let field = '';
  for (cursor.at++; ; cursor.at++) {
    const quote = text.indexOf('"', cursor.at);
    if (quote < 0) fail({ code: 'TRAFFIC-CSV', message: 'a quoted field has no end', where: `${path}:${opened}` });
    const part = text.slice(cursor.at, quote);
    field += part;
    cursor.line += part.split('\n').length - 1;
    cursor.at = quote + 1;
    if (text[cursor.at] !== '"') return field;
    field += '"';
  }
}

function readRow(text: string, cursor: Cursor, path: string): string[] {
  const row: string[] = [];
  for (;;) {
    row.push(readField(text, cursor, path));
    if (text[cursor.at] !== ',') break;
    cursor.at++;
  }
  if (text[cursor.at] === '\r') cursor.at++;
  if (text[cursor.at] === '\n') {
    cursor.at++;
    cursor.line++;
  }
  return row;
}

/**
 * Read a CSV file with a header row. Empty lines are skipped.
 * @throws ProblemError TRAFFIC-NOT-FOUND, TRAFFIC-UNREADABLE, TRAFFIC-CSV (no header, ragged row with its line, open quote)
 */
export function readCsv(path: string): CsvTable {
  return parseCsv(readText(path), path);
}

/** As readCsv, from text. */
export function parseCsv(text: string, path: string): CsvTable {
  const cursor: Cursor = { at: 0, line: 1 };
  const rows: string[][] = [];
  const lines: number[] = [];
  let columns: string[] | undefined;
  while (cursor.at < text.length) {
    const line = cursor.line;
    const before = cursor.at;
    const row = readRow(text, cursor, path);
    if (cursor.at === before)
      fail({ code: 'TRAFFIC-CSV', message: 'text after a closing quote', where: `${path}:${line}` });
    if (row.length === 1 && row[0] === '') continue;
    if (columns === undefined) columns = row.map((name) => name.trim());
    else {
      if (row.length !== columns.length) {
        const [need, have] = [`${columns.length} fields`, `${row.length}`];
        fail({
          code: 'TRAFFIC-CSV',
          message: 'the row does not have one field per column',
          where: `${path}:${line}`,
          need,
          have,
        });
      }
      rows.push(row);
      lines.push(line);
    }
  }
  if (columns === undefined) fail({ code: 'TRAFFIC-CSV', message: 'the file has no header row', where: path });
  return { path, columns, rows, lines };
}

/** Letters and digits of a column name, lower case: "Src IP" and "src_ip" are one name. */
export function plainName(column: string): string {
  return column.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** Position of the first column with one of the plain names, in the order of the names; -1 when there is none. */
export function findColumn(table: CsvTable, names: readonly string[]): number {
  const plain = table.columns.map(plainName);
  for (const name of names) {
    const at = plain.indexOf(name);
    if (at >= 0) return at;
  }
  return -1;
}

/** Position of a column by its exact name. @throws ProblemError TRAFFIC-COLUMN naming the columns there are */
export function needColumn(table: CsvTable, name: string): number {
  const at = table.columns.indexOf(name);
  if (at < 0) {
    fail({
      code: 'TRAFFIC-COLUMN',
      message: `there is no column "${name}"`,
      where: table.path,
      hint: `columns: ${table.columns.join(', ')}`,
    });
  }
  return at;
}
