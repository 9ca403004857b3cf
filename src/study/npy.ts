/** NumPy's array files (.npy, format 1.0): little-endian, row-major. */

const TYPES = [
  [Uint32Array, '<u4'],
  [Int32Array, '<i4'],
  [Int16Array, '<i2'],
  [Uint8Array, '|u1'],
  [Float32Array, '<f4'],
  [Float64Array, '<f8'],
] as const;

type NpyArray = Uint32Array | Int32Array | Int16Array | Uint8Array | Float32Array | Float64Array;

/** The bytes of an array file; `shape` multiplies to the array's length. Padded so that data begins at a multiple of 64. */
export function encodeNpy(values: NpyArray, shape: readonly number[]): Uint8Array {
  const type = TYPES.find(([one]) => values instanceof one)?.[1] ?? '<f8';
  const dimensions = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${type}', 'fortran_order': False, 'shape': (${dimensions}), }`;
  const padded = `${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`;
  const head = Buffer.from(`\x93NUMPY\x01\x00\x00\x00${padded}`, 'latin1');
  head.writeUInt16LE(padded.length, 8);
  return Buffer.concat([head, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)]);
}
