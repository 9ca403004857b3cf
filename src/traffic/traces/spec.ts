/** The YAML that describes synthetic traffic: applications as small state machines over packet sizes, gaps and directions. docs/traffic.md lists the keys. */
import { type Document, LineCounter, parseDocument } from 'yaml';
import { fail } from '../../problem.ts';

/** A distribution: log-normal by median and spread (of the logarithm), uniform, or a choice among values. */
export type Distribution =
  | { readonly median: number; readonly spread: number }
  | { readonly low: number; readonly high: number }
  | { readonly choices: readonly number[] };

/** One state: what is sent, when, and what follows. */
export interface StateSpec {
  readonly name: string;
  readonly side: 'client' | 'server';
  /** Payload bytes. */
  readonly size: Distribution;
  /** Milliseconds since the flow's previous packet. */
  readonly gapMs: Distribution;
  /** First payload bytes; -1 = random. */
  readonly payload: readonly number[];
  /** [state number, weight] */
  readonly next: readonly (readonly [number, number])[];
}

/** One application. */
export interface ApplicationSpec {
  readonly name: string;
  /** Class folder the captures go to. */
  readonly className: string;
  readonly captures: number;
  /** Flows per capture, and the seconds over which they begin. */
  readonly flows: number;
  readonly seconds: number;
  /** Share of flows over UDP; the rest is TCP. */
  readonly udp: number;
  readonly ipv6: number;
  readonly vlan: number;
  readonly ports: readonly number[];
  /** Data packets per flow. */
  readonly packets: Distribution;
  /** [type of service, weight] */
  readonly tos: readonly (readonly [number, number])[];
  /** Share of TCP flows with the timestamp option (data offset 8 instead of 5). */
  readonly timestamps: number;
  /** Share of IPv4 flows with a router-alert option (IHL 6). */
  readonly ipOptions: number;
  /** Spread of each flow's own factors on size and gap: the larger, the more the applications overlap. */
  readonly style: number;
  /** Share of flows with payload that looks random. */
  readonly hidden: number;
  /** Chance that a data packet over TCP is answered by a bare acknowledgement. */
  readonly ack: number;
  readonly states: readonly StateSpec[];
}

/** A whole spec. */
export interface TraceSpec {
  readonly name: string;
  readonly seed: number;
  /** Seconds since the epoch at which the first capture begins. */
  readonly start: number;
  readonly snapLength: number;
  readonly nanosecond: boolean;
  readonly applications: readonly ApplicationSpec[];
}

type Tree = Readonly<Record<string, unknown>>;
type Path = readonly (string | number)[];

/** What the readers below need to point at a line. */
interface Context {
  readonly document: Document;
  readonly lines: LineCounter;
  readonly file: string;
}

function whereOf(context: Context, path: Path): string {
  for (let depth = path.length; depth >= 0; depth--) {
    const node = context.document.getIn(path.slice(0, depth), true) as { range?: [number, number, number] } | undefined;
    if (node?.range !== undefined) return `${context.file}:${context.lines.linePos(node.range[0]).line}`;
  }
  return context.file;
}

function refuse(context: Context, path: Path, message: string): never {
  fail({
    code: 'TRAFFIC-TRACE-SPEC',
    message: `${path.join('.') || 'the file'}: ${message}`,
    where: whereOf(context, path),
  });
}

function treeOf(context: Context, value: unknown, path: Path, known: readonly string[]): Tree {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(context, path, 'must be a map');
  for (const key of Object.keys(value)) {
    if (known.length > 0 && !known.includes(key))
      refuse(context, [...path, key], `unknown key; known: ${known.join(', ')}`);
  }
  return value as Tree;
}

function numberOf(
  context: Context,
  tree: Tree,
  path: Path,
  key: string,
  fallback: number | undefined,
  low: number,
  high: number,
): number {
  const value = tree[key] ?? fallback;
  if (value === undefined) refuse(context, path, `needs "${key}"`);
  if (typeof value !== 'number' || !(value >= low && value <= high)) {
    refuse(context, [...path, key], `must be a number from ${low} to ${high}`);
  }
  return value;
}

function textOf(context: Context, tree: Tree, path: Path, key: string, fallback?: string): string {
  const value = tree[key] ?? fallback;
  if (typeof value !== 'string' || !/^[\w.-]+$/.test(value))
    refuse(context, [...path, key], 'must be a name of letters, digits, . _ -');
  return value;
}

function distributionOf(context: Context, value: unknown, path: Path): Distribution {
  if (typeof value === 'number') return { choices: [value] };
  const tree = treeOf(context, value, path, ['median', 'spread', 'low', 'high', 'choices']);
  const number = (key: string, fallback?: number): number => numberOf(context, tree, path, key, fallback, 0, 1e9);
  if (tree.choices !== undefined) {
    const list = tree.choices;
    if (!Array.isArray(list) || list.length === 0 || !list.every((item) => typeof item === 'number' && item >= 0)) {
      refuse(context, [...path, 'choices'], 'must be a list of numbers');
    }
    return { choices: list as number[] };
  }
  if (tree.low !== undefined) return { low: number('low'), high: number('high') };
  return { median: number('median'), spread: number('spread', 0.3) };
}

