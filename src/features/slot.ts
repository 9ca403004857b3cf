/**
 * The flow slot: hash of the 5-tuple, slot index, and the register that knows the slot's owner (PROGRAM.md "Flow slots").
 * Three outcomes, two bits: `meta.flow_same` (the owner's packet), `meta.flow_other` (owned by another flow), neither (empty or expired).
 */

import type { FlowState, Hash, Instruction, Operand, SaluCondition, Step, Test } from '../program/index.ts';
import { addField, type Draft, keyless, registerTable } from './draft.ts';
import { hasL4Bytes } from './l4fields.ts';
import type { FrontSettings } from './options.ts';

export const FLOW = {
  hash: 'meta.flow_hash',
  slot: 'meta.flow_slot',
  same: 'meta.flow_same',
  other: 'meta.flow_other',
  status: 'meta.flow_status',
  /** 1 when the packet's flow holds its slot; only built for keep and timeout. */
  owned: 'meta.flow_owned',
} as const;

/** Ticks of the owner's last-seen time for `timeout`: 65,536 ns, so that 32 bits cover the whole 48-bit timestamp. */
const TIMEOUT_TICK_BITS = 16;

const field = (name: string): Operand => ({ kind: 'field', field: name });
const constant = (value: number): Operand => ({ kind: 'const', value });

/** Port fields as pairs (source, destination), most significant byte first; bytes when the L4 header is kept as bytes. */
export function portFields(settings: FrontSettings): readonly (readonly [string, string])[] {
  if (!hasL4Bytes(settings.features)) return [['meta.sport', 'meta.dport']];
  return [
    ['meta.sport_hi', 'meta.dport_hi'],
    ['meta.sport_lo', 'meta.dport_lo'],
  ];
}

/** The hash of one IP version: plain 5-tuple, or the XORs of the symmetric option, bytes in that order. */
function flowHash(
  name: string,
  pairs: readonly (readonly [string, string])[],
  ports: typeof pairs,
  proto: string,
  symmetric: boolean,
): Hash {
  const one = (list: typeof pairs, side: 0 | 1) =>
    list.map((pair) => ({ xor: symmetric ? [pair[side], pair[side === 0 ? 1 : 0]] : [pair[side]] }));
  return {
    name,
    algorithm: 'crc32',
    parts: [...one(pairs, 0), ...one(pairs, 1), ...one(ports, 0), ...one(ports, 1), { xor: [proto] }],
  };
}

function addHashes(draft: Draft, settings: FrontSettings): void {
  addField(draft, FLOW.hash, 32, 'metadata', 'CRC32 of the 5-tuple, kept as owner');
  addField(draft, FLOW.slot, settings.slotBits, 'metadata', 'low bits of the hash');
  const ports = portFields(settings);
  for (const [source, destination] of ports)
    for (const name of [source, destination]) addField(draft, name, ports.length === 1 ? 16 : 8);
  const v4 = [['hdr.ipv4.src', 'hdr.ipv4.dst']] as const;
  const v6 = [
    ['hdr.ipv6.src_hi', 'hdr.ipv6.dst_hi'],
    ['hdr.ipv6.src_lo', 'hdr.ipv6.dst_lo'],
  ] as const;
  draft.hashes.push(
    flowHash('flow_v4', v4, ports, 'hdr.ipv4.protocol', settings.symmetric),
    flowHash('flow_v6', v6, ports, 'hdr.ipv6.next_header', settings.symmetric),
  );
  // Two tables: a hash reaches the action through a table's 32-bit immediate path (TARGETS.md §8).
  for (const version of ['v4', 'v6'] as const) {
    const steps = version === 'v4' ? draft.phases.ipv4 : draft.phases.ipv6;
    steps.push(
      keyless(draft, `flow_hash_${version}`, [{ op: 'hash', dst: FLOW.hash, hash: `flow_${version}` }]),
      keyless(draft, `flow_slot_${version}`, [{ op: 'hash', dst: FLOW.slot, hash: `flow_${version}` }]),
    );
  }
}

/** c0: another hash, c1: not empty, c2 (timeout): not idle for longer than N. */
function ownerConditions(timeout: boolean): SaluCondition[] {
  const lo = { kind: 'lo' } as const;
  const zero = { kind: 'const', value: 0 } as const;
  const input = (index: 0 | 1) => ({ kind: 'input', index }) as const;
  const conditions: SaluCondition[] = [
    { op: 'ne', signed: false, a: lo, b: input(0) },
    { op: 'ne', signed: false, a: lo, b: zero },
  ];
  // Input 1 is now − N, so that no constant beyond the comparator's is needed: (now − N) − last ≤ 0.
  if (timeout) conditions.push({ op: 'le', signed: true, a: input(1), minus: { kind: 'hi' }, b: zero });
  return conditions;
}

