/** Structure checks that need no compiler: names, sizes, parameters, widths, one register access a path. Problems as text. */

import type { Contents } from './installed.ts';
import type { ControlNode, Expression, P4Tree, Parameter, Statement } from './tree.ts';

const INTRINSIC =
  /^(standard_metadata|ig_intr_md|ig_prsr_md|ig_dprsr_md|ig_tm_md|eg_intr_md|eg_prsr_md|eg_dprsr_md|eg_oport_md)(\.|$)/;
const KNOWN = new Set([
  'PARSER_ERROR_OK',
  'PORT_METADATA_SIZE',
  'packet',
  'hash',
  'min',
  'max',
  'mark_to_drop',
  'clone',
  'update_checksum',
]);
const KNOWN_PATHS = /^(HashAlgorithm(_t)?\.|CloneType\.)/;

/** Everything that is wrong with the structure of a tree and its entries. */
export function structureProblems(tree: P4Tree, contents: Contents): string[] {
  const problems: string[] = [];
  for (const parser of tree.parsers.values()) {
    for (const [name, body] of parser.states) {
      checkNames(tree, body, parser.params, new Set(), `state ${name}`, problems);
      for (const one of body) {
        const targets =
          one.kind === 'transition' ? [one.to] : one.kind === 'select' ? one.cases.map((entry) => entry.to) : [];
        for (const to of targets) {
          if (to !== 'accept' && to !== 'reject' && !parser.states.has(to))
            problems.push(`state ${to} is not declared`);
        }
      }
    }
  }
  for (const control of tree.controls.values()) problems.push(...controlProblems(tree, control, contents));
  for (const table of contents.keys()) {
    if (![...tree.controls.values()].some((one) => one.tables.some((item) => item.name === table)))
      problems.push(`entries for ${table}, which is no table`);
  }
  return problems;
}

function controlProblems(tree: P4Tree, control: ControlNode, contents: Contents): string[] {
  const problems: string[] = [];
  const names = [...control.instances, ...control.actions, ...control.tables].map((one) => one.name);
  for (const name of names)
    if (names.filter((one) => one === name).length > 1) problems.push(`${name} is declared twice`);
  const own = new Set(names);
  for (const action of control.actions) {
    checkNames(
      tree,
      action.body,
      control.params,
      new Set([...own, ...action.params.map((one) => one.name)]),
      action.name,
      problems,
    );
  }
  checkNames(tree, control.apply, control.params, own, control.name, problems);
  for (const instance of control.instances) {
    if (!instance.body) continue;
    const locals = new Set([...own, ...instance.body.params.map((one) => one.name), 'value.lo', 'value.hi']);
    checkNames(tree, instance.body.statements, control.params, locals, instance.name, problems);
  }
  for (const table of control.tables) problems.push(...tableProblems(tree, control, table.name, contents));
  const tofino = tree.includes.some((one) => /t2?na\.p4/.test(one));
  for (const action of control.actions) {
    problems.push(
      ...(tofino ? parallelProblems(action.name, action.body) : predicationProblems(action.name, action.body)),
    );
  }
  if (tofino) for (const instance of control.instances) problems.push(...saluProblems(instance));
  accesses(control, control.apply, new Set(), problems);
  return problems;
}

