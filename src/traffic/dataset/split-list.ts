/** Splits listed in a JSON file beside a dataset: by capture, by group, or by label row. */
import { fail } from '../../problem.ts';
import { readText } from './csv.ts';
import { splitOfName } from './labels.ts';

/** A list, in whichever of the three forms the file has. */
export interface SplitList {
  readonly path: string;
  /** Capture name or group id → split. */
  readonly byName: ReadonlyMap<string, number>;
  /** Label row → split; undefined when the list does not go by rows. */
  readonly byRow: ReadonlyMap<number, number> | undefined;
  readonly classes: readonly string[] | undefined;
  readonly labelColumn: string | undefined;
  readonly minPackets: number | undefined;
}

interface ListFile {
  readonly split?: Record<string, string>;
  readonly files?: Record<string, { split: string; rows?: number[] }>;
  readonly split_rows?: Record<string, number[]>;
  readonly classes?: string[];
  readonly label_column?: string;
  readonly min_packets?: number;
}

function parse(path: string): ListFile {
  try {
    const value: unknown = JSON.parse(readText(path));
    if (typeof value === 'object' && value !== null) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    fail({ code: 'TRAFFIC-JSON', message: `not JSON: ${error.message}`, where: path });
  }
  return fail({ code: 'TRAFFIC-JSON', message: 'not a JSON object', where: path });
}

/** @throws ProblemError TRAFFIC-JSON, TRAFFIC-SPLIT */
export function readSplitList(path: string): SplitList {
  const file = parse(path);
  const byName = new Map<string, number>();
  const byRow = new Map<number, number>();
  for (const [name, split] of Object.entries(file.split ?? {})) byName.set(name, splitOfName(split, path));
  for (const [name, entry] of Object.entries(file.files ?? {})) {
    const split = splitOfName(entry.split, `${path}: ${name}`);
    byName.set(name, split);
    for (const row of entry.rows ?? []) byRow.set(row, split);
  }
  for (const [name, rows] of Object.entries(file.split_rows ?? {})) {
    for (const row of rows) byRow.set(row, splitOfName(name, path));
  }
  if (byName.size === 0 && byRow.size === 0) {
    fail({
      code: 'TRAFFIC-SPLIT',
      message: 'the list deals nothing',
      where: path,
      need: '"split", "files" or "split_rows"',
    });
  }
  return {
    path,
    byName,
    byRow: byRow.size > 0 ? byRow : undefined,
    classes: file.classes,
    labelColumn: file.label_column,
    minPackets: file.min_packets,
  };
}
