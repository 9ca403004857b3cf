/** TensorProto ↔ typed arrays: raw_data (little endian) or the typed repeated fields, half precision widened to float32. */
import { fail } from '../../problem.ts';
import { BFLOAT16, DATA_TYPE, FLOAT16, type TENSOR } from './schema.ts';
import type { OnnxTensor, TensorData, TensorType } from './types.ts';
import type { Message, Writable } from './wire.ts';

type RawTensor = Message<typeof TENSOR>;

const TYPE_NAME = new Map<number, TensorType>(
  Object.entries(DATA_TYPE).map(([name, code]) => [code, name as TensorType]),
);

/** The element type of a TensorProto.DataType code; undefined for strings, complex numbers, float8 and the like. */
export function tensorType(code: number): TensorType | undefined {
  return code === FLOAT16 || code === BFLOAT16 ? 'float32' : TYPE_NAME.get(code);
}

const BYTES: Record<TensorType, number> = {
  float32: 4,
  float64: 8,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint64: 8,
  uint32: 4,
  uint16: 2,
  uint8: 1,
  bool: 1,
};

/** IEEE 754 binary16 → number. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const bfloatView = new DataView(new ArrayBuffer(4));
function bfloatToNumber(bits: number): number {
  bfloatView.setUint32(0, bits << 16);
  return bfloatView.getFloat32(0);
}

/** A zeroed array of the type that holds tensors of `type`. */
export function allocate(type: TensorType, length: number): TensorData {
  switch (type) {
    case 'float32':
      return new Float32Array(length);
    case 'float64':
    case 'int64':
    case 'uint64':
      return new Float64Array(length);
    case 'int32':
      return new Int32Array(length);
    case 'int16':
      return new Int16Array(length);
    case 'int8':
      return new Int8Array(length);
    case 'uint32':
      return new Uint32Array(length);
    case 'uint16':
      return new Uint16Array(length);
    case 'uint8':
    case 'bool':
      return new Uint8Array(length);
  }
}

type Getter = (view: DataView, byte: number) => number;
const READ: Record<TensorType, Getter> = {
  float32: (view, byte) => view.getFloat32(byte, true),
  float64: (view, byte) => view.getFloat64(byte, true),
  int64: (view, byte) => Number(view.getBigInt64(byte, true)),
  uint64: (view, byte) => Number(view.getBigUint64(byte, true)),
  int32: (view, byte) => view.getInt32(byte, true),
  int16: (view, byte) => view.getInt16(byte, true),
  int8: (view, byte) => view.getInt8(byte),
  uint32: (view, byte) => view.getUint32(byte, true),
  uint16: (view, byte) => view.getUint16(byte, true),
  uint8: (view, byte) => view.getUint8(byte),
  bool: (view, byte) => (view.getUint8(byte) ? 1 : 0),
};

const INT64_MAX = 2n ** 63n - 1n;
function toInt64(value: number): bigint {
  if (value >= 2 ** 63) return INT64_MAX;
  return value <= -(2 ** 63) ? -(2n ** 63n) : BigInt(value);
}

type Setter = (view: DataView, byte: number, value: number) => void;
const WRITE: Record<TensorType, Setter> = {
  float32: (view, byte, value) => view.setFloat32(byte, value, true),
  float64: (view, byte, value) => view.setFloat64(byte, value, true),
  int64: (view, byte, value) => view.setBigInt64(byte, toInt64(value), true),
  uint64: (view, byte, value) => view.setBigUint64(byte, value >= 2 ** 64 ? 2n ** 64n - 1n : BigInt(value), true),
  int32: (view, byte, value) => view.setInt32(byte, value, true),
  int16: (view, byte, value) => view.setInt16(byte, value, true),
  int8: (view, byte, value) => view.setInt8(byte, value),
  uint32: (view, byte, value) => view.setUint32(byte, value, true),
  uint16: (view, byte, value) => view.setUint16(byte, value, true),
  uint8: (view, byte, value) => view.setUint8(byte, value),
  bool: (view, byte, value) => view.setUint8(byte, value ? 1 : 0),
};

/** The numbers of a tensor stored in its typed repeated fields (int32_data also carries the small types and half bits). */
function typedField(raw: RawTensor, type: TensorType, code: number): readonly number[] {
  if (code === FLOAT16) return raw.int32Data.map(halfToNumber);
  if (code === BFLOAT16) return raw.int32Data.map(bfloatToNumber);
  if (type === 'float32') return raw.floatData;
  if (type === 'float64') return raw.doubleData;
  if (type === 'int64') return raw.int64Data;
  if (type === 'uint64' || type === 'uint32') return raw.uint64Data;
  return raw.int32Data;
}

function readRaw(bytes: Uint8Array, type: TensorType, code: number, length: number): TensorData {
  const data = allocate(type, length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (code === FLOAT16 || code === BFLOAT16) {
    const widen = code === FLOAT16 ? halfToNumber : bfloatToNumber;
    for (let i = 0; i < length; i++) data[i] = widen(view.getUint16(2 * i, true));
    return data;
  }
  const read = READ[type];
  const step = BYTES[type];
  for (let i = 0; i < length; i++) data[i] = read(view, i * step);
  return data;
}

/**
 * TensorProto → tensor. Fails with MODEL-EXTERNAL-DATA (weights in another file), MODEL-TENSOR-TYPE (strings, complex, float8 …)
 * or MODEL-TENSOR-SIZE (data do not match the shape); `where` is the file for messages.
 */
export function decodeTensor(raw: RawTensor, where: string): OnnxTensor {
  const name = raw.name ?? '';
  const place = `${where}, tensor ${name || '(unnamed)'}`;
  if (raw.dataLocation === 1 || raw.externalData.length > 0) {
    fail({
      code: 'MODEL-EXTERNAL-DATA',
      message: 'the tensor keeps its data in another file',
      where: place,
      hint: 'save the model with its weights inside (onnx.save with save_as_external_data=False)',
    });
  }
  const code = raw.dataType ?? 0;
  const type = tensorType(code);
  if (!type) {
    fail({
      code: 'MODEL-TENSOR-TYPE',
      message: `tensor data type ${code} is not supported`,
      where: place,
      hint: 'use float, double, half, bool or an integer type',
    });
  }
  const length = raw.dims.reduce((product, dim) => product * dim, 1);
  const width = code === FLOAT16 || code === BFLOAT16 ? 2 : BYTES[type];
  const field = raw.rawData ? [] : typedField(raw, type, code);
  const have = raw.rawData ? raw.rawData.byteLength / width : field.length;
  if (have !== length) {
    fail({
      code: 'MODEL-TENSOR-SIZE',
      message: 'the tensor holds a different number of elements than its shape says',
      where: place,
      need: `${length}`,
      have: `${have}`,
    });
  }
  const dims = raw.dims;
  if (raw.rawData) return { name, type, dims, data: readRaw(raw.rawData, type, code, length) };
  const data = allocate(type, length);
  for (let i = 0; i < length; i++) data[i] = field[i];
  return { name, type, dims, data };
}

/** Tensor → TensorProto with raw_data. */
export function encodeTensor(tensor: OnnxTensor): Writable<typeof TENSOR> {
  const { type, data } = tensor;
  const rawData = new Uint8Array(data.length * BYTES[type]);
  const view = new DataView(rawData.buffer);
  const write = WRITE[type];
  for (let i = 0; i < data.length; i++) write(view, i * BYTES[type], data[i]);
  return { dims: tensor.dims, dataType: DATA_TYPE[type], name: tensor.name, rawData };
}
