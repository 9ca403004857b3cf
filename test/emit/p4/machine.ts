/** Runs a P4 tree on frames: v1model's and TNA's externs, entries installed by name. An independent second meaning for the tests. */

import { bitwiseCrc32 } from '../../program/naive.ts';
import { type Contents, type Installed, matches, rank } from './installed.ts';
import type { ControlNode, Expression, P4Tree, ParserNode, Statement, TableNode } from './tree.ts';
import { bit, combine, convert, cut, FALSE, real, sameType, TRUE, truth, unary, type Value, zero } from './values.ts';

type Scope = Map<string, Value>;

/** Packet in progress: fields by path, header validity, cursor. */
interface Packet {
  readonly frame: Uint8Array;
  cursor: number;
  readonly fields: Scope;
  readonly valid: Set<string>;
  dropped: boolean;
  cloned?: 'I2E' | 'E2E';
  readonly emitted: number[];
}

class ShortPacket extends Error {}

export interface MachineResult {
  readonly frame: Uint8Array | undefined;
  /** The mirrored copy (v1model's clone), if the program asked for one. */
  readonly copy?: Uint8Array;
  readonly fields: ReadonlyMap<string, Value>;
}

/** A program loaded with entries; registers live as long as the machine. */
export class P4Machine {
  private readonly registers = new Map<string, bigint[]>();
  private readonly types = new Map<string, Value | undefined>();
  private packet!: Packet;
  private control!: ControlNode;

  constructor(
    private readonly tree: P4Tree,
    private readonly contents: Contents,
  ) {}

  /** v1model: parser, ingress, egress, checksum, deparser. */
  runV1(frame: Uint8Array, port: bigint): MachineResult {
    const names = this.tree.main.find((one) => one.name === 'main')!.args;
    this.begin(frame);
    this.set('standard_metadata.ingress_port', bit(port, 9));
    this.parse(this.tree.parsers.get(names[0])!);
    for (const name of names.slice(2, 4)) this.runControl(name);
    const { cloned, fields } = this.packet;
    if (this.packet.dropped) return { frame: undefined, fields };
    const end = (): Uint8Array => {
      this.runControl(names[4]);
      this.runControl(names[5]);
      return this.leave();
    };
    const made = end();
    if (cloned === undefined) return { frame: made, fields };
    // A clone of ingress is the packet as it came, parsed again; one of egress keeps its headers; both lose their metadata.
    if (cloned === 'I2E') {
      this.begin(frame);
      this.parse(this.tree.parsers.get(names[0])!);
    } else this.packet.emitted.length = 0;
    for (const name of [...this.packet.fields.keys()]) if (!name.startsWith('hdr.')) this.packet.fields.delete(name);
    this.runControl(names[3]);
    return { frame: made, fields, copy: end() };
  }

  /** TNA: ingress half, then the egress half on what the ingress deparser made (unless egress is bypassed). */
  runTofino(frame: Uint8Array, time: bigint): MachineResult {
    const names = this.tree.main.find((one) => one.name === 'pipe')!.args;
    this.begin(frame);
    this.set('ig_intr_md.ingress_mac_tstamp', bit(time, 48));
    this.parse(this.tree.parsers.get(names[0])!);
    this.runControl(names[1]);
    const dropped = (this.packet.fields.get('ig_dprsr_md.drop_ctl')?.value ?? 0n) !== 0n;
    const bypass = this.packet.fields.get('ig_tm_md.bypass_egress')?.value === 1n;
    this.runControl(names[2]);
    const middle = this.leave();
    if (dropped || bypass) return { frame: dropped ? undefined : middle, fields: this.packet.fields };
    this.begin(middle);
    this.parse(this.tree.parsers.get(names[3])!);
    this.runControl(names[4]);
    const gone = (this.packet.fields.get('eg_dprsr_md.drop_ctl')?.value ?? 0n) !== 0n;
    this.runControl(names[5]);
    return { frame: gone ? undefined : this.leave(), fields: this.packet.fields };
  }

