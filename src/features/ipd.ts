/** Time between packets of a flow, and its extremes. One tick on the switch is 2^tickBits ns. */

import type { Instruction, Operand, Step } from '../program/index.ts';
import { addField, type Draft, keyless, registerTable } from './draft.ts';
import { addExtreme } from './extreme.ts';
import { type Feature, featureField, type IdealContext } from './feature.ts';
import type { FrontSettings } from './options.ts';
import { FLOW } from './slot.ts';

const IPD = featureField('pkt.ipd');
const MAX_U32 = 2 ** 32 - 1;

/** Half to even, as the published loader rounds. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Nanoseconds from packet a to packet b; negative when time went backwards. Exact below 104 days. */
export function gapNs(packets: IdealContext['dataset']['packets'], a: number, b: number): number {
  return (packets.seconds[b] - packets.seconds[a]) * 1e9 + (packets.nanos[b] - packets.nanos[a]);
}

function idealIpd({ dataset, options, previous }: IdealContext): Uint32Array {
  const out = new Uint32Array(dataset.packets.count);
  for (let i = 0; i < out.length; i++)
    if (previous[i] >= 0)
      out[i] = Math.min(Math.max(roundHalfEven(gapNs(dataset.packets, previous[i], i) / options.unitNs), 0), MAX_U32);
  return out;
}

const field = (name: string): Operand => ({ kind: 'field', field: name });

/** Longest time told apart with `saturate`: the clamp, or all that 16 bits hold. */
const limitOf = (settings: FrontSettings): number => settings.clamp['pkt.ipd'] ?? 65535;

/** Stage 0: the slices of the timestamp, and the saturation limit as a field. */
function addClock(draft: Draft, settings: FrontSettings): void {
  const time = addField(draft, 'intrinsic.timestamp', 48, 'timestamp');
  const slice = (bits: number): Instruction => ({
    op: 'slice',
    dst: addField(draft, `meta.now_${bits}`, bits, 'metadata', `ticks of 2^${settings.tickBits} ns`),
    a: field(time),
    low: settings.tickBits,
    bits: Math.min(bits, 48 - settings.tickBits),
  });
  const instructions: Instruction[] = [];
  if (settings.ipd !== 'saturate') instructions.push(slice(settings.ipd === 'wide' ? 32 : 16));
  else {
    const limit = addField(draft, 'meta.ipd_limit', 16, 'metadata', 'longest ipd told apart');
    instructions.push(slice(32), slice(16), {
      op: 'set',
      dst: limit,
      a: { kind: 'const', value: limitOf(settings) },
    });
  }
  draft.phases.entry.push(keyless(draft, 'clock', instructions));
}

/** Is the owner known when the clock register is read? With `replace` every packet of the slot may touch it: one stage less. */
const early = (settings: FrontSettings): boolean => settings.policy === 'replace';

/** A 16-bit pair: lo = last time, hi = this ipd, so that the difference needs no stage of its own. */
function addWrap(draft: Draft, settings: FrontSettings): void {
  const clamp = settings.clamp['pkt.ipd'];
  const raw = clamp === undefined ? IPD : addField(draft, 'meta.ipd_raw', 16);
  const known = !early(settings);
  const step = registerTable(
    draft,
    {
      name: 'flow_last',
      cellBits: 16,
      pair: true,
      size: settings.slots,
      initial: [0, 0],
      note: 'time of the last packet; ipd',
    },
    {
      inputs: [field('meta.now_16'), ...(known ? [field(FLOW.same)] : [])],
      conditions: known
        ? [{ op: 'ne', signed: false, a: { kind: 'input', index: 1 }, b: { kind: 'const', value: 0 } }]
        : [],
      updates: [
        { cell: 'hi', op: 'sub', a: { kind: 'input', index: 0 }, b: { kind: 'lo' } },
        { cell: 'lo', op: 'set', a: { kind: 'input', index: 0 } },
      ],
      outputs: [{ dst: raw, value: 'newHi', ...(known ? { when: 0b10 } : {}) }],
    },
    FLOW.slot,
  );
  draft.phases[known ? 'state' : 'slot'].push(step);
  const zero: Instruction = { op: 'set', dst: IPD, a: { kind: 'const', value: 0 } };
  if (clamp === undefined) {
    if (!known) draft.phases.fresh.push(zero);
    return;
  }
  const limit = keyless(draft, 'ipd_clamp', [
    { op: 'minU', dst: IPD, a: field(raw), b: { kind: 'const', value: clamp } },
  ]);
  draft.phases[known ? 'late' : 'same'].push(limit);
}

