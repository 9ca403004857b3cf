/**
 * A naive interpreter of programs, written from PROGRAM.md alone: fields in a map of big integers, entries walked one by one,
 * no stages. The third opinion beside the reference pipeline and the engine; slow.
 */

import {
  type Action,
  type FrameColumns,
  type Instruction,
  lookupOf,
  type Operand,
  type Program,
  type RunInput,
  type SaluOperand,
  type StateMode,
  type Step,
  type Table,
  type Test,
} from '../../src/program/index.ts';

export interface NaiveResult {
  readonly outcome: Uint8Array;
  readonly verdict: Int16Array;
  readonly logits: Int32Array;
  /** Field values at the end, per packet; empty maps for packets that were not parsed. */
  readonly fields: readonly ReadonlyMap<string, bigint>[];
}

interface State {
  values: Map<string, bigint>;
  valid: Set<string>;
}

type Cells = Map<string, { lo: bigint; hi: bigint }[]>;

const cut = (value: bigint, bits: number) => BigInt.asUintN(bits, value);
const sign = (value: bigint, bits: number) => BigInt.asIntN(bits, value);

/** Runs packets or injected fields through a program. */
export function runNaive(program: Program, input: RunInput, state: StateMode = 'perCapture'): NaiveResult {
  const machine = new Naive(program);
  const count = input.kind === 'packets' ? input.packets.count : input.count;
  const outcome = new Uint8Array(count);
  const verdict = new Int16Array(count).fill(-1);
  const logits = new Int32Array(count * program.verdict.logits.length);
  const fields: Map<string, bigint>[] = [];
  for (let i = 0; i < count; i++) {
    const packets = input.kind === 'packets' ? input.packets : undefined;
    if (packets && state === 'perCapture' && i > 0 && packets.capture[i] !== packets.capture[i - 1]) machine.reset();
    machine.begin();
    if (input.kind === 'injected') {
      for (const [name, column] of Object.entries(input.fields)) machine.write(name, BigInt(column[i]));
    }
    outcome[i] = packets ? machine.parse(packets, i) : 1;
    if (outcome[i] === 1) {
      machine.process();
      if (machine.hasVerdict()) {
        outcome[i] = 0;
        if (program.verdict.class && program.verdict.kind !== 'none')
          verdict[i] = Number(machine.read(program.verdict.class));
        program.verdict.logits.forEach((one, l) => {
          const raw = cut(machine.read(one.field) >> BigInt(one.low), one.bits);
          logits[i * program.verdict.logits.length + l] = Number(one.signed ? sign(raw, one.bits) : raw);
        });
      }
      fields.push(machine.snapshot());
    } else fields.push(new Map());
  }
  return { outcome, verdict, logits, fields };
}

class Naive {
  private readonly at;
  private readonly cells: Cells = new Map();
  private state: State = { values: new Map(), valid: new Set() };
  private readonly touched = new Set<string>();

  constructor(private readonly program: Program) {
    this.at = lookupOf(program);
    this.reset();
  }

  reset(): void {
    for (const one of this.program.registers) {
      const first = (half: number) => cut(BigInt(one.initial[half] ?? 0), one.cellBits);
      this.cells.set(
        one.name,
        Array.from({ length: one.size }, () => ({ lo: first(0), hi: first(1) })),
      );
    }
  }

  begin(): void {
    this.state = { values: new Map(), valid: new Set() };
  }

  read(name: string): bigint {
    return this.state.values.get(name) ?? 0n;
  }

  write(name: string, value: bigint): void {
    this.state.values.set(name, cut(value, this.at.field.get(name)!.bits));
  }

  snapshot(): Map<string, bigint> {
    return new Map(this.program.fields.map((one) => [one.name, this.read(one.name)]));
  }

  hasVerdict(): boolean {
    const { valid } = this.program.verdict;
    return valid === undefined || this.read(valid) !== 0n;
  }

