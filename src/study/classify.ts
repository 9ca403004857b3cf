/** Captures of any size through a program, without labels: verdicts counted or written packet by packet, in bounded memory. */

import { statSync } from 'node:fs';
import { type Engine, openEngine, streamEngine } from '../engine/index.ts';
import { checkWritable } from '../files.ts';
import { fail, type Progress } from '../problem.ts';
import {
  assertValid,
  OUTCOME_NO_VERDICT,
  OUTCOME_SHORT,
  OUTCOME_TRUNCATED,
  OUTCOME_UNPARSED,
  OUTCOME_VERDICT,
  type RunColumns,
  readPgs,
  type StateMode,
} from '../program/index.ts';
import { type Chip, chipRules } from '../switch/index.ts';
import { type Capture, type Damage, openCapture, type PacketColumns } from '../traffic/index.ts';
import { openVerdictFile, type VerdictFile } from './verdict-file.ts';

export interface ClassifyTask {
  /** Program file, and captures in the order they are run. */
  readonly program: string;
  readonly captures: readonly string[];
  readonly state: StateMode;
  /** 0: one per core. */
  readonly workers: number;
  /** CSV of `capture,packet,verdict`, one line per packet with a verdict. */
  readonly verdicts?: string;
  readonly progress?: Progress;
}

/** What became of every packet. */
export interface ClassifyResult {
  readonly schema: 'pegasim/classify';
  readonly version: 1;
  readonly program: string;
  readonly state: StateMode;
  readonly captures: readonly { readonly path: string; readonly format: string; readonly packets: number }[];
  readonly outcomes: {
    readonly packets: number;
    readonly verdict: number;
    readonly noVerdict: number;
    readonly unparsed: number;
    readonly truncated: number;
    readonly short: number;
  };
  /** Packets by class; empty for programs that give a score. */
  readonly classes: readonly { readonly class: string; readonly packets: number }[];
  readonly damage: readonly Damage[];
}

/** Seconds of wall clock by phase; reading runs beside the engine, `waitSeconds` is what of it was not hidden. */
export interface ClassifyTiming {
  readonly planSeconds: number;
  readonly engineSeconds: number;
  readonly waitSeconds: number;
  readonly writeSeconds: number;
  readonly packetsPerSecond: number;
  readonly workers: number;
}

export interface Classified {
  readonly result: ClassifyResult;
  readonly timing: ClassifyTiming;
  /** The execution plan in words. */
  readonly plan: string;
}

/** Bytes of a capture read at a time while the packets before run. */
const BATCH_BYTES = 1 << 23;
/** Packets that the engine is laid out for at most, and bytes of a small packet with its record header. */
const MANY_PACKETS = 1 << 20;
const SMALL_PACKET = 76;

/** At least as many packets as will come, up to what counts as many; pipes may bring any number. */
function packetsToCome(paths: readonly string[]): number {
  const sizes = paths.map((path) => statSync(path, { throwIfNoEntry: false }));
  if (sizes.some((facts) => facts === undefined || !facts.isFile() || facts.size === 0)) return MANY_PACKETS;
  return Math.min(MANY_PACKETS, Math.ceil(sizes.reduce((sum, facts) => sum + facts!.size, 0) / SMALL_PACKET));
}

/**
 * Runs captures through a program. Damaged captures yield what precedes the damage, told in the result.
 * @throws ProblemError RUN-INJECTED, PROGRAM-*, TRAFFIC-*, FILE-WRITE
 */