/** A 32-bit time; beyond the limit the ipd is the limit, and a step backwards (less than 2^31 ticks) is 0. */
function addSaturate(draft: Draft, settings: FrontSettings): void {
  const last = addField(draft, 'meta.ipd_last', 16, 'metadata', 'time of the previous packet, low half');
  const long = addField(draft, 'meta.ipd_long', 1, 'metadata', 'gap beyond the limit');
  const back = addField(draft, 'meta.ipd_back', 1, 'metadata', 'the clock went backwards');
  const gap = { a: { kind: 'input', index: 0 }, minus: { kind: 'lo' } } as const;
  const step = registerTable(
    draft,
    {
      name: 'flow_last',
      cellBits: 32,
      pair: false,
      size: settings.slots,
      initial: [0],
      note: 'time of the last packet',
    },
    {
      inputs: [field('meta.now_32')],
      // Signed, so that a step backwards is never beyond the limit; the limit is a constant, since a comparison in a stateful ALU
      // reads one PHV input (bf-asm salu_inst.cpp, CmpOP).
      conditions: [
        { op: 'lt', signed: true, ...gap, b: { kind: 'const', value: 0 } },
        { op: 'gt', signed: true, ...gap, b: { kind: 'const', value: limitOf(settings) } },
      ],
      updates: [{ cell: 'lo', op: 'set', a: { kind: 'input', index: 0 } }],
      outputs: [
        { dst: last, value: 'oldLo' },
        { dst: back, value: 'cond0' },
        { dst: long, value: 'cond1' },
      ],
    },
    FLOW.slot,
  );
  const difference: Step = {
    kind: 'if',
    all: [{ kind: 'cmp', field: long, op: 'eq', value: 1 }],
    then: [keyless(draft, 'ipd_limit', [{ op: 'set', dst: IPD, a: field('meta.ipd_limit') }])],
    else: [keyless(draft, 'ipd_difference', [{ op: 'sub', dst: IPD, a: field('meta.now_16'), b: field(last) }])],
  };
  const forwards = { kind: 'cmp', field: back, op: 'eq', value: 0 } as const;
  place(draft, settings, step, { kind: 'if', all: [forwards], then: [difference], else: [] });
}

/** A time and its difference of the same width, clamped afterwards if asked. */
function addPlain(draft: Draft, settings: FrontSettings, bits: 16 | 32): void {
  const clamp = settings.clamp['pkt.ipd'];
  const last = addField(draft, 'meta.ipd_last', bits, 'metadata', 'time of the previous packet');
  const step = registerTable(
    draft,
    {
      name: 'flow_last',
      cellBits: bits,
      pair: false,
      size: settings.slots,
      initial: [0],
      note: 'time of the last packet',
    },
    {
      inputs: [field(`meta.now_${bits}`)],
      conditions: [],
      updates: [{ cell: 'lo', op: 'set', a: { kind: 'input', index: 0 } }],
      outputs: [{ dst: last, value: 'oldLo' }],
    },
    FLOW.slot,
  );
  place(
    draft,
    settings,
    step,
    keyless(draft, 'ipd_difference', [{ op: 'sub', dst: IPD, a: field(`meta.now_${bits}`), b: field(last) }]),
  );
  if (clamp === undefined) return;
  draft.phases.late.push(
    keyless(draft, 'ipd_clamp', [{ op: 'minU', dst: IPD, a: field(IPD), b: { kind: 'const', value: clamp } }]),
  );
}

/** The register, and behind it the difference for packets with a predecessor; without one the ipd stays 0. */
function place(draft: Draft, settings: FrontSettings, register: Step, difference: Step): void {
  if (early(settings)) {
    draft.phases.slot.push(register);
    draft.phases.same.push(difference);
    return;
  }
  draft.phases.state.push(register);
  const same = { kind: 'cmp', field: FLOW.same, op: 'eq', value: 1 } as const;
  draft.phases.late.push({ kind: 'if', all: [same], then: [difference], else: [] });
}

