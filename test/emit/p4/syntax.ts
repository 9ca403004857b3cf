/** A reader of the P4-16 subset that a network program needs: text to a tree. Written from the language specification for the tests. */

import { Cursor, tokens, typeText } from './cursor.ts';
import { binary, expression, items, postfix } from './expression.ts';
import type {
  ActionNode,
  ControlNode,
  Expression,
  InstanceNode,
  P4Tree,
  Parameter,
  ParserNode,
  Statement,
  TableNode,
} from './tree.ts';

function block(c: Cursor): Statement[] {
  c.expect('{');
  const out: Statement[] = [];
  while (!c.take('}')) out.push(statement(c));
  return out;
}

function statement(c: Cursor): Statement {
  if (c.take('if')) {
    c.expect('(');
    const test = expression(c);
    c.expect(')');
    const yes = block(c);
    const no = c.take('else') ? (c.is('if') ? [statement(c)] : block(c)) : [];
    return { kind: 'if', test, yes, no };
  }
  if (c.take('transition')) return transition(c);
  const declares = ['bit', 'int', 'bool'].includes(c.peek()) || /^[A-Za-z_]\w*$/.test(c.peek(1));
  if (declares) {
    const type = typeText(c);
    const name = c.name();
    const value = c.take('=') ? expression(c) : undefined;
    c.expect(';');
    return value === undefined ? { kind: 'declare', type, name } : { kind: 'declare', type, name, value };
  }
  const left = postfix(c);
  if (c.take('=')) {
    const value = expression(c);
    c.expect(';');
    return { kind: 'assign', to: left, value };
  }
  c.expect(';');
  if (left.kind !== 'call') throw new Error(`a statement that does nothing: ${JSON.stringify(left)}`);
  return { kind: 'call', call: left };
}

function transition(c: Cursor): Statement {
  if (!c.take('select')) {
    const to = c.name();
    c.expect(';');
    return { kind: 'transition', to };
  }
  c.expect('(');
  const keys = items(c, ')');
  c.expect('{');
  const cases: { sets: Expression[]; to: string }[] = [];
  while (!c.take('}')) {
    const sets = c.take('default')
      ? keys.map((): Expression => ({ kind: 'any' }))
      : c.take('(')
        ? keySets(c)
        : [keySet(c)];
    c.expect(':');
    cases.push({ sets, to: c.name() });
    c.expect(';');
  }
  return { kind: 'select', keys, cases };
}

function keySets(c: Cursor): Expression[] {
  const sets = [keySet(c)];
  while (c.take(',')) sets.push(keySet(c));
  c.expect(')');
  return sets;
}

function keySet(c: Cursor): Expression {
  const value = binary(c, 1);
  return c.take('&&&') ? { kind: 'binary', op: '&&&', a: value, b: binary(c, 1) } : value;
}

function parameters(c: Cursor): Parameter[] {
  c.expect('(');
  const out: Parameter[] = [];
  while (!c.take(')')) {
    const direction = ['in', 'out', 'inout'].includes(c.peek()) ? c.next() : '';
    out.push({ direction, type: typeText(c), name: c.name() });
    if (!c.is(')')) c.expect(',');
  }
  return out;
}

/** Annotations ahead of a declaration, as text: `@id(5)`, `@defaultonly`. */
function annotations(c: Cursor): string[] {
  const out: string[] = [];
  while (c.take('@')) {
    let text = c.name();
    if (c.is('(')) {
      while (!c.is(')')) text += c.next();
      text += c.next();
    }
    out.push(text);
  }
  return out;
}

function annotated(list: readonly string[], name: string): number[] {
  return list.flatMap((one) => (one.startsWith(`${name}(`) ? [Number.parseInt(one.slice(name.length + 1), 10)] : []));
}

