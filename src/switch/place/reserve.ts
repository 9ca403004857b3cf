/** What the operator's own program already takes: per stage and in the header vector. From YAML, or from a fit report of that program. */

import { fail } from '../../problem.ts';
import { type LinedDocument, parseLined, type Reader, reader } from '../lines.ts';
import type { ContainerBits } from '../targets/chip.ts';
import { type Amounts, RESOURCES, type Resource } from './budget.ts';

export interface Reserve {
  /** By stage; stages beyond the list are free. */
  readonly stages: readonly Partial<Amounts>[];
  /** Containers taken, by size. */
  readonly containers: Partial<Record<ContainerBits, number>>;
}

export const NOTHING_RESERVED: Reserve = { stages: [], containers: {} };

const CODE = 'FIT-RESERVE';
/** Highest stage a reservation may name. */
const LAST_STAGE = 400;
const SIZES: readonly ContainerBits[] = [8, 16, 32];

/** `3`, `2-5` or `all`, as first and last stage. */
function stageRange(from: Reader): readonly [number, number] {
  const raw = String(from.raw('stages') ?? from.raw('stage') ?? '');
  const match = /^(\d+)(?:\s*-\s*(\d+))?$/.exec(raw);
  if (raw === 'all') return [0, LAST_STAGE];
  if (!match) return from.complain('stages', 'stages are a number, a range like 2-5, or "all"', raw);
  const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])];
  return first <= last && last <= LAST_STAGE ? [first, last] : from.complain('stages', 'no such range of stages', raw);
}

/** A report of `pegasim fit --json`: what it uses is what is reserved. */
function fromReport(value: Record<string, unknown>): Reserve {
  const perStage = (value.perStage ?? []) as { used: Amounts }[];
  const phv = (value.phv ?? { containers: [] }) as { containers: { bits: ContainerBits; used: number }[] };
  const containers: Partial<Record<ContainerBits, number>> = {};
  for (const { bits, used } of phv.containers) containers[bits] = (containers[bits] ?? 0) + used;
  return { stages: perStage.map(({ used }) => used), containers };
}

function readStages(document: LinedDocument, top: Reader): Partial<Amounts>[] {
  const stages: Partial<Amounts>[] = [];
  for (const index of top.list('reserve').keys()) {
    const from = reader(document, ['reserve', index], CODE, ['stage', 'stages', ...RESOURCES]);
    const [first, last] = stageRange(from);
    for (let stage = first; stage <= last; stage++) {
      const known: Partial<Amounts> = stages[stage] ?? {};
      for (const resource of RESOURCES)
        if (from.has(resource)) known[resource] = (known[resource] ?? 0) + amount(from, resource);
      stages[stage] = known;
    }
  }
  return Array.from(stages, (one) => one ?? {});
}

function amount(from: Reader, resource: Resource): number {
  const value = from.number(resource);
  return value >= 0 ? value : from.complain(resource, `"${resource}" must not be negative`, String(value));
}

function readContainers(document: LinedDocument, top: Reader): Reserve['containers'] {
  if (!top.has('containers')) return {};
  const from = reader(document, ['containers'], CODE, SIZES.map(String));
  return Object.fromEntries(
    SIZES.filter((size) => from.has(String(size))).map((size) => [size, from.number(String(size))]),
  );
}

/**
 * A reservation from YAML or JSON text (docs/fit-describe.md "Reserve"), or from the JSON of a fit report.
 * Throws FIT-YAML or FIT-RESERVE with `file:line`.
 */
export function reserveFromText(text: string, file: string): Reserve {
  const document = parseLined(text, file);
  const value = document.value as Record<string, unknown> | null;
  if (typeof value !== 'object' || value === null)
    return fail({ code: CODE, message: 'a reservation is a mapping (key: value)', where: file });
  if (value.schema === 'pegasim.fit/1') return fromReport(value);
  const top = reader(document, [], CODE, ['reserve', 'containers']);
  return { stages: readStages(document, top), containers: readContainers(document, top) };
}