  private begin(frame: Uint8Array): void {
    this.packet = { frame, cursor: 0, fields: new Map(), valid: new Set(), dropped: false, emitted: [] };
  }

  private leave(): Uint8Array {
    const { emitted, frame, cursor } = this.packet;
    return Uint8Array.from([...emitted, ...frame.subarray(cursor)]);
  }

  private set(path: string, value: Value): void {
    this.packet.fields.set(path, value);
  }

  private parse(parser: ParserNode): void {
    let state = 'start';
    const scope: Scope = new Map();
    try {
      while (state !== 'accept' && state !== 'reject') {
        const body = parser.states.get(state);
        if (!body) throw new Error(`parser state ${state} is not declared`);
        for (const one of body) {
          if (one.kind === 'transition') state = one.to;
          else if (one.kind === 'select') state = this.select(one, scope);
          else this.execute(one, scope);
        }
      }
    } catch (error) {
      if (!(error instanceof ShortPacket)) throw error;
      this.set('ig_prsr_md.parser_err', bit(2n, 16));
    }
  }

  private select(one: Extract<Statement, { kind: 'select' }>, scope: Scope): string {
    const keys = one.keys.map((key) => this.evaluate(key, scope));
    const hit = one.cases.find(({ sets }) => sets.every((set, k) => this.inSet(set, keys[k], scope)));
    if (!hit) throw new Error('a select without a matching case');
    return hit.to;
  }

  private inSet(set: Expression, key: Value, scope: Scope): boolean {
    if (set.kind === 'any') return true;
    if (set.kind === 'binary' && set.op === '&&&') {
      const mask = this.evaluate(set.b, scope);
      sameType(mask, key);
      return (key.value & mask.value) === (this.evaluate(set.a, scope).value & mask.value);
    }
    const value = this.evaluate(set, scope);
    sameType(value, key);
    return value.value === key.value;
  }

  private runControl(name: string): void {
    const control = this.tree.controls.get(name);
    if (!control) throw new Error(`control ${name} is not declared`);
    this.control = control;
    this.block(control.apply, new Map());
  }

  private block(list: readonly Statement[], scope: Scope): void {
    for (const one of list) this.execute(one, scope);
  }

  private execute(one: Statement, scope: Scope): void {
    switch (one.kind) {
      case 'declare':
        if (this.tree.types.has(one.type)) this.copyStruct(one, scope);
        else
          scope.set(one.name, one.value ? convert(this.evaluate(one.value, scope), one.type, false) : zero(one.type));
        return;
      case 'assign':
        this.assign(one.to, this.evaluate(one.value, scope), scope);
        return;
      case 'if':
        this.block(truth(this.evaluate(one.test, scope)) ? one.yes : one.no, scope);
        return;
      case 'call':
        this.call(one.call, scope);
        return;
      default:
        throw new Error(`a ${one.kind} outside a parser`);
    }
  }

  /** Width of a field path from the declared types; locals and parameters from their values. */
  private typeOf(path: readonly string[]): Value | undefined {
    const name = path.join('.');
    if (this.types.has(name)) return this.types.get(name);
    const type = this.findType(path);
    this.types.set(name, type);
    return type;
  }

  private findType(path: readonly string[]): Value | undefined {
    const param = [...this.tree.parsers.values(), ...this.tree.controls.values()]
      .flatMap((one) => one.params)
      .find((one) => one.name === path[0] && this.tree.types.has(one.type) && this.declares(one.type, path.slice(1)));
    if (!param) return undefined;
    let type = param.type;
    for (const part of path.slice(1)) type = this.tree.types.get(type)!.members.get(part)!;
    if (type === 'MirrorId_t') return zero('bit<10>');
    return type.startsWith('bit') ? zero(type) : undefined;
  }

  private declares(type: string, path: readonly string[]): boolean {
    const member = this.tree.types.get(type)?.members.get(path[0]);
    if (member === undefined) return false;
    return path.length === 1 ? true : this.declares(member, path.slice(1));
  }