export async function classifyTask(task: ClassifyTask): Promise<Classified> {
  const { program, placement, meta } = readPgs(task.program);
  const { chip } = meta as unknown as { readonly chip: Chip };
  assertValid(program, chipRules(chip));
  if (program.parser.states.length === 0 || placement === undefined) {
    fail({
      code: 'RUN-INJECTED',
      where: task.program,
      message: 'this program reads injected features, not packets',
      hint: 'table models are run with `pegasim verify`',
    });
  }
  if (task.verdicts !== undefined) checkWritable(task.verdicts);
  const started = performance.now();
  const engine = openEngine(program, placement, packetsToCome(task.captures), undefined, {
    state: task.state,
    ...(task.workers > 0 ? { workers: task.workers } : {}),
  });
  const planSeconds = (performance.now() - started) / 1e3;
  const names = program.verdict.kind === 'argmax' ? program.verdict.classes : [];
  const writer =
    task.verdicts === undefined ? undefined : openVerdictFile(task.verdicts, task.captures, program.verdict);
  try {
    const ran = await runCaptures(task, engine, writer);
    writer?.finish();
    return {
      result: {
        schema: 'pegasim/classify',
        version: 1,
        program: program.name,
        state: task.state,
        captures: ran.captures
          .map((capture) => capture.info())
          .map(({ path, format, packets }) => ({ path, format, packets })),
        outcomes: {
          packets: ran.packets,
          verdict: ran.outcomes[OUTCOME_VERDICT],
          noVerdict: ran.outcomes[OUTCOME_NO_VERDICT],
          unparsed: ran.outcomes[OUTCOME_UNPARSED],
          truncated: ran.outcomes[OUTCOME_TRUNCATED],
          short: ran.outcomes[OUTCOME_SHORT],
        },
        classes: names.map((name, c) => ({ class: name, packets: ran.verdicts[c] })),
        damage: ran.captures.flatMap((capture) => capture.info().damage ?? []),
      },
      timing: { ...ran.timing, planSeconds, workers: engine.workers },
      plan: engine.explain(),
    };
  } finally {
    writer?.drop();
    await engine.close();
  }
}

interface Ran {
  readonly packets: number;
  readonly outcomes: Float64Array;
  readonly verdicts: Float64Array;
  readonly captures: readonly Capture[];
  readonly timing: Omit<ClassifyTiming, 'planSeconds' | 'workers'>;
}

async function runCaptures(task: ClassifyTask, engine: Engine, writer: VerdictFile | undefined): Promise<Ran> {
  const outcomes = new Float64Array(8);
  const verdicts = new Float64Array(1 << 15);
  const open: Capture[] = [];
  let [engineSeconds, writeSeconds, seen] = [0, 0, 0];
  let bytes = 0;
  const started = performance.now();
  const timed: Pick<Engine, 'feed'> = {
    feed: async (input) => {
      const from = performance.now();
      const results = await engine.feed(input);
      engineSeconds += (performance.now() - from) / 1e3;
      return results;
    },
  };
  const take = (results: RunColumns, batch: Read) => {
    const from = performance.now();
    for (let i = 0; i < results.count; i++) {
      outcomes[results.outcome[i]]++;
      if (results.verdict[i] >= 0) verdicts[results.verdict[i]]++;
    }
    writer?.append(results, batch);
    batch.release();
    writeSeconds += (performance.now() - from) / 1e3;
    seen += results.count;
    bytes = batch.bytesBefore;
    task.progress?.(
      'packets',
      seen,
      bytes > 0 ? Math.max(seen, Math.round((seen * batch.bytesAll) / bytes)) : undefined,
    );
  };
  const packets = await streamEngine(timed, readInTurn(task.captures, open), take);
  const seconds = (performance.now() - started) / 1e3;
  const timing = {
    engineSeconds,
    writeSeconds,
    waitSeconds: Math.max(0, seconds - engineSeconds - writeSeconds),
    packetsPerSecond: packets / Math.max(seconds, 1e-9),
  };
  return { packets, outcomes, verdicts, captures: open, timing };
}

/** A batch of one capture, and how far the reading is. */
interface Read extends PacketColumns {
  readonly release: () => void;
  /** Bytes of the captures up to the end of this batch, roughly, and of all. */
  readonly bytesBefore: number;
  readonly bytesAll: number;
}

/** All captures are opened first, so that a wrong name is told at once; then read one after the other. */
async function* readInTurn(paths: readonly string[], open: Capture[]): AsyncGenerator<Read> {
  try {
    for (const [capture, path] of paths.entries())
      open.push(await openCapture(path, { capture, batchBytes: BATCH_BYTES, reuse: 'release' }));
    const bytesAll = open.reduce((sum, capture) => sum + capture.info().fileBytes, 0);
    let before = 0;
    for (const capture of open) {
      let own = 0;
      for await (const batch of capture) {
        own += batch.capLen.reduce((sum, length) => sum + length + RECORD_BYTES, 0);
        yield { ...batch, release: () => capture.release(batch), bytesBefore: before + own, bytesAll };
      }
      before += capture.info().fileBytes;
    }
  } finally {
    for (const capture of open) await capture.close();
  }
}

/** Record header of a classic capture. */
const RECORD_BYTES = 16;
