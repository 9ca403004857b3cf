/** What a file is, by its first bytes; a file that is no capture is refused by what it looks like. */
import { fail } from '../../problem.ts';
import { CLASSIC_HEADER, classicKernel, isClassicMagic, readClassicHeader } from './classic.ts';
import type { Kernel } from './kernel.ts';
import { pcapngKernel, SECTION_HEADER } from './pcapng.ts';

/** Bytes that decide. */
export const SNIFF_BYTES = CLASSIC_HEADER;

/** Magic numbers, as hex of the first bytes, of files that people hand in by mistake or still compressed. */
const OTHERS: readonly (readonly [magic: string, what: string, hint: string])[] = [
  ['28b52ffd', 'zstd-compressed', 'decompress it first (zstd -d)'],
  ['fd377a58', 'xz-compressed', 'decompress it first (xz -d)'],
  ['425a68', 'bzip2-compressed', 'decompress it first (bzip2 -d)'],
  ['04224d18', 'lz4-compressed', 'decompress it first (lz4 -d)'],
  ['504b0304', 'a zip archive', 'unpack it first'],
  ['89504e47', 'a PNG image', 'give a pcap or pcapng file'],
  ['736e6f6f70', 'a snoop capture', 'convert it with editcap -F pcap'],
  ['474d4255', 'a Network Monitor capture', 'convert it with editcap -F pcap'],
];

/** True for gzip (RFC 1952 magic, deflate). */
export function isGzip(bytes: Uint8Array, length: number): boolean {
  return length >= 3 && bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8;
}

function hex(bytes: Uint8Array, length: number): string {
  return Buffer.from(bytes.subarray(0, length)).toString('hex');
}

function looksLikeText(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 9 || byte === 10 || byte === 13 || (byte >= 32 && byte < 127));
}

/**
 * The kernel for a file that begins with `head` (as many bytes as there are, up to SNIFF_BYTES), and the position of its first record.
 * @throws ProblemError TRAFFIC-EMPTY, TRAFFIC-NOT-CAPTURE, TRAFFIC-HEADER-CUT, TRAFFIC-COMPRESSED, TRAFFIC-VERSION, TRAFFIC-LINKTYPE
 */
export function chooseKernel(head: Uint8Array, where: string): { kernel: Kernel; start: number } {
  if (head.length === 0) fail({ code: 'TRAFFIC-EMPTY', message: 'the file is empty', where });
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const hint = 'give a pcap or pcapng file, gzip allowed';
  if (head.length < 4) {
    fail({ code: 'TRAFFIC-NOT-CAPTURE', message: `not a capture: only ${head.length} bytes`, where, hint });
  }
  if (view.getUint32(0) === SECTION_HEADER) {
    if (head.length < 12) fail({ code: 'TRAFFIC-HEADER-CUT', message: 'cut inside the section header', where });
    return { kernel: pcapngKernel(where), start: 0 };
  }
  if (isClassicMagic(view, 0)) {
    if (head.length < CLASSIC_HEADER) {
      const have = `${head.length} bytes`;
      fail({ code: 'TRAFFIC-HEADER-CUT', message: 'cut inside the file header', where, need: '24 bytes', have });
    }
    return { kernel: classicKernel(readClassicHeader(view, 0, where)), start: CLASSIC_HEADER };
  }
  return refuseOther(head, where, hint);
}

function refuseOther(head: Uint8Array, where: string, hint: string): never {
  const start = hex(head, head.length);
  const other = OTHERS.find(([magic]) => start.startsWith(magic));
  if (other !== undefined) {
    const code = other[1].endsWith('compressed') ? 'TRAFFIC-COMPRESSED' : 'TRAFFIC-NOT-CAPTURE';
    fail({ code, message: `not a capture: ${other[1]}`, where, hint: other[2] });
  }
  const what = looksLikeText(head) ? 'it looks like text' : `unknown magic 0x${hex(head, 4)}`;
  fail({ code: 'TRAFFIC-NOT-CAPTURE', message: `not a capture: ${what}`, where, hint });
}
