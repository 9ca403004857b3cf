/** Every match structure against the reference's entry-by-entry search: classes, intervals, products, hash, bitmaps, split tables. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Kernels, openEngine } from '../../src/engine/index.ts';
import {
  action,
  apply,
  type EntryRow,
  entriesOf,
  entryShape,
  type Field,
  field,
  fieldOperand,
  key,
  keyed,
  type MatchKind,
  type Placement,
  type Program,
  paramOperand,
} from '../../src/program/index.ts';
import { runReference } from '../../src/switch/index.ts';
import { type Random, randomFrom } from '../program/random.ts';

const Match = suite('engine match');

interface Case {
  readonly name: string;
  readonly bits: readonly number[];
  readonly kinds: readonly MatchKind[];
  readonly rows: number;
  /** What the plan must say. */
  readonly expect: RegExp;
  readonly cell: (random: Random, bits: number) => EntryRow['key'][number];
}

function word(random: Random, bits: number): number {
  return Math.floor((random.nat(2 ** 31 - 1) / 2 ** 31) * 2 ** bits);
}

function ternary(random: Random, bits: number) {
  const mask = (word(random, bits) | word(random, bits)) >>> 0;
  return { value: (word(random, bits) & mask) >>> 0, mask };
}

/** A quarter of the bits matter: so many different overlaps that no class structure stays small. */
function sparse(random: Random, bits: number) {
  const mask = (word(random, bits) & word(random, bits)) >>> 0;
  return { value: (word(random, bits) & mask) >>> 0, mask };
}

function range(random: Random, bits: number) {
  const [a, b] = [word(random, bits), word(random, bits)];
  return { low: Math.min(a, b), high: Math.max(a, b) };
}