function tableNode(c: Cursor, notes: readonly string[]): TableNode {
  const name = c.name();
  const keys: { of: Expression; match: string; name: string }[] = [];
  const actions: string[] = [];
  let fallback: TableNode['fallback'] | undefined;
  let size: number | undefined;
  c.expect('{');
  while (!c.take('}')) {
    c.take('const');
    const property = c.name();
    c.expect('=');
    if (property === 'key') {
      c.expect('{');
      while (!c.take('}')) {
        const of = expression(c);
        c.expect(':');
        const match = c.name();
        const [label] = annotations(c);
        keys.push({ of, match, name: /"(.*)"/.exec(label ?? '')?.[1] ?? '' });
        c.expect(';');
      }
    } else if (property === 'actions') {
      c.expect('{');
      while (!c.take('}')) {
        annotations(c);
        actions.push(c.name());
        c.expect(';');
      }
    } else {
      const value = expression(c);
      c.expect(';');
      if (property === 'size' && value.kind === 'number') size = Number(value.value);
      else if (property === 'default_action' && value.kind === 'call') fallback = value;
      else throw new Error(`table ${name}: property ${property}`);
    }
  }
  if (!fallback) throw new Error(`table ${name} has no default action`);
  const [id] = annotated(notes, 'id');
  const made = { name, stages: annotated(notes, 'stage'), keys, actions, fallback };
  return { ...made, ...(id === undefined ? {} : { id }), ...(size === undefined ? {} : { size }) };
}

function instanceNode(c: Cursor, notes: readonly string[]): InstanceNode {
  const type = typeText(c);
  c.expect('(');
  const args = items(c, ')');
  const name = c.name();
  let body: InstanceNode['body'];
  if (c.take('=')) {
    c.expect('{');
    c.expect('void');
    c.expect('apply');
    body = { params: parameters(c), statements: block(c) };
    c.expect('}');
  }
  c.expect(';');
  return { name, type, args, annotations: notes, ...(body ? { body } : {}) };
}

function controlNode(c: Cursor): ControlNode {
  const name = c.name();
  const params = parameters(c);
  const instances: InstanceNode[] = [];
  const actions: ActionNode[] = [];
  const tables: TableNode[] = [];
  let apply: Statement[] | undefined;
  c.expect('{');
  while (!c.take('}')) {
    const notes = annotations(c);
    if (c.take('action')) {
      const [id] = annotated(notes, 'id');
      const made = { name: c.name(), params: parameters(c), body: block(c) };
      actions.push(id === undefined ? made : { ...made, id });
    } else if (c.take('table')) tables.push(tableNode(c, notes));
    else if (c.take('apply')) apply = block(c);
    else instances.push(instanceNode(c, notes));
  }
  return { name, params, instances, actions, tables, apply: apply ?? [] };
}

/** The tree of a P4 text. Throws on anything outside the subset. */
export function parseP4(text: string): P4Tree {
  const c = new Cursor(tokens(text));
  const tree = {
    includes: [] as string[],
    constants: new Map<string, Expression>(),
    types: new Map<string, { header: boolean; members: Map<string, string> }>(),
    parsers: new Map<string, ParserNode>(),
    controls: new Map<string, ControlNode>(),
    main: [] as { type: string; args: string[]; name: string }[],
  };
  while (!c.done) {
    annotations(c);
    const token = c.peek();
    if (token.startsWith('#')) tree.includes.push(c.next());
    else if (c.take('const')) {
      typeText(c);
      const name = c.name();
      c.expect('=');
      tree.constants.set(name, expression(c));
      c.expect(';');
    } else if (c.take('header') || c.take('struct')) {
      const name = c.name();
      if (tree.types.has(name)) throw new Error(`type ${name} declared twice`);
      const members = new Map<string, string>();
      c.expect('{');
      while (!c.take('}')) {
        const type = typeText(c);
        const member = c.name();
        if (members.has(member)) throw new Error(`member ${name}.${member} declared twice`);
        members.set(member, type);
        c.expect(';');
      }
      tree.types.set(name, { header: token === 'header', members });
    } else if (c.take('parser')) {
      const name = c.name();
      const params = parameters(c);
      const states = new Map<string, Statement[]>();
      c.expect('{');
      while (!c.take('}')) {
        c.expect('state');
        const state = c.name();
        if (states.has(state)) throw new Error(`state ${state} declared twice`);
        states.set(state, block(c));
      }
      tree.parsers.set(name, { name, params, states });
    } else if (c.take('control')) {
      const node = controlNode(c);
      tree.controls.set(node.name, node);
    } else {
      const type = typeText(c);
      c.expect('(');
      const args = items(c, ')').map((one) => (one.kind === 'call' || one.kind === 'name' ? one.path.join('.') : '?'));
      tree.main.push({ type, args, name: c.name() });
      c.expect(';');
    }
  }
  return tree;
}
