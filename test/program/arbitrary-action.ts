/** Random actions: instructions of every kind with distinct destinations, and random stateful calls. */

import type {
  BinaryOp,
  CompareOp,
  Instruction,
  Operand,
  Register,
  SaluCondition,
  SaluOp,
  SaluOperand,
  SaluOutput,
  SaluUpdate,
  StatefulCall,
} from '../../src/program/index.ts';
import { type Build, bitsOf, narrow, type Scope, wide } from './arbitrary-scope.ts';

const BINARY: readonly BinaryOp[] = [
  'add',
  'add',
  'sub',
  'addSatU',
  'addSatS',
  'subSatU',
  'subSatS',
  'minU',
  'minS',
  'maxU',
  'maxS',
  'and',
  'or',
  'xor',
];
const COMPARE: readonly CompareOp[] = ['eq', 'ne', 'ltU', 'leU', 'gtU', 'geU', 'ltS', 'leS', 'gtS', 'geS'];

interface Param {
  readonly name: string;
  readonly bits: number;
}

function fieldOf(build: Build, names: readonly string[]): Operand {
  return { kind: 'field', field: build.random.pick(names) };
}

function anyOperand(build: Build, scope: Scope, params: readonly Param[]): Operand {
  const { random } = build;
  if (params.length > 0 && random.chance(0.35)) return { kind: 'param', param: random.pick(params).name };
  if (random.chance(0.3)) return { kind: 'const', value: random.chance(0.3) ? -random.nat(9) : random.bits(8) };
  return fieldOf(build, narrow(build, scope.read));
}

function wideInstruction(build: Build, scope: Scope, dst: string): Instruction {
  const { random } = build;
  const from = fieldOf(build, random.chance(0.6) ? wide(build, scope.read) : narrow(build, scope.read));
  const kind = random.nat(3);
  if (kind === 0) return { op: 'cmov', dst, a: from, when: random.pick(scope.read) };
  if (kind === 1) return { op: 'set', dst, a: from };
  return deposit(build, dst, from);
}

function deposit(build: Build, dst: string, a: Operand): Instruction {
  const { random } = build;
  const source = a.kind === 'field' ? bitsOf(build, a.field) : 8;
  const bits = random.between(1, Math.min(source, bitsOf(build, dst), 32));
  const low = random.nat(source - bits + 1);
  return { op: 'deposit', dst, dstLow: random.nat(bitsOf(build, dst) - bits + 1), a, low, bits };
}

function narrowInstruction(build: Build, scope: Scope, dst: string, params: readonly Param[]): Instruction {
  const { random } = build;
  const phv = () => fieldOf(build, narrow(build, scope.read));
  const other = () => anyOperand(build, scope, params);
  switch (random.nat(10)) {
    case 0:
      return { op: 'set', dst, a: other() };
    case 1:
      return { op: 'not', dst, a: phv() };
    case 2:
      return {
        op: random.pick(['shl', 'shrU', 'shrS']),
        dst,
        a: phv(),
        by: random.nat(Math.min(32, bitsOf(build, dst) + 1)),
      };
    case 3: {
      const a = fieldOf(build, scope.read);
      const source = a.kind === 'field' ? bitsOf(build, a.field) : 32;
      const bits = random.between(1, Math.min(source, 32));
      return { op: 'slice', dst, a, low: random.nat(source - bits + 1), bits };
    }
    case 4:
      return deposit(build, dst, fieldOf(build, scope.read));
    case 5:
      return { op: 'cmov', dst, a: other(), when: random.pick(scope.read) };
    case 6:
      if (build.compare) return { op: random.pick(COMPARE), dst, a: phv(), b: other() };
      break;
    case 7:
      if (build.hashes.length > 0 && scope.gress === 'ingress') {
        return { op: 'hash', dst, hash: random.pick(build.hashes).name };
      }
      break;
  }
  const op = random.pick(BINARY);
  // A chip adds action data to PHV; what it subtracts must be PHV.
  return /^sub/.test(op) ? { op, dst, a: other(), b: phv() } : { op, dst, a: phv(), b: other() };
}

