/**
 * Parser states that lift the first bytes of the L4 header, up to the end of the IP packet and no further.
 *
 * The bytes come in words of four, `hdr.l4w<j>.b0..b3`, and at most three single ones behind the last whole word,
 * `hdr.l4t<r>.b`. A parser cannot subtract, so the end is found by comparing the length field with a constant per word: one chain of
 * states for IPv4 without options (total length 20 + 4j + r ends the packet at word j, r bytes later) and one for IPv6
 * (payload length 4j + r). That is 13 rows of the parser's TCAM a word; 256 in all (TARGETS.md §1) leave no room for a chain per
 * IHL, so IPv4 packets with options give the fixed TCP or UDP header alone.
 */

import type { ParserState } from '../program/index.ts';
import { addField, addHeader, type Draft } from './draft.ts';
import { featureField } from './feature.ts';
import { l4Bytes } from './l4fields.ts';
import type { FrontSettings } from './options.ts';

type Assigns = ParserState['assign'];

/** Where the L4 dispatch of each kind of packet goes. */
export interface L4Targets {
  readonly tcp: string;
  readonly udp: string;
  readonly other: string;
}

/** A chain of word states behind one length field. */
interface Chain {
  readonly name: string;
  readonly length: string;
  /** Value of the length field at the first L4 byte. */
  readonly base: number;
}

const CHAINS: readonly Chain[] = [
  { name: 'v4', length: 'hdr.ipv4.total_len', base: 20 },
  { name: 'v6', length: 'hdr.ipv6.payload_len', base: 0 },
];

interface Plan {
  /** Whole words; behind them `rest` single bytes. */
  readonly words: number;
  readonly rest: number;
  /** Byte index → metadata field, for the bytes that are wanted. */
  readonly wanted: ReadonlyMap<number, string>;
}

/** Copies of word j's first `count` bytes, from the whole word or from the single-byte headers. */
function copies(plan: Plan, word: number, count: number, single: boolean): Assigns {
  const out: Assigns[number][] = [];
  for (let r = 0; r < count; r++) {
    const dst = plan.wanted.get(4 * word + r);
    if (dst) out.push({ dst, from: { field: single ? `hdr.l4t${r}.b` : `hdr.l4w${word}.b${r}` } });
  }
  return out;
}

/** What follows when `next` words are taken: done, the end of the packet in this word, or more of it. */
function endTest(
  plan: Plan,
  chain: Chain | undefined,
  next: number,
): Pick<ParserState, 'select' | 'cases' | 'otherwise'> {
  const last = next === plan.words;
  if (!chain || next > plan.words || (last && plan.rest === 0)) return { select: [], cases: [], otherwise: 'accept' };
  const odd = (r: number): string => (r === 0 ? 'accept' : `l4_odd_${next}_${r}`);
  return {
    select: [{ kind: 'field', field: chain.length }],
    cases: Array.from({ length: last ? plan.rest : 4 }, (_, r) => ({
      value: [chain.base + 4 * next + r],
      mask: [0xffff],
      next: odd(r),
    })),
    otherwise: last ? odd(plan.rest) : `l4_${chain.name}_word_${next}`,
  };
}

/** Extract words [from, to), then look whether the packet ends in word `to`. */
function wordState(name: string, plan: Plan, from: number, to: number, chain?: Chain): ParserState {
  const words = Array.from({ length: Math.max(to - from, 0) }, (_, i) => from + i);
  return {
    name,
    extract: words.map((j) => `l4w${j}`),
    skip: 0,
    assign: words.flatMap((j) => copies(plan, j, 4, false)),
    ...endTest(plan, chain, to),
  };
}

/** The up to three bytes behind the last whole word. */
function oddStates(plan: Plan, word: number): ParserState[] {
  return Array.from({ length: word < plan.words ? 3 : plan.rest }, (_, i) => ({
    name: `l4_odd_${word}_${i + 1}`,
    extract: Array.from({ length: i + 1 }, (_, r) => `l4t${r}`),
    skip: 0,
    assign: copies(plan, word, i + 1, true),
    select: [],
    cases: [],
    otherwise: 'accept',
  }));
}

/** Ports for the hash are header bytes of TCP and UDP alone: ICMP's bytes are no ports. */
const PORT_COPIES: Assigns = ['sport_hi', 'sport_lo', 'dport_hi', 'dport_lo'].map((name, r) => ({
  dst: `meta.${name}`,
  from: { field: `hdr.l4w0.b${r}` },
}));

/** TCP and UDP: the words of their fixed header, which must be there, then the chain (none behind IPv4 options). */
function headerStates(plan: Plan, suffix: string, chain?: Chain): ParserState[] {
  const header = (name: string, words: number, flag: Assigns): ParserState => {
    const state = wordState(`${name}_${suffix}`, plan, 0, Math.min(words, plan.words), chain);
    return { ...state, assign: [...state.assign, ...PORT_COPIES, ...flag] };
  };
  return [header('tcp', 5, [{ dst: 'meta.l4_is_tcp', from: { const: 1 } }]), header('udp', 2, [])];
}

/** Headers and metadata of the bytes, one field a wanted byte. */
function declare(draft: Draft, plan: Plan): void {
  for (const name of plan.wanted.values()) addField(draft, name, 8);
  for (const { dst } of PORT_COPIES) addField(draft, dst, 8, 'metadata', '0 without TCP or UDP');
  addField(draft, 'meta.l4_is_tcp', 1);
  for (let j = 0; j < plan.words; j++)
    addHeader(
      draft,
      `l4w${j}`,
      [0, 1, 2, 3].map((b) => [`b${b}`, 8] as const),
    );
  for (let r = 0; r < 3; r++) addHeader(draft, `l4t${r}`, [['b', 8]]);
}

/** Declare everything and return the states, and where IPv4 (without and with options) and IPv6 go. */
export function addL4Bytes(
  draft: Draft,
  settings: FrontSettings,
): { states: ParserState[]; v4: L4Targets; options: L4Targets; v6: L4Targets } {
  const wanted = new Map(l4Bytes(settings.features).map((i) => [i, featureField(`l4.byte[${i}]`)]));
  if (settings.features.includes('tcp.data_offset')) wanted.set(12, featureField('l4.byte[12]'));
  // The fixed TCP header comes in whole words: its ports and data offset must be there behind IPv4 options too.
  const bytes = Math.max(...wanted.keys()) + 1;
  const plan: Plan =
    bytes <= 20 ? { words: Math.ceil(bytes / 4), rest: 0, wanted } : { words: bytes >> 2, rest: bytes & 3, wanted };
  declare(draft, plan);
  const numbers = Array.from({ length: plan.words }, (_, j) => j);
  const states = [
    ...headerStates(plan, 'options'),
    ...CHAINS.flatMap((chain) => [
      ...headerStates(plan, chain.name, chain),
      wordState(`l4_${chain.name}`, plan, 0, 0, chain),
      ...numbers.map((j) => wordState(`l4_${chain.name}_word_${j}`, plan, j, j + 1, chain)),
    ]),
    ...[...numbers, plan.words].flatMap((j) => oddStates(plan, j)),
  ];
  const targets = (suffix: string, other: string): L4Targets => ({
    tcp: `tcp_${suffix}`,
    udp: `udp_${suffix}`,
    other,
  });
  return {
    states,
    v4: targets('v4', 'l4_v4'),
    options: targets('options', 'accept'),
    v6: targets('v6', 'l4_v6'),
  };
}
