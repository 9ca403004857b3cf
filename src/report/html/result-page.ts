/** One result as a page: what a reader asks first comes first. Everything shown is in the JSON result. */

import type { ScenarioResult, ScenarioTiming } from '../../study/index.ts';
import { fitLine } from '../fit-text.ts';
import { confusion, curves, perClass, waterfall } from './accuracy.ts';
import { baselineSection } from './baseline.ts';
import { escapeHtml } from './escape.ts';
import { fitSections } from './fit-sections.ts';
import { modelSection } from './model-section.ts';
import { htmlPage, type Section } from './page.ts';
import { summary } from './summary.ts';
import { speed, traffic } from './traffic.ts';

/** The sections of one result. `prefix` keeps ids apart on pages with several. */
export function resultSections(result: ScenarioResult, timing?: ScenarioTiming, prefix = ''): Section[] {
  const { replay } = result;
  const sections: Section[] = [
    { id: 'summary', title: 'Summary', body: summary(result, timing) },
    { id: 'baseline', title: 'Against the baseline', body: baselineSection(result) },
    { id: 'waterfall', title: 'Where accuracy is lost', body: waterfall(result) },
    { id: 'confusion', title: 'Confusion', body: confusion(replay) },
    { id: 'classes', title: 'By class', body: perClass(replay) },
    { id: 'curves', title: 'Curves', body: curves(result) },
    { id: 'slots', title: 'Packets and flow slots', body: traffic(replay) },
    { id: 'model', title: 'Model', body: modelSection(result) },
    ...fitSections(result.fit),
    { id: 'speed', title: 'Throughput', body: speed(timing) },
  ];
  return sections.map((section) => ({ ...section, id: `${prefix}${section.id}` }));
}

/** The page of one result. */
export function resultPage(result: ScenarioResult, timing?: ScenarioTiming): string {
  const about = result.about === null ? '' : `<p>${escapeHtml(result.about)}</p>`;
  const badge = { text: result.pass ? '✓ pass' : '✗ FAIL', tone: result.pass ? 'pass' : 'fail' } as const;
  const lead = `${about}<p>It ${escapeHtml(fitLine(result.fit))}.</p>`;
  return htmlPage({ title: result.name, badge, lead }, resultSections(result, timing));
}
