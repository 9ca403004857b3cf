/** Commands in the documentation: found in code blocks, split as a shell would. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** README.md, CONTRIBUTING.md and docs/*.md. */
export function pages(): string[] {
  const docs = readdirSync('docs').filter((name) => name.endsWith('.md'));
  return ['README.md', 'CONTRIBUTING.md', ...docs.map((name) => join('docs', name))];
}

export interface Command {
  readonly page: string;
  readonly line: number;
  /** Arguments after `pegasim`. */
  readonly args: readonly string[];
}

/** Words of a command up to a comment, a pipe or a redirection; quotes hold words together. */
function words(text: string): string[] {
  const found = text.match(/'[^']*'|"[^"]*"|[^\s'"]+/g) ?? [];
  const end = found.findIndex((word) => /^(#|\||>|>>|&&|;|…)/.test(word));
  return (end < 0 ? found : found.slice(0, end)).map((word) => word.replace(/^['"]|['"]$/g, ''));
}

/** Every `pegasim …` of a page's code blocks: indented, fenced, or a `run:` of a workflow. */
export function commandsOf(page: string): Command[] {
  let fenced = false;
  return readFileSync(page, 'utf8')
    .split('\n')
    .flatMap((text, i) => {
      if (/^\s*```/.test(text)) fenced = !fenced;
      const code = fenced || /^ {4}/.test(text);
      const match = code ? /^(?:\s*(?:- run:|\$|run:))?\s*(?:npx )?pegasim (.*)$/.exec(text) : null;
      return match === null ? [] : [{ page, line: i + 1, args: words(match[1] ?? '') }];
    });
}