function tableProblems(tree: P4Tree, control: ControlNode, name: string, contents: Contents): string[] {
  const problems: string[] = [];
  const table = control.tables.find((one) => one.name === name)!;
  const content = contents.get(name);
  const params = (action: string) => control.actions.find((one) => one.name === action)?.params;
  for (const action of [...table.actions, table.fallback.path[0]]) {
    if (!params(action)) problems.push(`table ${name}: action ${action} is not declared`);
  }
  if (table.keys.length > 0 && table.size === undefined) problems.push(`table ${name} has no size`);
  if (content && content.entries.length > (table.size ?? 0))
    problems.push(`table ${name}: ${content.entries.length} entries in ${table.size}`);
  const widths = table.keys.map((key) => widthOf(tree, control, key.of));
  for (const entry of [
    ...(content?.entries ?? []),
    ...(content?.fallback ? [{ ...content.fallback, keys: [] }] : []),
  ]) {
    const wanted = params(entry.action);
    if (!table.actions.includes(entry.action)) problems.push(`table ${name} does not list ${entry.action}`);
    if (wanted?.length !== entry.data.length)
      problems.push(`${entry.action} takes ${wanted?.length} values, not ${entry.data.length}`);
    entry.data.forEach((value, p) => {
      if (wanted && value >= 1n << BigInt(bitsOf(wanted[p].type)))
        problems.push(`${name}: ${value} in ${wanted[p].type}`);
    });
    entry.keys.forEach((key, k) => {
      for (const part of [key.value, key.mask, key.low, key.high]) {
        if (part !== undefined && part >= 1n << BigInt(widths[k]))
          problems.push(`${name}: key ${k} ${part} in ${widths[k]} bits`);
      }
    });
  }
  return problems;
}

/** Every expression of a statement, outermost first. */
function expressions(one: Statement): Expression[] {
  const inside = (of: Expression): Expression[] => [
    of,
    ...(of.kind === 'choice'
      ? [of.test, of.yes, of.no]
      : of.kind === 'binary'
        ? [of.a, of.b]
        : of.kind === 'call'
          ? of.args
          : of.kind === 'list'
            ? of.items
            : 'of' in of
              ? [of.of]
              : []
    ).flatMap(inside),
  ];
  if (one.kind === 'if') return [...inside(one.test), ...[...one.yes, ...one.no].flatMap(expressions)];
  if (one.kind === 'assign') return [one.to, one.value].flatMap(inside);
  if (one.kind === 'declare') return one.value ? inside(one.value) : [];
  return one.kind === 'call' ? inside(one.call) : [];
}

/**
 * Actions on bmv2 execute no conditions: p4c turns `if` and `?:` into one conditional expression a statement (predication), safest
 * one level deep; `&&` would be taken apart into more.
 */
function predicationProblems(action: string, body: readonly Statement[]): string[] {
  const problems: string[] = [];
  for (const one of body) {
    if (one.kind === 'if') problems.push(`action ${action} has an if`);
    const all = expressions(one);
    if (all.filter((item) => item.kind === 'choice').length > 1) problems.push(`action ${action} nests conditionals`);
    if (all.some((item) => item.kind === 'binary' && /^(&&|\|\|)$/.test(item.op)))
      problems.push(`action ${action} has && or ||`);
  }
  return problems;
}

/** The statements of a Tofino action run at once: none reads a field that an earlier one writes. */
function parallelProblems(action: string, body: readonly Statement[]): string[] {
  const written = new Set<string>();
  const problems: string[] = [];
  const names = (list: readonly Expression[]) =>
    list.flatMap((one) => (one.kind === 'name' ? [one.path.join('.')] : []));
  for (const one of body) {
    const to = one.kind === 'assign' ? (one.to.kind === 'slice' ? one.to.of : one.to) : undefined;
    for (const name of names(expressions(one).filter((item) => item !== to))) {
      if (written.has(name)) problems.push(`action ${action} reads ${name} after writing it`);
    }
    if (to?.kind === 'name') written.add(to.path.join('.'));
  }
  return problems;
}

/** One memory word and one PHV input a comparison; one operation a statement (bf-p4c stateful_alu.cpp, bf-asm salu_inst.cpp). */
function saluProblems(instance: ControlNode['instances'][number]): string[] {
  if (!instance.body) return [];
  const problems: string[] = [];
  const outs = new Set(instance.body.params.map((one) => one.name).filter((name) => name !== 'value'));
  const memory = (one: Expression) => one.kind === 'name' && /^(in_)?value$/.test(one.path[0]);
  const phv = (one: Expression) => one.kind === 'name' && !memory(one) && !outs.has(one.path[0]);
  const under = (one: Expression) => expressions({ kind: 'declare', type: '', name: '', value: one });
  const relation = /^(==|!=|<|<=|>|>=)$/;
  for (const item of instance.body.statements.flatMap(expressions)) {
    if (item.kind !== 'binary' || !relation.test(item.op)) continue;
    const parts = under(item);
    if (parts.filter(memory).length > 1) problems.push(`${instance.name} compares two memory words`);
    if (new Set(parts.filter(phv).map((one) => JSON.stringify(one))).size > 1)
      problems.push(`${instance.name} compares two PHV inputs`);
  }
  return problems;
}

