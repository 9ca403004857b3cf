import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { apply, compare, fieldOperand, type Program, when } from '../../../src/program/index.ts';
import { programDemand } from '../../../src/switch/demand/program.ts';
import { chipNamed, placeProgram, runReference } from '../../../src/switch/index.ts';
import { RESOURCES } from '../../../src/switch/place/budget.ts';
import { dependencies } from '../../../src/switch/place/depend.ts';
import { accumulate, does, fields, inject, load, NOP, program, table } from '../tiny.ts';

const X = suite('switch/place');

/** `n` ternary tables of `entries` entries on their own keys, each adding into `sums` accumulators in turn. */
function adders(n: number, entries: number, sums: number): Program {
  const all = fields(
    `${Array.from({ length: n }, (_, i) => `k${i}:16`).join(' ')} ${Array.from({ length: sums }, (_, i) => `s${i}:32`).join(' ')}`,
  );
  const actions = Array.from({ length: n }, (_, i) => accumulate(`a${i}`, `s${i % sums}`, 32));
  const rows = Array.from({ length: Math.min(entries, 200) }, (_, e) => ({
    key: [{ value: e, mask: 0xffff }],
    data: [e],
  }));
  const tables = actions.map((action, i) =>
    table(`t${i}`, { [`k${i}`]: 'ternary' }, [action], rows, all, { size: entries }),
  );
  return program({ fields: all, actions: [...actions, NOP], tables, ingress: tables.map((t) => apply(t.name)) });
}

X('8 ternary tables share a stage, the 9th takes the next; 8 that add into one field take 8 stages', () => {
  assert.is(placeProgram(adders(8, 512, 8), chipNamed('tofino2')).placement.stages, 1);
  assert.is(placeProgram(adders(9, 512, 9), chipNamed('tofino2')).placement.stages, 2);
  assert.is(placeProgram(adders(8, 512, 1), chipNamed('tofino2')).placement.stages, 8);
});

X('a ternary table of 24,576 entries is split over two stages at entry 12,288', () => {
  const { placement, fits } = placeProgram(adders(1, 24576, 1), chipNamed('tofino'));
  assert.ok(fits);
  assert.equal(
    placement.parts.map(({ stage, from, to, tcam }) => [stage, from, to, tcam]),
    [
      [0, 0, 12288, 24],
      [1, 12288, 24576, 24],
    ],
  );
});

X('13 dependent adds do not fit the 12 stages of Tofino: the report says so and names tofino2 as a way out', () => {
  const { fits, report } = placeProgram(adders(13, 512, 1), chipNamed('tofino'));
  assert.not(fits);
  assert.equal(
    report.problems.map(({ code, need, have }) => [code, need, have]),
    [['FIT-STAGES', 13, 12]],
  );
  assert.ok(report.options.some((option) => option.what === 'chip tofino2' && option.fits));
  assert.is(report.path.length, 13);
  assert.is(report.path[12].cause.kind, 'action');
});

X('a register of 2 × 32 bits × 65,536 fits one Tofino stage and no Tofino 2 stage', () => {
  const all = fields('slot:16 a:32');
  const salu = {
    name: 'u',
    register: 'r',
    inputs: [fieldOperand('a')],
    conditions: [],
    updates: [{ cell: 'lo' as const, op: 'set' as const, a: { kind: 'input' as const, index: 0 as const } }],
    outputs: [],
  };
  const act = { ...does('act'), stateful: { run: 'u', index: 'slot' } };
  const t = table('t', {}, [act], [], all, { defaultAction: { action: 'act', data: [] }, size: 0 });
  const p = program({
    fields: all,
    registers: [{ name: 'r', cellBits: 32, pair: true, size: 65536, initial: [0, 0] }],
    stateful: [salu],
    actions: [act],
    tables: [t],
    ingress: [apply('t')],
  });
  assert.ok(placeProgram(p, chipNamed('tofino')).fits);
  const { fits, report } = placeProgram(p, chipNamed('tofino2'));
  assert.not(fits);
  assert.equal([report.problems[0].need, report.problems[0].have], [33, 24]);
});

X('reserving 20 TCAM blocks everywhere leaves room for 4 one-block tables a stage', () => {
  const stages = Array.from({ length: 20 }, () => ({ tcam: 20 }));
  const { placement } = placeProgram(adders(8, 512, 8), chipNamed('tofino2'), { reserve: { stages, containers: {} } });
  assert.is(placement.stages, 2);
});