  /** 1 accepted, 2 rejected, 3 truncated, 4 short: the outcome codes of run.ts. */
  parse(packets: FrameColumns, i: number): number {
    const frame = packets.bytes.subarray(packets.offset[i], packets.offset[i] + packets.capLen[i]);
    const short = packets.capLen[i] < packets.origLen[i] ? 3 : 4;
    for (const one of this.program.fields) {
      if (one.source === 'timestamp') {
        this.write(one.name, BigInt(packets.seconds[i]) * 1_000_000_000n + BigInt(packets.nanos[i]));
      }
    }
    let cursor = 0;
    const take = (at: number, bytes: number) =>
      at + bytes > frame.length
        ? undefined
        : frame.subarray(at, at + bytes).reduce((all, byte) => (all << 8n) | BigInt(byte), 0n);
    for (let name = 'start'; name !== 'accept'; ) {
      if (name === 'reject') return 2;
      const state = this.program.parser.states.find((one) => one.name === name)!;
      for (const header of state.extract) {
        const fields = this.at.header.get(header)!.fields.map((field) => this.at.field.get(field)!);
        const bits = fields.reduce((sum, one) => sum + one.bits, 0);
        let rest = take(cursor, bits / 8);
        if (rest === undefined) return short;
        for (const one of [...fields].reverse()) {
          this.write(one.name, rest);
          rest >>= BigInt(one.bits);
        }
        this.state.valid.add(header);
        cursor += bits / 8;
      }
      cursor += state.skip;
      for (const { dst, from } of state.assign) {
        this.write(dst, 'field' in from ? this.read(from.field) : BigInt(from.const));
      }
      const keys = state.select.map((key) =>
        key.kind === 'field' ? this.read(key.field) : take(cursor + key.byte, key.bytes),
      );
      if (keys.includes(undefined)) return short;
      const hit = state.cases.find((one) =>
        keys.every((key, k) => (key! & BigInt(one.mask[k])) === BigInt(one.value[k])),
      );
      name = hit ? hit.next : state.otherwise;
    }
    return 1;
  }

  /** Ingress, then egress with bridged fields alone; fields that egress never touches keep their value for observers. */
  process(): void {
    this.steps(this.program.ingress);
    if (this.program.egress.length === 0) return;
    const before = this.state;
    const bridged = this.program.bridge.map((name): [string, bigint] => [name, this.read(name)]);
    this.state = { values: new Map(bridged), valid: new Set() };
    this.touched.clear();
    this.egressFields(this.program.egress);
    this.steps(this.program.egress);
    for (const [name, value] of before.values) {
      if (!this.touched.has(name) && !this.program.bridge.includes(name)) this.state.values.set(name, value);
    }
  }