/** The ipd in a field; idempotent. */
function ipdField(draft: Draft, settings: FrontSettings): string {
  if (draft.fields.has(IPD)) return IPD;
  addField(draft, IPD, settings.ipd === 'wide' ? 32 : 16, 'metadata', `ticks of 2^${settings.tickBits} ns`);
  addClock(draft, settings);
  if (settings.ipd === 'wrap') addWrap(draft, settings);
  else if (settings.ipd === 'saturate') addSaturate(draft, settings);
  else addPlain(draft, settings, settings.ipd === 'wide' ? 32 : 16);
  return IPD;
}

const pktIpd: Feature = {
  name: 'pkt.ipd',
  bits: 16,
  doc: "time since the flow's previous packet, in units of ipd",
  idealDoc: 'exact gap rounded half to even to the unit; 0 for the first packet and when time goes backwards',
  switchDoc: 'difference of timestamp slices: wrap or lean (16 bits), saturate (16 bits, default) or wide (32 bits)',
  stateful: true,
  ideal: idealIpd,
  realise: ipdField,
};

/** Packets of the flow up to `ipdFrom`, saturating there: never wraps. */
function countField(draft: Draft, settings: FrontSettings): string {
  const count = 'meta.flow_count';
  if (draft.fields.has(count)) return count;
  addField(draft, count, 8, 'metadata', `packets of the flow, at most ${settings.ipdFrom}`);
  const step = registerTable(
    draft,
    {
      name: 'flow_count',
      cellBits: 8,
      pair: false,
      size: settings.slots,
      initial: [0],
      note: 'packets seen, saturating',
    },
    {
      inputs: [field(FLOW.same)],
      conditions: [
        { op: 'eq', signed: false, a: { kind: 'input', index: 0 }, b: { kind: 'const', value: 0 } },
        { op: 'lt', signed: false, a: { kind: 'lo' }, b: { kind: 'const', value: Math.min(settings.ipdFrom, 31) } },
      ],
      updates: [
        { cell: 'lo', when: 0b1010, op: 'set', a: { kind: 'const', value: 1 } },
        { cell: 'lo', when: 0b0100, op: 'add', a: { kind: 'lo' }, b: { kind: 'const', value: 1 } },
      ],
      outputs: [{ dst: count, value: 'newLo' }],
    },
    FLOW.slot,
  );
  draft.phases.state.push(step);
  return count;
}

function idealExtreme(context: IdealContext, pick: (a: number, b: number) => number): Uint32Array {
  const ipd = context.column('pkt.ipd');
  const from = Math.max(context.options.ipdFrom, 2);
  const out = new Uint32Array(ipd.length);
  for (let i = 0; i < out.length; i++) {
    if (context.position[i] < from) continue;
    out[i] = context.position[i] === from ? ipd[i] : pick(out[context.previous[i]], ipd[i]);
  }
  return out;
}

function extremeIpd(name: string, kind: 'max' | 'min'): Feature {
  return {
    name,
    bits: 32,
    doc: `${kind === 'max' ? 'longest' : 'shortest'} ipd of the flow so far`,
    idealDoc: "over the ipd's from packet ipdFrom on (default: all after the first); 0 before",
    switchDoc: `register ${kind} over pkt.ipd as the switch sees it, as wide as that`,
    stateful: true,
    ideal: (context) => idealExtreme(context, kind === 'max' ? Math.max : Math.min),
    realise(draft, settings) {
      const input = ipdField(draft, settings);
      const counted = settings.ipdFrom > 2;
      const direct = settings.ipd === 'wrap' && early(settings) && settings.clamp['pkt.ipd'] === undefined;
      return addExtreme(draft, settings, {
        name,
        kind,
        cellBits: settings.ipd === 'wide' ? 32 : 16,
        input,
        start: 'none',
        ...(counted ? { until: { count: countField(draft, settings), limit: settings.ipdFrom - 1 } } : {}),
        phase: direct && !counted ? 'state' : 'late',
      });
    },
  };
}

export const ipdFeatures: readonly Feature[] = [
  pktIpd,
  extremeIpd('flow.max_ipd', 'max'),
  extremeIpd('flow.min_ipd', 'min'),
];