const bitsOf = (type: string) => Number(/<(\d+)>/.exec(type)?.[1] ?? 0);

function typeOf(tree: P4Tree, params: readonly Parameter[], path: readonly string[]): string | undefined {
  let type = params.find((one) => one.name === path[0])?.type;
  for (const part of path.slice(1)) type = type === undefined ? undefined : tree.types.get(type)?.members.get(part);
  return type;
}

function widthOf(tree: P4Tree, control: ControlNode, one: Expression): number {
  if (one.kind === 'slice') return one.high - one.low + 1;
  return one.kind === 'name' ? bitsOf(typeOf(tree, control.params, one.path) ?? 'bit<9>') : 0;
}

function checkNames(
  tree: P4Tree,
  list: readonly Statement[],
  params: readonly Parameter[],
  locals: Set<string>,
  where: string,
  problems: string[],
): void {
  const path = (parts: readonly string[]) => {
    const name = parts.join('.');
    if (
      locals.has(name) ||
      locals.has(parts[0]) ||
      KNOWN.has(parts[0]) ||
      KNOWN_PATHS.test(name) ||
      INTRINSIC.test(name)
    )
      return;
    if (tree.constants.has(name) || typeOf(tree, params, parts) !== undefined) return;
    problems.push(`${where}: ${name} is not declared`);
  };
  const walk = (one: Expression): void => {
    if (one.kind === 'name') path(one.path);
    else if (one.kind === 'call') {
      path(one.path.length > 1 ? one.path.slice(0, -1) : one.path);
      one.args.forEach(walk);
    } else if (one.kind === 'list') one.items.forEach(walk);
    else if (one.kind === 'choice') [one.test, one.yes, one.no].forEach(walk);
    else if (one.kind === 'binary') [one.a, one.b].forEach(walk);
    else if ('of' in one) walk(one.of);
  };
  for (const one of list) {
    if (one.kind === 'declare') {
      if (one.value) walk(one.value);
      locals.add(one.name);
    } else if (one.kind === 'assign') [one.to, one.value].forEach(walk);
    else if (one.kind === 'call') walk(one.call);
    else if (one.kind === 'select') one.keys.forEach(walk);
    else if (one.kind === 'if') {
      walk(one.test);
      checkNames(tree, one.yes, params, locals, where, problems);
      checkNames(tree, one.no, params, locals, where, problems);
    }
  }
}

/** Registers touched on some path so far; a second touch on one path is a problem. */
function accesses(
  control: ControlNode,
  list: readonly Statement[],
  before: ReadonlySet<string>,
  problems: string[],
): ReadonlySet<string> {
  let touched = before;
  for (const one of list) {
    if (one.kind === 'if') {
      const yes = accesses(control, one.yes, touched, problems);
      const no = accesses(control, one.no, touched, problems);
      touched = new Set([...yes, ...no]);
    } else if (one.kind === 'call') {
      const table = control.tables.find((item) => item.name === one.call.path[0]);
      const used = new Set((table?.actions ?? []).flatMap((name) => registersOf(control, name)));
      for (const register of used)
        if (touched.has(register)) problems.push(`${register} is accessed twice on one path`);
      touched = new Set([...touched, ...used]);
    }
  }
  return touched;
}

function registersOf(control: ControlNode, action: string): string[] {
  const body = control.actions.find((one) => one.name === action)?.body ?? [];
  const calls = JSON.stringify(body, (_, value) => (typeof value === 'bigint' ? String(value) : value));
  return control.instances
    .filter((one) => calls.includes(`["${one.name}","read"]`) || calls.includes(`["${one.name}","execute"]`))
    .map((one) => {
      const [register] = one.args;
      return one.type.startsWith('RegisterAction') && register.kind === 'name' ? register.path[0] : one.name;
    });
}