function weightsOf(context: Context, value: unknown, path: Path, index: (key: string) => number): [number, number][] {
  const pairs = Object.entries(treeOf(context, value, path, [])).map(([key, weight]) => {
    const at = index(key);
    if (at < 0 || typeof weight !== 'number' || weight < 0)
      refuse(context, [...path, key], 'must map a known name to a weight');
    return [at, weight] as [number, number];
  });
  if (pairs.reduce((sum, [, weight]) => sum + weight, 0) <= 0) refuse(context, path, 'needs a positive weight');
  return pairs;
}

function payloadOf(context: Context, value: unknown, path: Path): number[] {
  if (value === undefined) return [];
  const parts = typeof value === 'string' ? value.trim().split(/\s+/) : [];
  if (parts.length === 0 || !parts.every((part) => /^([0-9a-fA-F]{2}|\?\?)$/.test(part))) {
    refuse(context, path, 'must be hexadecimal bytes, "??" for a random one: "e3 ?? 01"');
  }
  return parts.map((part) => (part === '??' ? -1 : Number.parseInt(part, 16)));
}

function statesOf(context: Context, value: unknown, path: Path): StateSpec[] {
  const tree = treeOf(context, value, path, []);
  const names = Object.keys(tree);
  if (names.length === 0) refuse(context, path, 'needs at least one state');
  return names.map((name) => {
    const at = [...path, name];
    const state = treeOf(context, tree[name], at, ['side', 'size', 'gapMs', 'payload', 'next']);
    if (state.side !== 'client' && state.side !== 'server')
      refuse(context, [...at, 'side'], 'must be client or server');
    return {
      name,
      side: state.side,
      size: distributionOf(context, state.size, [...at, 'size']),
      gapMs: distributionOf(context, state.gapMs, [...at, 'gapMs']),
      payload: payloadOf(context, state.payload, [...at, 'payload']),
      next: weightsOf(context, state.next ?? { [name]: 1 }, [...at, 'next'], (key) => names.indexOf(key)),
    };
  });
}

const APPLICATION_KEYS =
  'name class captures flows seconds udp ipv6 vlan ports packets tos timestamps ipOptions style hidden ack states'.split(
    ' ',
  );

function applicationOf(context: Context, value: unknown, path: Path): ApplicationSpec {
  const tree = treeOf(context, value, path, APPLICATION_KEYS);
  const name = textOf(context, tree, path, 'name');
  const share = (key: string, fallback: number): number => numberOf(context, tree, path, key, fallback, 0, 1);
  const whole = (key: string, fallback: number, high: number): number => {
    const number = numberOf(context, tree, path, key, fallback, 1, high);
    return Number.isInteger(number) ? number : refuse(context, [...path, key], 'must be a whole number');
  };
  const ports = distributionOf(context, tree.ports === undefined ? { choices: [443] } : { choices: tree.ports }, [
    ...path,
    'ports',
  ]);
  return {
    name,
    className: textOf(context, tree, path, 'class', name),
    captures: whole('captures', 1, 10_000),
    flows: whole('flows', 10, 100_000_000),
    seconds: numberOf(context, tree, path, 'seconds', 10, 0.001, 1e7),
    udp: share('udp', 0),
    ipv6: share('ipv6', 0),
    vlan: share('vlan', 0),
    ports: (ports as { choices: readonly number[] }).choices,
    packets: distributionOf(context, tree.packets ?? { median: 30, spread: 0.5 }, [...path, 'packets']),
    tos: weightsOf(context, tree.tos ?? { 0: 1 }, [...path, 'tos'], (key) =>
      /^\d+$/.test(key) && Number(key) < 256 ? Number(key) : -1,
    ),
    timestamps: share('timestamps', 0.5),
    ipOptions: share('ipOptions', 0),
    style: numberOf(context, tree, path, 'style', 0.2, 0, 5),
    hidden: share('hidden', 0),
    ack: share('ack', 0.3),
    states: statesOf(context, tree.states, [...path, 'states']),
  };
}

/**
 * Read a trace spec.
 * @param file named in errors
 * @throws ProblemError TRAFFIC-TRACE-SPEC with file and line: malformed YAML, unknown key, wrong value
 */
export function parseTraceSpec(text: string, file: string): TraceSpec {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const broken = document.errors[0];
  if (broken !== undefined) {
    const where = `${file}:${lines.linePos(broken.pos[0]).line}`;
    fail({ code: 'TRAFFIC-TRACE-SPEC', message: `malformed YAML: ${broken.message.split('\n')[0]}`, where });
  }
  const context: Context = { document, lines, file };
  const tree = treeOf(
    context,
    document.toJS(),
    [],
    ['name', 'about', 'seed', 'start', 'snapLength', 'nanosecond', 'applications'],
  );
  const list = tree.applications;
  if (!Array.isArray(list) || list.length === 0) refuse(context, ['applications'], 'must be a list of applications');
  return {
    name: textOf(context, tree, [], 'name', 'traces'),
    seed: numberOf(context, tree, [], 'seed', 1, 0, 0xffff_ffff),
    start: numberOf(context, tree, [], 'start', 1_700_000_000, 0, 0xffff_ffff),
    snapLength: numberOf(context, tree, [], 'snapLength', 262_144, 64, 262_144),
    nanosecond: tree.nanosecond === true,
    applications: list.map((item, i) => applicationOf(context, item, ['applications', i])),
  };
}
