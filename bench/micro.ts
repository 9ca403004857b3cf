/** Reads the small P4 programs of ../shared/golden/compiler/micro (one style, generated) into descriptions for the fit bench. */
import { type Description, readDescription } from '../src/switch/index.ts';

interface Action {
  readonly params: number[];
  readonly reads: string[];
  readonly writes: string[];
}

function all(text: string, pattern: RegExp): RegExpMatchArray[] {
  return [...text.matchAll(pattern)];
}

/** Widths of header fields by `hdr.<instance>.<field>`. */
function headerFields(text: string): Record<string, number> {
  const types = new Map(all(text, /header (\w+) \{([^}]*)\}/g).map(([, name, body]) => [name, body]));
  const struct = /struct headers_t \{([^}]*)\}/.exec(text)?.[1] ?? '';
  const fields: Record<string, number> = {};
  for (const [, type, instance] of all(struct, /(\w+) (\w+);/g))
    for (const [, bits, field] of all(types.get(type) ?? '', /bit<(\d+)> (\w+);/g))
      fields[`hdr.${instance}.${field}`] = Number(bits);
  return fields;
}

/** Assignments `hdr.x = …;` as fields read and written. */
function assignments(body: string): { reads: string[]; writes: string[] } {
  const found = all(body, /(hdr\.[\w.]+) = ([^;]*);/g);
  return {
    writes: found.map(([, dst]) => dst),
    reads: found.flatMap(([, , from]) => all(from, /hdr\.[\w.]+/g).map(([field]) => field)),
  };
}

function actionsOf(text: string): Map<string, Action> {
  return new Map(
    all(text, /action (\w+)\(([^)]*)\) \{([^}]*)\}/g).map(([, name, params, body]) => [
      name,
      { params: all(params, /bit<(\d+)>/g).map(([, bits]) => Number(bits)), ...assignments(body) },
    ]),
  );
}

function tablesOf(text: string, fields: Record<string, number>, actions: ReadonlyMap<string, Action>) {
  return all(text, /table (\w+) \{(.*)\}$/gm).map(([, table, body]) => {
    const keys = all(/key = \{([^}]*)\}/.exec(body)?.[1] ?? '', /([\w.]+) : (\w+);/g);
    const action = /actions = \{ (\w+);/.exec(body)?.[1] ?? '';
    const { params, reads, writes } = actions.get(action) ?? { params: [], reads: [], writes: [] };
    return {
      table,
      key: keys.map(([, field, match]) => ({ field, bits: fields[field], match })),
      size: Number(/size = (\d+)/.exec(body)?.[1] ?? 0),
      actions: [{ action, param_bits: params, reads, writes }],
    };
  });
}

/** The ingress control's statements in order: table applications by name, everything else as a statement of its own. */
function applied(text: string) {
  const control = /control Ig\([\s\S]*?\n\}/.exec(text)?.[0] ?? '';
  const body = control.slice(control.lastIndexOf('apply {') + 7);
  const runs = new Map(
    all(control, /RegisterAction<.*>\((\w+)\) (\w+) =/g).map(([, register, name]) => [name, register]),
  );
  const order: string[] = [];
  const statements: object[] = [];
  for (const [index, one] of body
    .split(';')
    .map((part) => part.trim())
    .entries()) {
    const table = /^(\w+)\.apply\(\)/.exec(one)?.[1];
    const execute = /(\w+)\.execute\(/.exec(one)?.[1];
    if (table) order.push(table);
    else if (/=/.test(one)) {
      const { reads, writes } = assignments(`${one};`);
      const register = execute === undefined ? {} : { register: runs.get(execute) };
      const own = execute === undefined ? reads : [...reads, ...writes];
      order.push(`s${index}`);
      statements.push({
        statement: `s${index}`,
        reads: own,
        writes: writes.length > 0 ? writes : ['tm.port'],
        ...register,
      });
    }
  }
  return { order, statements };
}

/** The program as a description in the `fit --describe` format. */
export function describeMicro(name: string, text: string): Description {
  const fields = headerFields(text);
  const { order, statements } = applied(text);
  const registers = all(text, /Register<bit<(\d+)>, bit<\d+>>\((\d+)\) (\w+);/g);
  const description = {
    program: name,
    infer: false,
    fields,
    tables: tablesOf(text, fields, actionsOf(text)),
    statements,
    registers: registers.map(([, bits, size, register]) => ({
      name: register,
      value_bits: Number(bits),
      size: Number(size),
    })),
    apply_order: order,
  };
  return readDescription(JSON.stringify(description), name);
}
