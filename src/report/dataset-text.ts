/** A dataset for the terminal: classes, captures, what was left out, every problem with its place. */

import type { DatasetReport } from '../traffic/index.ts';
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
  const more = captures.length > MOST ? `\nand ${count(captures.length - MOST)} more captures` : '';
  return `${textTable([['capture', 'format', 'link', 'packets', 'seconds', 'bytes'], ...rows], 'lllrrr')}${more}`;
}

/** The whole report. */
export function datasetText(report: DatasetReport): string {
  const blocks = [
    `${count(report.captures.length)} captures, ${count(report.packets)} packets, ${count(report.flows)} flows, ${count(report.bytes)} bytes`,
  ];
  if (report.classes.length > 0) {
    const rows = report.classes.map((one) => [
      printable(one.name),
      ...[one.flows, one.packets, one.bytes, one.train, one.validation, one.test].map(count),
    ]);
    const header = ['class', 'flows', 'packets', 'bytes', 'train', 'validation', 'test'];
    blocks.push(textTable([header, ...rows], 'lrrrrrr'));
  }
  blocks.push(capturesText(report));
  const counts = Object.entries(report.counts).filter(([, value]) => value > 0);
  if (counts.length > 0) {
    blocks.push(textTable([['counted', 'packets'], ...counts.map(([name, value]) => [name, count(value)])], 'lr'));
  }
  const problems = report.problems.map(({ file, packet, byteOffset, reason }) => {
    const place = packet === undefined ? '' : `, packet ${packet}, byte ${byteOffset ?? 0}`;
    return `problem: ${printable(file)}${place}: ${printable(reason)}`;
  });
  const notes = [...problems, ...report.warnings.map((text) => `warning: ${printable(text)}`)];
  if (notes.length > 0) blocks.push(notes.join('\n'));
  return blocks.join('\n\n');
}
