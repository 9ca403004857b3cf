/** Fragments of a program (parser side, features, model tables, verdict) become one program by concatenating their lists. */

import { isDeepStrictEqual } from 'node:util';
import { fail } from '../problem.ts';
import type { Fragment, Parser, Program, Verdict } from './program.ts';

type NamedList = 'fields' | 'headers' | 'hashes' | 'registers' | 'stateful' | 'actions' | 'tables';

/**
 * One program from fragments, in order: steps of later fragments run after those of earlier ones. The same thing declared
 * twice (deeply equal) is kept once, at its first place; bridged fields are kept once.
 * @throws PROGRAM-DUPLICATE when two fragments declare different things under one name, or two flow states.
 */
export function mergeFragments(
  name: string,
  parser: Parser,
  verdict: Verdict,
  ...fragments: readonly Fragment[]
): Program {
  const flows = fragments.flatMap((one) => (one.flow ? [one.flow] : []));
  if (flows.length > 1) fail({ code: 'PROGRAM-DUPLICATE', message: 'two fragments declare a flow state', where: name });
  const program: Program = {
    name,
    fields: named(fragments, 'fields'),
    headers: named(fragments, 'headers'),
    parser,
    hashes: named(fragments, 'hashes'),
    registers: named(fragments, 'registers'),
    stateful: named(fragments, 'stateful'),
    actions: named(fragments, 'actions'),
    tables: named(fragments, 'tables'),
    ingress: fragments.flatMap((one) => one.ingress ?? []),
    egress: fragments.flatMap((one) => one.egress ?? []),
    bridge: [...new Set(fragments.flatMap((one) => one.bridge ?? []))],
    features: fragments.flatMap((one) => one.features ?? []),
    verdict,
  };
  return flows.length === 1 ? { ...program, flow: flows[0] } : program;
}

function named<K extends NamedList>(fragments: readonly Fragment[], list: K): Program[K] {
  const seen = new Map<string, unknown>();
  const out: { readonly name: string }[] = [];
  for (const fragment of fragments) {
    for (const one of (fragment[list] ?? []) as readonly { readonly name: string }[]) {
      if (!seen.has(one.name)) {
        seen.set(one.name, one);
        out.push(one);
      } else if (!isDeepStrictEqual(seen.get(one.name), one)) {
        fail({
          code: 'PROGRAM-DUPLICATE',
          message: `two fragments declare different ${list} named ${one.name}`,
          where: one.name,
        });
      }
    }
  }
  return out as unknown as Program[K];
}
