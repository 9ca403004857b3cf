/** The placement's own critical path: from the last stage back to the first, each step with what kept it from an earlier stage. */

import type { Demand } from '../demand/demand.ts';
import type { Dependency } from '../place/depend.ts';
import type { Schedule } from '../place/schedule.ts';
import type { PathCause, PathStep } from './types.ts';

/** First and last stage of each table. */
function spans(demand: Demand, plan: Schedule): { first: number; last: number }[] {
  const spans = demand.tables.map(() => ({ first: Infinity, last: -1 }));
  for (const { table, stage } of plan.parts) {
    spans[table].first = Math.min(spans[table].first, stage);
    spans[table].last = Math.max(spans[table].last, stage);
  }
  return spans;
}

/** Steps in stage order. A table held back by resources is followed by the one that came to the stage before it. */
export function criticalPath(demand: Demand, plan: Schedule, incoming: readonly (readonly Dependency[])[]): PathStep[] {
  const span = spans(demand, plan);
  const steps: PathStep[] = [];
  let at = span.reduce((best, { last }, table) => (last > (span[best]?.last ?? -1) ? table : best), 0);
  const seen = new Set<number>();
  while (demand.tables[at] && !seen.has(at)) {
    seen.add(at);
    const { first } = span[at];
    const tie = incoming[at].find(({ from, gap }) => span[from].last + gap === first && gap === 1);
    const same = incoming[at].find(({ from, gap }) => gap === 0 && span[from].last === first && first > 0);
    const why = tie ?? same;
    const refused = plan.refusals.find(({ table, stage }) => table === at && stage === first - 1);
    const rival = why ? undefined : [...plan.conflicts[at]].find(([table]) => span[table].last === first - 1);
    const cause: PathCause = why
      ? { kind: why.kind, from: demand.tables[why.from].name, through: why.through }
      : rival
        ? { kind: 'container', from: demand.tables[rival[0]].name, through: rival[1] }
        : refused
          ? { kind: 'resource', resources: refused.resources }
          : { kind: 'start' };
    steps.push({ table: demand.tables[at].name, stage: first, cause });
    if (why) at = why.from;
    else if (rival) at = rival[0];
    else if (refused) at = lastBefore(span, first - 1, seen);
    else break;
  }
  return steps.reverse();
}

/** A table that ends in `stage` and is not yet on the path; -1 if there is none. */
function lastBefore(span: readonly { last: number }[], stage: number, seen: ReadonlySet<number>): number {
  return span.findIndex(({ last }, table) => last === stage && !seen.has(table));
}
