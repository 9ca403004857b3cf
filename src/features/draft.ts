/** The program front while it is being built: lists that families of features add to, in the order of the pipeline's phases. */

import type {
  Action,
  Field,
  FieldSource,
  Fragment,
  Hash,
  Header,
  Instruction,
  ParserState,
  Register,
  StatefulAction,
  Step,
  Table,
} from '../program/index.ts';

type Assign = ParserState['assign'][number];

/** Steps of one phase run after those of the phase before; a phase is about one stage deep. */
export interface Phases {
  /** Stage 0, every packet. */
  readonly entry: Step[];
  /** Stage 0, packets with a valid IPv4 / IPv6 header. */
  readonly ipv4: Step[];
  readonly ipv6: Step[];
  /** The owner of the slot, and registers that every packet of the slot may touch. */
  readonly slot: Step[];
  /** After the owner is known: packets of a flow that holds its slot since before. */
  readonly same: Step[];
  /** Instructions for the first packet of a flow in its slot. */
  readonly fresh: Instruction[];
  /** Registers of the flow; run when the slot is the packet's own. */
  readonly state: Step[];
  /** Registers that need the results of `state` or `same`. */
  readonly late: Step[];
}

/** Everything a front consists of, mutable until `draftFragment`. */
export interface Draft {
  readonly fields: Map<string, Field>;
  readonly headers: Header[];
  readonly hashes: Hash[];
  readonly registers: Register[];
  readonly stateful: StatefulAction[];
  readonly actions: Action[];
  readonly tables: Table[];
  readonly phases: Phases;
  /** Extra metadata copies per parser state. */
  readonly assigns: Map<string, Assign[]>;
}

export function emptyDraft(): Draft {
  return {
    fields: new Map(),
    headers: [],
    hashes: [],
    registers: [],
    stateful: [],
    actions: [],
    tables: [],
    phases: { entry: [], ipv4: [], ipv6: [], slot: [], same: [], fresh: [], state: [], late: [] },
    assigns: new Map(),
  };
}

/** Declare a field once; a second declaration of the same name is the same field. Returns the name. */
export function addField(
  draft: Draft,
  name: string,
  bits: number,
  source: FieldSource = 'metadata',
  note?: string,
): string {
  if (!draft.fields.has(name))
    draft.fields.set(name, note === undefined ? { name, bits, source } : { name, bits, source, note });
  return name;
}

/** Declare a header and its fields, `[name, bits]` in wire order; fields are called `hdr.<header>.<name>`. */
export function addHeader(draft: Draft, name: string, fields: readonly (readonly [string, number])[]): void {
  draft.headers.push({
    name,
    fields: fields.map(([field, bits]) => addField(draft, `hdr.${name}.${field}`, bits, 'header')),
  });
}

/** Copy a header field (or a constant) to metadata in a parser state. */
export function assignIn(draft: Draft, state: string, dst: string, from: Assign['from']): void {
  const list = draft.assigns.get(state) ?? [];
  if (!list.some((entry) => entry.dst === dst)) list.push({ dst, from });
  draft.assigns.set(state, list);
}

/** A keyless table of one action. Returns the step that applies it. */
export function keyless(
  draft: Draft,
  name: string,
  instructions: readonly Instruction[],
  stateful?: { readonly run: string; readonly index: string },
  note?: string,
): Step {
  draft.actions.push({ name, params: [], instructions, ...(stateful ? { stateful } : {}) });
  draft.tables.push({
    name,
    gress: 'ingress',
    keys: [],
    actions: [name],
    defaultAction: { action: name, data: [] },
    size: 0,
    entries: noEntries(),
    ...(note ? { note } : {}),
  });
  return { kind: 'apply', table: name };
}

/** A register array, its one stateful action and the keyless table that runs it at `index`. Returns the step. */
export function registerTable(
  draft: Draft,
  register: Register,
  action: Omit<StatefulAction, 'name' | 'register'>,
  index: string,
): Step {
  draft.registers.push(register);
  draft.stateful.push({ name: register.name, register: register.name, ...action });
  return keyless(draft, register.name, [], { run: register.name, index }, register.note);
}

/** Columns of a table without entries. */
export function noEntries(): Table['entries'] {
  const none = (): Uint32Array => new Uint32Array(0);
  return {
    count: 0,
    keyWords: 0,
    value: none(),
    mask: none(),
    priority: none(),
    action: new Uint8Array(0),
    dataWords: 0,
    data: none(),
  };
}

/** The lists of a draft as a program fragment; the caller supplies the control flow. */
export function draftFragment(draft: Draft, ingress: readonly Step[]): Fragment {
  return {
    fields: [...draft.fields.values()],
    headers: draft.headers,
    hashes: draft.hashes,
    registers: draft.registers,
    stateful: draft.stateful,
    actions: draft.actions,
    tables: draft.tables,
    ingress,
  };
}
