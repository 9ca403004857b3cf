/** The body of random programs: hash and slot, registers, tables under nested conditions, egress over a bridge, a verdict. */

import {
  type Action,
  apply,
  compare,
  type Field,
  type FlowState,
  field,
  type Program,
  type Register,
  type Step,
  type Test,
  type Verdict,
  valid,
  when,
} from '../../src/program/index.ts';
import type { RandomFront } from './arbitrary-parser.ts';
import { type Build, bitsOf, narrow, type Scope } from './arbitrary-scope.ts';
import { addTable } from './arbitrary-table.ts';
import type { Random } from './random.ts';

type Control = Pick<
  Program,
  'fields' | 'hashes' | 'registers' | 'stateful' | 'actions' | 'tables' | 'ingress' | 'egress' | 'bridge' | 'verdict'
> & { readonly flow: FlowState };

interface ControlOptions {
  readonly size: number;
  readonly egress: boolean;
  readonly shardable: boolean;
  readonly compare: boolean;
}

/** The control of a random program behind a random front; `fields` are those it adds. */
export function randomControl(random: Random, front: RandomFront, options: ControlOptions): Control {
  const own = randomFields(random, options.size);
  const build: Build = {
    random,
    compare: options.compare,
    fields: new Map([...front.fields, ...own].map((one) => [one.name, one])),
    hashes: [],
    registers: [],
    stateful: [],
    actions: [],
    tables: [],
  };
  const pool = own.filter((one) => one.name.startsWith('meta.x')).map((one) => one.name);
  const flow = addFlow(build);
  const read = [...front.filled, ...pool, 'ts', 'meta.slot', 'meta.owner'];
  const scope: Scope = { gress: 'ingress', read, write: [...pool, 'meta.total_len', 'meta.src'] };
  const registers = addRegisters(build, options, read, flow);
  const tables = options.egress ? Math.ceil(options.size / 2) : options.size;
  const ingress = [apply('flow'), ...randomSteps(build, scope, front, tables, registers, 2)];
  const bridge = options.egress ? random.sample([...pool, 'meta.total_len', 'meta.l4', 'ts'], 3) : [];
  const egress = options.egress ? egressSteps(build, bridge, options.size - tables + 1, registers) : [];
  const last = options.egress ? narrow(build, [...bridge, ...egressFields]) : narrow(build, pool);
  const end = addVerdict(build, { gress: options.egress ? 'egress' : 'ingress', read: last, write: [] }, last);
  (options.egress ? egress : ingress).push(apply('verdict'));
  const { hashes, stateful, actions } = build;
  return {
    fields: own,
    hashes,
    registers: build.registers,
    stateful,
    actions,
    tables: build.tables,
    ingress,
    egress,
    bridge,
    flow,
    verdict: end,
  };
}

const egressFields = ['egr.y0', 'egr.y1', 'egr.y2'];

function randomFields(random: Random, size: number): Field[] {
  const widths = [1, 4, 8, 8, 13, 16, 16, 24, 32, 32, 48, 64];
  const pool = Array.from({ length: 3 + size }, (_, i) => field(`meta.x${i}`, random.pick(widths)));
  return [
    field('ts', 48, 'timestamp'),
    field('meta.slot', random.between(2, 5)),
    field('meta.owner', 32),
    field('meta.status', 2),
    field('meta.class', 8),
    field('meta.valid', 1),
    field('egr.y0', random.pick(widths)),
    field('egr.y1', 16),
    field('egr.y2', 32),
    ...pool,
    field(`meta.x${3 + size}`, 32),
  ];
}

/** The 5-tuple's hash, plain or symmetric (XORs), as slot and owner. */
function addFlow(build: Build): FlowState {
  const symmetric = build.random.chance(0.5);
  const parts = symmetric
    ? [['src', 'dst'], ['dst', 'src'], ['sport', 'dport'], ['dport', 'sport'], ['protocol']]
    : [['src'], ['dst'], ['sport'], ['dport'], ['protocol']];
  const named = parts.map((xor) => ({ xor: xor.map((name) => `meta.${name}`) }));
  build.hashes.push({ name: 'flow_hash', algorithm: 'crc32', parts: named });
  build.actions.push({
    name: 'find_flow',
    params: [],
    instructions: [
      { op: 'hash', dst: 'meta.slot', hash: 'flow_hash' },
      { op: 'hash', dst: 'meta.owner', hash: 'flow_hash' },
    ],
  });
  build.tables.push({
    name: 'flow',
    gress: 'ingress',
    keys: [],
    actions: ['find_flow'],
    defaultAction: { action: 'find_flow', data: [] },
    size: 0,
    entries: { count: 0, keyWords: 0, dataWords: 0, ...noColumns() },
  });
  const slots = 2 ** bitsOf(build, 'meta.slot');
  return {
    slot: 'meta.slot',
    slots,
    owner: 'meta.owner',
    symmetric,
    policy: 'replace',
    status: 'meta.status',
    bitsPerFlow: 0,
  };
}

