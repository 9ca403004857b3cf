/** A chip described by a user in YAML: a base chip by name and the numbers that differ, checked key by key with the line. */

import { fail } from '../../problem.ts';
import { type LinedDocument, type Path, parseLined } from '../lines.ts';
import type { Chip } from './chip.ts';
import { CHIPS, chipNamed } from './index.ts';

const CODE = 'FIT-CHIP-FILE';

/** Largest chip that makes sense: keeps a typing error from asking for years of scheduling. */
const MOST_STAGES = 200;

type Json = number | string | boolean | null | Json[] | { [key: string]: Json };

function wrong(document: LinedDocument, path: Path, message: string, have?: unknown, hint?: string): never {
  const said = have === undefined ? message : `${message}, not "${String(have)}"`;
  return fail({ code: CODE, message: said, where: document.at(path), ...(hint === undefined ? {} : { hint }) });
}

/** A number in place of a number (Infinity as `unlimited`), a boolean of a boolean, text of text, a list of numbers of a list. */
function scalar(document: LinedDocument, path: Path, base: Json, given: Json): Json {
  const name = path.join('.');
  if (typeof base === 'number') {
    if (given === 'unlimited') return Infinity;
    if (typeof given !== 'number' || !Number.isFinite(given))
      return wrong(document, path, `"${name}" must be a number or "unlimited"`, given);
    if (given < 0 && base >= 0) return wrong(document, path, `"${name}" must not be negative`, given);
    return given;
  }
  if (Array.isArray(base)) {
    const good = Array.isArray(given) && given.every((one) => typeof one === 'number');
    return good ? given : wrong(document, path, `"${name}" must be a list of numbers`, given);
  }
  return typeof given === typeof base
    ? given
    : wrong(document, path, `"${name}" must be ${typeof base === 'boolean' ? 'true or false' : 'text'}`, given);
}

function isMapping(value: Json): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The base with the given values in place; keys the base does not have are complained about. */
function overlay(document: LinedDocument, path: Path, base: Json, given: Json): Json {
  if (!isMapping(base)) return scalar(document, path, base, given);
  if (!isMapping(given)) return wrong(document, path, `"${path.join('.')}" must be a mapping`, given);
  const merged: { [key: string]: Json } = { ...base };
  for (const [key, value] of Object.entries(given)) {
    if (!(key in base))
      wrong(
        document,
        [...path, key],
        `unknown key "${[...path, key].join('.')}"`,
        undefined,
        `known: ${Object.keys(base).join(', ')}`,
      );
    merged[key] = overlay(document, [...path, key], base[key], value);
  }
  return merged;
}

/**
 * A chip from YAML or JSON text: `name`, `base` (a shipped chip, default tofino2) and any numbers of the base that differ.
 * Throws FIT-YAML, FIT-CHIP or FIT-CHIP-FILE with `file:line`.
 */
export function chipFromText(text: string, file: string): Chip {
  const document = parseLined(text, file);
  const given = document.value as Json;
  if (!isMapping(given ?? null)) return wrong(document, [], 'a chip description is a mapping (key: value)');
  const { base = 'tofino2', ...rest } = given as { [key: string]: Json };
  if (typeof rest.name !== 'string' || rest.name === '')
    return wrong(document, ['name'], 'a custom chip needs a "name"');
  if (CHIPS.some((chip) => chip.name === rest.name))
    return wrong(document, ['name'], `"${rest.name}" is a shipped chip: choose another name`);
  if (typeof base !== 'string') return wrong(document, ['base'], '"base" must be the name of a shipped chip', base);
  const start = chipNamed(base);
  const chip = overlay(document, [], start as unknown as Json, { title: rest.name, ...rest }) as unknown as Chip;
  if (
    chip.stages < 1 ||
    (chip.stages > MOST_STAGES && chip.stages !== Infinity) ||
    !(Number.isInteger(chip.stages) || chip.stages === Infinity)
  )
    return wrong(document, ['stages'], `"stages" must be a whole number from 1 to ${MOST_STAGES}`, chip.stages);
  return chip;
}