  /** Every field named by egress steps, found in their text. */
  private egressFields(steps: readonly Step[]): void {
    const walk = (value: unknown): void => {
      if (typeof value === 'string') {
        if (this.at.field.has(value)) this.touched.add(value);
        if (this.at.hash.has(value)) walk(this.at.hash.get(value)!.parts);
        if (this.at.stateful.has(value)) walk({ ...this.at.stateful.get(value)!, name: '' });
      } else if (Array.isArray(value)) value.forEach(walk);
      else if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value))
        Object.values(value).forEach(walk);
    };
    for (const step of steps) {
      if (step.kind === 'if') {
        walk(step.all);
        this.egressFields(step.then);
        this.egressFields(step.else);
        continue;
      }
      const table = this.at.table.get(step.table)!;
      walk(table.keys);
      for (const name of [...table.actions, table.defaultAction.action])
        walk({ ...this.at.action.get(name)!, name: '' });
    }
  }

  private steps(steps: readonly Step[]): void {
    for (const step of steps) {
      if (step.kind === 'apply') this.apply(this.at.table.get(step.table)!);
      else this.steps(step.all.every((test) => this.test(test)) ? step.then : step.else);
    }
  }

  private test(test: Test): boolean {
    if (test.kind !== 'cmp') return this.state.valid.has(test.header) === (test.kind === 'valid');
    const { bits } = this.at.field.get(test.field)!;
    const view = test.signed ? sign : cut;
    return order(
      this.readAs(test.field, bits, view),
      test.op,
      view === sign ? sign(BigInt(test.value), bits) : cut(BigInt(test.value), bits),
    );
  }

  private readAs(field: string, bits: number, view: (value: bigint, bits: number) => bigint): bigint {
    return view(this.read(field), bits);
  }

  private apply(table: Table): void {
    const { entries } = table;
    let best = -1;
    for (let e = 0; e < entries.count; e++) {
      if (this.matches(table, e) && (best < 0 || entries.priority[e] < entries.priority[best])) best = e;
    }
    const action = this.at.action.get(best < 0 ? table.defaultAction.action : table.actions[entries.action[best]])!;
    const data = action.params.map((param, p) =>
      cut(BigInt(best < 0 ? table.defaultAction.data[p] : entries.data[best * entries.dataWords + p]), param.bits),
    );
    this.run(action, new Map(action.params.map((param, p) => [param.name, data[p]])));
  }

  private matches(table: Table, e: number): boolean {
    let word = e * table.entries.keyWords;
    return table.keys.every((key) => {
      const { bits } = this.at.field.get(key.field)!;
      const { low, bits: width } = key.slice ?? { low: 0, bits };
      const value = cut(this.read(key.field) >> BigInt(low), width);
      const wide = (column: Uint32Array) => BigInt(column[word]) | (width > 32 ? BigInt(column[word + 1]) << 32n : 0n);
      const [v, m] = [wide(table.entries.value), wide(table.entries.mask)];
      word += width > 32 ? 2 : 1;
      return key.match === 'range' ? v <= value && value <= m : (value & m) === v;
    });
  }

  private run(action: Action, params: ReadonlyMap<string, bigint>): void {
    const writes: [string, bigint][] = [];
    for (const one of action.instructions) {
      const value = this.compute(one, params);
      if (value !== undefined) writes.push([one.dst, value]);
    }
    if (action.stateful) writes.push(...this.access(action.stateful.run, this.read(action.stateful.index), params));
    for (const [dst, value] of writes) this.write(dst, value);
  }

  private operand(one: Operand, params: ReadonlyMap<string, bigint>): bigint {
    if (one.kind === 'field') return this.read(one.field);
    return one.kind === 'param' ? params.get(one.param)! : BigInt(one.value);
  }

  /** The new value of the destination; undefined when it keeps its own. */
  private compute(one: Instruction, params: ReadonlyMap<string, bigint>): bigint | undefined {
    const bits = this.at.field.get(one.dst)!.bits;
    if (one.op === 'hash') return BigInt(this.hash(one.hash));
    const a = this.operand(one.a, params);
    switch (one.op) {
      case 'set':
        return a;
      case 'not':
        return ~cut(a, bits);
      case 'shl':
        return cut(a, bits) << BigInt(one.by);
      case 'shrU':
        return cut(a, bits) >> BigInt(one.by);
      case 'shrS':
        return sign(a, bits) >> BigInt(one.by);
      case 'slice':
        return cut(a >> BigInt(one.low), one.bits);
      case 'deposit': {
        const mask = ((1n << BigInt(one.bits)) - 1n) << BigInt(one.dstLow);
        return (this.read(one.dst) & ~mask) | (cut(a >> BigInt(one.low), one.bits) << BigInt(one.dstLow));
      }
      case 'cmov':
        return this.read(one.when) !== 0n ? a : undefined;
      default: {
        const b = this.operand(one.b, params);
        const width = one.a.kind === 'field' ? this.at.field.get(one.a.field)!.bits : 32;
        return /^(eq|ne|[lg][te][US])$/.test(one.op) ? compareValues(one.op, a, b, width) : binary(one.op, a, b, bits);
      }
    }
  }

  private hash(name: string): number {
    const bytes: number[] = [];
    for (const part of this.at.hash.get(name)!.parts) {
      const value = part.xor.reduce((all, field) => all ^ this.read(field), 0n);
      const { bits } = this.at.field.get(part.xor[0])!;
      for (let b = bits / 8 - 1; b >= 0; b--) bytes.push(Number((value >> BigInt(8 * b)) & 255n));
    }
    return bitwiseCrc32(bytes);
  }

  private access(name: string, index: bigint, params: ReadonlyMap<string, bigint>): [string, bigint][] {
    const salu = this.at.stateful.get(name)!;
    const register = this.at.register.get(salu.register)!;
    const bits = register.cellBits;
    const cell = this.cells.get(register.name)![Number(index % BigInt(register.size))];
    const old = { ...cell };
    const inputs = salu.inputs.map((one) => cut(this.operand(one, params), bits));
    const value = (one: SaluOperand): bigint => {
      if (one.kind === 'lo' || one.kind === 'hi') return old[one.kind];
      return one.kind === 'input' ? inputs[one.index] : cut(BigInt(one.value), bits);
    };
    const held = salu.conditions.map((one) => {
      const view = (v: bigint) => (one.signed ? sign(v, bits) : cut(v, bits));
      const left = value(one.a) - (one.minus ? value(one.minus) : 0n);
      return order(view(left), one.op, view(value(one.b)));
    });
    const outcome = held.reduce((sum, one, c) => sum + (one ? 2 ** c : 0), 0);
    const happens = (when: number | undefined) => when === undefined || Math.floor(when / 2 ** outcome) % 2 === 1;
    for (const one of salu.updates) {
      if (happens(one.when)) {
        const b = one.b ? value(one.b) : 0n;
        cell[one.cell] = cut(one.op === 'set' ? value(one.a) : binary(one.op, value(one.a), b, bits), bits);
      }
    }
    const results = {
      oldLo: old.lo,
      oldHi: old.hi,
      newLo: cell.lo,
      newHi: cell.hi,
      cond0: BigInt(held[0] ?? 0),
      cond1: BigInt(held[1] ?? 0),
    };
    const outputs = new Map<string, bigint>();
    for (const one of salu.outputs) {
      outputs.set(one.dst, (outputs.get(one.dst) ?? 0n) | (happens(one.when) ? results[one.value] : 0n));
    }
    return [...outputs];
  }
}

