/** Verdicts as CSV: one line per scored packet, keyed by capture and packet number. */

import type { ReplayVerdicts } from '../replay/index.ts';
import type { Dataset } from '../traffic/index.ts';

/** capture,packet,flow,label,switch,float; classes by name, empty without verdict. RFC 4180 quoting. */
export function verdictsCsv(verdicts: ReplayVerdicts, dataset: Dataset): string {
  const name = (index: number | undefined): string =>
    index === undefined || index < 0 ? '' : quoted(dataset.classes[index] ?? String(index));
  const lines = ['capture,packet,flow,label,switch,float'];
  for (let i = 0; i < verdicts.count; i++) {
    const packet = verdicts.packet[i] ?? 0;
    const capture = quoted(dataset.captures[dataset.packets.capture[packet] ?? 0] ?? '');
    lines.push(
      `${capture},${dataset.packets.packetNumber[packet]},${verdicts.flow[i]},${name(verdicts.label[i])},${name(verdicts.switch[i])},${name(verdicts.float?.[i])}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
