/**
 * Random valid programs for properties ("reference equals engine equals naive interpreter on random programs and packets"):
 * a real parser, flow hash and slot, registers with random stateful actions, tables of every match kind, actions of every
 * instruction, nested conditions, egress with a bridge. Every program passes `validateProgram` (a test holds that).
 */

import * as fc from 'fast-check';
import type { Program } from '../../src/program/index.ts';
import { randomControl } from './arbitrary-control.ts';
import { randomParser } from './arbitrary-parser.ts';
import { randomFrom } from './random.ts';

export interface RandomProgramOptions {
  /** Tables, registers and fields scale with it; 1 to 12. */
  readonly size: number;
  /** Egress tables and a bridge (default: half of the programs). */
  readonly egress?: boolean;
  /** Compare-into-field instructions (default true; Tofino 1 has none). */
  readonly compare?: boolean;
  /** All registers indexed by the flow slot (default: two thirds of the programs). */
  readonly shardable?: boolean;
}

/** The program of a seed: the same on every machine. */
export function randomProgram(seed: number, options: RandomProgramOptions): Program {
  const random = randomFrom(seed);
  const egress = options.egress ?? random.chance(0.5);
  const shardable = options.shardable ?? random.chance(0.67);
  const front = randomParser(random);
  const control = randomControl(random, front, {
    size: options.size,
    egress,
    shardable,
    compare: options.compare ?? true,
  });
  return {
    name: `random-${seed}-${options.size}`,
    fields: [...front.fields, ...control.fields],
    headers: front.headers,
    parser: front.parser,
    hashes: control.hashes,
    registers: control.registers,
    stateful: control.stateful,
    actions: control.actions,
    tables: control.tables,
    ingress: control.ingress,
    egress: control.egress,
    bridge: control.bridge,
    features: [],
    flow: control.flow,
    verdict: control.verdict,
  };
}

/** Random programs; failing ones shrink towards size 1. */
export function arbitraryProgram(options: Partial<RandomProgramOptions> = {}): fc.Arbitrary<Program> {
  const most = options.size ?? 8;
  return fc
    .tuple(fc.noShrink(fc.nat(2 ** 31 - 1)), fc.integer({ min: 1, max: most }))
    .map(([seed, size]) => randomProgram(seed, { ...options, size }));
}
