/** Random frames for random programs: few flows, VLAN tags, options, fragments, short and cut frames, gaps of any size, several captures. */

import type { FrameColumns } from '../../src/program/index.ts';
import { type Random, randomFrom } from './random.ts';

function ipv4Frame(random: Random): number[] {
  const options = random.chance(0.2) ? random.between(1, 3) : 0;
  const protocol = random.pick([6, 6, 6, 17, 17, 1]);
  const l4 = protocol === 6 ? 20 : 8;
  const payload = random.nat(40);
  const total = 20 + 4 * options + l4 + payload;
  const ethernet = [2, 0, 0, 0, 0, random.nat(3), 2, 0, 0, 0, 0, random.nat(3), 0x08, 0x00];
  const fragment = random.chance(0.05) ? [0x20, 7] : [0, 0];
  const address = () => [10, 0, random.nat(2), random.nat(3)];
  const ip = [
    0x45 + options,
    random.pick([0, 0, 0x2e, 255]),
    total >> 8,
    total & 255,
    0,
    1,
    ...fragment,
    64,
    protocol,
    0,
    0,
  ];
  const ports = [0, random.pick([80, 53]), 0x1f, random.nat(4)];
  const bytes = [...ethernet, ...ip, ...address(), ...address(), ...Array(4 * options).fill(1), ...ports];
  while (bytes.length < 14 + total) bytes.push(random.nat(256));
  if (protocol === 6) bytes[14 + 20 + 4 * options + 12] = random.between(5, 15) << 4;
  return random.chance(0.1) ? [...bytes.slice(0, 12), 0x81, 0, 0, random.nat(9), ...bytes.slice(12)] : bytes;
}

function frame(random: Random): number[] {
  const kind = random.nat(20);
  if (kind === 0) return Array.from({ length: random.nat(34) }, () => random.nat(256));
  if (kind === 1) return [...Array(12).fill(3), 0x86, 0xdd, ...Array.from({ length: 60 }, () => random.nat(256))];
  return ipv4Frame(random);
}

/** `count` frames of seed `seed` in `captures` captures; times never go back by more than a second, and rarely. */
export function randomFrames(seed: number, count: number, captures = 2): FrameColumns {
  const random = randomFrom(seed ^ 0x51ed270b);
  const frames = Array.from({ length: count }, () => frame(random));
  const kept = frames.map((one) => (random.chance(0.04) ? random.nat(one.length + 1) : one.length));
  const columns = {
    count,
    bytes: new Uint8Array(kept.reduce((sum, length) => sum + length, 0)),
    offset: new Uint32Array(count),
    capLen: Uint32Array.from(kept),
    origLen: Uint32Array.from(frames, (one) => one.length),
    seconds: new Uint32Array(count),
    nanos: new Uint32Array(count),
    capture: Uint32Array.from({ length: count }, (_, i) => Math.floor((i * captures) / Math.max(1, count))),
  };
  let offset = 0;
  let time = 1_600_000_000n * 1_000_000_000n + BigInt(random.nat(2 ** 30));
  frames.forEach((one, i) => {
    columns.offset[i] = offset;
    columns.bytes.set(one.slice(0, kept[i]), offset);
    offset += kept[i];
    const gap = random.pick([0, 1, 999, 65_535, 65_536, 5_000_000, 700_000_000, 2 ** 32]);
    time += random.chance(0.03) ? -BigInt(random.nat(1_000_000_000)) : BigInt(gap + random.nat(5000));
    columns.seconds[i] = Number(time / 1_000_000_000n);
    columns.nanos[i] = Number(time % 1_000_000_000n);
  });
  return columns;
}
