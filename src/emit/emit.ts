/** A program made into everything another switch needs: P4, entries, a README, and a test kit. */

import { fail } from '../problem.ts';
import { assertValid, type Placement, type Program } from '../program/index.ts';
import { chipNamed, chipRules } from '../switch/index.ts';
import { bfrtJson, bfrtLoader } from './bfrt.ts';
import { cliText } from './cli-entries.ts';
import { createContext } from './context.ts';
import { emittedTables } from './entries.ts';
import type { EmitFile } from './files.ts';
import { buildKit } from './kit.ts';
import { likeProblems } from './like.ts';
import { identifier } from './names.ts';
import { type EmitOptions, emitSettings } from './options.ts';
import { p4runtimeJson, p4runtimeText } from './p4runtime.ts';
import { readmeText } from './readme.ts';
import { tofinoText } from './tofino.ts';
import { v1modelText } from './v1model.ts';

const CHIPS = { v1model: 'unbounded', tna: 'tofino', t2na: 'tofino2' } as const;

/**
 * The files of a program for one target, deterministic. With `like`, the P4 is that of the old program and only entries are new.
 * @throws EMIT-OPTION, EMIT-LIKE, EMIT-LIKE-SIZE, EMIT-UNSUPPORTED and EMIT-WIDTH (what the target cannot express, with the
 * reason), and the validator's PROGRAM- codes
 */
export function emitProgram(program: Program, placement: Placement | undefined, options: EmitOptions): EmitFile[] {
  const shape = options.like ?? program;
  const settings = emitSettings(shape, options);
  assertValid(program, chipRules(chipNamed(CHIPS[settings.target])));
  if (options.like) {
    const problems = likeProblems(program, options.like);
    if (problems.length > 0) fail(problems[0]);
  }
  const context = createContext(shape, placement, settings);
  const file = identifier(shape.name);
  const text = context.tofino ? tofinoText(context) : v1modelText(context);
  const tables = emittedTables(context, program);
  const entries = tables.reduce((sum, one) => sum + one.entries.length, 0);
  const kit = options.kit ? buildKit(context, program, placement, options.kit) : undefined;
  const controlPlane: EmitFile[] = context.tofino
    ? [
        { path: 'entries.bfrt.json', content: bfrtJson(file, tables) },
        { path: 'load_entries.py', content: bfrtLoader(file) },
      ]
    : [
        { path: 'entries.txt', content: cliText(tables) },
        { path: 'entries.p4rt.txtpb', content: p4runtimeText(tables) },
        { path: 'entries.p4rt.json', content: p4runtimeJson(tables) },
      ];
  const readme = readmeText(context, { file, entries, ...(kit ? { kit } : {}) });
  return [
    { path: `${file}.p4`, content: text },
    ...controlPlane,
    { path: 'README.md', content: readme },
    ...(kit?.files ?? []),
  ];
}
