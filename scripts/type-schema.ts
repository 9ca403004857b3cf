/** TypeScript types as JSON Schema (draft 2020-12): what the results are is said once, in their interfaces. */

import ts from 'typescript';

export type Schema = Record<string, unknown>;

interface Walk {
  readonly checker: ts.TypeChecker;
  /** Named object types, by name. */
  readonly definitions: Map<string, Schema>;
  readonly owners: Map<string, ts.Symbol>;
}

/**
 * Schemas of exported interfaces and of every named interface they refer to. Comments become descriptions; objects admit no other keys.
 * @param roots type name → file that exports it
 * @throws Error for a type that JSON cannot hold
 */
export function schemasOf(roots: Readonly<Record<string, string>>, configFile: string): Record<string, Schema> {
  const config = ts.readConfigFile(configFile, ts.sys.readFile).config as { compilerOptions: object };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, '.');
  const program = ts.createProgram(Object.values(roots), options);
  const checker = program.getTypeChecker();
  const walk: Walk = { checker, definitions: new Map(), owners: new Map() };
  for (const [name, file] of Object.entries(roots)) {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    const found = module && checker.getExportsOfModule(module).find((one) => one.name === name);
    if (found === undefined) throw new Error(`${file} exports no ${name}`);
    schemaOf(checker.getDeclaredTypeOfSymbol(found), walk);
  }
  return Object.fromEntries([...walk.definitions].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function schemaOf(type: ts.Type, walk: Walk): Schema {
  const { checker } = walk;
  if (type.flags & ts.TypeFlags.Any || type.flags & ts.TypeFlags.Unknown) return {};
  if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value };
  if (type.flags & ts.TypeFlags.BooleanLiteral) return { const: checker.typeToString(type) === 'true' };
  if (type.flags & ts.TypeFlags.Null) return { type: 'null' };
  if (type.flags & ts.TypeFlags.String) return { type: 'string' };
  if (type.flags & ts.TypeFlags.Number || type.flags & ts.TypeFlags.BigInt) return { type: 'number' };
  if (type.flags & ts.TypeFlags.Boolean) return { type: 'boolean' };
  if (type.isUnion()) return unionOf(type, walk);
  if (checker.isTupleType(type)) return tupleOf(type as ts.TypeReference, walk);
  if (checker.isArrayType(type)) {
    const [item] = checker.getTypeArguments(type as ts.TypeReference);
    return { type: 'array', items: item === undefined ? {} : schemaOf(item, walk) };
  }
  if (type.flags & ts.TypeFlags.Object || type.isIntersection()) return objectOf(type, walk);
  throw new Error(`no schema for ${checker.typeToString(type)}`);
}

function unionOf(type: ts.UnionType, walk: Walk): Schema {
  const parts = type.types.filter((one) => !(one.flags & ts.TypeFlags.Undefined)).map((one) => schemaOf(one, walk));
  const constants = parts.filter((one) => 'const' in one).map((one) => one.const);
  const others = parts.filter((one) => !('const' in one));
  const both = constants.includes(true) && constants.includes(false);
  const left = both ? constants.filter((one) => typeof one !== 'boolean') : constants;
  const all = [
    ...(both ? [{ type: 'boolean' }] : []),
    ...(left.length === 0 ? [] : [left.length === 1 ? { const: left[0] } : { enum: left }]),
    ...others,
  ];
  return all.length === 1 ? (all[0] as Schema) : { anyOf: all };
}

function tupleOf(type: ts.TypeReference, walk: Walk): Schema {
  const items = walk.checker.getTypeArguments(type).map((one) => schemaOf(one, walk));
  return { type: 'array', prefixItems: items, minItems: items.length, maxItems: items.length };
}

/** Named interfaces become definitions, others stand where they are. */
function objectOf(type: ts.Type, walk: Walk): Schema {
  const symbol = type.aliasSymbol ?? type.symbol;
  const named =
    /^[A-Z]\w*$/.test(symbol?.name ?? '') && !['Record', 'Readonly', 'Pick', 'Omit', 'Partial'].includes(symbol.name);
  if (!named) return shapeOf(type, walk);
  const name = symbol.name;
  const owner = walk.owners.get(name);
  if (owner !== undefined && owner !== symbol) throw new Error(`two types are called ${name}`);
  if (owner === undefined) {
    walk.owners.set(name, symbol);
    const text = ts.displayPartsToString(symbol.getDocumentationComment(walk.checker));
    walk.definitions.set(name, { ...(text === '' ? {} : { description: oneLine(text) }), ...shapeOf(type, walk) });
  }
  return { $ref: `#/$defs/${name}` };
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function shapeOf(type: ts.Type, walk: Walk): Schema {
  const { checker } = walk;
  const properties: Record<string, Schema> = {};
  const required: string[] = [];
  for (const property of checker.getPropertiesOfType(type)) {
    const own = schemaOf(checker.getTypeOfSymbol(property), walk);
    const text = oneLine(ts.displayPartsToString(property.getDocumentationComment(checker)));
    properties[property.name] = text === '' ? own : { description: text, ...own };
    if (!(property.flags & ts.SymbolFlags.Optional)) required.push(property.name);
  }
  const index = checker.getIndexInfoOfType(type, ts.IndexKind.String);
  return {
    type: 'object',
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: index === undefined ? false : schemaOf(index.type, walk),
  };
}