function noColumns() {
  const none = () => new Uint32Array(0);
  return { value: none(), mask: none(), priority: none(), action: new Uint8Array(0), data: none() };
}

interface Waiting {
  readonly register: Register;
  readonly index: string;
}

/** Registers for tables to take, one table each. */
function addRegisters(build: Build, options: ControlOptions, read: readonly string[], flow: FlowState): Waiting[] {
  const { random } = build;
  return Array.from({ length: random.nat(1 + Math.ceil(options.size / 2)) }, (_, r) => {
    const cellBits = random.pick([1, 8, 16, 32, 32] as const);
    const pair = cellBits > 1 && random.chance(0.4);
    const size = options.shardable ? flow.slots : 2 ** random.between(0, 5);
    const initial = Array.from({ length: pair ? 2 : 1 }, () => random.bits(cellBits));
    const register = { name: `reg${r}`, cellBits, pair, size, initial };
    build.registers.push(register);
    return { register, index: options.shardable ? flow.slot : random.pick(narrow(build, read)) };
  });
}

function randomTests(build: Build, scope: Scope): Test[] {
  const { random } = build;
  return Array.from({ length: random.between(1, 2) }, () => {
    const name = random.pick(narrow(build, scope.read));
    const bits = bitsOf(build, name);
    const signed = random.chance(0.3);
    const value = signed ? random.bits(bits) - 2 ** (bits - 1) : random.bits(bits);
    return compare(name, random.pick(['eq', 'ne', 'lt', 'le', 'gt', 'ge'] as const), value, signed);
  });
}

/** `count` tables in a random nest of conditions, at most `depth` deep. */
function randomSteps(
  build: Build,
  scope: Scope,
  front: RandomFront | undefined,
  count: number,
  registers: Waiting[],
  depth: number,
): Step[] {
  const { random } = build;
  const steps: Step[] = [];
  for (let left = count; left > 0; ) {
    if (depth > 0 && random.chance(0.35)) {
      const inside = random.between(1, left);
      const yes = random.between(0, inside);
      const header = front && random.chance(0.4) ? random.pick(front.headers) : undefined;
      const more = header ? [...header.fields] : [];
      const inner = { ...scope, read: [...scope.read, ...more], write: [...scope.write, ...more] };
      const tests = header ? [valid(header.name)] : randomTests(build, scope);
      const one = randomSteps(build, inner, front, yes, registers, depth - 1);
      steps.push(when(tests, one, randomSteps(build, scope, front, inside - yes, registers, depth - 1)));
      left -= inside;
      continue;
    }
    const taken = random.chance(0.5) && front !== undefined ? registers.pop() : undefined;
    const name = `${scope.gress[0]}${build.tables.length}`;
    steps.push(apply(addTable(build, scope, name, taken?.register, taken?.index)));
    left--;
  }
  return steps;
}

function egressSteps(build: Build, bridge: readonly string[], count: number, registers: Waiting[]): Step[] {
  const writable = bridge.filter((name) => name !== 'ts');
  const scope: Scope = { gress: 'egress', read: [...bridge, ...egressFields], write: [...writable, ...egressFields] };
  return randomSteps(build, scope, undefined, count, registers, 2);
}

/** The action's instructions become: a class from some field, and validity 1. */
function giveVerdict(build: Build, made: Action, fields: readonly string[]): void {
  const from = { kind: 'field', field: build.random.pick(fields) } as const;
  build.actions[build.actions.indexOf(made)] = {
    ...made,
    instructions: [
      { op: 'set', dst: 'meta.class', a: from },
      { op: 'set', dst: 'meta.valid', a: { kind: 'const', value: 1 } },
    ],
  };
}

/** A table that sets class and validity; logits are whatever fields hold at the end. */
function addVerdict(build: Build, scope: Scope, fields: readonly string[]): Verdict {
  const { random } = build;
  const name = addTable(build, { ...scope, write: ['meta.class', 'meta.valid'] }, 'verdict');
  for (const made of build.actions)
    if (made.name.startsWith('verdict_') && random.chance(0.8)) giveVerdict(build, made, fields);
  const signed = random.chance(0.5);
  const logits = random.sample(fields, 2).map((one) => {
    const bits = random.between(1, bitsOf(build, one));
    return { field: one, low: random.nat(bitsOf(build, one) - bits + 1), bits, signed };
  });
  return {
    kind: 'argmax',
    valid: 'meta.valid',
    class: 'meta.class',
    logits,
    classes: logits.map((_, i) => `${name}-class-${i}`),
  };
}