const CASES: readonly Case[] = [
  {
    name: '16 bits ternary, 300 rows',
    bits: [16],
    kinds: ['ternary'],
    rows: 300,
    expect: /^direct 65536$/,
    cell: ternary,
  },
  {
    name: '12 + 10 bits ternary, 60 rows',
    bits: [12, 10],
    kinds: ['ternary', 'ternary'],
    rows: 60,
    expect: /^\(direct 4096 x direct 1024/,
    cell: ternary,
  },
  {
    name: '32 + 16 bits range, 20 rows',
    bits: [32, 16],
    kinds: ['range', 'range'],
    rows: 20,
    expect: /search of \d+ intervals/,
    cell: range,
  },
  {
    name: '32 bits lpm, 500 rows',
    bits: [32],
    kinds: ['lpm'],
    rows: 500,
    expect: /^search of \d+ intervals$/,
    cell: (random, bits) => ({ value: word(random, bits), prefix: random.between(4, 24) }),
  },
  {
    name: '32 + 32 bits exact, 3000 rows',
    bits: [32, 32],
    kinds: ['exact', 'exact'],
    rows: 3000,
    expect: /^hash of 2 words/,
    cell: word,
  },
  {
    name: '32 + 32 bits ternary, 400 rows',
    bits: [32, 32],
    kinds: ['ternary', 'ternary'],
    rows: 400,
    expect: /byte bitmaps of 512 rows/,
    cell: sparse,
  },
  {
    name: '32 bits range beside 32 bits ternary, 40 rows',
    bits: [32, 32],
    kinds: ['range', 'ternary'],
    rows: 40,
    expect: /./,
    cell: (random, bits) => (random.chance(0.5) ? ternary(random, bits) : ternary(random, bits)),
  },
];

/** One table that writes its entry's number. */
function oneTable(one: Case, random: Random): { program: Program; rows: EntryRow[] } {
  const keyFields = one.bits.map((bits, i) => field(`meta.k${i}`, bits));
  const out = field('meta.out', 32);
  const act = action('hit', { value: 32 }, [{ op: 'set', dst: 'meta.out', a: paramOperand('value') }]);
  const keys = one.kinds.map((kind, i) => key(`meta.k${i}`, kind));
  const seen = new Set<string>();
  const rows = Array.from({ length: one.rows }, (_, r): EntryRow => {
    const cells = one.bits.map((bits, i) => (one.kinds[i] === 'range' ? range(random, bits) : one.cell(random, bits)));
    return one.kinds[0] === 'lpm' ? { key: cells, data: [r + 1] } : { key: cells, priority: r, data: [r + 1] };
  }).filter(({ key: cells }) => {
    const name = JSON.stringify(cells);
    return !seen.has(name) && seen.add(name);
  });
  const shape = entryShape({ keys, actions: ['hit'] }, [...keyFields, out], [act]);
  const table = keyed({
    name: 't',
    gress: 'ingress',
    keys,
    actions: ['hit'],
    defaultAction: 'hit',
    defaultData: [0],
    entries: entriesOf(shape, rows),
  });
  return { program: programOf([...keyFields, out], [act], [table]), rows };
}

function programOf(fields: readonly Field[], actions: Program['actions'], tables: Program['tables']): Program {
  return {
    name: 'match',
    fields,
    headers: [],
    parser: {
      states: [{ name: 'start', extract: [], skip: 0, assign: [], select: [], cases: [], otherwise: 'accept' }],
    },
    hashes: [],
    registers: [],
    stateful: [],
    actions,
    tables,
    ingress: tables.map(({ name }) => apply(name)),
    egress: [],
    bridge: [],
    features: [],
    verdict: { kind: 'none', logits: [], classes: [] },
  };
}

/** Tables in stages 0, 1, …; the first may be split after `cut` entries over two stages. */
function stagesOf(program: Program, cut?: number): Placement {
  const none = { gress: 'ingress' as const, sram: 0, mapRam: 0, tcam: 0 };
  const parts = program.tables.flatMap(({ name, entries }, stage) =>
    cut === undefined
      ? [{ ...none, table: name, stage, from: 0, to: entries.count }]
      : [
          { ...none, table: name, stage: 2 * stage, from: 0, to: cut },
          { ...none, table: name, stage: 2 * stage + 1, from: cut, to: entries.count },
        ],
  );
  return { chip: 'unbounded', stages: 2 * program.tables.length, parts, gateways: [], phv: [] };
}

/** Keys near the entries: half of them an entry's own value with noise. */
function keysFor(one: Case, rows: readonly EntryRow[], random: Random, count: number): Record<string, Uint32Array> {
  const near = (cell: EntryRow['key'][number]): number =>
    typeof cell === 'object' ? Number('low' in cell ? cell.low : cell.value) : Number(cell);
  const columns = one.bits.map(() => new Uint32Array(count));
  for (let i = 0; i < count; i++) {
    const row = random.pick(rows);
    one.bits.forEach((bits, k) => {
      columns[k][i] = random.chance(0.7)
        ? near(row.key[k]) ^ (random.chance(0.3) ? 1 << random.nat(bits) : 0)
        : word(random, bits);
    });
  }
  return Object.fromEntries(columns.map((column, k) => [`meta.k${k}`, column]));
}

async function compareWith(
  program: Program,
  placement: Placement,
  fields: Record<string, Uint32Array>,
  kernels: Kernels,
) {
  const count = Object.values(fields)[0].length;
  const input = { kind: 'injected', count, fields } as const;
  const observe = program.fields.filter(({ name }) => !name.startsWith('meta.k')).map(({ name }) => name);
  const engine = openEngine(program, placement, count, Object.keys(fields), { workers: 1, observe, kernels });
  const got = await engine.feed(input);
  const expected = runReference(program, placement, input, { observe });
  for (const name of observe)
    assert.equal([...got.observed[name]], [...expected.observed[name]], `${name} by ${kernels}`);
  return engine;
}

for (const one of CASES) {
  Match(`${one.name}: as the reference, by wasm and its twin, whole and split over two stages`, async () => {
    const random = randomFrom(one.rows);
    const { program, rows } = oneTable(one, random);
    const fields = keysFor(one, rows, random, 500);
    for (const kernels of ['wasm', 'typescript'] as const) {
      const engine = await compareWith(program, stagesOf(program), fields, kernels);
      assert.match(engine.plan.matches[0].match, one.expect);
    }
    await compareWith(program, stagesOf(program, rows.length >> 1), fields, 'wasm');
  });
}

Match(
  'three tables that add 7 values of 13 bits each, one split by a second action: one fused sum, as the reference',
  async () => {
    const random = randomFrom(5);
    const outs = Array.from({ length: 7 }, (_, o) => field(`meta.s${o}`, o === 6 ? 32 : 13));
    const keyFields = [0, 1, 2].map((k) => field(`meta.k${k}`, 8));
    const params = Object.fromEntries(outs.map((_, o) => [`p${o}`, 32]));
    const adds = outs.map(
      ({ name }, o) => ({ op: 'add', dst: name, a: fieldOperand(name), b: paramOperand(`p${o}`) }) as const,
    );
    const sets = outs.map(({ name }, o) => ({ op: 'set', dst: name, a: paramOperand(`p${o}`) }) as const);
    const actions = [action('first', params, sets), action('more', params, adds), action('none', {}, [])];
    const tables = [0, 1, 2].map((t) => {
      const keys = [key(`meta.k${t}`, 'exact')];
      const names = t === 0 ? ['first'] : ['more', 'none'];
      const rows = Array.from(
        { length: 200 },
        (_, v): EntryRow =>
          t > 0 && v % 5 === 0
            ? { key: [v], action: 1 }
            : { key: [v], data: outs.map(() => random.nat(2 ** 31 - 1) - 2 ** 30) },
      );
      const entries = entriesOf(entryShape({ keys, actions: names }, [...outs, ...keyFields], actions), rows);
      const defaults =
        t === 0 ? { defaultAction: 'first', defaultData: outs.map((_, o) => o) } : { defaultAction: 'none' };
      return keyed({ name: `t${t}`, gress: 'ingress', keys, actions: names, entries, ...defaults });
    });
    const program = programOf([...outs, ...keyFields], actions, tables);
    const fields = Object.fromEntries(
      keyFields.map(({ name }) => [name, Uint32Array.from({ length: 999 }, () => random.nat(256))]),
    );
    for (const kernels of ['wasm', 'typescript'] as const) {
      const engine = await compareWith(program, stagesOf(program), fields, kernels);
      assert.is(engine.plan.ops.filter(({ op }) => op === 'sum').length, 1);
    }
  },
);

Match.run();
