/** The front's parser: Ethernet, at most two VLAN tags, IPv4 with options, IPv6, TCP, UDP; the rest is rejected (`unparsed`). */

import type { Parser, ParserState, SelectCase } from '../program/index.ts';
import { addField, addHeader, assignIn, type Draft } from './draft.ts';
import { hasL4Bytes } from './l4fields.ts';
import { addL4Bytes, type L4Targets } from './l4parser.ts';
import type { FrontSettings } from './options.ts';

const VLAN_TYPES = [0x8100, 0x88a8, 0x9100, 0x9200];
const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const TCP = 6;
const UDP = 17;
/** Extension headers are not parsed, so there is no L4 (hop-by-hop, routing, fragment, AH, options, mobility, HIP, shim6). */
const IPV6_EXTENSIONS = [0, 43, 44, 51, 60, 135, 139, 140];

const exactly = (value: number, mask: number, next: string): SelectCase => ({ value: [value], mask: [mask], next });

function state(name: string, part: Partial<ParserState>): ParserState {
  return { name, extract: [], skip: 0, assign: [], select: [], cases: [], otherwise: 'reject', ...part };
}

function addIpHeaders(draft: Draft): void {
  addHeader(draft, 'ethernet', [
    ['dst', 48],
    ['src', 48],
    ['ether_type', 16],
  ]);
  for (const tag of ['vlan0', 'vlan1'])
    addHeader(draft, tag, [
      ['tci', 16],
      ['ether_type', 16],
    ]);
  addHeader(draft, 'ipv4', [
    ['version', 4],
    ['ihl', 4],
    ['tos', 8],
    ['total_len', 16],
    ['identification', 16],
    ['flags', 3],
    ['frag_offset', 13],
    ['ttl', 8],
    ['protocol', 8],
    ['checksum', 16],
    ['src', 32],
    ['dst', 32],
  ]);
  addHeader(draft, 'ipv6', [
    ['version', 4],
    ['traffic_class', 8],
    ['flow_label', 20],
    ['payload_len', 16],
    ['next_header', 8],
    ['hop_limit', 8],
    ['src_hi', 64],
    ['src_lo', 64],
    ['dst_hi', 64],
    ['dst_lo', 64],
  ]);
}

function addPortHeaders(draft: Draft): void {
  addHeader(draft, 'tcp', [
    ['sport', 16],
    ['dport', 16],
    ['seq', 32],
    ['ack', 32],
    ['data_offset', 4],
    ['reserved', 4],
    ['flags', 8],
    ['window', 16],
    ['checksum', 16],
    ['urgent', 16],
  ]);
  addHeader(draft, 'udp', [
    ['sport', 16],
    ['dport', 16],
    ['length', 16],
    ['checksum', 16],
  ]);
}

/** Ethernet and VLAN tags; a third tag is rejected. */
function linkStates(): ParserState[] {
  const next = (deeper: string): SelectCase[] => [
    exactly(IPV4, 0xffff, 'ipv4'),
    exactly(IPV6, 0xffff, 'ipv6'),
    ...(deeper === 'reject' ? [] : VLAN_TYPES.map((type) => exactly(type, 0xffff, deeper))),
  ];
  const link = (name: string, header: string, deeper: string): ParserState =>
    state(name, {
      extract: [header],
      select: [{ kind: 'field', field: `hdr.${header}.ether_type` }],
      cases: next(deeper),
    });
  return [link('start', 'ethernet', 'vlan0'), link('vlan0', 'vlan0', 'vlan1'), link('vlan1', 'vlan1', 'reject')];
}

/** What follows IPv4: a non-first fragment has no L4. */
function ipv4Dispatch(name: string, to: L4Targets): ParserState {
  const protocol = (number: number, next: string): SelectCase => ({ value: [0, number], mask: [0x1fff, 0xff], next });
  return state(name, {
    select: [
      { kind: 'field', field: 'hdr.ipv4.frag_offset' },
      { kind: 'field', field: 'hdr.ipv4.protocol' },
    ],
    cases: [
      protocol(TCP, to.tcp),
      protocol(UDP, to.udp),
      ...(to.other === 'accept' ? [] : [{ value: [0, 0], mask: [0x1fff, 0], next: to.other }]),
    ],
    otherwise: 'accept',
  });
}