function order(a: bigint, op: 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge', b: bigint): boolean {
  return { eq: a === b, ne: a !== b, lt: a < b, le: a <= b, gt: a > b, ge: a >= b }[op];
}

function compareValues(op: string, a: bigint, b: bigint, bits: number): bigint {
  const view = op.endsWith('S') ? sign : cut;
  const kind = op.slice(0, 2) as 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge';
  return order(view(a, bits), kind, view(b, bits)) ? 1n : 0n;
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function larger(a: bigint, b: bigint): bigint {
  return smaller(a, b) === a ? b : a;
}

function binary(op: string, a: bigint, b: bigint, bits: number): bigint {
  const [ua, ub, sa, sb] = [cut(a, bits), cut(b, bits), sign(a, bits), sign(b, bits)];
  const [top, bottom] = [(1n << BigInt(bits - 1)) - 1n, -(1n << BigInt(bits - 1))];
  const clamp = (value: bigint, low: bigint, high: bigint) => (value < low ? low : value > high ? high : value);
  const all = (1n << BigInt(bits)) - 1n;
  const results: Record<string, bigint> = {
    add: ua + ub,
    sub: ua - ub,
    addSatU: clamp(ua + ub, 0n, all),
    subSatU: clamp(ua - ub, 0n, all),
    addSatS: clamp(sa + sb, bottom, top),
    subSatS: clamp(sa - sb, bottom, top),
    minU: smaller(ua, ub),
    maxU: larger(ua, ub),
    minS: smaller(sa, sb),
    maxS: larger(sa, sb),
    and: ua & ub,
    or: ua | ub,
    xor: ua ^ ub,
  };
  return results[op];
}

/** CRC32 bit by bit: reflected 0x04c11db7, initial and final all ones. */
export function bitwiseCrc32(bytes: readonly number[]): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