  private copyStruct(one: Extract<Statement, { kind: 'declare' }>, scope: Scope): void {
    if (one.value?.kind !== 'name') throw new Error(`${one.type} ${one.name} is not copied from a struct`);
    for (const member of this.tree.types.get(one.type)!.members.keys()) {
      scope.set(`${one.name}.${member}`, this.read([...one.value.path, member], scope));
    }
  }

  private assign(to: Expression, value: Value, scope: Scope): void {
    if (to.kind === 'slice') {
      const old = this.evaluate(to.of, scope);
      const bits = to.high - to.low + 1;
      sameType(value, bit(0n, bits));
      const mask = ((1n << BigInt(bits)) - 1n) << BigInt(to.low);
      this.assign(to.of, bit((old.value & ~mask) | (value.value << BigInt(to.low)), old.bits), scope);
      return;
    }
    if (to.kind !== 'name') throw new Error('assignment to something that is no field');
    const name = to.path.join('.');
    if (scope.has(name)) {
      sameType(value, scope.get(name)!);
      scope.set(name, { ...scope.get(name)!, value: value.value });
      return;
    }
    const type = this.typeOf(to.path);
    if (type) {
      sameType(value, type);
      if (to.path[0] === 'hdr' && !this.packet.valid.has(to.path.slice(0, 2).join('.'))) {
        throw new Error(`${name} is written while its header is invalid`);
      }
    } else if (!/^(standard_metadata|ig_tm_md|ig_dprsr_md|eg_dprsr_md)\./.test(name)) {
      throw new Error(`${name} is not declared`);
    }
    this.set(name, value);
  }

  private evaluate(one: Expression, scope: Scope): Value {
    switch (one.kind) {
      case 'number':
        if (one.bits !== undefined && one.value >= 1n << BigInt(one.bits))
          throw new Error(`${one.value} needs more than ${one.bits} bits`);
        return {
          bits: one.bits ?? 0,
          signed: one.signed,
          value: one.bits === undefined ? one.value : cut(one.value, one.bits),
        };
      case 'bool':
        return one.value ? TRUE : FALSE;
      case 'name':
        return this.read(one.path, scope);
      case 'slice': {
        const of = this.evaluate(one.of, scope);
        if (one.high >= of.bits || one.low > one.high)
          throw new Error(`slice [${one.high}:${one.low}] of ${of.bits} bits`);
        return bit(of.value >> BigInt(one.low), one.high - one.low + 1);
      }
      case 'cast':
        return convert(this.evaluate(one.of, scope), one.type, true);
      case 'unary':
        return unary(one.op, this.evaluate(one.of, scope));
      case 'binary':
        return this.binary(one, scope);
      case 'choice': {
        const [yes, no] = [this.evaluate(one.yes, scope), this.evaluate(one.no, scope)];
        sameType(yes, no);
        return truth(this.evaluate(one.test, scope)) ? yes : no;
      }
      case 'call':
        return this.call(one, scope) ?? FALSE;
      default:
        throw new Error(`a ${one.kind} where a value is expected`);
    }
  }

  private binary(one: Extract<Expression, { kind: 'binary' }>, scope: Scope): Value {
    const a = this.evaluate(one.a, scope);
    if (one.op === '&&') return truth(a) && truth(this.evaluate(one.b, scope)) ? TRUE : FALSE;
    if (one.op === '||') return truth(a) || truth(this.evaluate(one.b, scope)) ? TRUE : FALSE;
    return combine(one.op, a, this.evaluate(one.b, scope));
  }

