/** The float reference: ONNX Runtime on batches of rows. WebAssembly build by default; the native one when installed and asked for. */
import type { InferenceSession, Tensor, TypedTensor } from 'onnxruntime-web';
import { fail } from '../problem.ts';
import { parseOnnx } from './onnx/parse.ts';
import type { OnnxModel, OnnxValue, TensorType } from './onnx/types.ts';
import type { StateNames } from './spec.ts';

export interface FloatReference {
  /** `onnxruntime-web` or `onnxruntime-node`: their results differ around 1e-7. */
  readonly package: string;
  readonly version: string;
  readonly threads: number;
  /** Name of the output that `run` returns. */
  readonly output: string;
  /** rows: count × row length, row-major (a window row is packets oldest first). Returns count × outputs. */
  run(rows: Float32Array, count: number): Promise<Float32Array>;
  /** Models with a recurrent state: numbers of a state, and one packet of `count` flows at once. */
  readonly units?: number;
  advance?(rows: Float32Array, states: Float32Array, count: number): Promise<Advanced>;
  close(): Promise<void>;
}

/** What one packet of each flow gives: count × outputs, count × units. */
export interface Advanced {
  readonly outputs: Float32Array;
  readonly states: Float32Array;
}

export interface ReferenceOptions {
  /** Names the model in errors. */
  readonly file?: string;
  /** Threads inside one batch; the WebAssembly build fixes the number at the first call of the process. Default 1. */
  readonly threads?: number;
  readonly runtime?: 'web' | 'native';
  /** Rows per call of the runtime, default 4096; bounds memory. */
  readonly batch?: number;
  /** Which output to return; default: the first that is not the state. */
  readonly output?: string;
  /** Input and output that hold a recurrent state (ModelSpec.state): the reference then has `advance`. */
  readonly state?: StateNames;
}

