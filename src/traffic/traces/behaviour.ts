/** One synthetic flow: a state machine that says, packet after packet, who sends how much and when. */
import type { Random } from '../random.ts';
import type { ApplicationSpec, Distribution } from './spec.ts';

/** Draw from a distribution. */
export function draw(distribution: Distribution, random: Random): number {
  if ('median' in distribution) return distribution.median * Math.exp(distribution.spread * random.normal());
  if ('low' in distribution) return distribution.low + (distribution.high - distribution.low) * random.next();
  return distribution.choices[random.below(distribution.choices.length)]!;
}

/** Draw by weight. */
export function pick(weights: readonly (readonly [number, number])[], random: Random): number {
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
  let rest = random.next() * total;
  for (const [value, weight] of weights) {
    rest -= weight;
    if (rest < 0) return value;
  }
  return weights[weights.length - 1]![0];
}

/** TCP flags. */
export const SYN = 2;
export const ACK = 16;
export const PSH_ACK = 24;
export const FIN_ACK = 17;

/** A flow under way. Mutated as it goes; one object per flow, none per packet. */
export interface FlowLife {
  readonly application: ApplicationSpec;
  readonly udp: boolean;
  readonly ipv6: boolean;
  readonly vlan: boolean;
  readonly tos: number;
  readonly timestamps: boolean;
  readonly ipOptions: boolean;
  readonly hidden: boolean;
  readonly client: Uint8Array;
  readonly server: Uint8Array;
  readonly clientPort: number;
  readonly serverPort: number;
  readonly sizeFactor: number;
  readonly gapFactor: number;
  readonly roundTrip: number;
  /** Data packets still to send; below 0 the flow is closing. */
  left: number;
  /** 0-2 handshake, 3 data, 4 a bare acknowledgement is due, 5-7 closing, 8 over. */
  phase: number;
  state: number;
  /** Sequence numbers of client and server. */
  sequence: [number, number];
  identification: number;
  /** Microseconds since the capture's start of the next packet. */
  time: number;
  /** What the next packet is. */
  fromClient: boolean;
  size: number;
  flags: number;
}

const MOST_TCP = 1448;
const MOST_UDP = 1472;

function address(random: Random, ipv6: boolean, server: boolean): Uint8Array {
  // 10/8 talks to 198.18/15 (RFC 2544, benchmarks); 2001:db8::/32 is for documentation (RFC 3849).
  if (!ipv6) {
    const a = random.below(65_536);
    return server
      ? Uint8Array.of(198, 18 + random.below(2), a >> 8, 1 + (a & 127))
      : Uint8Array.of(10, random.below(256), a >> 8, 1 + (a & 127));
  }
  const bytes = new Uint8Array(16);
  bytes.set([0x20, 0x01, 0x0d, 0xb8, server ? 1 : 0]);
  for (let i = 8; i < 16; i++) bytes[i] = random.below(256);
  return bytes;
}

/** Begin a flow at `time` (µs). */
export function beginFlow(application: ApplicationSpec, time: number, random: Random): FlowLife {
  const udp = random.next() < application.udp;
  const ipv6 = random.next() < application.ipv6;
  const life: FlowLife = {
    application,
    udp,
    ipv6,
    vlan: random.next() < application.vlan,
    tos: pick(application.tos, random),
    timestamps: random.next() < application.timestamps,
    ipOptions: !ipv6 && random.next() < application.ipOptions,
    hidden: random.next() < application.hidden,
    client: address(random, ipv6, false),
    server: address(random, ipv6, true),
    clientPort: 32_768 + random.below(28_000),
    serverPort: application.ports[random.below(application.ports.length)]!,
    sizeFactor: Math.exp(application.style * random.normal()),
    gapFactor: Math.exp(application.style * 1.5 * random.normal()),
    roundTrip: 4000 * Math.exp(0.8 * random.normal()),
    left: Math.max(1, Math.round(draw(application.packets, random))),
    phase: udp ? 3 : 0,
    state: 0,
    sequence: [random.below(0xffff_ffff), random.below(0xffff_ffff)],
    identification: random.below(65_536),
    time,
    fromClient: true,
    size: 0,
    flags: SYN,
  };
  if (udp) enterState(life, random);
  return life;
}

/** Fill in the packet of the present state. */
function enterState(life: FlowLife, random: Random): void {
  const state = life.application.states[life.state]!;
  const most = life.udp ? MOST_UDP : MOST_TCP;
  life.fromClient = state.side === 'client';
  life.size = Math.max(1, Math.min(most, Math.round(draw(state.size, random) * life.sizeFactor)));
  life.flags = PSH_ACK;
}

/** Decide the packet after the one just sent. @returns false when the flow is over */
export function nextPacket(life: FlowLife, random: Random): boolean {
  if (life.phase === 3) {
    if (--life.left <= 0) {
      if (life.udp) return false;
      return closing(life, 5, true, random);
    }
    if (!life.udp && random.next() < life.application.ack) {
      life.phase = 4;
      life.fromClient = !life.fromClient;
      life.size = 0;
      life.flags = ACK;
      life.time += Math.max(1, life.roundTrip * 0.5 * (0.5 + random.next()));
      return true;
    }
    advance(life, random);
    return true;
  }
  if (life.phase === 4) {
    life.phase = 3;
    advance(life, random);
    return true;
  }
  if (life.phase < 3) return handshake(life, random);
  return closing(life, life.phase + 1, life.phase === 6, random);
}

function advance(life: FlowLife, random: Random): void {
  life.state = pick(life.application.states[life.state]!.next, random);
  const gap = draw(life.application.states[life.state]!.gapMs, random) * life.gapFactor;
  life.time += Math.max(1, gap * 1000);
  enterState(life, random);
}

function handshake(life: FlowLife, random: Random): boolean {
  life.phase++;
  if (life.phase === 3) {
    life.time += Math.max(1, 200 + 3000 * random.next());
    enterState(life, random);
    return true;
  }
  life.fromClient = life.phase === 2;
  life.size = 0;
  life.flags = life.phase === 1 ? SYN | ACK : ACK;
  life.time += Math.max(1, life.phase === 1 ? life.roundTrip : 20 + 100 * random.next());
  return true;
}

/** FIN, FIN, ACK. */
function closing(life: FlowLife, phase: number, fromClient: boolean, random: Random): boolean {
  if (phase === 8) return false;
  life.phase = phase;
  life.fromClient = fromClient;
  life.size = 0;
  life.flags = phase === 7 ? ACK : FIN_ACK;
  life.time += Math.max(1, life.roundTrip * (0.5 + random.next()));
  return true;
}