  private read(path: readonly string[], scope: Scope): Value {
    const name = path.join('.');
    const local = scope.get(name);
    if (local) return local;
    const constant = this.tree.constants.get(name);
    if (constant) return this.evaluate(constant, scope);
    if (name === 'PARSER_ERROR_OK') return bit(0n, 16);
    const type = this.typeOf(path);
    if (type) {
      if (path[0] === 'hdr' && !this.packet.valid.has(path.slice(0, 2).join('.')))
        throw new Error(`${name} is read while its header is invalid`);
      return this.packet.fields.get(name) ?? type;
    }
    const intrinsic: Record<string, number> = {
      'standard_metadata.ingress_port': 9,
      'standard_metadata.ingress_global_timestamp': 48,
      'ig_intr_md.ingress_port': 9,
      'ig_intr_md.ingress_mac_tstamp': 48,
      'ig_prsr_md.parser_err': 16,
      'ig_dprsr_md.mirror_type': 3,
      'eg_dprsr_md.mirror_type': 3,
    };
    if (!(name in intrinsic)) throw new Error(`${name} is not declared`);
    return this.packet.fields.get(name) ?? bit(0n, intrinsic[name]);
  }

  private call(one: Extract<Expression, { kind: 'call' }>, scope: Scope): Value | undefined {
    const method = one.path[one.path.length - 1];
    const object = one.path.slice(0, -1).join('.');
    if (object === 'packet') return this.packetCall(method, one, scope);
    if (object.startsWith('hdr.')) {
      if (method === 'isValid') return this.packet.valid.has(object) ? TRUE : FALSE;
      this.packet.valid[method === 'setValid' ? 'add' : 'delete'](object);
      return undefined;
    }
    if (object === '') return this.plainCall(method, one, scope);
    const table = this.control.tables.find((item) => item.name === object);
    if (table && method === 'apply') return this.applyTable(table);
    return this.externCall(object, method, one.args, scope);
  }

  private plainCall(name: string, one: Extract<Expression, { kind: 'call' }>, scope: Scope): Value | undefined {
    const values = () => one.args.map((arg) => this.evaluate(arg, scope));
    if (name === 'hash') {
      const list = one.args[3];
      if (list.kind !== 'list') throw new Error('hash needs a list');
      if (list.items.some((item) => item.kind !== 'name')) throw new Error('bmv2 hashes plain fields only');
      this.assign(one.args[0], bit(BigInt(bitwiseCrc32(this.bytesOf(list.items, scope))), 32), scope);
      return undefined;
    }
    if (name === 'min' || name === 'max') {
      const [a, b] = values();
      sameType(a, b);
      return real(a) < real(b) === (name === 'min') ? a : b;
    }
    if (name === 'mark_to_drop') {
      this.packet.dropped = true;
      return undefined;
    }
    if (name === 'clone') {
      const [kind] = one.args;
      this.packet.cloned = kind.kind === 'name' && kind.path[1] === 'E2E' ? 'E2E' : 'I2E';
      return undefined;
    }
    if (name === 'update_checksum') return this.updateChecksum(one, scope);
    const action = this.control.actions.find((item) => item.name === name);
    if (!action) throw new Error(`${name} is not declared`);
    this.block(action.body, new Map());
    return undefined;
  }

  private bytesOf(items: readonly Expression[], scope: Scope): number[] {
    let all = 0n;
    let bits = 0;
    for (const item of items) {
      const value = this.evaluate(item, scope);
      all = (all << BigInt(value.bits)) | value.value;
      bits += value.bits;
    }
    if (bits % 8 !== 0) throw new Error('a hash over a broken byte');
    return Array.from({ length: bits / 8 }, (_, b) => Number((all >> BigInt(bits - 8 - 8 * b)) & 255n));
  }

  private updateChecksum(one: Extract<Expression, { kind: 'call' }>, scope: Scope): undefined {
    const [test, list, to] = one.args;
    if (!truth(this.evaluate(test, scope)) || list.kind !== 'list') return undefined;
    this.assign(to, bit(this.checksum(list.items, scope), 16), scope);
    return undefined;
  }

  private checksum(items: readonly Expression[], scope: Scope): bigint {
    const bytes = this.bytesOf(items, scope);
    let sum = 0;
    for (let b = 0; b < bytes.length; b += 2) sum += bytes[b] * 256 + bytes[b + 1];
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    return BigInt(~sum & 0xffff);
  }

