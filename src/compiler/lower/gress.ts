/** Ingress and egress: moves the phases from a cut on to egress and finds what must cross in the bridged header. */
import type { Action, Step, Table, Verdict } from '../../program/index.ts';
import type { Phase } from './context.ts';

export interface SplitProgram {
  readonly tables: readonly Table[];
  readonly ingress: readonly Step[];
  readonly egress: readonly Step[];
  readonly bridge: readonly string[];
}

function tablesOf(steps: readonly Step[]): string[] {
  return steps.flatMap((s) => (s.kind === 'apply' ? [s.table] : [...tablesOf(s.then), ...tablesOf(s.else)]));
}

function testedFields(steps: readonly Step[]): string[] {
  return steps.flatMap((s) =>
    s.kind === 'apply'
      ? []
      : [
          ...s.all.flatMap((t) => (t.kind === 'cmp' ? [t.field] : [])),
          ...testedFields(s.then),
          ...testedFields(s.else),
        ],
  );
}

/** Fields an action reads and writes; the compiler's own tables use plain instructions only. */
function actionFields(action: Action): { readonly reads: string[]; readonly writes: string[] } {
  const reads: string[] = [];
  const writes: string[] = [];
  for (const i of action.instructions) {
    writes.push(i.dst);
    if (i.op === 'deposit' || i.op === 'cmov') reads.push(i.dst);
    if (i.op === 'cmov') reads.push(i.when);
    if (i.op === 'hash') continue;
    if (i.a.kind === 'field') reads.push(i.a.field);
    if ('b' in i && i.b.kind === 'field') reads.push(i.b.field);
  }
  return { reads, writes };
}

/**
 * Splits lowered phases at `cut`: phases before it stay in ingress (after `front`), the rest run in egress. A field that egress
 * reads before it is sure to be written there is bridged.
 */
export function splitGress(
  phases: readonly Phase[],
  tables: readonly Table[],
  actions: readonly Action[],
  cut: number,
  verdict: Verdict,
): SplitProgram {
  const later = phases.slice(cut).flatMap((p) => p.steps);
  const moved = new Set(tablesOf(later));
  const byName = new Map(tables.map((t) => [t.name, t]));
  const actionOf = new Map(actions.map((a) => [a.name, a]));
  const written = new Set<string>();
  const bridge = new Set<string>();
  const read = (field: string): void => {
    if (!written.has(field)) bridge.add(field);
  };
  for (const step of later) {
    for (const field of testedFields([step])) read(field);
    for (const name of tablesOf([step])) {
      const table = byName.get(name)!;
      for (const key of table.keys) read(key.field);
      const used = table.actions.map((a) => actionFields(actionOf.get(a)!));
      for (const a of used) a.reads.forEach(read);
      // Certain only when every action writes it and the step is unconditional.
      if (step.kind === 'apply')
        for (const field of used[0].writes) if (used.every((u) => u.writes.includes(field))) written.add(field);
    }
  }
  // The verdict is read after egress.
  if (later.length > 0)
    for (const field of [...verdict.logits.map((l) => l.field), verdict.class, verdict.valid])
      if (field !== undefined) read(field);
  return {
    tables: tables.map((t) => (moved.has(t.name) ? { ...t, gress: 'egress' } : t)),
    ingress: phases.slice(0, cut).flatMap((p) => p.steps),
    egress: later,
    bridge: [...bridge],
  };
}
