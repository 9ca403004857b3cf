/** What to emit: target, how the result leaves the switch, where time comes from. Resolved and checked once at the edge. */

import { fail } from '../problem.ts';
import type { Program, RunInput } from '../program/index.ts';

export type EmitTarget = 'v1model' | 'tna' | 't2na';
/** `header`: class, validity and logits inserted behind the first header; `action`: a per-class action; `none`: nothing. */
export type ResultKind = 'header' | 'action' | 'none';
/** `shim`: six bytes of nanoseconds in front of every frame; `intrinsic`: the target's own ingress timestamp. */
export type TimeSource = 'shim' | 'intrinsic';

export interface EmitOptions {
  readonly target: EmitTarget;
  /** `@stage` pragmas from the placement (Tofino targets). */
  readonly pinStages?: boolean;
  readonly result?: ResultKind;
  /** For `action`: class name → `dscp:0..63`, `drop`, `mirror:session` or `forward`. */
  readonly actions?: Readonly<Record<string, string>>;
  /** Default: shim for v1model (bmv2's clock is wall-clock), intrinsic for the Tofino targets. */
  readonly timeSource?: TimeSource;
  /** Port that packets leave by. Default 1. */
  readonly outputPort?: number;
  /** Emit this program's P4 (same tables, sizes and ids) with the entries of the new one. */
  readonly like?: Program;
  /** Packets (or injected rows) of the test kit; without them no kit is written. */
  readonly kit?: RunInput;
}

export interface Settings {
  readonly target: EmitTarget;
  readonly pinStages: boolean;
  readonly result: ResultKind;
  readonly actions: Readonly<Record<string, string>>;
  readonly timeSource: TimeSource;
  readonly outputPort: number;
}

const TARGETS: readonly EmitTarget[] = ['v1model', 'tna', 't2na'];

/** Options with their defaults. Throws EMIT-OPTION on values outside the lists. */
export function emitSettings(program: Program, options: EmitOptions): Settings {
  const known = (name: string, value: string, list: readonly string[]) => {
    if (!list.includes(value)) {
      fail({ code: 'EMIT-OPTION', message: `${name} ${value} is not known`, need: list.join(', '), have: value });
    }
  };
  const result = options.result ?? (program.verdict.kind === 'none' ? 'none' : 'header');
  const timeSource = options.timeSource ?? (options.target === 'v1model' ? 'shim' : 'intrinsic');
  const outputPort = options.outputPort ?? 1;
  known('target', options.target, TARGETS);
  known('result', result, ['header', 'action', 'none']);
  known('time source', timeSource, ['shim', 'intrinsic']);
  if (!Number.isInteger(outputPort) || outputPort < 0 || outputPort > 511) {
    fail({ code: 'EMIT-OPTION', message: 'the output port has 9 bits', need: '0 .. 511', have: `${outputPort}` });
  }
  for (const [name, wanted] of Object.entries(options.actions ?? {})) {
    known('class', name, program.verdict.classes);
    if (!/^(drop|forward|dscp:([0-9]|[1-5][0-9]|6[0-3])|mirror:\d{1,4})$/.test(wanted)) {
      fail({
        code: 'EMIT-OPTION',
        message: `the action ${wanted} of class ${name} is not known`,
        need: 'forward, drop, dscp:0..63 or mirror:session',
      });
    }
  }
  return {
    target: options.target,
    pinStages: options.pinStages ?? false,
    result,
    actions: options.actions ?? {},
    timeSource,
    outputPort,
  };
}
