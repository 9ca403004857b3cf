/** A fit report for the terminal, in the shape switch programmers know: totals, stages, problems, options. */

import type { FitReport, Resource, StageReport } from '../switch/index.ts';
import { count, percent, textTable } from './text-table.ts';

/** One line: does it fit, and what it takes. */
export function fitLine(fit: FitReport): string {
  const share = (resource: string): string => {
    const total = fit.totals.find((one) => one.resource === resource);
    return total?.share == null ? count(total?.used ?? 0) : percent(total.share);
  };
  const stages = `${fit.stages.used}${fit.stages.available === null ? '' : ` of ${fit.stages.available}`} stages`;
  const phv = fit.phv.share === null ? `${count(fit.phv.usedBits)} bits` : percent(fit.phv.share);
  return `${fit.fits ? 'fits' : 'does NOT fit'} ${fit.chipTitle}: ${stages}, SRAM ${share('sram')}, TCAM ${share('tcam')}, PHV ${phv}`;
}

/** Every resource over the whole chip. */
export function totalsText(fit: FitReport): string {
  const rows = fit.totals
    .filter((one) => one.used > 0 || ['sram', 'tcam', 'mapRam'].includes(one.resource))
    .map((one) => [
      one.label,
      count(one.used),
      one.available === null ? '–' : count(one.available),
      one.share === null ? '–' : percent(one.share),
      `${count(one.worstUsed)}${one.perStage === null ? '' : ` / ${one.perStage}`}`,
      String(one.worstStage),
    ]);
  const phv = fit.phv;
  rows.push([
    'PHV bits',
    count(phv.usedBits),
    phv.availableBits === null ? '–' : count(phv.availableBits),
    phv.share === null ? '–' : percent(phv.share),
    '',
    '',
  ]);
  return textTable([['resource', 'used', 'of', 'share', 'fullest', 'in stage'], ...rows], 'lrrrrr');
}

/** Column heads of the per-stage table: an 80-column terminal has no room for the full labels. */
const SHORT: Readonly<Record<Resource, string>> = {
  sram: 'SRAM',
  mapRam: 'mapR',
  tcam: 'TCAM',
  logicalTables: 'log',
  ternaryTables: 'tern',
  tindTables: 'tind',
  exactXbarBytes: 'exB',
  ternaryXbarBytes: 'tnB',
  hashBits: 'hash',
  hashGroups: 'grp',
  hashDistSlices: 'dist',
  actionBusBytes: 'busB',
  actionRamBuses: 'aBus',
  vliw: 'VLIW',
  gateways: 'gate',
  salus: 'sALU',
  statsAlus: 'stat',
  exactResultBuses: 'exR',
  ternaryResultBuses: 'tnR',
};

/** Per stage, the columns of a compiler's resource log; tables by name. */
export function stagesText(fit: FitReport): string {
  const shown = fit.totals.filter((one) => one.used > 0);
  const row = (stage: StageReport): string[] => [
    String(stage.stage),
    ...shown.map((one) => count(stage.used[one.resource] ?? 0)),
    String(stage.parts.length),
  ];
  const limit = ['limit', ...shown.map((one) => (one.perStage === null ? '–' : count(one.perStage))), ''];
  return textTable(
    [['stage', ...shown.map((one) => SHORT[one.resource]), 'tables'], ...fit.perStage.map(row), limit],
    'r'.repeat(shown.length + 2),
  );
}

/** The chain of dependencies that sets the number of stages. */
export function pathText(fit: FitReport): string {
  const rows = fit.path.map(({ table, stage, cause }) => {
    if (cause.kind === 'start') return [String(stage), table, 'starts the path'];
    if (cause.kind === 'resource') return [String(stage), table, `waits for ${cause.resources.join(', ')}`];
    return [String(stage), table, `${cause.kind} dependency on ${cause.from} through ${cause.through}`];
  });
  return textTable([['stage', 'table', 'why not earlier'], ...rows], 'rll');
}

/** What does not fit, and what would help. */
export function problemsText(fit: FitReport): string {
  const problems = fit.problems.map((one) => {
    const tables =
      one.tables.length === 0
        ? ''
        : `\n  tables: ${one.tables.slice(0, 8).join(', ')}${one.tables.length > 8 ? ` and ${one.tables.length - 8} more` : ''}`;
    const stage = one.stage === null ? '' : ` in stage ${one.stage}`;
    return `${one.code}${stage}: ${one.message} (need ${count(one.need)}, have ${count(one.have)})${tables}`;
  });
  const options = fit.options.map((one) => [one.what, String(one.stages), one.fits ? 'fits' : 'does not fit']);
  const help = options.length === 0 ? [] : [textTable([['what would change', 'stages', ''], ...options], 'lrl')];
  return [...problems, ...help].join('\n');
}

/** The whole report. `full`: with the per-stage table and the path. */
export function fitText(fit: FitReport, full = true): string {
  const blocks = [fitLine(fit), totalsText(fit)];
  if (full) blocks.push(stagesText(fit), pathText(fit));
  const lines = [
    `latency ${count(fit.latency.cycles)} cycles (${fit.latency.nanoseconds.toFixed(0)} ns); ${(fit.packetsPerSecond.perPipe / 1e9).toFixed(2)} G packets/s per pipe, ${fit.packetsPerSecond.pipes} pipes`,
  ];
  if (fit.powerShare !== null) lines.push(`power: ${percent(fit.powerShare)} of the chip's budget on the worst path`);
  if (fit.flow !== null) {
    const most = fit.flow.slotsThatFit === null ? '' : `; ${count(fit.flow.slotsThatFit)} would fit`;
    lines.push(`per-flow state: ${fit.flow.bitsPerFlow} bits × ${count(fit.flow.slots)} slots${most}`);
  }
  blocks.push(lines.join('\n'));
  const problems = problemsText(fit);
  if (problems !== '') blocks.push(problems);
  return blocks.join('\n\n');
}
