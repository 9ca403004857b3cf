/**
 * A naive interpreter of programs, straight from PROGRAM.md: bigints, maps by name, one table after the other. Slow on purpose; it shares no
 * code with the reference pipeline or the engine and serves as an oracle beside them.
 */

import type {
  Action,
  Field,
  Instruction,
  Operand,
  Program,
  SaluCondition,
  SaluOperand,
  StatefulAction,
  Step,
  Table,
  Test,
} from '../../src/program/index.ts';

import type { PacketColumns } from '../../src/traffic/index.ts';

export type Outcome = 'accept' | 'unparsed' | 'short' | 'truncated';

const cut = (value: bigint, bits: number): bigint => BigInt.asUintN(bits, value);
/** Math.min has no bigints. */
const least = (a: bigint, b: bigint): bigint => {
  if (a < b) return a;
  return b;
};
const sign = (value: bigint, bits: number): bigint => BigInt.asIntN(bits, value);

function crc32(bytes: readonly bigint[]): bigint {
  let crc = 0xffffffffn;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0xedb88320n : crc >> 1n;
  }
  return crc ^ 0xffffffffn;
}

/** One packet's fields and valid headers. */
export interface Packet {
  readonly fields: Map<string, bigint>;
  readonly headers: Set<string>;
}

export interface Interpreter {
  /** Parse frame i and run the control; `fields` as they are after the last table. */
  packet(packets: PacketColumns, i: number): { outcome: Outcome; packet: Packet };
  /** Run the control on given fields. */
  injected(fields: Readonly<Record<string, number>>): Packet;
  clear(): void;
}

