/** Where the engine's time goes on packets: nanoseconds a packet by kernel, one thread, measured around every call. */
import { buildImage } from '../src/engine/image.ts';
import type { Machine } from '../src/engine/kernels.ts';
import { LOOP_WEIGHT } from '../src/engine/loops.ts';
import { createMachine } from '../src/engine/machine.ts';
import { planProgram } from '../src/engine/plan.ts';
import { clearRegisters, createStation, type Job, rangeAt, runWhole } from '../src/engine/tasks.ts';
import type { Placement, Program } from '../src/program/index.ts';
import type { PacketColumns } from '../src/traffic/index.ts';

const SPAN = 1 << 13;
const BATCH = 512;
/** Bytes from a frame's start that the bench's program can look at. */
const REACH = 128;

/** ns a packet: parser, generated loops, bytecode, moves between columns, everything else (copying frames). */
export interface Phases {
  readonly parse: number;
  readonly bytecode: number;
  readonly loops: number;
  readonly moves: number;
  readonly rest: number;
}

export function phasesOf(program: Program, placement: Placement, packets: PacketColumns): Phases {
  const plan = planProgram(program, placement, { observe: [] });
  const image = buildImage(plan, { span: SPAN, batch: BATCH, workers: 1, sharing: 'whole', loopWeight: LOOP_WEIGHT });
  const machine = createMachine(image, 'fused');
  const spent = { parse: 0, bytecode: 0, loops: 0, moves: 0 };
  const timed =
    <Args extends number[], Result>(name: keyof typeof spent, call: (...args: Args) => Result) =>
    (...args: Args): Result => {
      const start = performance.now();
      const result = call(...args);
      spent[name] += performance.now() - start;
      return result;
    };
  const watched: Machine = {
    ...machine,
    parse: timed('parse', machine.parse),
    run: timed('bytecode', machine.run),
    loops: machine.loops.map((loop) => timed('loops', loop)),
    pick: timed('moves', machine.pick),
    collect: timed('moves', machine.collect),
    deliver: timed('moves', machine.deliver),
  };
  const station = createStation(image, watched, REACH);
  for (const worker of image.workers) clearRegisters(station, worker);
  const { count } = packets;
  const job: Job = {
    input: { kind: 'packets', packets },
    count,
    state: 'continuous',
    results: {
      count,
      outcome: new Uint8Array(count),
      verdict: new Int16Array(count),
      logits: new Int32Array(count * program.verdict.logits.length),
      observed: {},
    },
  };
  let total = 0;
  for (let turn = 0; turn < 2; turn++) {
    for (const name of Object.keys(spent) as (keyof typeof spent)[]) spent[name] = 0;
    const start = performance.now();
    for (let from = 0; from < count; from += SPAN) runWhole(station, job, rangeAt(station, job, 0, from));
    total = performance.now() - start;
  }
  const each = (milliseconds: number) => (milliseconds * 1e6) / count;
  const named = Object.values(spent).reduce((sum, one) => sum + one, 0);
  return {
    parse: each(spent.parse),
    bytecode: each(spent.bytecode),
    loops: each(spent.loops),
    moves: each(spent.moves),
    rest: each(total - named),
  };
}
