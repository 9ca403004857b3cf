/** Chips and reservations as users name them: a shipped chip, or a YAML file. */

import { readFile } from '../files.ts';
import {
  type Chip,
  chipFromText,
  chipNamed,
  type FitReport,
  fitDescription,
  type PlaceOptions,
  readDescription,
  reserveFromText,
} from '../switch/index.ts';

/**
 * A shipped chip by name, or a custom chip's YAML file.
 * @throws ProblemError FIT-CHIP, FIT-CHIP-FILE, FIT-YAML, FILE-READ
 */
export function chipFor(target: string): Chip {
  return /\.(ya?ml|json)$/.test(target) ? chipFromText(readFile(target).toString('utf8'), target) : chipNamed(target);
}

/** Options of a placement with what the operator's own program already uses. @throws ProblemError FIT-RESERVE, FIT-YAML */
export function reserved(file: string | undefined): PlaceOptions {
  return file === undefined ? {} : { reserve: reserveFromText(readFile(file).toString('utf8'), file) };
}

/** Fit a described program (docs/fit-describe.md) without a model. @throws ProblemError FIT-DESCRIBE, FIT-YAML */
export function fitDescribed(file: string, options: { target: string; program?: string; reserve?: string }): FitReport {
  const description = readDescription(readFile(file).toString('utf8'), file, options.program);
  return fitDescription(description, chipFor(options.target), reserved(options.reserve));
}
