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

/** bmv2 drops packets whose egress_spec is 511 (simple_switch.h); TNA port numbers have 9 bits too. */
const MOST_PORT = 510;

/** Width of a mirror session number: MirrorId_t of tna.p4 and t2na.p4; bmv2 keeps 15 bits (register_access.h). */
const SESSION_BITS: Readonly<Record<EmitTarget, number>> = { v1model: 15, tna: 10, t2na: 8 };

export function sessionBits(target: EmitTarget): number {
  return SESSION_BITS[target];
}

/** Mirror sessions that the actions of classes name, ascending, once each. */
export function mirrorSessions(settings: Pick<Settings, 'result' | 'actions'>): number[] {
  if (settings.result !== 'action') return [];
  const named = Object.values(settings.actions).filter((one) => one.startsWith('mirror:'));
  return [...new Set(named.map((one) => Number(one.slice('mirror:'.length))))].sort((a, b) => a - b);
}

/** Port that the emitted command file sends mirrored copies to: the one after the output port. */
export function mirrorPort(settings: Pick<Settings, 'outputPort'>): number {
  return settings.outputPort === MOST_PORT ? MOST_PORT - 1 : settings.outputPort + 1;
}

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
  if (!Number.isInteger(outputPort) || outputPort < 0 || outputPort > MOST_PORT) {
    fail({
      code: 'EMIT-OPTION',
      message: 'the output port has 9 bits, and 511 means drop',
      need: `0 .. ${MOST_PORT}`,
      have: `${outputPort}`,
    });
  }
  if (result === 'action' && program.verdict.kind === 'none') {
    fail({ code: 'EMIT-OPTION', message: 'the program has no verdict to act on', hint: 'emit with --result header' });
  }
  for (const [name, wanted] of Object.entries(options.actions ?? {})) {
    known('class', name, program.verdict.classes);
    checkAction(program, options.target, name, wanted);
  }
  if (options.actions !== undefined && result !== 'action') {
    fail({
      code: 'EMIT-OPTION',
      message: `actions of classes need --result action, not ${result}`,
      hint: 'add --result action, or leave --action out',
    });
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

/** One class's action: known, within what the target counts, and possible where the result is decided. */
function checkAction(program: Program, target: EmitTarget, name: string, wanted: string): void {
  const most = 2 ** sessionBits(target) - 1;
  const [, session] = /^mirror:(\d{1,5})$/.exec(wanted) ?? [];
  const marks = /^dscp:([0-9]|[1-5][0-9]|6[0-3])$/.test(wanted);
  const mirrors = session !== undefined && Number(session) >= 1 && Number(session) <= most;
  if (wanted !== 'drop' && wanted !== 'forward' && !marks && !mirrors) {
    fail({
      code: 'EMIT-OPTION',
      message: `the action ${wanted} of class ${name} is not known`,
      need: `forward, drop, dscp:0..63 or mirror:1..${most}`,
    });
  }
  if (program.egress.length === 0) return;
  if (mirrors && target !== 'v1model') {
    fail({
      code: 'EMIT-UNSUPPORTED',
      message: 'the result is decided in egress: a copy mirrored there would come back without the bridged header',
      where: `class ${name}`,
      hint: 'drop or forward, or compile for a program without egress tables',
    });
  }
  if (marks) {
    fail({
      code: 'EMIT-UNSUPPORTED',
      message: 'the result is decided in egress, which parses no IPv4 header to mark',
      where: `class ${name}`,
      hint: 'drop or forward, or compile for a program without egress tables',
    });
  }
}