/** Adds a random action and answers its name; `register` gives it a stateful call at `index`. */
export function addAction(build: Build, scope: Scope, name: string, register?: Register, index?: string): string {
  const { random } = build;
  const params = Array.from({ length: random.nat(4) }, (_, p) => ({
    name: `p${p}`,
    bits: random.pick([1, 8, 13, 16, 32]),
  }));
  const free = random.sample(scope.write, 4);
  let call: StatefulCall | undefined;
  if (register && index !== undefined) {
    const outputs = narrow(build, free).slice(0, random.nat(2) + 1);
    addStateful(build, scope, `${name}_salu`, register, params, outputs.slice(0, 1));
    call = { run: `${name}_salu`, index };
  }
  const taken = new Set(build.stateful.find((one) => one.name === `${name}_salu`)?.outputs.map((one) => one.dst));
  const instructions = free
    .filter((dst) => !taken.has(dst))
    .slice(0, random.between(call ? 0 : 1, 3))
    .map((dst) =>
      bitsOf(build, dst) > 32 ? wideInstruction(build, scope, dst) : narrowInstruction(build, scope, dst, params),
    );
  build.actions.push({ name, params, instructions, ...(call ? { stateful: call } : {}) });
  return name;
}

function saluOperand(build: Build, register: Register, inputs: number): SaluOperand {
  const { random } = build;
  const kinds: SaluOperand[] = [{ kind: 'lo' }, { kind: 'const', value: random.between(-3, 7) }];
  if (register.pair) kinds.push({ kind: 'hi' });
  if (inputs > 0) kinds.push({ kind: 'input', index: 0 });
  if (inputs > 1) kinds.push({ kind: 'input', index: 1 });
  return random.pick(kinds);
}

const SALU_OPS: readonly SaluOp[] = [
  'set',
  'add',
  'sub',
  'addSatS',
  'minU',
  'minS',
  'maxU',
  'maxS',
  'and',
  'or',
  'xor',
];

/** Random disjoint truth tables: every outcome goes to one of `parts` or to none. */
function predicates(build: Build, conditions: number, parts: number): (number | undefined)[] {
  if (conditions === 0) return parts > 0 ? [undefined] : [];
  const tables = Array.from({ length: parts }, () => 0);
  for (let outcome = 0; outcome < 2 ** conditions; outcome++) {
    const part = build.random.nat(parts + 1);
    if (part < parts) tables[part] |= 1 << outcome;
  }
  return tables;
}

function addStateful(
  build: Build,
  scope: Scope,
  name: string,
  register: Register,
  params: readonly Param[],
  outputs: readonly string[],
): void {
  const { random } = build;
  const inputs = Array.from({ length: random.nat(3) }, () => anyOperand(build, scope, params));
  const read = () => saluOperand(build, register, inputs.length);
  const conditions = Array.from({ length: random.nat(3) }, (): SaluCondition => {
    const made = {
      op: random.pick(['eq', 'ne', 'lt', 'le', 'gt', 'ge'] as const),
      signed: random.chance(0.4),
      a: read(),
      b: read(),
    };
    return random.chance(0.3) ? { ...made, minus: read() } : made;
  });
  const ops = register.cellBits === 1 ? SALU_OPS.filter((op) => /set|and|or/.test(op)) : SALU_OPS;
  const updates = (register.pair ? (['lo', 'hi'] as const) : (['lo'] as const)).flatMap((cell) =>
    predicates(build, conditions.length, random.between(cell === 'lo' ? 1 : 0, 2)).map((when): SaluUpdate => {
      const op = random.pick(ops);
      const base = { cell, op, a: read(), ...(when === undefined ? {} : { when }) };
      return op === 'set' ? base : { ...base, b: read() };
    }),
  );
  const values: SaluOutput['value'][] = ['oldLo', 'newLo', 'oldLo'];
  if (register.pair) values.push('oldHi', 'newHi');
  if (conditions.length > 0) values.push('cond0');
  if (conditions.length > 1) values.push('cond1');
  const sent = outputs.flatMap((dst) =>
    predicates(build, conditions.length, random.between(1, 2)).map((when): SaluOutput => {
      const value = random.pick(values);
      return when === undefined ? { dst, value } : { dst, value, when };
    }),
  );
  build.stateful.push({ name, register: register.name, inputs, conditions, updates, outputs: sent });
}
