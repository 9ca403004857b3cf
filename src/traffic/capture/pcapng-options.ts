/** pcapng interface blocks: link type, snap length and the clock of each interface (draft-ietf-opsawg-pcapng §4.2). */
import { type LinkKind, linkKind } from './linktype.ts';

/** One interface of a section. */
export interface NgInterface {
  readonly linkType: number;
  /** Undefined: its packets are skipped and counted. */
  readonly kind: LinkKind | undefined;
  /** 0 = no limit. */
  readonly snapLength: number;
  readonly fcsBytes: number;
  /** Timestamp ticks per second; a power of ten or two. */
  readonly ticksPerSecond: bigint;
  /** The same as a number when long division over 16-bit limbs stays exact (below 2^37); else 0. */
  readonly fastTicks: number;
  /** Nanoseconds per tick when whole; else 0. */
  readonly nanosPerTick: number;
  /** Seconds added to every timestamp. */
  readonly offsetSeconds: bigint;
}

const OPTION_TSRESOL = 9;
const OPTION_FCSLEN = 13;
const OPTION_TSOFFSET = 14;

interface Options {
  resolution: number;
  fcs: number;
  offset: bigint;
}

/** Read options from `at` to `end`; undefined when one runs past the block. */
function readOptions(view: DataView, from: number, end: number, little: boolean): Options | undefined {
  const options: Options = { resolution: 6, fcs: 0, offset: 0n };
  let at = from;
  while (at + 4 <= end) {
    const code = view.getUint16(at, little);
    const length = view.getUint16(at + 2, little);
    if (code === 0) return options;
    if (at + 4 + length > end) return undefined;
    if (code === OPTION_TSRESOL && length >= 1) options.resolution = view.getUint8(at + 4);
    else if (code === OPTION_FCSLEN && length >= 1) options.fcs = view.getUint8(at + 4);
    else if (code === OPTION_TSOFFSET && length >= 8) options.offset = view.getBigInt64(at + 4, little);
    at += 4 + ((length + 3) & ~3);
  }
  return options;
}

/** The interface of an Interface Description Block whose body spans [body, end); undefined when an option overruns it. */
export function readInterface(view: DataView, body: number, end: number, little: boolean): NgInterface | undefined {
  if (end - body < 8) return undefined;
  const options = readOptions(view, body + 8, end, little);
  if (options === undefined) return undefined;
  const exponent = BigInt(options.resolution & 0x7f);
  const ticksPerSecond = options.resolution & 0x80 ? 1n << exponent : 10n ** exponent;
  const linkType = view.getUint16(body, little);
  return {
    linkType,
    kind: linkKind(linkType),
    snapLength: view.getUint32(body + 4, little),
    fcsBytes: options.fcs,
    ticksPerSecond,
    fastTicks: ticksPerSecond < 1n << 37n ? Number(ticksPerSecond) : 0,
    nanosPerTick: 1_000_000_000n % ticksPerSecond === 0n ? Number(1_000_000_000n / ticksPerSecond) : 0,
    offsetSeconds: options.offset,
  };
}

/** A timestamp in the form packets carry it. Reused: no object per packet. */
export const stamp = { seconds: 0, nanos: 0 };

/** Split 64-bit ticks into seconds and nanoseconds, exactly (fractions of a nanosecond are dropped), into `stamp`. */
export function splitTicks(high: number, low: number, face: NgInterface): void {
  if (face.fastTicks === 0 || face.nanosPerTick === 0) {
    const ticks = (BigInt(high) << 32n) | BigInt(low);
    stamp.seconds = Number((ticks / face.ticksPerSecond) & 0xffff_ffffn);
    stamp.nanos = Number(((ticks % face.ticksPerSecond) * 1_000_000_000n) / face.ticksPerSecond);
  } else {
    const ticks = face.fastTicks;
    // Long division, 16 bits at a time: every partial remainder stays below 2^53.
    let rest = ((high >>> 16) % ticks) * 65536 + (high & 0xffff);
    let quotient = Math.floor(rest / ticks);
    rest = (rest - quotient * ticks) * 65536 + (low >>> 16);
    let digit = Math.floor(rest / ticks);
    quotient = (quotient % 65536) * 65536 + digit;
    rest = (rest - digit * ticks) * 65536 + (low & 0xffff);
    digit = Math.floor(rest / ticks);
    quotient = (quotient % 65536) * 65536 + digit;
    stamp.seconds = quotient >>> 0;
    stamp.nanos = (rest - digit * ticks) * face.nanosPerTick;
  }
  if (face.offsetSeconds !== 0n) {
    stamp.seconds = Number(BigInt.asUintN(32, BigInt(stamp.seconds) + face.offsetSeconds));
  }
}
