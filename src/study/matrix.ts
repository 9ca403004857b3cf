/** Matrices of scenario files: one run per combination of option values, and their results as a table. */

import type { Figures } from './expectations.ts';
import type { ScenarioResult } from './result.ts';
import type { MatrixPoint } from './scenario.ts';

export type Tree = Record<string, unknown>;

/** Options of `over` instead of those of `base`, section by section. */
export function merge(base: Tree, over: Tree): Tree {
  const merged: Tree = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const both = isTree(merged[key]) && isTree(value);
    merged[key] = both ? merge(merged[key] as Tree, value as Tree) : value;
  }
  return merged;
}

function isTree(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value in a run's name: files by their last part, sections by what they set. */
export function valueText(value: unknown): string {
  if (isTree(value)) {
    const parts = Object.entries(value as Tree).map(([key, one]) => `${key}=${valueText(one)}`);
    return parts.join('+');
  }
  return typeof value === 'string' ? (value.split(/[\\/]/).at(-1) ?? value) : String(value);
}

/** `compile.leaves=16,target=tofino2`. */
export function pointText(point: readonly MatrixPoint[]): string {
  return point.map(({ option, value }) => `${option}=${valueText(value)}`).join(',');
}

/** Every combination of the `matrix`, the first option slowest; one run without any. Runs are named `name[option=value,…]`. */
export function expandMatrix(tree: Tree): { tree: Tree; point: readonly MatrixPoint[] }[] {
  const axes = Object.entries((tree.matrix ?? {}) as Record<string, unknown[]>);
  let runs: { tree: Tree; point: readonly MatrixPoint[] }[] = [{ tree, point: [] }];
  for (const [option, values] of axes) {
    runs = runs.flatMap((run) =>
      values.map((value) => ({
        tree: merge(run.tree, nest(option.split('.'), value)),
        point: [...run.point, { option, value }],
      })),
    );
  }
  return runs.map(({ tree: one, point }) =>
    point.length === 0
      ? { tree: one, point }
      : { tree: { ...one, name: `${String(tree.name)}[${pointText(point)}]` }, point },
  );
}

function nest(path: string[], value: unknown): Tree {
  const [head = '', ...rest] = path;
  return { [head]: rest.length === 0 ? value : nest(rest, value) };
}

/** The results of one file's matrix, a row per run. */
export interface MatrixTable {
  readonly schema: 'pegasim/matrix';
  readonly version: 1;
  readonly name: string;
  /** The options that vary, in the file's order. */
  readonly options: readonly string[];
  readonly rows: readonly {
    readonly name: string;
    /** Parallel to `options`. */
    readonly values: readonly unknown[];
    /** The same as short text: files by their last part. */
    readonly texts: readonly string[];
    readonly figures: Figures;
    /** By class: F1, share of scored packets with a verdict, median packets and milliseconds to a flow's first verdict. */
    readonly classes: readonly {
      readonly class: string;
      readonly f1: number;
      readonly coverage: number;
      readonly firstVerdictPackets: number | null;
      readonly firstVerdictMs: number | null;
    }[];
    readonly pass: boolean;
  }[];
}

function classRows({ replay }: ScenarioResult): MatrixTable['rows'][number]['classes'] {
  const { packets, firstVerdict } = replay.switch;
  return packets.perClass.map(({ class: name, f1 }, i) => {
    const row = packets.confusion[i] ?? [];
    const total = row.reduce((sum, count) => sum + count, 0);
    const none = row.at(-1) ?? 0;
    const first = firstVerdict.find((one) => one.class === name);
    return {
      class: name,
      f1,
      coverage: total === 0 ? 0 : (total - none) / total,
      firstVerdictPackets: first?.packets ?? null,
      firstVerdictMs: first?.milliseconds ?? null,
    };
  });
}

/** Tables of all matrices among results, in their order. */
export function matrixTables(results: readonly ScenarioResult[]): MatrixTable[] {
  const studies = [...new Set(results.flatMap(({ matrix }) => matrix?.study ?? []))];
  return studies.map((name) => {
    const own = results.filter(({ matrix }) => matrix?.study === name);
    const options = own[0]?.matrix?.point.map(({ option }) => option) ?? [];
    const rows = own.map((result) => ({
      name: result.name,
      values: (result.matrix?.point ?? []).map(({ value }) => value),
      texts: (result.matrix?.point ?? []).map(({ value }) => valueText(value)),
      figures: result.figures,
      classes: classRows(result),
      pass: result.pass,
    }));
    return { schema: 'pegasim/matrix', version: 1, name, options, rows };
  });
}
