/** Rule: the parser reaches every state, never loops, reads only what it extracted, and its cases can hit. */

import type { ParserState, SelectKey } from '../program.ts';
import { type Check, report, reportChip, whole } from './context.ts';

/** False when the graph is too broken (loops, no start) for path analysis. */
export function checkParser(check: Check): boolean {
  const states = new Map(check.program.parser.states.map((one) => [one.name, one]));
  const order = topological(check, states);
  if (order === undefined) return false;
  for (const state of states.values()) {
    if (!order.includes(state)) report(check, 'PARSER', `parser state ${state.name}`, 'no path from start reaches it');
    checkCases(check, state);
    checkAssigned(check, state);
  }
  checkExtracted(check, order);
  checkDepth(check, order);
  return true;
}

/** States after `state`, accept and reject left out. */
export function nextStates(state: ParserState, states: ReadonlyMap<string, ParserState>): ParserState[] {
  const names = new Set([...state.cases.map((one) => one.next), state.otherwise]);
  return [...names].flatMap((name) => states.get(name) ?? []);
}

/** Reachable states, each before its successors; undefined (and a problem) when the parser loops. */
function topological(check: Check, states: ReadonlyMap<string, ParserState>): ParserState[] | undefined {
  const start = states.get('start');
  if (!start) return undefined;
  const done = new Set<ParserState>();
  const open = new Set<ParserState>();
  const order: ParserState[] = [];
  const visit = (state: ParserState): boolean => {
    if (done.has(state)) return true;
    if (open.has(state)) {
      report(check, 'PARSER', `parser state ${state.name}`, 'the parser loops', {
        hint: 'unroll the loop into states',
      });
      return false;
    }
    open.add(state);
    if (!nextStates(state, states).every(visit)) return false;
    open.delete(state);
    done.add(state);
    order.unshift(state);
    return true;
  };
  return visit(start) ? order : undefined;
}

function selectBits(check: Check, one: SelectKey): number {
  return one.kind === 'field' ? check.at.field.get(one.field)!.bits : one.bytes * 8;
}

function checkCases(check: Check, state: ParserState): void {
  const where = `parser state ${state.name}`;
  const widths = state.select.map((one) => selectBits(check, one));
  const most = check.rules.parserSelectBits ?? Infinity;
  const total = widths.reduce((sum, bits) => sum + bits, 0);
  if (total > most) reportChip(check, where, 'a select of so many bits', { need: `≤ ${most}`, have: `${total}` });
  if (widths.some((bits) => bits > 32)) report(check, 'WIDTH', where, 'a select key has at most 32 bits');
  if (state.select.some((one) => one.kind === 'lookahead' && (!whole(one.byte) || one.byte < 0))) {
    report(check, 'PARSER', where, 'a lookahead starts at a byte ahead of the cursor');
  }
  if (!whole(state.skip) || state.skip < 0) report(check, 'PARSER', where, 'skip is a number of bytes');
  state.cases.forEach((one, index) => {
    if (one.value.length !== widths.length || one.mask.length !== widths.length) {
      report(check, 'PARSER', where, `case ${index} needs one value and mask per select key`, {
        need: `${widths.length}`,
        have: `${one.value.length}`,
      });
      return;
    }
    const bad = widths.some((bits, k) => {
      const [value, mask] = [one.value[k], one.mask[k]];
      return !whole(value) || !whole(mask) || value < 0 || mask < 0 || mask >= 2 ** bits || (value & ~mask) !== 0;
    });
    if (bad)
      report(check, 'PARSER', where, `case ${index} can never hit: values lie inside masks, masks inside widths`);
  });
}

/** The parser writes metadata; 32-bit constants at most. */
function checkAssigned(check: Check, state: ParserState): void {
  const where = `parser state ${state.name}`;
  const seen = new Set<string>();
  for (const { dst, from } of state.assign) {
    if (check.at.field.get(dst)!.source !== 'metadata') {
      report(check, 'PARSER', where, `${dst} is not metadata: the parser extracts headers and assigns metadata`);
    }
    if (seen.has(dst)) report(check, 'PARSER', where, `${dst} is assigned twice`);
    seen.add(dst);
    if ('const' in from && !whole(from.const)) report(check, 'CONSTANT', where, `${from.const} is not a whole number`);
  }
}

/** No header twice on a path; fields read by select and assign were extracted on every path before. */
function checkExtracted(check: Check, order: readonly ParserState[]): void {
  const states = new Map(order.map((one) => [one.name, one]));
  const some = new Map<ParserState, Set<string>>();
  const all = new Map<ParserState, Set<string>>();
  some.set(order[0], new Set());
  all.set(order[0], new Set());
  for (const state of order) {
    const where = `parser state ${state.name}`;
    const maybe = new Set(some.get(state));
    const surely = new Set(all.get(state));
    for (const header of state.extract) {
      if (maybe.has(header)) report(check, 'PARSER', where, `${header} is extracted twice on one path`);
      maybe.add(header);
      surely.add(header);
    }
    checkReads(check, state, surely);
    for (const next of nextStates(state, states)) {
      some.set(next, new Set([...(some.get(next) ?? []), ...maybe]));
      const before = all.get(next);
      all.set(next, before ? new Set([...before].filter((one) => surely.has(one))) : new Set(surely));
    }
  }
}

function checkReads(check: Check, state: ParserState, surely: ReadonlySet<string>): void {
  const reads = [
    ...state.select.flatMap((one) => (one.kind === 'field' ? [one.field] : [])),
    ...state.assign.flatMap(({ from }) => ('field' in from ? [from.field] : [])),
  ];
  for (const name of reads) {
    const header = check.at.headerOf.get(name);
    if (header === undefined) {
      report(
        check,
        'PARSER',
        `parser state ${state.name}`,
        `${name} is not a header field: the parser reads extracted fields`,
      );
    } else if (!surely.has(header)) {
      report(check, 'PARSER', `parser state ${state.name}`, `${name} is read where ${header} may not be extracted yet`);
    }
  }
}

/** Bytes from the start of the frame to the end of the deepest extraction, against the chip's parser depth. */
function checkDepth(check: Check, order: readonly ParserState[]): void {
  const most = check.rules.parserDepthBytes;
  if (most === undefined) return;
  const states = new Map(order.map((one) => [one.name, one]));
  const before = new Map<ParserState, number>();
  for (const state of order) {
    const at = before.get(state) ?? 0;
    const extracted = state.extract
      .flatMap((name) => check.at.header.get(name)!.fields)
      .reduce((sum, name) => sum + check.at.field.get(name)!.bits, 0);
    const end = at + extracted / 8;
    if (end > most) {
      reportChip(check, `parser state ${state.name}`, 'parsing so deep', {
        need: `≤ ${most} bytes`,
        have: `${end} bytes`,
      });
    }
    for (const next of nextStates(state, states)) before.set(next, Math.max(before.get(next) ?? 0, end + state.skip));
  }
}