function addOwner(draft: Draft, settings: FrontSettings): void {
  const timeout = settings.policy === 'timeout';
  const oneWord = settings.salu === 'one-word';
  const all = timeout ? 0b11111111 : 0b1111;
  // Truth tables over c0 + 2·c1 (+ 4·c2): `held` = c1 (and c2) true.
  const same = timeout ? 1 << 6 : 1 << 2;
  const other = timeout ? 1 << 7 : 1 << 3;
  const take = settings.policy === 'replace' ? all : all & ~other;
  const ticks = Math.round(settings.timeoutNs / 2 ** TIMEOUT_TICK_BITS);
  const idle = timeout ? addField(draft, 'meta.flow_deadline', 32, 'metadata', 'now minus the timeout') : '';
  if (timeout) addDeadline(draft, idle, ticks);
  const step = registerTable(
    draft,
    {
      name: 'flow_owner',
      cellBits: 32,
      pair: timeout,
      size: settings.slots,
      initial: timeout ? [0, 0] : [0],
      note: timeout ? 'hash of the owner; its last packet in 65,536 ns ticks' : 'hash of the owner; 0 empty',
    },
    {
      inputs: timeout ? [field(FLOW.hash), field(idle)] : [field(FLOW.hash)],
      conditions: ownerConditions(timeout),
      updates: [
        { cell: 'lo', when: take, op: 'set', a: { kind: 'input', index: 0 } },
        ...(timeout
          ? ([
              { cell: 'hi', when: take, op: 'add', a: { kind: 'input', index: 1 }, b: { kind: 'const', value: ticks } },
            ] as const)
          : []),
      ],
      outputs: [
        { dst: addField(draft, FLOW.same, 1), when: same, value: 'cond1' },
        ...(oneWord ? [] : [{ dst: addField(draft, FLOW.other, 1), when: other, value: 'cond0' } as const]),
      ],
    },
    FLOW.slot,
  );
  draft.phases.slot.unshift(step, ...(oneWord ? [addSeen(draft, settings)] : []));
}

/** One bit a slot, "used before": with one result word the owner register cannot say both same and other. */
function addSeen(draft: Draft, settings: FrontSettings): Step {
  return registerTable(
    draft,
    {
      name: 'flow_seen',
      cellBits: 1,
      pair: false,
      size: settings.slots,
      initial: [0],
      note: 'the slot was used before',
    },
    {
      inputs: [],
      conditions: [],
      updates: [{ cell: 'lo', op: 'set', a: { kind: 'const', value: 1 } }],
      outputs: [
        {
          dst: addField(draft, FLOW.other, 1, 'metadata', 'used before: of another flow unless flow_same'),
          value: 'oldLo',
        },
      ],
    },
    FLOW.slot,
  );
}

/** now − N in ticks, two instructions deep; the second runs beside the hash's consumers only after the slice. */
function addDeadline(draft: Draft, dst: string, ticks: number): void {
  const now = addField(draft, 'meta.flow_now', 32, 'metadata', 'bits 47..16 of the timestamp');
  const time = addField(draft, 'intrinsic.timestamp', 48, 'timestamp');
  draft.phases.entry.push(
    keyless(draft, 'flow_now', [{ op: 'slice', dst: now, a: field(time), low: TIMEOUT_TICK_BITS, bits: 32 }]),
    keyless(draft, 'flow_deadline', [{ op: 'sub', dst, a: field(now), b: constant(ticks) }]),
  );
}

/** Add hash, slot and owner. Call before any stateful feature is realised. */
export function addSlot(draft: Draft, settings: FrontSettings): void {
  addHashes(draft, settings);
  addOwner(draft, settings);
  addField(
    draft,
    FLOW.status,
    2,
    'metadata',
    '0 owner, 1 first of an empty slot, 2 took it from another, 3 of another',
  );
  if (settings.policy !== 'replace') addField(draft, FLOW.owned, 1, 'metadata', 'the flow holds its slot');
}

/** The slot belongs to another flow. */
const FOREIGN: readonly Test[] = [
  { kind: 'cmp', field: FLOW.same, op: 'eq', value: 0 },
  { kind: 'cmp', field: FLOW.other, op: 'eq', value: 1 },
];

/** Run steps only for packets whose flow holds its slot. */
export function unlessForeign(settings: FrontSettings, steps: readonly Step[]): readonly Step[] {
  return settings.policy === 'replace' ? steps : [{ kind: 'if', all: FOREIGN, then: [], else: steps }];
}

/** The control flow behind the owner register: what runs for the owner, a newcomer, and a flow without a slot. */
export function ownershipSteps(draft: Draft, settings: FrontSettings): Step[] {
  const { same, fresh, state, late } = draft.phases;
  const replace = settings.policy === 'replace';
  const own: Instruction[] = replace ? [] : [{ op: 'set', dst: FLOW.owned, a: constant(1) }];
  const status = (name: string, value: number, more: readonly Instruction[]): Step =>
    keyless(draft, name, [{ op: 'set', dst: FLOW.status, a: constant(value) }, ...more]);
  const isSet = (name: string) => [{ kind: 'cmp', field: name, op: 'eq', value: 1 } as const];
  const owner = [...same, ...(own.length > 0 ? [keyless(draft, 'flow_known', own)] : [])];
  const first = status('flow_first', 1, [...own, ...fresh]);
  const lost = replace ? status('flow_taken', 2, fresh) : status('flow_foreign', 3, []);
  const outcome: Step = {
    kind: 'if',
    all: isSet(FLOW.same),
    then: owner,
    else: [{ kind: 'if', all: isSet(FLOW.other), then: [lost], else: [first] }],
  };
  return [outcome, ...(state.length + late.length > 0 ? unlessForeign(settings, [...state, ...late]) : [])];
}

/** The program's flow description; `bitsPerFlow` counts every register of the draft that is indexed by the slot. */
export function flowState(draft: Draft, settings: FrontSettings): FlowState {
  const bits = draft.registers.reduce((sum, register) => sum + register.cellBits * (register.pair ? 2 : 1), 0);
  return {
    slot: FLOW.slot,
    slots: settings.slots,
    owner: FLOW.hash,
    symmetric: settings.symmetric,
    policy: settings.policy,
    ...(settings.policy === 'timeout' ? { timeoutNs: settings.timeoutNs } : {}),
    status: FLOW.status,
    bitsPerFlow: bits,
  };
}