  private packetCall(method: string, one: Extract<Expression, { kind: 'call' }>, scope: Scope): Value | undefined {
    const { frame } = this.packet;
    const bitsAhead = (bits: number) => {
      if (this.packet.cursor * 8 + bits > frame.length * 8) throw new ShortPacket();
      let all = 0n;
      for (let b = 0; b < bits / 8; b++) all = (all << 8n) | BigInt(frame[this.packet.cursor + b]);
      return all;
    };
    if (method === 'advance') return undefined;
    if (method === 'lookahead') {
      const type = zero(one.type!);
      return { ...type, value: bitsAhead(type.bits) };
    }
    const [target] = one.args;
    if (target.kind !== 'name') throw new Error(`packet.${method} of no header`);
    const path = target.path.join('.');
    if (path === 'ig_intr_md' || path === 'eg_intr_md') return undefined;
    const members = this.headerMembers(target.path);
    const total = members.reduce((sum, [, bits]) => sum + bits, 0);
    if (method === 'extract') {
      let rest = bitsAhead(total);
      for (const [name, bits] of [...members].reverse()) {
        this.set(`${path}.${name}`, bit(rest, bits));
        rest >>= BigInt(bits);
      }
      this.packet.valid.add(path);
      this.packet.cursor += total / 8;
      return undefined;
    }
    if (this.packet.valid.has(path))
      this.packet.emitted.push(
        ...this.bytesOf(
          members.map(([name]) => ({ kind: 'name', path: [...target.path, name] })),
          scope,
        ),
      );
    return undefined;
  }

  private headerMembers(path: readonly string[]): [string, number][] {
    const struct = [...this.tree.types.values()].find(
      (one) => !one.header && this.tree.types.get(one.members.get(path[1]) ?? '')?.header,
    );
    const type = struct?.members.get(path[1]);
    const header = type === undefined ? undefined : this.tree.types.get(type);
    if (!header?.header) throw new Error(`${path.join('.')} is no header`);
    return [...header.members].map(([name, text]) => [name, zero(text).bits]);
  }

  private applyTable(table: TableNode): undefined {
    const keys = table.keys.map((key) => this.evaluate(key.of, new Map()));
    const content = this.contents.get(table.name);
    const hits = (content?.entries ?? []).filter((entry) =>
      entry.keys.every((key, k) => matches(key, keys[k], table.keys[k].match)),
    );
    const best = hits.reduce<Installed | undefined>(
      (a, b) => (a === undefined || rank(b, table) < rank(a, table) ? b : a),
      undefined,
    );
    const scope: Scope = new Map();
    const fallback = content?.fallback ?? {
      action: table.fallback.path[0],
      data: table.fallback.args.map((arg) => this.evaluate(arg, scope).value),
    };
    const chosen = best ?? fallback;
    const action = this.control.actions.find((one) => one.name === chosen.action);
    if (!action || !table.actions.includes(action.name))
      throw new Error(`table ${table.name} has no action ${chosen.action}`);
    if (action.params.length !== chosen.data.length)
      throw new Error(`action ${action.name} takes ${action.params.length} values`);
    action.params.forEach((param, p) => {
      const type = zero(param.type);
      if (chosen.data[p] >= 1n << BigInt(type.bits))
        throw new Error(`${chosen.data[p]} does not fit ${param.type} ${param.name}`);
      scope.set(param.name, { ...type, value: chosen.data[p] });
    });
    this.block(action.body, scope);
    return undefined;
  }

  private externCall(object: string, method: string, args: readonly Expression[], scope: Scope): Value | undefined {
    const instance = this.control.instances.find((one) => one.name === object);
    if (!instance) throw new Error(`${object} is not declared in ${this.control.name}`);
    const kind = instance.type.split('<')[0];
    if (kind === 'register') return this.registerCall(instance.name, instance.type, instance.args, method, args, scope);
    if (kind === 'Hash') return this.hashGet(instance.annotations, instance.type, args, scope);
    if (kind.startsWith('RegisterAction')) return this.registerAction(object, args, scope);
    if (kind === 'Checksum' && args[0].kind === 'list') return bit(this.checksum(args[0].items, scope), 16);
    if (kind === 'Mirror') return undefined;
    throw new Error(`${kind}.${method} is not known`);
  }

