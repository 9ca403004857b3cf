/**
 * Programs whose features are injected (table models, feature rows) have no parser of their own. What leaves the simulator needs
 * one: the features travel in a header behind Ethernet, as in the published bmv2 programs.
 */

import type { FrameColumns, Header, ParserState, Program, RunInput, Step } from '../program/index.ts';
import { appliedTables, lookupOf, tableActions } from '../program/index.ts';

/** EtherType of a frame that carries features (IEEE local experimental 2). */
export const FEATURE_TYPE = 0x88b6;
const HEADER = 'features';

/** Fields that ingress reads and nothing writes: values from outside. In the order of declaration. */
export function injectedFields(program: Program): string[] {
  const at = lookupOf(program);
  const reads = new Set<string>();
  const writes = new Set<string>();
  const tests = (steps: readonly Step[]): void => {
    for (const step of steps) {
      if (step.kind !== 'if') continue;
      for (const test of step.all) if (test.kind === 'cmp') reads.add(test.field);
      tests(step.then);
      tests(step.else);
    }
  };
  tests(program.ingress);
  for (const name of appliedTables(program.ingress)) {
    const table = at.table.get(name)!;
    for (const key of table.keys) reads.add(key.field);
    for (const action of tableActions(table).map((one) => at.action.get(one)!)) {
      for (const one of action.instructions) {
        writes.add(one.dst);
        if (one.op === 'hash')
          for (const part of at.hash.get(one.hash)!.parts) for (const field of part.xor) reads.add(field);
        else if (one.op === 'cmov') reads.add(one.when);
        for (const operand of one.op === 'hash' ? [] : 'b' in one ? [one.a, one.b] : [one.a]) {
          if (operand.kind === 'field') reads.add(operand.field);
        }
      }
      if (!action.stateful) continue;
      const salu = at.stateful.get(action.stateful.run)!;
      reads.add(action.stateful.index);
      for (const input of salu.inputs) if (input.kind === 'field') reads.add(input.field);
      for (const output of salu.outputs) writes.add(output.dst);
    }
  }
  return program.fields
    .filter((one) => one.source === 'metadata' && reads.has(one.name) && !writes.has(one.name))
    .map((one) => one.name);
}

/** Does the program's parser take nothing from packets? */
export function isInjected(program: Program): boolean {
  return program.parser.states.every((one) => one.extract.length === 0);
}

const state = (name: string, parts: Partial<ParserState>): ParserState => ({
  name,
  extract: [],
  skip: 0,
  assign: [],
  select: [],
  cases: [],
  otherwise: 'accept',
  ...parts,
});

/** The same program with a parser: Ethernet, then one field for each injected value, padded to whole bytes in front. */
export function carryFeatures(program: Program): Program {
  const inputs = injectedFields(program);
  const at = lookupOf(program);
  const bits = (name: string) => at.field.get(name)!.bits;
  const own = (name: string) => `hdr.${HEADER}.${name.replace(/^meta\./, '')}`;
  const pads = inputs.flatMap((name) =>
    bits(name) % 8 === 0 ? [] : [{ name: `hdr.${HEADER}.pad.${name}`, bits: 8 - (bits(name) % 8) }],
  );
  const padOf = (name: string) => pads.filter((one) => one.name === `hdr.${HEADER}.pad.${name}`).map((one) => one.name);
  const ethernet: Header = {
    name: 'ethernet',
    fields: ['hdr.ethernet.dst', 'hdr.ethernet.src', 'hdr.ethernet.ether_type'],
  };
  const features: Header = { name: HEADER, fields: inputs.flatMap((name) => [...padOf(name), own(name)]) };
  const header = (name: string, width: number) => ({ name, bits: width, source: 'header' as const });
  return {
    ...program,
    fields: [
      ...ethernet.fields.map((name) => header(name, name.endsWith('type') ? 16 : 48)),
      ...pads.map((one) => header(one.name, one.bits)),
      ...inputs.map((name) => header(own(name), bits(name))),
      ...program.fields,
    ],
    headers: [ethernet, features],
    parser: {
      states: [
        state('start', {
          extract: ['ethernet'],
          select: [{ kind: 'field', field: 'hdr.ethernet.ether_type' }],
          cases: [{ value: [FEATURE_TYPE], mask: [0xffff], next: 'features' }],
          otherwise: 'reject',
        }),
        state('features', {
          extract: [HEADER],
          assign: inputs.map((name) => ({ dst: name, from: { field: own(name) } })),
        }),
      ],
    },
  };
}

/** Injected rows as frames for the parser of `carryFeatures`, one microsecond apart. Fields that are not given are 0. */
export function featureFrames(program: Program, input: Extract<RunInput, { kind: 'injected' }>): FrameColumns {
  const { field } = lookupOf(program);
  const inputs = injectedFields(program).map((name) => ({ bits: field.get(name)!.bits, column: input.fields[name] }));
  const length = 14 + inputs.reduce((sum, one) => sum + Math.ceil(one.bits / 8), 0);
  const { count } = input;
  const bytes = new Uint8Array(count * length);
  for (let i = 0; i < count; i++) {
    let at = i * length;
    bytes.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, FEATURE_TYPE >> 8, FEATURE_TYPE & 255], at);
    at += 14;
    for (const { bits, column } of inputs) {
      const width = Math.ceil(bits / 8);
      for (let b = 0; b < width; b++)
        bytes[at + b] = width - 1 - b >= 4 ? 0 : (column?.[i] ?? 0) >>> (8 * (width - 1 - b));
      at += width;
    }
  }
  return {
    count,
    bytes,
    offset: Uint32Array.from({ length: count }, (_, i) => i * length),
    capLen: new Uint32Array(count).fill(length),
    origLen: new Uint32Array(count).fill(length),
    seconds: Uint32Array.from({ length: count }, (_, i) => Math.floor(i / 1_000_000)),
    nanos: Uint32Array.from({ length: count }, (_, i) => (i % 1_000_000) * 1000),
    capture: new Uint32Array(count),
  };
}
