/** A dataset for the terminal: classes, captures, what was left out, every problem with its place. */

import type { DatasetReport, RowsReport } from '../traffic/index.ts';
import { count, printable, textTable } from './text-table.ts';

const MOST = 40;

function capturesText({ captures }: DatasetReport): string {
  const rows = captures
    .slice(0, MOST)
    .map((one) => [
      printable(one.name),
      one.format,
      one.linkTypes.map(([type]) => type).join(', '),
      count(one.packets),
      one.duration.toFixed(1),
      count(one.fileBytes),
    ]);
  const more = captures.length > MOST ? `\nand ${count(captures.length - MOST)} more captures (--json lists all)` : '';
  return `${textTable([['capture', 'format', 'link', 'packets', 'seconds', 'bytes'], ...rows], 'lllrrr')}${more}`;
}

function plural(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? '' : 's'}`;
}

/** Seconds for people: 12.5 s, 3.2 h, 41 days. */
function span(seconds: number): string {
  if (seconds < 600) return `${seconds.toFixed(1)} s`;
  return seconds < 172_800 ? `${(seconds / 3600).toFixed(1)} h` : `${count(seconds / 86_400)} days`;
}

function headText({ captures, packets, flows, bytes, linkTypes, unreadable }: DatasetReport): string {
  const longest = captures.reduce((most, one) => Math.max(most, one.duration), 0);
  const links = linkTypes.map(([type, number]) => `${type}: ${count(number)}`).join(', ');
  const lines = [
    `${plural(captures.length, 'capture')}, ${plural(packets, 'packet')}, ${plural(flows, 'flow')}, ${count(bytes)} bytes; the longest lasts ${span(longest)}`,
  ];
  if (links !== '') lines.push(`link types in packets: ${links}`);
  const { files, damaged, packets: skipped } = unreadable;
  if (files + damaged + skipped > 0) {
    lines.push(
      `unreadable: ${plural(files, 'file')}, ${plural(damaged, 'capture')} from some byte on, ${plural(skipped, 'packet')} of other link types`,
    );
  }
  return lines.join('\n');
}

interface Problem {
  readonly file: string;
  readonly packet?: number;
  readonly byteOffset?: number;
  readonly reason: string;
}

function problemLine({ file, packet, byteOffset, reason }: Problem): string {
  const place = packet === undefined ? '' : `, packet ${packet}`;
  const byte = byteOffset === undefined ? '' : `, byte ${byteOffset}`;
  return `problem: ${printable(file)}${place}${byte}: ${printable(reason)}`;
}

/** The whole report. */
export function datasetText(report: DatasetReport): string {
  const blocks = [headText(report)];
  if (report.classes.length > 0) {
    const rows = report.classes.map((one) => [
      printable(one.name),
      ...[one.flows, one.packets, one.bytes, one.train, one.validation, one.test].map(count),
    ]);
    const header = ['class', 'flows', 'packets', 'bytes', 'train', 'validation', 'test'];
    blocks.push(textTable([header, ...rows], 'lrrrrrr'));
  }
  if (report.captures.length > 0) blocks.push(capturesText(report));
  const counts = Object.entries(report.counts).filter(([, value]) => value > 0);
  if (counts.length > 0) {
    blocks.push(textTable([['counted', 'number'], ...counts.map(([name, value]) => [name, count(value)])], 'lr'));
  }
  const notes = [...report.problems.map(problemLine), ...report.warnings.map((text) => `warning: ${printable(text)}`)];
  if (notes.length > 0) blocks.push(notes.join('\n'));
  return blocks.join('\n\n');
}

/** A CSV of feature rows. */
export function rowsText(report: RowsReport): string {
  const blocks = [
    `${plural(report.rows, 'row')} of ${plural(report.features.length, 'feature')}; ${count(report.repeated)} repeat an earlier row, ${count(report.unreadable)} cannot be read`,
  ];
  if (report.classes.length > 0) {
    const rows = report.classes.map((one) => [
      printable(one.name),
      ...[one.rows, one.train, one.validation, one.test].map(count),
    ]);
    blocks.push(textTable([['class', 'rows', 'train', 'validation', 'test'], ...rows], 'lrrrr'));
  }
  const ranges = report.features.map((one) => [
    printable(one.name),
    String(one.least),
    String(one.most),
    count(one.distinct),
  ]);
  blocks.push(textTable([['feature', 'least', 'most', 'distinct'], ...ranges], 'lrrr'));
  if (report.problems.length > 0) blocks.push(report.problems.map(problemLine).join('\n'));
  return blocks.join('\n\n');
}
