/** Joining labels to flows: by 5-tuple in either direction, by file, by time window where the labels have one (USERS.md 11). */
import { KEY_WORDS } from '../decode/flow-key.ts';
import { type FlowColumns, type FlowTable, findFlow, flowOf, newFlowTable } from '../decode/flows.ts';
import { isExtension } from '../decode/frame.ts';
import type { CaptureFile } from './captures.ts';
import type { LabelFile, LabelRow } from './labels.ts';

const ICMPV6 = 58;

/** Which label row each flow got, and what stayed without a partner. */
export interface Joined {
  /** Row index per flow; -1 without. */
  readonly rowOf: Int32Array;
  readonly matchedRows: number;
  /** Rows with a class that matched no flow; the first of them. */
  readonly unmatchedRows: number;
  readonly firstUnmatched: LabelRow | undefined;
  /** Captures none of whose flows has a row. */
  readonly unlabelledCaptures: readonly string[];
  /** Flows for which rows of different classes fit; the first row was taken. */
  readonly conflicts: number;
}

/** Label rows of one scope (one file, or all files), by key. */
interface Index {
  readonly table: FlowTable;
  /** Rows of each key in file order: first by table number, then linked. */
  readonly first: number[];
  readonly next: Map<number, number>;
  readonly last: number[];
  /** The row for the whole file. */
  whole: number;
}

function newIndex(): Index {
  return { table: newFlowTable(), first: [], next: new Map(), last: [], whole: -1 };
}

function addRow(index: Index, row: LabelRow): void {
  if (row.key === undefined) {
    if (index.whole < 0) index.whole = row.index;
    return;
  }
  index.table.key.set(row.key);
  const at = flowOf(index.table, 0, 0, 0, 0);
  if (index.first[at] === undefined) index.first[at] = row.index;
  else index.next.set(index.last[at]!, row.index);
  index.last[at] = row.index;
}

/** "a/b/c.pcap", "b/c.pcap", "c.pcap". */
function suffixes(name: string): string[] {
  const parts = name.split('/');
  return parts.map((_, i) => parts.slice(i).join('/'));
}

/**
 * Find the labels' files among the captures. Labels may name them by a longer path ("pcap/a/b.pcap") or a shorter one ("b.pcap"): the longest
 * common end that only one capture has decides.
 */
function filesByName(captures: readonly CaptureFile[]): (name: string) => number {
  const bySuffix = new Map<string, number>();
  captures.forEach((capture, i) => {
    for (const suffix of suffixes(capture.name)) bySuffix.set(suffix, bySuffix.has(suffix) ? -1 : i);
  });
  captures.forEach((capture, i) => {
    bySuffix.set(capture.name, i); // a whole name goes before the end of another
  });
  return (name) => {
    const plain = name.replaceAll('\\', '/').replace(/^\.\//, '');
    return suffixes(plain).reduce((found, suffix) => (found >= 0 ? found : (bySuffix.get(suffix) ?? -1)), -1);
  };
}

function indexRows(
  labels: LabelFile,
  captures: readonly CaptureFile[],
): { perCapture: Map<number, Index>; common: Index } {
  const find = filesByName(captures);
  const perCapture = new Map<number, Index>();
  const common = newIndex();
  for (const row of labels.rows) {
    if (row.file === undefined || row.file === '') {
      addRow(common, row);
      continue;
    }
    const capture = find(row.file);
    if (capture < 0) continue;
    const index = perCapture.get(capture) ?? newIndex();
    perCapture.set(capture, index);
    addRow(index, row);
  }
  return { perCapture, common };
}

function overlaps(row: LabelRow, first: number, last: number): boolean {
  return (row.start === undefined || row.start <= last) && (row.end === undefined || row.end >= first);
}

/** Join every flow to at most one label row. */
export function joinLabels(flows: FlowColumns, captures: readonly CaptureFile[], labels: LabelFile): Joined {
  const { perCapture, common } = indexRows(labels, captures);
  const rowOf = new Int32Array(flows.count).fill(-1);
  const hit = new Uint8Array(labels.rows.length);
  const labelled = new Uint8Array(captures.length);
  let conflicts = 0;
  for (let flow = 0; flow < flows.count; flow++) {
    const capture = flows.capture[flow]!;
    const own = perCapture.get(capture);
    const found = own === undefined ? -1 : rowFor(own, flows, flow, labels, hit);
    const row = found >= 0 ? found : rowFor(common, flows, flow, labels, hit);
    if (row < 0) continue;
    if (conflictAt.found) conflicts++;
    rowOf[flow] = row;
    labelled[capture] = 1;
  }
  const unmatched = labels.rows.filter((row) => hit[row.index] === 0 && row.className !== '');
  return {
    rowOf,
    matchedRows: hit.reduce((sum, one) => sum + one, 0),
    unmatchedRows: unmatched.length,
    firstUnmatched: unmatched[0],
    unlabelledCaptures: captures.filter((_, i) => labelled[i] === 0).map((capture) => capture.name),
    conflicts,
  };
}

/** Set by rowFor when rows of different classes fit the flow. */
const conflictAt = { found: false };

function rowFor(index: Index, flows: FlowColumns, flow: number, labels: LabelFile, hit: Uint8Array): number {
  conflictAt.found = false;
  const at = flow * KEY_WORDS;
  index.table.key.set(flows.words.subarray(at, at + KEY_WORDS));
  let key = findFlow(index.table);
  if (key < 0 && flows.words[at + 9]! >>> 8 === 6 && isExtension(flows.words[at + 9]! & 255)) {
    // Behind an extension header we know no L4; label files name the upper protocol. Without ports that is ICMPv6 (multicast listener reports).
    index.table.key[9] = (6 << 8) | ICMPV6;
    key = findFlow(index.table);
  }
  const first = flows.firstSeconds[flow]! + flows.firstNanos[flow]! / 1e9;
  const last = flows.lastSeconds[flow]! + flows.lastNanos[flow]! / 1e9;
  let taken = -1;
  for (let row = key < 0 ? -1 : index.first[key]!; row >= 0; row = index.next.get(row) ?? -1) {
    if (!overlaps(labels.rows[row]!, first, last)) continue;
    hit[row] = 1;
    if (taken < 0) taken = row;
    else if (labels.rows[row]!.className !== labels.rows[taken]!.className) conflictAt.found = true;
  }
  if (taken < 0 && index.whole >= 0) {
    taken = index.whole;
    hit[taken] = 1;
  }
  return taken;
}
