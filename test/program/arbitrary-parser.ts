/** The front of random programs: Ethernet, one VLAN tag, IPv4 with options, TCP, UDP; the 5-tuple copied to metadata. */

import { type Field, field, type Header, type Parser, type ParserState } from '../../src/program/index.ts';
import type { Random } from './random.ts';

export interface RandomFront {
  readonly fields: readonly Field[];
  readonly headers: readonly Header[];
  readonly parser: Parser;
  /** Metadata the parser fills, 0 where the packet lacks it. */
  readonly filled: readonly string[];
}

type Cells = Readonly<Record<string, number>>;

const HEADERS: Readonly<Record<string, Cells>> = {
  ethernet: { dst: 48, src: 48, type: 16 },
  vlan: { pcp: 3, dei: 1, vid: 12, type: 16 },
  ipv4: {
    version: 4,
    ihl: 4,
    tos: 8,
    total_len: 16,
    id: 16,
    flags: 3,
    frag: 13,
    ttl: 8,
    protocol: 8,
    checksum: 16,
    src: 32,
    dst: 32,
  },
  tcp: {
    sport: 16,
    dport: 16,
    seq: 32,
    ack: 32,
    offset: 4,
    reserved: 4,
    flags: 8,
    window: 16,
    checksum: 16,
    urgent: 16,
  },
  udp: { sport: 16, dport: 16, length: 16, checksum: 16 },
};

function state(name: string, parts: Partial<ParserState>): ParserState {
  return { name, extract: [], skip: 0, assign: [], select: [], cases: [], otherwise: 'accept', ...parts };
}

const copy = (dst: string, from: string) => ({ dst, from: { field: from } });

/** IPv4 options are skipped by one state for each length the parser knows (up to three words). */
function optionStates(): ParserState[] {
  return [0, 1, 2, 3].map((words) =>
    state(`options${words}`, {
      skip: 4 * words,
      select: [
        { kind: 'field', field: 'hdr.ipv4.protocol' },
        { kind: 'field', field: 'hdr.ipv4.frag' },
      ],
      cases: [
        { value: [6, 0], mask: [255, 0x1fff], next: 'tcp' },
        { value: [17, 0], mask: [255, 0x1fff], next: 'udp' },
      ],
    }),
  );
}

function ipv4State(random: Random): ParserState {
  return state('ipv4', {
    extract: ['ipv4'],
    assign: [
      copy('meta.src', 'hdr.ipv4.src'),
      copy('meta.dst', 'hdr.ipv4.dst'),
      copy('meta.protocol', 'hdr.ipv4.protocol'),
      copy('meta.total_len', 'hdr.ipv4.total_len'),
      { dst: 'meta.l3', from: { const: 4 } },
    ],
    select: [{ kind: 'field', field: 'hdr.ipv4.ihl' }],
    cases: [0, 1, 2, 3].map((words) => ({ value: [5 + words], mask: [15], next: `options${words}` })),
    otherwise: random.pick(['accept', 'reject']),
  });
}

/** Lookahead instead of a field, in half of the programs: the same bits ahead of the cursor. */
function startState(random: Random): ParserState {
  const cases = (at: number) => [
    { value: [0x0800], mask: [0xffff], next: at === 0 ? 'plain' : 'ipv4' },
    { value: [0x8100], mask: [0xffff], next: at === 0 ? 'tagged' : 'vlan' },
  ];
  if (random.chance(0.5)) {
    return state('start', {
      extract: ['ethernet'],
      select: [{ kind: 'field', field: 'hdr.ethernet.type' }],
      cases: cases(1),
      otherwise: random.pick(['accept', 'reject']),
    });
  }
  return state('start', {
    select: [{ kind: 'lookahead', byte: 12, bytes: 2 }],
    cases: cases(0),
    otherwise: random.pick(['reject', 'bare']),
  });
}

/** The random front; unreachable states are left out. */
export function randomParser(random: Random): RandomFront {
  const start = startState(random);
  const l4 = (name: string, kind: number) =>
    state(name, {
      extract: [name],
      assign: [
        copy('meta.sport', `hdr.${name}.sport`),
        copy('meta.dport', `hdr.${name}.dport`),
        { dst: 'meta.l4', from: { const: kind } },
      ],
    });
  const states = [
    start,
    state('plain', { extract: ['ethernet'], otherwise: 'ipv4' }),
    state('tagged', { extract: ['ethernet'], otherwise: 'vlan' }),
    state('bare', { extract: ['ethernet'] }),
    state('vlan', {
      extract: ['vlan'],
      select: [{ kind: 'field', field: 'hdr.vlan.type' }],
      cases: [{ value: [0x0800], mask: [0xffff], next: 'ipv4' }],
      otherwise: random.pick(['accept', 'reject']),
    }),
    ipv4State(random),
    ...optionStates(),
    l4('tcp', 1),
    l4('udp', 2),
  ];
  const filled: Readonly<Record<string, number>> = {
    'meta.src': 32,
    'meta.dst': 32,
    'meta.protocol': 8,
    'meta.total_len': 16,
    'meta.sport': 16,
    'meta.dport': 16,
    'meta.l3': 3,
    'meta.l4': 2,
  };
  const headerFields = Object.entries(HEADERS).flatMap(([header, cells]) =>
    Object.entries(cells).map(([name, bits]) => field(`hdr.${header}.${name}`, bits, 'header')),
  );
  return {
    fields: [...headerFields, ...Object.entries(filled).map(([name, bits]) => field(name, bits))],
    headers: Object.entries(HEADERS).map(([name, cells]) => ({
      name,
      fields: Object.keys(cells).map((cell) => `hdr.${name}.${cell}`),
    })),
    parser: { states: reachable(states) },
    filled: Object.keys(filled),
  };
}

function reachable(states: readonly ParserState[]): ParserState[] {
  const seen = new Set(['start']);
  for (const name of seen) {
    const one = states.find((candidate) => candidate.name === name);
    for (const next of one ? [...one.cases.map((entry) => entry.next), one.otherwise] : []) seen.add(next);
  }
  return states.filter((one) => seen.has(one.name));
}
