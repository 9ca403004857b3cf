/** What a file is, by its first bytes; a file that is no capture is refused by what it looks like. */
import { fail } from '../../problem.ts';
import { CLASSIC_HEADER, classicKernel, isClassicMagic, readClassicHeader } from './classic.ts';
import type { Kernel } from './kernel.ts';
import { pcapngKernel, SECTION_HEADER } from './pcapng.ts';

/** Bytes that decide. */
export const SNIFF_BYTES = CLASSIC_HEADER;

const GIVE = 'give a pcap or pcapng file, gzip allowed';
const CONVERT = 'convert it with editcap -F pcap';

/** Magic numbers, as hex of the first bytes, of files that people hand in by mistake or still compressed. */
const OTHERS: readonly (readonly [magic: string, what: string, hint: string])[] = [
  ['28b52ffd', 'zstd-compressed', 'decompress it first (zstd -d)'],
  ['fd377a585a00', 'xz-compressed', 'decompress it first (xz -d)'],
  ['425a68', 'bzip2-compressed', 'decompress it first (bzip2 -d)'],
  ['04224d18', 'lz4-compressed', 'decompress it first (lz4 -d)'],
  ['1f8b', 'gzip-compressed', 'its content or method is not readable: decompress it first (gzip -d)'],
  ['1f9d', 'compress-compressed', 'decompress it first (uncompress)'],
  ['7801', 'zlib-compressed', 'decompress it first (zlib-flate -uncompress)'],
  ['789c', 'zlib-compressed', 'decompress it first (zlib-flate -uncompress)'],
  ['78da', 'zlib-compressed', 'decompress it first (zlib-flate -uncompress)'],
  ['504b0304', 'a zip archive', 'unpack it first'],
  ['377abcaf271c', 'a 7-zip archive', 'unpack it first'],
  ['526172211a07', 'a RAR archive', 'unpack it first'],
  ['89504e47', 'a PNG image', GIVE],
  ['25504446', 'a PDF document', GIVE],
  ['7f454c46', 'a program (ELF)', GIVE],
  ['736e6f6f70', 'a snoop capture', CONVERT],
  ['6274736e6f6f7000', 'a Bluetooth capture (btsnoop)', 'it holds no IP packets'],
  ['474d4255', 'a Network Monitor capture', CONVERT],
  ['52545353', 'a Network Monitor 1 capture', CONVERT],
  ['58435000', 'a NetXRay or Sniffer capture', CONVERT],
  ['5452534e49464620', 'a Sniffer capture', CONVERT],
  ['697074726163652031', 'an AIX iptrace capture', CONVERT],
  ['697074726163652032', 'an AIX iptrace capture', CONVERT],
  ['ac01001c', 'an IXIA capture', CONVERT],
  ['ab01001c', 'an IXIA capture', CONVERT],
  ['1c0001ac', 'an IXIA capture', CONVERT],
  ['1c0001ab', 'an IXIA capture', CONVERT],
  ['fffe', 'text (UTF-16)', GIVE],
  ['feff', 'text (UTF-16)', GIVE],
  ['efbbbf', 'text (UTF-8)', GIVE],
];

/** True for gzip (RFC 1952 magic, deflate). */
export function isGzip(bytes: Uint8Array, length: number): boolean {
  return length >= 3 && bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8;
}

function hex(bytes: Uint8Array, length: number): string {
  return Buffer.from(bytes.subarray(0, length)).toString('hex');
}

function looksLikeText(bytes: Uint8Array): boolean {
  const text = new TextDecoder().decode(bytes, { stream: true });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what text does not have
  return !/[\u0000-\u0008\u000e-\u001f\u007f\ufffd]/.test(text);
}

/** An Endace record has no magic: [time:64][type:8][flags:8][record length:16][loss:16][wire length:16], lengths big-endian. */
function looksLikeErf(bytes: Uint8Array): boolean {
  if (bytes.length < 16) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const type = view.getUint8(8) & 0x7f;
  const [record, wire] = [view.getUint16(10), view.getUint16(14)];
  return type >= 1 && type <= 48 && record >= 18 && record <= wire + 64 && wire > 0 && view.getUint32(4, true) > 0;
}

/**
 * The kernel for a file that begins with `head` (as many bytes as there are, up to SNIFF_BYTES), and the position of its first record.
 * @throws ProblemError TRAFFIC-EMPTY, TRAFFIC-NOT-CAPTURE, TRAFFIC-HEADER-CUT, TRAFFIC-COMPRESSED, TRAFFIC-VERSION, TRAFFIC-LINKTYPE
 */
export function chooseKernel(head: Uint8Array, where: string): { kernel: Kernel; start: number } {
  if (head.length === 0) fail({ code: 'TRAFFIC-EMPTY', message: 'the file is empty', where });
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  if (head.length < 4) {
    fail({
      code: 'TRAFFIC-NOT-CAPTURE',
      message: `not a capture: only ${head.length === 1 ? '1 byte' : `${head.length} bytes`}`,
      where,
      hint: GIVE,
    });
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
  return refuseOther(head, where);
}

function refuseOther(head: Uint8Array, where: string): never {
  const start = hex(head, head.length);
  const other = OTHERS.find(([magic]) => start.startsWith(magic));
  if (other !== undefined) {
    const code = other[1].endsWith('compressed') ? 'TRAFFIC-COMPRESSED' : 'TRAFFIC-NOT-CAPTURE';
    fail({ code, message: `not a capture: ${other[1]}`, where, hint: other[2] });
  }
  if (looksLikeErf(head)) {
    fail({ code: 'TRAFFIC-NOT-CAPTURE', message: 'not a capture: it looks like an ERF capture', where, hint: CONVERT });
  }
  const what = looksLikeText(head) ? 'it looks like text' : `unknown magic 0x${hex(head, 4)}`;
  fail({ code: 'TRAFFIC-NOT-CAPTURE', message: `not a capture: ${what}`, where, hint: GIVE });
}
