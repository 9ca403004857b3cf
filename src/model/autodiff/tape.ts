/** Reverse-mode differentiation on a tape: each operation appends one backward step; `backward` runs them in reverse. */
import { type Backend, type Precision, plainBackend } from './backend.ts';
import type { Numbers } from './kernels.ts';

/** A row-major array in the computation; dimension 0 is the batch where there is one. */
export interface Variable {
  readonly shape: readonly number[];
  readonly data: Numbers;
  /** d loss / d data, allocated when the backward pass first reaches it. */
  grad: Numbers | undefined;
  /** Whether a gradient is wanted here (parameters, and whatever depends on them). */
  readonly tracked: boolean;
}

export interface Tape {
  readonly backend: Backend;
  /** When false, operations compute values only. */
  readonly recording: boolean;
  readonly steps: (() => void)[];
  /** Buffers of earlier batches by length, used again after `clearTape`. */
  readonly pool: Map<number, { readonly buffers: Numbers[]; used: number }>;
}

export function createTape(where: Precision | Backend = 'float32', recording = true): Tape {
  const backend = typeof where === 'string' ? plainBackend(where) : where;
  return { backend, recording, steps: [], pool: new Map() };
}

/** A tape that computes values only, on the buffers of `tape`: clear one before using the other. */
export function withoutRecording(tape: Tape): Tape {
  return { ...tape, recording: false, steps: [] };
}

/** Forget the steps and take back every buffer: variables made on this tape must not be used afterwards. */
export function clearTape(tape: Tape): void {
  tape.steps.length = 0;
  for (const entry of tape.pool.values()) entry.used = 0;
}

/** A buffer that lives until the tape is cleared, holding whatever it held before. */
function takeDirty(tape: Tape, length: number): Numbers {
  let entry = tape.pool.get(length);
  if (!entry) {
    entry = { buffers: [], used: 0 };
    tape.pool.set(length, entry);
  }
  const found = entry.buffers[entry.used++];
  if (found) return found;
  const fresh = tape.backend.allocate(length);
  entry.buffers.push(fresh);
  return fresh;
}

/** A zeroed buffer that lives until the tape is cleared. */
export function take(tape: Tape, length: number): Numbers {
  return takeDirty(tape, length).fill(0);
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/** A constant or an input: no gradient. On a WebAssembly backend its data must come from `take` or `allocate`; `load` copies. */
export function constant(shape: readonly number[], data: Numbers): Variable {
  return { shape, data, grad: undefined, tracked: false };
}

/** Numbers from elsewhere, copied onto the tape's backend until it is cleared. */
export function load(tape: Tape, shape: readonly number[], values: ArrayLike<number>): Variable {
  const data = take(tape, values.length);
  data.set(values);
  return constant(shape, data);
}

/** A trainable array that outlives tapes; its gradient is kept until the optimiser clears it. */
export function parameter(shape: readonly number[], data: Numbers): Variable {
  return { shape, data, grad: undefined, tracked: true };
}

/** The result of an operation on `inputs`, every element of which the operation sets; tracked when any input is. */
export function result(tape: Tape, shape: readonly number[], inputs: readonly Variable[]): Variable {
  const tracked = tape.recording && inputs.some((input) => input.tracked);
  return { shape, data: takeDirty(tape, sizeOf(shape)), grad: undefined, tracked };
}

/** As `result`, starting from zeros: for operations that add into it or set only some elements. */
export function zeroResult(tape: Tape, shape: readonly number[], inputs: readonly Variable[]): Variable {
  const out = result(tape, shape, inputs);
  out.data.fill(0);
  return out;
}

/** The gradient buffer of a variable, zeroed when first asked for. */
export function gradient(tape: Tape, variable: Variable): Numbers {
  variable.grad ??= take(tape, variable.data.length);
  return variable.grad;
}

/** Append the backward step of `out`: it receives d loss / d out, and runs only when the loss depends on out. */
export function record(tape: Tape, out: Variable, step: (grad: Numbers) => void): Variable {
  if (out.tracked) {
    tape.steps.push(() => {
      if (out.grad) step(out.grad);
    });
  }
  return out;
}

/** Fill the gradients of everything a scalar loss depends on. */
export function backward(tape: Tape, loss: Variable): void {
  if (loss.data.length !== 1) throw new Error(`the loss must be one number, not ${loss.shape.join('×')}`);
  gradient(tape, loss)[0] = 1;
  for (let i = tape.steps.length - 1; i >= 0; i--) tape.steps[i]();
}