/** IHL bits behind bit 3, each a state that skips its share: 8 to 15 skip 12 bytes, then 16, 8 and 4 as their bits say. */
const OPTION_BITS = [
  { mask: 4, skip: 16 },
  { mask: 2, skip: 8 },
  { mask: 1, skip: 4 },
];

/** States that skip IPv4 options: ten lengths in ten rows of the parser's TCAM instead of twenty. */
function optionStates(behind: string): ParserState[] {
  const key = [{ kind: 'field', field: 'hdr.ipv4.ihl' }] as const;
  const skip = (bytes: number, rest: typeof OPTION_BITS): ParserState =>
    state(`ipv4_options_${bytes}`, {
      skip: bytes,
      ...(rest.length > 0 ? { select: key } : {}),
      cases: rest.map(({ mask, skip: next }) => exactly(mask, mask, `ipv4_options_${next}`)),
      otherwise: behind,
    });
  return [
    skip(12, OPTION_BITS),
    ...OPTION_BITS.map((bit, i) => skip(bit.skip, OPTION_BITS.slice(i + 1))),
    // IHL 7 has bit 0 set, but two words and no third.
    state('ipv4_options_two_words', { skip: 8, otherwise: behind }),
  ];
}

/** IPv4, its options, and the L4 dispatch; packets with options have targets of their own. */
function ipv4States(plain: L4Targets, options: L4Targets): ParserState[] {
  const shared = plain.tcp === options.tcp;
  const behind = shared ? 'ipv4_l4' : 'ipv4_options_l4';
  const length = (value: number, mask: number, next: string): SelectCase => ({
    value: [4, value],
    mask: [15, mask],
    next,
  });
  const first = state('ipv4', {
    extract: ['ipv4'],
    select: [
      { kind: 'field', field: 'hdr.ipv4.version' },
      { kind: 'field', field: 'hdr.ipv4.ihl' },
    ],
    cases: [
      length(5, 15, 'ipv4_l4'),
      length(6, 15, 'ipv4_options_4'),
      length(7, 15, 'ipv4_options_two_words'),
      length(8, 8, 'ipv4_options_12'),
    ],
  });
  return [
    first,
    ...optionStates(behind),
    ipv4Dispatch('ipv4_l4', plain),
    ...(shared ? [] : [ipv4Dispatch('ipv4_options_l4', options)]),
  ];
}

function ipv6State(to: L4Targets): ParserState {
  const next = (number: number, target: string): SelectCase => ({ value: [6, number], mask: [15, 0xff], next: target });
  return state('ipv6', {
    extract: ['ipv6'],
    select: [
      { kind: 'field', field: 'hdr.ipv6.version' },
      { kind: 'field', field: 'hdr.ipv6.next_header' },
    ],
    cases: [
      next(TCP, to.tcp),
      next(UDP, to.udp),
      ...(to.other === 'accept' ? [] : IPV6_EXTENSIONS.map((number) => next(number, 'accept'))),
      { value: [6, 0], mask: [15, 0], next: to.other },
    ],
  });
}

/** TCP and UDP as headers of their own, ports copied to metadata so that they read 0 without L4. */
function portStates(draft: Draft): ParserState[] {
  addPortHeaders(draft);
  return ['tcp', 'udp'].map((name) => {
    for (const port of ['sport', 'dport']) {
      addField(draft, `meta.${port}`, 16, 'metadata', '0 without TCP or UDP');
      assignIn(draft, name, `meta.${port}`, { field: `hdr.${name}.${port}` });
    }
    return state(name, { extract: [name], otherwise: 'accept' });
  });
}

const PLAIN: L4Targets = { tcp: 'tcp', udp: 'udp', other: 'accept' };

/** Headers and states of the front; metadata copies that features asked for (`assignIn`) are put into the states. */
export function buildParser(draft: Draft, settings: FrontSettings): Parser {
  addIpHeaders(draft);
  const bytes = hasL4Bytes(settings.features) ? addL4Bytes(draft, settings) : undefined;
  const states = [
    ...linkStates(),
    ...ipv4States(bytes?.v4 ?? PLAIN, bytes?.options ?? PLAIN),
    ipv6State(bytes?.v6 ?? PLAIN),
    ...(bytes?.states ?? portStates(draft)),
  ];
  return {
    states: states.map((one) => ({ ...one, assign: [...one.assign, ...(draft.assigns.get(one.name) ?? [])] })),
  };
}
