/** Options of the program front, checked once at the edge. */

import { fail } from '../problem.ts';
import type { StateCell } from './state.ts';

/**
 * How time between packets is kept (FEATURES.md `pkt.ipd`):
 * `wrap`: 16-bit slices; a gap beyond 2^16 ticks looks short. The difference is kept beside the time: least stages.
 * `lean`: as `wrap` with the time alone in the register: least state, one stage more.
 * `saturate`: a 32-bit slice is kept, the 16-bit difference saturates at the clamp. Needs two SALU output words (Tofino 2).
 * `wide`: 32-bit slice and 32-bit difference.
 */
export type IpdMode = 'wrap' | 'lean' | 'saturate' | 'wide';

export interface FrontOptions {
  /** Feature names of the catalogue, in the order of the model's input. */
  readonly features: readonly string[];
  /** Flow slots, a power of two (default 65,536). */
  readonly slots?: number;
  /** Both directions of a flow share a slot (default true). */
  readonly symmetric?: boolean;
  readonly policy?: 'replace' | 'keep' | 'timeout';
  /** Idle time in ns after which a slot may be taken, for `timeout`. */
  readonly timeoutNs?: number;
  /** One tick of every ipd feature is 2^tickBits ns (default 16: 65,536 ns). */
  readonly tickBits?: number;
  /** Default `saturate`, or `wide` where that is not possible. */
  readonly ipd?: IpdMode;
  /**
   * What a stateful ALU of the target can do (TARGETS.md §7): `four-words` (default, Tofino 2): 4 conditions and 4 result words;
   * `one-word` (Tofino 1): 2 and 1, so that some state takes a register more, and `saturate` and `timeout` are not possible.
   */
  readonly salu?: 'four-words' | 'one-word';
  /** flow.max_ipd and flow.min_ipd count from this packet of the flow on (default 2: the first with a predecessor). */
  readonly ipdFrom?: number;
  /** Upper bounds: `pkt.len` in bytes, `pkt.ipd` in ticks. */
  readonly clamp?: Readonly<Record<string, number>>;
  /** What flow.max_len and flow.min_len measure: `frame` (IP length + 14, default) or `ip`. */
  readonly flowLength?: 'frame' | 'ip';
  /** Packets per window (1: none, default). Above 1 the front counts packets and knows when the window is full. */
  readonly window?: number;
  /** Count packets in 8 bits as the published program does: no verdict for packets 256..263, 512..519, … (to show what that costs). */
  readonly publishedCount?: boolean;
  /** Hand out kept values in the published order, off by one (ring.ts): to show what that costs. */
  readonly publishedOrder?: boolean;
  /** Build the flow slot even when no requested feature needs it (windows do). */
  readonly flow?: boolean;
  /** Recurrent state in the flow's registers: its units are the features `state[0]`, `state[1]`, …. */
  readonly state?: StateCell;
}

/** Options with every default filled in. */
export interface FrontSettings
  extends Required<Omit<FrontOptions, 'timeoutNs' | 'state'>>,
    Pick<FrontOptions, 'state'> {
  readonly timeoutNs: number;
  readonly slotBits: number;
}

const within = (value: number, low: number, high: number): boolean =>
  Number.isInteger(value) && value >= low && value <= high;

function refuse(option: string, need: string, have: number): never {
  return fail({ code: 'FEATURE-OPTION', message: `front option ${option} out of range`, need, have: String(have) });
}

/** Refuse what needs more conditions or result words than the stateful ALU has. */
function checkOneWord(ipd: IpdMode, policy: string): void {
  const what = ipd === 'saturate' ? 'ipd: saturate' : policy === 'timeout' ? 'policy: timeout' : undefined;
  if (what !== undefined)
    fail({
      code: 'FEATURE-OPTION',
      message: `${what} needs a stateful ALU with several result words`,
      hint: ipd === 'saturate' ? 'use ipd: wide or wrap' : 'use policy: replace or keep',
    });
}

/** Clamps that can bind: a 16-bit field holds no more than 65,535 anyway. */
function effectiveClamps(clamp: Readonly<Record<string, number>>, ipd: IpdMode): Record<string, number> {
  const wide = (name: string): boolean => ipd === 'wide' && name === 'pkt.ipd';
  return Object.fromEntries(Object.entries(clamp).filter(([name, value]) => value < 65535 || wide(name)));
}

/** Fill in defaults and check ranges. Throws FEATURE-OPTION. */
export function frontSettings(options: FrontOptions): FrontSettings {
  const settings = {
    // What the cell reads is parsed too.
    features: [...options.features, ...(options.state?.tables ?? []).map(({ feature }) => feature)],
    slots: options.slots ?? 65536,
    symmetric: options.symmetric ?? true,
    policy: options.policy ?? 'replace',
    timeoutNs: options.timeoutNs ?? 10_000_000_000,
    tickBits: options.tickBits ?? 16,
    ipd: options.ipd ?? (options.salu === 'one-word' ? 'wide' : 'saturate'),
    salu: options.salu ?? 'four-words',
    ipdFrom: options.ipdFrom ?? 2,
    clamp: options.clamp ?? {},
    flowLength: options.flowLength ?? 'frame',
    window: options.window ?? 1,
    publishedCount: options.publishedCount ?? false,
    publishedOrder: options.publishedOrder ?? false,
    flow: options.flow ?? false,
    ...(options.state === undefined ? {} : { state: options.state }),
  } as const;
  if (settings.salu === 'one-word') checkOneWord(settings.ipd, settings.policy);
  const slotBits = Math.log2(settings.slots);
  if (!within(slotBits, 1, 23)) refuse('slots', 'a power of two, 2 to 8388608', settings.slots);
  if (!within(settings.tickBits, 0, 31)) refuse('tickBits', '0 to 31', settings.tickBits);
  if (!within(settings.window, 1, 8)) refuse('window', '1 to 8', settings.window);
  // The SALU compares the packet count with an in-instruction constant: at most 31 on Tofino 2 (TARGETS.md §7).
  if (!within(settings.ipdFrom, 1, 32)) refuse('ipdFrom', '1 to 32', settings.ipdFrom);
  const ticks = settings.timeoutNs / 2 ** 16;
  if (settings.policy === 'timeout' && !(ticks >= 1 && ticks < 2 ** 31))
    refuse('timeoutNs', '65536 ns to 39 hours', settings.timeoutNs);
  for (const [name, value] of Object.entries(settings.clamp))
    if (!within(value, 1, 2 ** 32 - 1)) refuse(`clamp.${name}`, '1 to 4294967295', value);
  return { ...settings, clamp: effectiveClamps(settings.clamp, settings.ipd), slotBits };
}