/** Random straight and branched programs over six fields. */
const step = fc.record({
  key: fc.nat(5),
  dst: fc.nat(5),
  src: fc.nat(5),
  kind: fc.constantFrom('load', 'add', 'copy', 'branch'),
  entries: fc.constantFrom(4, 600, 3000),
});

function build(steps: readonly { key: number; dst: number; src: number; kind: string; entries: number }[]): Program {
  const all = fields('f0:16 f1:16 f2:16 f3:16 f4:16 f5:16');
  const actions = steps.map(({ dst, src, kind }, i) =>
    kind === 'load'
      ? load(`a${i}`, `f${dst}`, 16)
      : kind === 'add'
        ? accumulate(`a${i}`, `f${dst}`, 16)
        : does(`a${i}`, { op: 'add', dst: `f${dst}`, a: fieldOperand(`f${src}`), b: fieldOperand(`f${dst}`) }),
  );
  const tables = steps.map(({ key, kind, entries }, i) => {
    const keyed = kind === 'load' || kind === 'add';
    const rows = [
      { key: [{ value: 0, mask: 1 }], data: [i + 3], priority: 0 },
      { key: [{ value: 0, mask: 0 }], data: [i * 7 + 1], priority: 1 },
    ];
    return keyed
      ? table(`t${i}`, { [`f${key}`]: 'ternary' }, [actions[i]], rows, all, { size: entries })
      : table(`t${i}`, {}, [actions[i]], [], all, { defaultAction: { action: `a${i}`, data: [] }, size: 0 });
  });
  const ingress = tables.map((t, i) =>
    steps[i].kind === 'branch' ? when([compare(`f${steps[i].key}`, 'gt', 9)], [apply(t.name)]) : apply(t.name),
  );
  return program({ fields: all, actions: [...actions, NOP], tables, ingress });
}

/** The program's meaning in program order, without stages: one table in each stage. */
function oneByOne(p: Program) {
  const chip = chipNamed('unbounded');
  const { placement } = placeProgram(p, chip);
  let stage = 0;
  const at = new Map<string, number>();
  for (const one of p.ingress) {
    if (one.kind === 'if') at.set(`if${[...at.keys()].filter((k) => k.startsWith('if')).length}`, stage++);
    const inner = one.kind === 'if' ? one.then : [one];
    for (const s of inner) if (s.kind === 'apply') at.set(s.table, stage++);
  }
  return {
    ...placement,
    parts: placement.parts.map((part) => ({ ...part, stage: at.get(part.table)! })),
    gateways: placement.gateways.map((g) => ({ ...g, stage: at.get(`if${g.step}`)! })),
  };
}

X('property: placed programs compute what program order computes, within capacities and dependencies', () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 14 }),
      fc.constantFrom('tofino', 'tofino2', 'unbounded'),
      (steps, name) => {
        const p = build(steps);
        const chip = chipNamed(name);
        const { placement, report } = placeProgram(p, chip, { alternatives: false });
        const input = inject(
          Object.fromEntries(
            [0, 1, 2, 3, 4, 5].map((f) => [`f${f}`, [1, 8, 250, 65535, 77].map((v) => (v * (f + 3)) & 0xffff)]),
          ),
        );
        const observe = ['f0', 'f1', 'f2', 'f3', 'f4', 'f5'];
        assert.equal(
          runReference(p, placement, input, { observe }).observed,
          runReference(p, oneByOne(p), input, { observe }).observed,
        );
        for (const { used } of report.perStage)
          for (const resource of RESOURCES) assert.ok(used[resource] <= chip.stage[resource], resource);
        const demand = programDemand(p, chip);
        const last = (table: number) => Math.max(...report.tables[table].stages);
        const first = (table: number) => Math.min(...report.tables[table].stages);
        for (const list of dependencies(demand))
          for (const { from, to, gap } of list) assert.ok(last(from) + gap <= first(to));
      },
    ),
    { numRuns: 60, seed: 7 },
  );
});

X('header vector: fields of meeting lives never share a container bit', () => {
  const { placement } = placeProgram(adders(12, 512, 4), chipNamed('tofino2'));
  const byContainer = new Map<string, (typeof placement.phv)[number][]>();
  for (const use of placement.phv) byContainer.set(use.container, [...(byContainer.get(use.container) ?? []), use]);
  assert.ok(placement.phv.length >= 16);
  for (const uses of byContainer.values())
    for (const a of uses)
      for (const b of uses) {
        if (a === b || a.lastStage < b.firstStage || b.lastStage < a.firstStage) continue;
        assert.ok(a.containerLow + a.bits <= b.containerLow || b.containerLow + b.bits <= a.containerLow);
      }
});

X.run();
