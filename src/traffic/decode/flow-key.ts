/**
 * Flow keys as ten 32-bit words, equal for both directions:
 * `[low address: 4 words][high address: 4 words][low port:16, high port:16][version:8, protocol:8]`; IPv4 uses the first word of each address.
 */
import { fail } from '../../problem.ts';

export const KEY_WORDS = 10;

/** Order the endpoints so that both directions give one key: smaller address first, then smaller port. In place. */
export function orderKey(key: Uint32Array, sourcePort: number, destinationPort: number): void {
  let swap = sourcePort > destinationPort;
  for (let i = 0; i < 4; i++) {
    if (key[i] === key[i + 4]) continue;
    swap = key[i]! > key[i + 4]!;
    break;
  }
  if (!swap) {
    key[8] = (sourcePort << 16) | destinationPort;
    return;
  }
  for (let i = 0; i < 4; i++) {
    const word = key[i]!;
    key[i] = key[i + 4]!;
    key[i + 4] = word;
  }
  key[8] = (destinationPort << 16) | sourcePort;
}

function parseIpv4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let word = 0;
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return undefined;
    word = word * 256 + Number(part);
  }
  return word;
}

/** Eight groups of an IPv6 address, `::` and an embedded IPv4 tail resolved; undefined when it is none. */
function parseIpv6(text: string): number[] | undefined {
  let body = text.split('%')[0]!.toLowerCase();
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(body);
  if (tail !== null) {
    const word = parseIpv4(tail[2]!);
    if (word === undefined) return undefined;
    body = `${tail[1]}${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`;
  }
  const halves = body.split('::');
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  const given = groups.reduce((sum, group) => sum + group.length, 0);
  if (halves.length === 1 ? given !== 8 : given > 7) return undefined;
  const all = halves.length === 1 ? groups[0]! : [...groups[0]!, ...Array<string>(8 - given).fill('0'), ...groups[1]!];
  return all.every((group) => /^[0-9a-f]{1,4}$/.test(group))
    ? all.map((group) => Number.parseInt(group, 16))
    : undefined;
}

/** Write an address in text form into key[at..at+4); returns its IP version, 0 when it is no address. */
export function writeAddress(text: string, key: Uint32Array, at: number): 0 | 4 | 6 {
  key.fill(0, at, at + 4);
  const v4 = parseIpv4(text);
  if (v4 !== undefined) {
    key[at] = v4;
    return 4;
  }
  const v6 = parseIpv6(text);
  if (v6 === undefined) return 0;
  for (let i = 0; i < 4; i++) key[at + i] = ((v6[2 * i]! << 16) | v6[2 * i + 1]!) >>> 0;
  return 6;
}

/**
 * The key of a 5-tuple in text form, as label files have it.
 * @throws ProblemError TRAFFIC-LABEL-ADDRESS
 */
export function keyOfText(
  source: string,
  sourcePort: number,
  destination: string,
  destinationPort: number,
  protocol: number,
  where: string,
): Uint32Array {
  const key = new Uint32Array(KEY_WORDS);
  const versions = [writeAddress(source, key, 0), writeAddress(destination, key, 4)];
  if (versions[0] === 0 || versions[0] !== versions[1]) {
    fail({
      code: 'TRAFFIC-LABEL-ADDRESS',
      message: `"${source}" and "${destination}" are no pair of IP addresses`,
      where,
    });
  }
  orderKey(key, sourcePort, destinationPort);
  key[9] = (versions[0] << 8) | protocol;
  return key;
}

function addressText(key: Uint32Array, at: number, version: number): string {
  if (version === 4) {
    const word = key[at]!;
    return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
  }
  const groups: string[] = [];
  for (let i = 0; i < 4; i++) groups.push((key[at + i]! >>> 16).toString(16), (key[at + i]! & 0xffff).toString(16));
  return groups.join(':').replace(/(^|:)0(:0)+(:|$)/, '::');
}

/** The parts of flow number `flow`'s key, as label files have them. */
export function keyFields(
  words: Uint32Array,
  flow: number,
): { protocol: number; low: string; lowPort: number; high: string; highPort: number } {
  const key = words.subarray(flow * KEY_WORDS, (flow + 1) * KEY_WORDS);
  const version = key[9]! >>> 8;
  return {
    protocol: key[9]! & 255,
    low: addressText(key, 0, version),
    lowPort: key[8]! >>> 16,
    high: addressText(key, 4, version),
    highPort: key[8]! & 0xffff,
  };
}

/** A key for people: "TCP 10.0.0.1:80 - 10.0.0.2:4321". */
export function keyText(words: Uint32Array, at: number): string {
  const key = words.subarray(at, at + KEY_WORDS);
  const version = key[9]! >>> 8;
  const protocol = key[9]! & 255;
  const name = protocol === 6 ? 'TCP' : protocol === 17 ? 'UDP' : `protocol ${protocol}`;
  const open = version === 6 ? '[' : '';
  const close = version === 6 ? ']' : '';
  const end = (address: number, port: number): string => `${open}${addressText(key, address, version)}${close}:${port}`;
  return `${name} ${end(0, key[8]! >>> 16)} - ${end(4, key[8]! & 0xffff)}`;
}
