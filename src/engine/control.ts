/** The program's control flow by stage: which gateways and which table parts each stage evaluates, in program order. */

import type { Gress, Placement, Program, Step, Table, Test } from '../program/index.ts';

/** Under gateway `gate` with this outcome; gate -1: always. */
export interface Guard {
  readonly gate: number;
  readonly outcome: 0 | 1;
}

export interface StageGate {
  readonly gate: number;
  readonly all: readonly Test[];
  readonly under: Guard;
}

/** Entries [from, to) of a table; the last part runs the default action on a miss. */
export interface StagePart {
  readonly table: Table;
  readonly under: readonly Guard[];
  readonly from: number;
  readonly to: number;
  readonly first: boolean;
  readonly last: boolean;
}

export interface ControlStage {
  readonly gress: Gress;
  readonly stage: number;
  readonly gates: readonly StageGate[];
  readonly parts: readonly StagePart[];
}

const ALWAYS: Guard = { gate: -1, outcome: 1 };

interface Flat {
  readonly gates: StageGate[];
  readonly applies: { readonly table: string; readonly under: Guard[] }[];
  /** Program order over both: position of each gate and table. */
  readonly order: Map<string, number>;
}

function flatten(steps: readonly Step[]): Flat {
  const flat: Flat = { gates: [], applies: [], order: new Map() };
  const walk = (list: readonly Step[], under: Guard) => {
    for (const step of list) {
      if (step.kind === 'apply') {
        const known = flat.applies.find((apply) => apply.table === step.table);
        if (known) known.under.push(under);
        else flat.applies.push({ table: step.table, under: [under] });
        if (!known) flat.order.set(`t${step.table}`, flat.order.size);
        continue;
      }
      const gate = flat.gates.length;
      flat.gates.push({ gate, all: step.all, under });
      flat.order.set(`g${gate}`, flat.order.size);
      walk(step.then, { gate, outcome: 1 });
      walk(step.else, { gate, outcome: 0 });
    }
  };
  walk(steps, ALWAYS);
  return flat;
}

/** Stages of one gress that do something, ascending. Without a placement every gateway and table is a stage of its own. */
export function controlStages(program: Program, placement: Placement | undefined, gress: Gress): ControlStage[] {
  const flat = flatten(gress === 'ingress' ? program.ingress : program.egress);
  const stages = new Map<number, { gates: StageGate[]; parts: StagePart[] }>();
  const at = (stage: number) => {
    const known = stages.get(stage);
    if (known) return known;
    const made = { gates: [], parts: [] };
    stages.set(stage, made);
    return made;
  };
  for (const gate of flat.gates) {
    const place = placement?.gateways.find((part) => part.gress === gress && part.step === gate.gate);
    if (placement && !place) throw new Error(`the placement has no stage for gateway ${gate.gate} of ${gress}`);
    at(place ? place.stage : flat.order.get(`g${gate.gate}`)!).gates.push(gate);
  }
  for (const { table: name, under } of flat.applies) {
    const table = program.tables.find((candidate) => candidate.name === name);
    if (!table) throw new Error(`no table ${name}`);
    const whole = [{ stage: flat.order.get(`t${name}`)!, from: 0, to: table.entries.count }];
    const parts = placement ? placement.parts.filter((part) => part.table === name && part.gress === gress) : whole;
    if (parts.length === 0) throw new Error(`the placement has no stage for table ${name}`);
    const sorted = [...parts].sort((a, b) => a.stage - b.stage || a.from - b.from);
    sorted.forEach(({ stage, from, to }, p) => {
      const end = Math.min(to, table.entries.count);
      at(stage).parts.push({ table, under, from, to: end, first: p === 0, last: p === sorted.length - 1 });
    });
  }
  return [...stages].sort(([a], [b]) => a - b).map(([stage, { gates, parts }]) => ({ gress, stage, gates, parts }));
}