/** Interpret a program; registers live as long as the interpreter. */
export function interpreter(program: Program): Interpreter {
  const named = <T extends { readonly name: string }>(list: readonly T[]) =>
    new Map(list.map((one) => [one.name, one]));
  const fields = named<Field>(program.fields);
  const actions = named<Action>(program.actions);
  const tables = named<Table>(program.tables);
  const salus = named<StatefulAction>(program.stateful);
  const cells = new Map<string, bigint[]>();

  const bitsOf = (name: string): number => {
    const field = fields.get(name);
    if (!field) throw new Error(`no field ${name}`);
    return field.bits;
  };
  const get = (packet: Packet, name: string): bigint => packet.fields.get(name) ?? 0n;
  const set = (packet: Packet, name: string, value: bigint): void => {
    packet.fields.set(name, cut(value, bitsOf(name)));
  };
  const read = (packet: Packet, operand: Operand, params: ReadonlyMap<string, bigint>): bigint => {
    if (operand.kind === 'field') return get(packet, operand.field);
    if (operand.kind === 'param') return params.get(operand.param) ?? 0n;
    return BigInt(operand.value);
  };

  function hash(packet: Packet, name: string): bigint {
    const bytes: bigint[] = [];
    for (const part of program.hashes.find((one) => one.name === name)?.parts ?? []) {
      const value = part.xor.reduce((sum, field) => sum ^ get(packet, field), 0n);
      for (let at = bitsOf(part.xor[0]) - 8; at >= 0; at -= 8) bytes.push((value >> BigInt(at)) & 255n);
    }
    return crc32(bytes);
  }

  function binary(op: string, x: bigint, y: bigint, bits: number): bigint {
    const [a, b] = [cut(x, bits), cut(y, bits)];
    const [sa, sb] = [sign(x, bits), sign(y, bits)];
    const top = (1n << BigInt(bits)) - 1n;
    const high = top >> 1n;
    const clampS = (value: bigint) => (value > high ? high : value < -high - 1n ? -high - 1n : value);
    const rules: Record<string, () => bigint> = {
      add: () => a + b,
      sub: () => a - b,
      addSatU: () => (a + b > top ? top : a + b),
      subSatU: () => (a < b ? 0n : a - b),
      addSatS: () => clampS(sa + sb),
      subSatS: () => clampS(sa - sb),
      minU: () => least(a, b),
      maxU: () => a + b - least(a, b),
      minS: () => least(sa, sb),
      maxS: () => sa + sb - least(sa, sb),
      and: () => a & b,
      or: () => a | b,
      xor: () => a ^ b,
    };
    const rule = rules[op];
    if (!rule) throw new Error(`the interpreter does not know ${op}`);
    return rule();
  }

  function execute(packet: Packet, one: Instruction, params: ReadonlyMap<string, bigint>): bigint {
    const bits = bitsOf(one.dst);
    if (one.op === 'hash') return hash(packet, one.hash);
    const a = read(packet, one.a, params);
    switch (one.op) {
      case 'set':
        return a;
      case 'not':
        return ~a;
      case 'shl':
        return a << BigInt(one.by);
      case 'shrU':
        return a >> BigInt(one.by);
      case 'shrS':
        return sign(a, bits) >> BigInt(one.by);
      case 'slice':
        return cut(a >> BigInt(one.low), one.bits);
      case 'deposit': {
        const mask = ((1n << BigInt(one.bits)) - 1n) << BigInt(one.dstLow);
        return (get(packet, one.dst) & ~mask) | (cut(a >> BigInt(one.low), one.bits) << BigInt(one.dstLow));
      }
      case 'cmov':
        return get(packet, one.when) !== 0n ? a : get(packet, one.dst);
      default:
        return binary(one.op, a, read(packet, one.b, params), bits);
    }
  }

  function stateful(packet: Packet, salu: StatefulAction, index: bigint, params: ReadonlyMap<string, bigint>) {
    const register = program.registers.find((one) => one.name === salu.register);
    if (!register) throw new Error(`no register ${salu.register}`);
    const bits = register.cellBits;
    const key = `${register.name}[${index % BigInt(register.size)}]`;
    const [lo, hi] = cells.get(key) ?? register.initial.map((value) => cut(BigInt(value), bits));
    const inputs = salu.inputs.map((input) => cut(read(packet, input, params), bits));
    const value = (operand: SaluOperand): bigint => {
      if (operand.kind === 'lo') return lo;
      if (operand.kind === 'hi') return hi;
      return cut(operand.kind === 'input' ? inputs[operand.index] : BigInt(operand.value), bits);
    };
    const holds = ({ op, signed, a, minus, b }: SaluCondition): boolean => {
      const left = cut(value(a) - (minus ? value(minus) : 0n), bits);
      const [x, y] = signed ? [sign(left, bits), sign(value(b), bits)] : [left, value(b)];
      return { eq: x === y, ne: x !== y, lt: x < y, le: x <= y, gt: x > y, ge: x >= y }[op];
    };
    const truths = salu.conditions.map(holds);
    const row = truths.reduce((sum, truth, i) => sum + (truth ? 1 << i : 0), 0);
    const hit = (when?: number): boolean => when === undefined || ((when >>> row) & 1) === 1;
    const after = { lo, hi };
    for (const update of salu.updates) {
      if (!hit(update.when)) continue;
      const a = value(update.a);
      after[update.cell] = cut(
        update.op === 'set' ? a : binary(update.op, a, value(update.b as SaluOperand), bits),
        bits,
      );
    }
    cells.set(key, [after.lo, after.hi]);
    return salu.outputs.map(({ dst, when, value: what }): [string, bigint] => {
      const words = {
        oldLo: lo,
        oldHi: hi,
        newLo: after.lo,
        newHi: after.hi,
        cond0: BigInt(truths[0] ?? false),
        cond1: BigInt(truths[1] ?? false),
      };
      return [dst, hit(when) ? words[what] : 0n];
    });
  }

  function run(packet: Packet, name: string, data: readonly number[]): void {
    const action = actions.get(name);
    if (!action) throw new Error(`no action ${name}`);
    const params = new Map(action.params.map((param, i) => [param.name, BigInt(data[i] ?? 0)]));
    const writes = action.instructions.map((one): [string, bigint] => [one.dst, execute(packet, one, params)]);
    if (action.stateful) {
      const salu = salus.get(action.stateful.run);
      if (!salu) throw new Error(`no stateful action ${action.stateful.run}`);
      const outputs = stateful(packet, salu, get(packet, action.stateful.index), params);
      // Several outputs of one destination exclude each other: OR-ed as on the action bus.
      const merged = new Map<string, bigint>();
      for (const [dst, word] of outputs) merged.set(dst, (merged.get(dst) ?? 0n) | word);
      writes.push(...merged);
    }
    for (const [dst, value] of writes) set(packet, dst, value);
  }

  function apply(packet: Packet, table: Table): void {
    const { entries } = table;
    let best = -1;
    for (let e = 0; e < entries.count; e++) {
      if (best >= 0 && entries.priority[e] >= entries.priority[best]) continue;
      let at = e * entries.keyWords;
      const all = table.keys.every((key) => {
        const whole = get(packet, key.field);
        const bits = key.slice?.bits ?? bitsOf(key.field);
        const word = cut(whole >> BigInt(key.slice?.low ?? 0), bits);
        const words = bits > 32 ? 2 : 1;
        const join = (list: Uint32Array) => BigInt(list[at]) | (words === 2 ? BigInt(list[at + 1]) << 32n : 0n);
        const [value, mask] = [join(entries.value), join(entries.mask)];
        at += words;
        return key.match === 'range' ? word >= value && word <= mask : (word & mask) === value;
      });
      if (all) best = e;
    }
    if (best < 0) run(packet, table.defaultAction.action, table.defaultAction.data);
    else {
      const data = entries.data.subarray(best * entries.dataWords, (best + 1) * entries.dataWords);
      run(packet, table.actions[entries.action[best]], [...data]);
    }
  }

  function holds(packet: Packet, test: Test): boolean {
    if (test.kind !== 'cmp') return packet.headers.has(test.header) === (test.kind === 'valid');
    const bits = bitsOf(test.field);
    const raw = get(packet, test.field);
    const [x, y] = test.signed ? [sign(raw, bits), BigInt(test.value)] : [raw, cut(BigInt(test.value), bits)];
    return { eq: x === y, ne: x !== y, lt: x < y, le: x <= y, gt: x > y, ge: x >= y }[test.op];
  }

  function walk(packet: Packet, steps: readonly Step[]): void {
    for (const step of steps) {
      if (step.kind === 'if') walk(packet, step.all.every((test) => holds(packet, test)) ? step.then : step.else);
      else {
        const table = tables.get(step.table);
        if (!table) throw new Error(`no table ${step.table}`);
        apply(packet, table);
      }
    }
  }

  function parse(packet: Packet, bytes: Uint8Array, short: Outcome): Outcome {
    let cursor = 0;
    let name = 'start';
    while (name !== 'accept') {
      if (name === 'reject') return 'unparsed';
      const state = program.parser.states.find((one) => one.name === name);
      if (!state) throw new Error(`no state ${name}`);
      for (const header of state.extract) {
        const list = program.headers.find((one) => one.name === header)?.fields ?? [];
        let bit = cursor * 8;
        const end = bit + list.reduce((sum, field) => sum + bitsOf(field), 0);
        if (end > bytes.length * 8) return short;
        for (const field of list) {
          let value = 0n;
          for (let b = 0; b < bitsOf(field); b++, bit++)
            value = (value << 1n) | BigInt((bytes[bit >> 3] >> (7 - (bit & 7))) & 1);
          set(packet, field, value);
        }
        cursor = end / 8;
        packet.headers.add(header);
      }
      cursor += state.skip;
      for (const { dst, from } of state.assign)
        set(packet, dst, 'field' in from ? get(packet, from.field) : BigInt(from.const));
      const keys: bigint[] = [];
      for (const key of state.select) {
        if (key.kind === 'field') keys.push(get(packet, key.field));
        else {
          if (cursor + key.byte + key.bytes > bytes.length) return short;
          const ahead = bytes.subarray(cursor + key.byte, cursor + key.byte + key.bytes);
          keys.push(ahead.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n));
        }
      }
      const hit = state.cases.find((one) =>
        keys.every((key, k) => (key & BigInt(one.mask[k])) === BigInt(one.value[k])),
      );
      name = hit ? hit.next : state.otherwise;
    }
    return 'accept';
  }

  function gresses(packet: Packet): void {
    walk(packet, program.ingress);
    packet.headers.clear();
    walk(packet, program.egress);
  }

  return {
    packet(packets, i) {
      const packet: Packet = { fields: new Map(), headers: new Set() };
      const time = BigInt(packets.seconds[i]) * 1_000_000_000n + BigInt(packets.nanos[i]);
      for (const field of program.fields) if (field.source === 'timestamp') set(packet, field.name, time);
      const bytes = packets.bytes.subarray(packets.offset[i], packets.offset[i] + packets.capLen[i]);
      const outcome = parse(packet, bytes, packets.capLen[i] < packets.origLen[i] ? 'truncated' : 'short');
      if (outcome === 'accept') gresses(packet);
      return { outcome, packet };
    },
    injected(values) {
      const packet: Packet = { fields: new Map(), headers: new Set() };
      for (const [name, value] of Object.entries(values)) set(packet, name, BigInt(value));
      gresses(packet);
      return packet;
    },
    clear: () => cells.clear(),
  };
}