  private cells(name: string, size: number, initial: bigint): bigint[] {
    const key = `${this.control.name}.${name}`;
    const known = this.registers.get(key);
    if (known) return known;
    const made = Array<bigint>(size).fill(initial);
    this.registers.set(key, made);
    return made;
  }

  private registerCall(
    name: string,
    type: string,
    declared: readonly Expression[],
    method: string,
    args: readonly Expression[],
    scope: Scope,
  ): undefined {
    const size = Number(this.evaluate(declared[0], scope).value);
    const bits = Number(/bit<(\d+)>/.exec(type)![1]);
    const cells = this.cells(name, size, 0n);
    const index = this.evaluate(args[method === 'read' ? 1 : 0], scope);
    sameType(index, bit(0n, 32));
    if (Number(index.value) >= size) throw new Error(`register ${name} has no cell ${index.value}`);
    if (method === 'read') this.assign(args[0], bit(cells[Number(index.value)], bits), scope);
    else {
      const value = this.evaluate(args[1], scope);
      sameType(value, bit(0n, bits));
      cells[Number(index.value)] = value.value;
    }
    return undefined;
  }

  /** The symmetric option: both fields of a pair count as their XOR (PROGRAM.md "Flow slots"). */
  private hashGet(annotations: readonly string[], type: string, args: readonly Expression[], scope: Scope): Value {
    const list = args[0];
    if (list.kind !== 'list') throw new Error('Hash.get needs a list');
    const pairs = annotations.flatMap((one) => {
      const [, a, b] = /symmetric\("([^"]*)","([^"]*)"\)/.exec(one) ?? [];
      return a === undefined ? [] : [[a, b]];
    });
    const items = list.items.map((item): Expression => {
      const name = item.kind === 'name' ? item.path.join('.') : '';
      const pair = pairs.find((one) => one.includes(name));
      if (!pair) return item;
      const path = (text: string): Expression => ({ kind: 'name', path: text.split('.') });
      return { kind: 'binary', op: '^', a: path(pair[0]), b: path(pair[1]) };
    });
    return bit(BigInt(bitwiseCrc32(this.bytesOf(items, scope))), Number(/bit<(\d+)>/.exec(type)![1]));
  }

  private registerAction(name: string, args: readonly Expression[], scope: Scope): Value | undefined {
    const instance = this.control.instances.find((one) => one.name === name)!;
    const target = instance.args[0];
    const register = this.control.instances.find((one) => target.kind === 'name' && one.name === target.path[0]);
    if (!register || !instance.body) throw new Error(`${name} has no register`);
    const initial = register.args[1];
    const starts = (initial.kind === 'list' ? initial.items : [initial]).map((one) => this.evaluate(one, scope));
    const size = Number(this.evaluate(register.args[0], scope).value);
    const halves = starts.map((one, h) => this.cells(`${register.name}#${h}`, size, one.value));
    const index = this.evaluate(args[0], scope);
    const indexBits = Number(/bit<(\d+)>>?$/.exec(register.type)![1]);
    sameType(index, bit(0n, indexBits));
    const inner: Scope = new Map();
    const names = starts.length === 1 ? ['value'] : ['value.lo', 'value.hi'];
    names.forEach((one, h) => {
      inner.set(one, { ...starts[h], value: halves[h][Number(index.value)] });
    });
    const outs = instance.body.params.filter((one) => one.direction === 'out');
    for (const out of outs) inner.set(out.name, zero(out.type));
    this.block(instance.body.statements, inner);
    names.forEach((one, h) => {
      halves[h][Number(index.value)] = inner.get(one)!.value;
    });
    outs.slice(1).forEach((out, i) => {
      this.assign(args[i + 1], inner.get(out.name)!, scope);
    });
    return outs.length > 0 ? inner.get(outs[0].name) : undefined;
  }
}
