/**
 * Flow state that a description lists as registers without saying which action uses them. The usual shape is assumed: a flow hash
 * gives slot and owner; the owner register comes first, every other register is updated or restarted under its answer; a statement
 * derives features; registers whose names differ in a trailing number form a ring of past results around the table that rotates it.
 */

import type { DescribedCondition, DescribedRegister, DescribedTable, Description } from './types.ts';

const SLOT = '$flow.slot';
const HASH = '$flow.hash';
const OWNER = '$flow.owner';
const RING = '$ring.input';
const HASH_BITS = 32;

/** What the flow hash covers; the parser lifts it for the hash alone. */
const FIVE_TUPLE: Readonly<Record<string, number>> = {
  'hdr.$flow.source': 32,
  'hdr.$flow.destination': 32,
  'hdr.$flow.source_port': 16,
  'hdr.$flow.destination_port': 16,
  'hdr.$flow.protocol': 8,
};

function statement(
  name: string,
  reads: readonly string[],
  writes: readonly string[],
  more: { hashBits?: number; register?: string } = {},
): DescribedTable {
  const action = {
    name,
    paramBits: [],
    reads,
    writes,
    accumulates: false,
    hashBits: more.hashBits ?? 0,
    ...(more.register === undefined ? {} : { register: more.register }),
  };
  return { name, gress: 'ingress', keys: [], size: 0, actions: [action], noAction: false, statement: true, made: true };
}

/** Registers that no action of the description uses. */
function unattached(description: Description): DescribedRegister[] {
  const used = new Set(description.tables.flatMap((table) => table.actions.map((action) => action.register)));
  return description.registers.filter((register) => !used.has(register.name));
}

/** Names that differ in a trailing number, two or more of them: a ring. */
function ringOf(registers: readonly DescribedRegister[]): DescribedRegister[] {
  const stem = (name: string) => name.replace(/\d+$/, '');
  return registers.filter(
    ({ name }) =>
      /\d$/.test(name) &&
      registers.filter((other) => /\d$/.test(other.name) && stem(other.name) === stem(name)).length > 1,
  );
}

/** Metadata that tables match and nothing in the description writes. */
function unwritten(tables: readonly DescribedTable[]): string[] {
  const written = new Set(tables.flatMap((table) => table.actions.flatMap((action) => action.writes)));
  const matched = tables.flatMap((table) => table.keys.map((key) => key.field));
  return [...new Set(matched)].filter((field) => !written.has(field) && !field.startsWith('hdr.'));
}

/** Fields of a numbered struct are copies of packet bytes; single ones are derived from state. */
function isCopied(field: string): boolean {
  return /\.\w*\d\.\w*\d$/.test(field) || /_\d+$/.test(field);
}

/** The table that rotates the ring: its several actions carry no data, and no table reads what it writes. */
function rotator(tables: readonly DescribedTable[]): number {
  return tables.findIndex((table) => {
    const reads = new Set(
      tables.flatMap((other) => [
        ...other.keys.map((key) => key.field),
        ...other.actions.flatMap((action) => action.reads),
      ]),
    );
    return (
      table.actions.length > 1 &&
      table.actions.every(
        ({ paramBits, writes }) =>
          paramBits.length === 0 && writes.length > 0 && !writes.some((field) => reads.has(field)),
      )
    );
  });
}

/** Update and restart of one register, on the two branches of one condition over the owner's answer. */
function counters(registers: readonly DescribedRegister[]): {
  tables: DescribedTable[];
  conditions: DescribedCondition[];
} {
  const conditions = registers.map(({ name }) => ({
    name: `new flow (${name})`,
    gress: 'ingress' as const,
    keys: [{ field: OWNER, bits: 1, match: 'exact' as const }],
  }));
  const tables = registers.flatMap(({ name }, index) =>
    [true, false].map((outcome) => ({
      ...statement(`${outcome ? 'restart' : 'update'} ${name}`, [SLOT], [`$state.${name}`], { register: name }),
      under: { condition: conditions[index].name, outcome },
    })),
  );
  return { tables, conditions };
}

/** The rotation: what precedes it is packed and written to the ring; it reads the ring's cells and feeds all later keys. */
function withRing(tables: readonly DescribedTable[], ring: readonly DescribedRegister[]): DescribedTable[] {
  const at = rotator(tables);
  if (at <= 0 || ring.length === 0)
    return [
      ...tables,
      ...ring.map(({ name }) => statement(`access ${name}`, [SLOT], [`$ring.${name}`], { register: name })),
    ];
  const before = tables[at - 1].actions.flatMap((action) => action.writes);
  const later = tables
    .slice(at + 1)
    .filter((table) => !table.made)
    .flatMap((table) => table.keys.map((key) => key.field));
  const cells = ring.map(({ name }) => `$ring.${name}`);
  const rotated: DescribedTable = {
    ...tables[at],
    actions: tables[at].actions.map((action) => ({
      ...action,
      reads: [...action.reads, ...cells],
      writes: [...new Set([...action.writes, ...later])],
    })),
  };
  const access = ring.map(({ name }) =>
    statement(`access ${name}`, [SLOT, RING], [`$ring.${name}`], { register: name }),
  );
  return [
    ...tables.slice(0, at),
    statement('pack ring input', before, [RING]),
    ...access,
    rotated,
    ...tables.slice(at + 1),
  ];
}

/** Widths of what the registers send to the header vector. */
function stateWidths(
  owner: DescribedRegister | undefined,
  others: readonly DescribedRegister[],
  ring: readonly DescribedRegister[],
): Record<string, number> {
  return {
    [SLOT]: Math.ceil(Math.log2(Math.max(2, owner?.cells ?? 2))),
    [OWNER]: 1,
    ...(ring.length > 0 ? { [RING]: ring[0].bits } : {}),
    ...Object.fromEntries(others.map(({ name, bits }) => [`$state.${name}`, bits])),
    ...Object.fromEntries(ring.map(({ name, bits }) => [`$ring.${name}`, bits])),
  };
}

/** The description with its flow state spelled out; unchanged when every register has its action. */
export function withFlowState(description: Description): Description {
  const registers = unattached(description);
  if (registers.length === 0) return description;
  const ring = ringOf(registers);
  const plain = registers.filter((register) => !ring.includes(register));
  const owner = plain.find(({ name }) => /hash|owner/i.test(name)) ?? plain[0];
  const others = plain.filter((register) => register !== owner);
  const free = unwritten(description.tables);
  const fromState = (field: string) =>
    others.find(({ name }) => name.toLowerCase().endsWith(field.split('.').at(-1)?.toLowerCase() ?? '\0'));
  const copied = free.filter((field) => isCopied(field) && !fromState(field));
  const derived = free.filter((field) => !copied.includes(field));
  const state = counters(others);
  const head = [
    statement('flow hash', Object.keys(FIVE_TUPLE), [HASH, SLOT], { hashBits: HASH_BITS }),
    ...(copied.length > 0 ? [statement('copy header fields', [], copied)] : []),
    ...(owner ? [statement(`owner ${owner.name}`, [SLOT, HASH], [OWNER], { register: owner.name })] : []),
    ...state.tables,
    ...(derived.length > 0
      ? [
          statement(
            'derive features',
            others.map(({ name }) => `$state.${name}`),
            derived,
          ),
        ]
      : []),
  ];
  return {
    ...description,
    tables: [...head, ...withRing(description.tables, ring)],
    conditions: [...description.conditions, ...state.conditions],
    fieldBits: { ...FIVE_TUPLE, ...stateWidths(owner, others, ring), ...description.fieldBits },
  };
}
