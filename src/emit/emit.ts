/** A program made into everything another switch needs: P4, entries, a README, and a test kit. */

import { fail } from '../problem.ts';
import { assertValid, type FrameColumns, type Placement, type Program, type RunInput } from '../program/index.ts';
import { chipNamed, chipRules } from '../switch/index.ts';
import { bfrtJson, bfrtLoader } from './bfrt.ts';
import { bridgeVerdict } from './bridge.ts';
import { cliText } from './cli-entries.ts';
import { type Context, createContext } from './context.ts';
import { dataDriven } from './data-driven.ts';
import { type EmittedTable, emittedTables } from './entries.ts';
import type { EmitFile } from './files.ts';
import { carryFeatures, featureFrames, isInjected } from './injected.ts';
import { buildKit } from './kit.ts';
import { likeProblems } from './like.ts';
import { identifier } from './names.ts';
import { type EmitOptions, emitSettings, mirrorPort, mirrorSessions } from './options.ts';
import { p4runtimeFiles } from './p4runtime.ts';
import { readmeText } from './readme.ts';
import { tofinoText } from './tofino.ts';
import { v1modelText } from './v1model.ts';

const CHIPS = { v1model: 'unbounded', tna: 'tofino', t2na: 'tofino2' } as const;

/**
 * The files of a program for one target, deterministic. With `like`, the P4 is that of the old program and only entries are new.
 * A program of injected features gets a parser for a feature header (injected.ts).
 * @throws EMIT-OPTION, EMIT-LIKE, EMIT-LIKE-SIZE, EMIT-UNSUPPORTED and EMIT-WIDTH (what the target cannot express, with the
 * reason), and the validator's PROGRAM- codes
 */
export function emitProgram(program: Program, placement: Placement | undefined, options: EmitOptions): EmitFile[] {
  const wanted = complete(program);
  const like = options.like && complete(options.like);
  const shape = like ?? wanted;
  const settings = emitSettings(shape, options);
  assertValid(wanted, chipRules(chipNamed(CHIPS[settings.target])));
  const problems = like ? likeProblems(wanted, like) : [];
  if (problems.length > 0) fail(problems[0]);
  const context = createContext(shape, placement, settings);
  const file = identifier(shape.name);
  const text = context.tofino ? tofinoText(context) : v1modelText(context);
  const tables = emittedTables(context, wanted);
  const kit = options.kit ? buildKit(context, wanted, placement, kitFrames(program, options.kit)) : undefined;
  const entries = tables.reduce((sum, one) => sum + one.entries.length, 0);
  const readme = readmeText(context, { file, entries, ...(kit ? { kit } : {}) });
  return [
    { path: `${file}.p4`, content: text },
    ...controlPlane(context, file, tables),
    { path: 'README.md', content: readme },
    ...(kit?.files ?? []),
  ];
}

/** With a parser for injected features, the verdict bridged to where it leaves, and biases as default data. */
function complete(program: Program): Program {
  return dataDriven(bridgeVerdict(isInjected(program) ? carryFeatures(program) : program));
}

function kitFrames(program: Program, input: RunInput): FrameColumns {
  return input.kind === 'packets' ? input.packets : featureFrames(program, input);
}

function controlPlane(context: Context, file: string, tables: readonly EmittedTable[]): EmitFile[] {
  if (context.tofino) {
    return [
      { path: 'entries.bfrt.json', content: bfrtJson(file, tables) },
      { path: 'load_entries.py', content: bfrtLoader(file) },
    ];
  }
  const { settings } = context;
  const runtime = p4runtimeFiles(tables);
  return [
    {
      path: 'entries.txt',
      content: cliText(tables, { sessions: mirrorSessions(settings), mirrorPort: mirrorPort(settings) }),
    },
    { path: 'entries.p4rt.txtpb', content: runtime.text },
    { path: 'entries.p4rt.json', content: runtime.json },
  ];
}
