/** Protocol-buffer messages from field tables: a typed reader and writer over protobufjs' minimal runtime (no reflection, no start-up cost). */
import protobuf from 'protobufjs/minimal.js';

type Scalar = 'int' | 'float' | 'double' | 'string' | 'bytes';
type FieldType = Scalar | MessageSchema;
interface Field {
  readonly number: number;
  readonly type: FieldType;
  readonly many: boolean;
}
/** Field name → number, type, repeated or not. */
export interface MessageSchema {
  readonly [field: string]: Field;
}

type Item<T extends FieldType> = T extends 'int' | 'float' | 'double'
  ? number
  : T extends 'string'
    ? string
    : T extends 'bytes'
      ? Uint8Array
      : T extends MessageSchema
        ? Message<T>
        : never;

/** The plain object of a schema: repeated fields are arrays (empty when absent), others may be undefined. */
export type Message<S extends MessageSchema> = {
  -readonly [K in keyof S]: S[K]['many'] extends true ? Item<S[K]['type']>[] : Item<S[K]['type']> | undefined;
};

export function one<T extends FieldType>(number: number, type: T): { number: number; type: T; many: false } {
  return { number, type, many: false };
}

export function many<T extends FieldType>(number: number, type: T): { number: number; type: T; many: true } {
  return { number, type, many: true };
}

const WIRE_TYPE = { int: 0, double: 1, string: 2, bytes: 2, float: 5 } as const;
const PACKED = 2;

function readScalar(reader: protobuf.Reader, type: Scalar): unknown {
  switch (type) {
    case 'int': {
      // A Long where the `long` package is present, else already a number.
      return Number(reader.int64());
    }
    case 'float':
      return reader.float();
    case 'double':
      return reader.double();
    case 'string':
      return reader.string();
    case 'bytes':
      return reader.bytes();
  }
}

/** One field's content after its tag; numbers may come packed. Throws RangeError on damage. */
function readField(reader: protobuf.Reader, field: Field, wireType: number, into: unknown[]): void {
  const { type } = field;
  if (typeof type === 'object') {
    if (wireType !== 2) throw new RangeError(`wire type ${wireType} for a message`);
    const end = reader.uint32() + reader.pos;
    if (end > reader.len) throw new RangeError('message longer than the file');
    into.push(readUntil(reader, end, type));
    return;
  }
  if (wireType === PACKED && WIRE_TYPE[type] !== 2) {
    const end = reader.uint32() + reader.pos;
    if (end > reader.len) throw new RangeError('packed field longer than the file');
    while (reader.pos < end) into.push(readScalar(reader, type));
    return;
  }
  if (wireType !== WIRE_TYPE[type]) throw new RangeError(`wire type ${wireType} for ${type}`);
  into.push(readScalar(reader, type));
}

function readUntil(reader: protobuf.Reader, end: number, schema: MessageSchema): Record<string, unknown> {
  const byNumber = new Map(Object.entries(schema).map(([name, field]) => [field.number, { name, field }]));
  const found = new Map<string, unknown[]>();
  while (reader.pos < end) {
    const tag = reader.uint32();
    const known = byNumber.get(tag >>> 3);
    if (!known) {
      reader.skipType(tag & 7);
      continue;
    }
    const list = found.get(known.name) ?? [];
    found.set(known.name, list);
    readField(reader, known.field, tag & 7, list);
  }
  const message: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(schema)) {
    const list = found.get(name);
    message[name] = field.many ? (list ?? []) : list?.at(-1);
  }
  return message;
}

/** Decode a message. Unknown fields are skipped. Throws RangeError or Error when the bytes are not such a message. */
export function readMessage<S extends MessageSchema>(bytes: Uint8Array, schema: S): Message<S> {
  const reader = protobuf.Reader.create(bytes);
  return readUntil(reader, bytes.length, schema) as Message<S>;
}

/** A message to be written: every field optional. */
export type Writable<S extends MessageSchema> = {
  readonly [K in keyof S]?:
    | (S[K]['many'] extends true ? readonly WritableItem<S[K]['type']>[] : WritableItem<S[K]['type']>)
    | undefined;
};
type WritableItem<T extends FieldType> = T extends MessageSchema ? Writable<T> : Item<T>;

function writeScalar(writer: protobuf.Writer, type: Scalar, value: unknown): void {
  if (type === 'string') writer.string(value as string);
  else if (type === 'bytes') writer.bytes(value as Uint8Array);
  else if (type === 'float') writer.float(value as number);
  else if (type === 'double') writer.double(value as number);
  // Slice's "to the end" sentinels exceed what a double holds exactly: clamped, same meaning.
  else writer.int64(Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, value as number)));
}

function writeInto(writer: protobuf.Writer, schema: MessageSchema, message: Readonly<Record<string, unknown>>): void {
  for (const [name, field] of Object.entries(schema)) {
    const value = message[name];
    if (value === undefined) continue;
    const items = field.many ? (value as readonly unknown[]) : [value];
    const { number, type } = field;
    if (typeof type === 'object') {
      for (const item of items) {
        writer.uint32((number << 3) | 2).fork();
        writeInto(writer, type, item as Readonly<Record<string, unknown>>);
        writer.ldelim();
      }
    } else if (field.many && WIRE_TYPE[type] !== 2) {
      if (items.length === 0) continue;
      writer.uint32((number << 3) | PACKED).fork();
      for (const item of items) writeScalar(writer, type, item);
      writer.ldelim();
    } else {
      for (const item of items) {
        writer.uint32((number << 3) | WIRE_TYPE[type]);
        writeScalar(writer, type, item);
      }
    }
  }
}

/** Encode a message; absent fields are left out, numbers in lists are packed. */
export function writeMessage<S extends MessageSchema>(message: Writable<S>, schema: S): Uint8Array {
  const writer = protobuf.Writer.create();
  writeInto(writer, schema, message as Readonly<Record<string, unknown>>);
  return writer.finish();
}