/** The part of the two runtimes' shared interface that we use. */
interface Runtime {
  readonly InferenceSession: {
    create(bytes: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => TypedTensor<'float32'>;
}

interface LoadedRuntime {
  readonly runtime: Runtime;
  readonly package: string;
  readonly version: string;
}

async function loadRuntime(kind: 'web' | 'native', threads: number): Promise<LoadedRuntime> {
  if (kind === 'native') {
    const name = 'onnxruntime-node';
    try {
      const runtime = (await import(name)) as Runtime & { env?: { versions?: { node?: string } } };
      return { runtime, package: name, version: runtime.env?.versions?.node ?? 'unknown' };
    } catch {
      fail({
        code: 'MODEL-RUNTIME',
        message: `${name} is not installed`,
        hint: 'npm install it, or use the web runtime',
      });
    }
  }
  const runtime = await import('onnxruntime-web');
  runtime.env.wasm.numThreads ??= threads;
  runtime.env.logLevel = 'error';
  return { runtime, package: 'onnxruntime-web', version: runtime.env.versions.web ?? 'unknown' };
}

async function createSession(
  runtime: Runtime,
  bytes: Uint8Array,
  options: ReferenceOptions,
): Promise<InferenceSession> {
  const threads = options.threads ?? 1;
  try {
    return await runtime.InferenceSession.create(bytes, {
      executionProviders: [options.runtime === 'native' ? 'cpu' : 'wasm'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      logSeverityLevel: 4,
    });
  } catch (error) {
    fail({
      code: 'MODEL-RUN',
      message: `ONNX Runtime refuses the model: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`,
      where: options.file ?? 'model',
    });
  }
}

/** The row input; a state has an input of its own. */
function rowInput(model: OnnxModel, file: string, state: StateNames | undefined): OnnxValue {
  const inputs = model.graph.inputs.filter(({ name }) => name !== state?.input);
  if (inputs.length !== 1) {
    fail({
      code: 'MODEL-INPUTS',
      message: 'a model must have exactly one input, the rows of features',
      where: file,
      need: '1',
      have: `${inputs.length}: ${inputs.map((value) => value.name).join(', ')}`,
      ...(state === undefined && inputs.length === 2
        ? { hint: 'if one of them is a recurrent state, say so: state: { input: …, output: … } (pegasim.state)' }
        : {}),
    });
  }
  return inputs[0];
}

/** Numbers of a state. Fails with MODEL-INPUTS when the model has no such input or output. */
function stateUnits(model: OnnxModel, state: StateNames, file: string): number {
  const input = model.graph.inputs.find(({ name }) => name === state.input);
  const output = model.graph.outputs.find(({ name }) => name === state.output);
  const units = input?.dims?.[1];
  if (input && output && input.dims?.length === 2 && typeof units === 'number' && input.type === 'float32')
    return units;
  const missing = !input ? `no input ${state.input}` : !output ? `no output ${state.output}` : undefined;
  return fail({
    code: 'MODEL-INPUTS',
    message: missing ? `the state names ${missing}` : `the state input ${state.input} is not one row of floats`,
    where: file,
    need: missing ? 'state: { input, output } as the model calls them' : 'float [batch, units]',
    ...(missing ? {} : { have: `${input?.type} [${input?.dims?.join(', ') ?? ''}]` }),
  });
}

const TYPED = { int64: BigInt64Array, int32: Int32Array, uint8: Uint8Array, float64: Float64Array } as const;

/** Rows as the model's input type; feature values are integers, so nothing is lost. */
function convertRows(rows: Float32Array, type: TensorType, file: string): Tensor['data'] {
  if (type === 'float32') return rows;
  if (type === 'int64') return BigInt64Array.from(rows, (value) => BigInt(Math.trunc(value)));
  if (type === 'int32' || type === 'uint8' || type === 'float64') return TYPED[type].from(rows);
  fail({
    code: 'MODEL-INPUTS',
    message: `the input is of type ${type}`,
    where: file,
    need: 'float or an integer type',
  });
}

/** The input shape of a batch: unknown dimensions behind the batch take what the row length leaves. */
function batchShape(input: OnnxValue, batch: number, rowLength: number, file: string): number[] {
  const tail = input.dims?.slice(1) ?? [''];
  const known = tail.reduce<number>((product, dim) => (typeof dim === 'number' ? product * dim : product), 1);
  const open = tail.filter((dim) => typeof dim !== 'number').length;
  const free = rowLength / known;
  if (!Number.isInteger(free) || (open === 0 && free !== 1) || open > 1) {
    fail({
      code: 'MODEL-INPUTS',
      message: `the input ${input.name} does not take rows of this length`,
      where: file,
      need: `[batch, ${tail.join(', ')}]`,
      have: `${rowLength} values per row`,
    });
  }
  return [batch, ...tail.map((dim) => (typeof dim === 'number' ? dim : free))];
}

function asFloat32(tensor: Tensor): Float32Array {
  const { data } = tensor;
  if (data instanceof Float32Array) return data;
  return Float32Array.from(data as ArrayLike<number | bigint>, Number);
}

/**
 * Open an ONNX model in ONNX Runtime. Fails with MODEL-NOT-ONNX, MODEL-INPUTS (not one input, or rows of another length),
 * MODEL-RUN (the runtime refuses it) or MODEL-RUNTIME (native runtime not installed).
 */
export async function openReference(bytes: Uint8Array, options: ReferenceOptions = {}): Promise<FloatReference> {
  const file = options.file ?? 'model';
  const model = parseOnnx(bytes, file);
  const { state } = options;
  const input = rowInput(model, file, state);
  const units = state && stateUnits(model, state, file);
  const threads = options.threads ?? 1;
  const loaded = await loadRuntime(options.runtime ?? 'web', threads);
  const session = await createSession(loaded.runtime, bytes, options);
  const output = options.output ?? session.outputNames.find((name) => name !== state?.output) ?? '';
  const fixed = typeof input.dims?.[0] === 'number' ? input.dims[0] : undefined;
  const step = fixed ?? options.batch ?? 4096;
  const makeTensor = (data: Tensor['data'], dims: readonly number[]): Tensor =>
    new loaded.runtime.Tensor(input.type as 'float32', data as Float32Array, dims) as Tensor;

  const runBatch = async (rows: Float32Array, batch: number): Promise<Float32Array> => {
    const shape = batchShape(input, batch, rows.length / batch, file);
    const tensor = makeTensor(convertRows(rows, input.type, file), shape);
    try {
      return asFloat32((await session.run({ [input.name]: tensor }, [output]))[output]);
    } catch (error) {
      fail({ code: 'MODEL-RUN', message: `ONNX Runtime stopped: ${(error as Error).message}`, where: file });
    }
  };

  const advanceBatch = async (rows: Float32Array, states: Float32Array, count: number): Promise<Advanced> => {
    const { input: from, output: to } = state!;
    const tensor = makeTensor(convertRows(rows, input.type, file), batchShape(input, count, rows.length / count, file));
    const before = makeTensor(states, [count, units!]);
    try {
      const made = await session.run({ [input.name]: tensor, [from]: before }, [output, to]);
      return { outputs: asFloat32(made[output]), states: asFloat32(made[to]) };
    } catch (error) {
      fail({ code: 'MODEL-RUN', message: `ONNX Runtime stopped: ${(error as Error).message}`, where: file });
    }
  };

  /** In slices; a model whose batch is fixed gets its last slice filled up with zeros. */
  const advance = async (rows: Float32Array, states: Float32Array, count: number): Promise<Advanced> => {
    const length = count === 0 ? 0 : rows.length / count;
    const all = { outputs: new Float32Array(0), states: new Float32Array(count * units!) };
    for (let start = 0; start < count; start += step) {
      const rowsHere = Math.min(step, count - start);
      const batch = fixed ?? rowsHere;
      const filled = (from: Float32Array, width: number): Float32Array => {
        const slice = new Float32Array(batch * width);
        slice.set(from.subarray(start * width, (start + rowsHere) * width));
        return slice;
      };
      const part = await advanceBatch(filled(rows, length), filled(states, units!), batch);
      const width = part.outputs.length / batch;
      if (start === 0) all.outputs = new Float32Array(count * width);
      all.outputs.set(part.outputs.subarray(0, rowsHere * width), start * width);
      all.states.set(part.states.subarray(0, rowsHere * units!), start * units!);
    }
    return all;
  };

  const run = async (rows: Float32Array, count: number): Promise<Float32Array> => {
    const length = count === 0 ? 0 : rows.length / count;
    let result = new Float32Array(0);
    for (let start = 0; start < count; start += step) {
      const rowsHere = Math.min(step, count - start);
      const batch = fixed ?? rowsHere;
      const slice = new Float32Array(batch * length);
      slice.set(rows.subarray(start * length, (start + rowsHere) * length));
      const part = await runBatch(slice, batch);
      const width = part.length / batch;
      if (start === 0) result = new Float32Array(count * width);
      result.set(part.subarray(0, rowsHere * width), start * width);
    }
    return result;
  };
  return {
    package: loaded.package,
    version: loaded.version,
    threads,
    output,
    run,
    ...(units === undefined ? {} : { units, advance }),
    close: () => session.release(),
  };
}
