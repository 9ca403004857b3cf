/** YAML and JSON documents with the line of every value, so that complaints can point at it. */

import { LineCounter, parseDocument } from 'yaml';
import { fail } from '../problem.ts';

export type Path = readonly (string | number)[];

export interface LinedDocument {
  readonly value: unknown;
  /** `file:line` of the value at a path, or of its nearest existing parent. */
  readonly at: (path: Path) => string;
}

/** JSON is read by the fast parser; the lines are looked for only when something is to be complained about. */
function parseJson(text: string, file: string): LinedDocument | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return { value, at: (path) => parseYaml(text, file).at(path) };
  } catch {
    return undefined;
  }
}

/** Parses YAML or JSON. Throws FIT-YAML with the line of the first syntax error. */
export function parseLined(text: string, file: string): LinedDocument {
  return parseJson(text, file) ?? parseYaml(text, file);
}

function parseYaml(text: string, file: string): LinedDocument {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter });
  const [error] = document.errors;
  if (error) {
    const line = counter.linePos(error.pos[0]).line;
    return fail({ code: 'FIT-YAML', message: error.message.split('\n')[0], where: `${file}:${line}` });
  }
  const at = (path: Path): string => {
    for (let length = path.length; length >= 0; length--) {
      const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
      const range = (node as { range?: readonly number[] } | null | undefined)?.range;
      if (range) return `${file}:${counter.linePos(range[0]).line}`;
    }
    return file;
  };
  return { value: document.toJS(), at };
}

/** A reader of one mapping that knows where it stands. */
export interface Reader {
  readonly path: Path;
  readonly has: (key: string) => boolean;
  readonly number: (key: string, fallback?: number) => number;
  readonly text: (key: string, fallback?: string) => string;
  readonly flag: (key: string, fallback: boolean) => boolean;
  readonly list: (key: string) => readonly unknown[];
  readonly raw: (key: string) => unknown;
  /** Throws with the line of `key`. */
  readonly complain: (key: string, message: string, have?: string, hint?: string) => never;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads a mapping of the document; unknown keys are complained about when `allowed` is given. */
export function reader(document: LinedDocument, path: Path, code: string, allowed?: readonly string[]): Reader {
  let value = document.value;
  for (const step of path) value = (value as Record<string | number, unknown>)?.[step];
  const complain = (key: string, message: string, have?: string, hint?: string): never =>
    fail({
      code,
      message: have === undefined ? message : `${message}, not "${have}"`,
      where: document.at([...path, key]),
      ...(hint === undefined ? {} : { hint }),
    });
  if (!isMapping(value)) return complain('', 'a mapping (key: value) is needed here');
  const object = value;
  for (const key of Object.keys(object))
    if (allowed && !allowed.includes(key))
      complain(key, `unknown key "${key}"`, undefined, `known: ${allowed.join(', ')}`);
  const need = (key: string): never => complain(key, `"${key}" is missing`);
  return {
    path,
    has: (key) => object[key] !== undefined && object[key] !== null,
    raw: (key) => object[key],
    complain,
    number: (key, fallback) => {
      const found = object[key];
      if (found === undefined || found === null) return fallback ?? need(key);
      if (typeof found === 'number' && Number.isFinite(found)) return found;
      return complain(key, `"${key}" must be a number`, String(found));
    },
    text: (key, fallback) => {
      const found = object[key];
      if (found === undefined || found === null) return fallback ?? need(key);
      return typeof found === 'string' ? found : complain(key, `"${key}" must be text`, String(found));
    },
    flag: (key, fallback) => {
      const found = object[key];
      if (found === undefined || found === null) return fallback;
      return typeof found === 'boolean' ? found : complain(key, `"${key}" must be true or false`, String(found));
    },
    list: (key) => {
      const found = object[key];
      if (found === undefined || found === null) return [];
      return Array.isArray(found) ? found : complain(key, `"${key}" must be a list`);
    },
  };
}
