/** The instruction vocabulary as sets, for those who sort instructions by kind. */

import type { BinaryOp, CompareOp } from './program.ts';

const binary: readonly BinaryOp[] = [
  'add',
  'sub',
  'addSatU',
  'addSatS',
  'subSatU',
  'subSatS',
  'minU',
  'minS',
  'maxU',
  'maxS',
  'and',
  'or',
  'xor',
];
const comparing: readonly CompareOp[] = ['eq', 'ne', 'ltU', 'leU', 'gtU', 'geU', 'ltS', 'leS', 'gtS', 'geS'];

export const BINARY_OPS: ReadonlySet<string> = new Set(binary);
export const COMPARE_OPS: ReadonlySet<string> = new Set(comparing);
