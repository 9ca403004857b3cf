/** Instructions of generated WebAssembly code as bytes (WebAssembly core specification 2.0, binary format). */

/** Opcodes used; SIMD ones have the 0xfd prefix in front. */
export const W = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  select: 0x1b,
  get: 0x20,
  set: 0x21,
  tee: 0x22,
  load: 0x28,
  load8U: 0x2d,
  load16S: 0x2e,
  load16U: 0x2f,
  store: 0x36,
  const: 0x41,
  eq: 0x46,
  ne: 0x47,
  ltS: 0x48,
  ltU: 0x49,
  gtS: 0x4a,
  gtU: 0x4b,
  leS: 0x4c,
  leU: 0x4d,
  geS: 0x4e,
  geU: 0x4f,
  add: 0x6a,
  sub: 0x6b,
  mul: 0x6c,
  and: 0x71,
  or: 0x72,
  xor: 0x73,
  shl: 0x74,
  shrS: 0x75,
  shrU: 0x76,
} as const;

/** SIMD opcodes after the prefix. */
export const V = {
  load: 0x00,
  store: 0x0b,
  const: 0x0c,
  load64Zero: 0x5d,
  addI16: 0x8e,
  addI32: 0xae,
} as const;

export const I32 = 0x7f;
export const V128 = 0x7b;
const EMPTY_BLOCK = 0x40;

/** Unsigned LEB128. */
export function unsigned(value: number): number[] {
  const out: number[] = [];
  let rest = value >>> 0;
  do {
    const byte = rest & 127;
    rest >>>= 7;
    out.push(rest === 0 ? byte : byte | 128);
  } while (rest !== 0);
  return out;
}

/** Signed LEB128 of a 32-bit word. */
export function signed(value: number): number[] {
  const out: number[] = [];
  let rest = value | 0;
  for (;;) {
    const byte = rest & 127;
    rest >>= 7;
    if ((rest === 0 && (byte & 64) === 0) || (rest === -1 && (byte & 64) !== 0)) return [...out, byte];
    out.push(byte | 128);
  }
}

/** A function body being written. Locals 0 and 1 are its parameters; all are numbered in the order asked for. */
export interface Body {
  readonly code: number[];
  readonly locals: number[];
}

export function newBody(): Body {
  return { code: [], locals: [] };
}

/** A fresh local of a type. */
export function local(body: Body, type: number): number {
  body.locals.push(type);
  return body.locals.length + 1;
}

export function op(body: Body, ...codes: readonly number[]): void {
  body.code.push(...codes);
}

export function withIndex(body: Body, code: number, index: number): void {
  body.code.push(code, ...unsigned(index));
}

export function constant(body: Body, value: number): void {
  body.code.push(W.const, ...signed(value));
}

/** A scalar load or store at the address on the stack plus `offset`; no alignment promised. */
export function memory(body: Body, code: number, offset: number): void {
  body.code.push(code, 0, ...unsigned(offset));
}

export function simd(body: Body, code: number): void {
  body.code.push(0xfd, ...unsigned(code));
}

export function simdMemory(body: Body, code: number, offset: number): void {
  body.code.push(0xfd, ...unsigned(code), 0, ...unsigned(offset));
}

export function simdConstant(body: Body, bytes: Uint8Array): void {
  body.code.push(0xfd, ...unsigned(V.const), ...bytes);
}

/** `inner` as a block, loop or branch without results. */
export function nested(body: Body, code: number, inner: () => void): void {
  body.code.push(code, EMPTY_BLOCK);
  inner();
  body.code.push(W.end);
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function text(value: string): number[] {
  const bytes = [...new TextEncoder().encode(value)];
  return [...unsigned(bytes.length), ...bytes];
}

function functionBytes({ code, locals }: Body): number[] {
  const content = vector(locals.map((type) => [1, type])).concat(code, W.end);
  return [...unsigned(content.length), ...content];
}

/** Pages of the shared memory that any module of the engine accepts: 1 to 65,536. */
const MEMORY_LIMITS = [3, ...unsigned(1), ...unsigned(65536)];

/** A module of functions (i32, i32) → nothing over the imported memory `env.memory`, exported as `f0`, `f1`, … */
export function moduleBytes(bodies: readonly Body[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([
    ...[0, 97, 115, 109, 1, 0, 0, 0],
    ...section(1, vector([[0x60, 2, I32, I32, 0]])),
    ...section(2, vector([[...text('env'), ...text('memory'), 2, ...MEMORY_LIMITS]])),
    ...section(3, vector(bodies.map(() => [0]))),
    ...section(7, vector(bodies.map((_, f) => [...text(`f${f}`), 0, ...unsigned(f)]))),
    ...section(10, vector(bodies.map(functionBytes))),
  ]);
}
