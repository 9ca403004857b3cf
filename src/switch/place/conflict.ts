/**
 * Container conflicts (T:bf-p4c/mau/table_dependency_graph.cpp:2282-2330): narrow header fields that no arithmetic touches lie beside
 * their neighbours in one 32-bit container; tables that write different fields of it need different stages, in any order.
 */

import type { Demand } from '../demand/demand.ts';
import { mayBothRun } from './depend.ts';

const CONTAINER_BITS = 32;

/** Containers shared by neighbouring narrow fields of one header, in the order the fields are declared or first used. */
export function sharedContainers(demand: Demand): string[][] {
  const arithmetic = new Set(demand.tables.flatMap((table) => table.actions.flatMap((action) => action.arithmetic)));
  const headers = new Map<string, { name: string; bits: number }[]>();
  for (const { name, bits, header } of demand.fields) {
    if (!header || bits >= CONTAINER_BITS || arithmetic.has(name)) continue;
    const struct = name.slice(0, name.lastIndexOf('.'));
    headers.set(struct, [...(headers.get(struct) ?? []), { name, bits }]);
  }
  const containers: string[][] = [];
  for (const fields of headers.values()) {
    let free = 0;
    for (const { name, bits } of fields) {
      if (bits > free) {
        containers.push([]);
        free = CONTAINER_BITS;
      }
      containers.at(-1)!.push(name);
      free -= bits;
    }
  }
  return containers.filter((fields) => fields.length > 1);
}

/** For each table, the tables with which it must not share a stage, and the field of the shared container that those write. */
export type Conflicts = readonly ReadonlyMap<number, string>[];

/** Conflicts of tables that write different fields of one of the containers. */
export function containerConflicts(demand: Demand, containers: readonly (readonly string[])[]): Conflicts {
  const conflicts: Map<number, string>[] = demand.tables.map(() => new Map());
  for (const fields of containers) {
    const writers = demand.tables.flatMap((table, index) => {
      const written = fields.find((field) => table.actions.some((action) => action.writes.includes(field)));
      return written === undefined ? [] : [{ index, written }];
    });
    for (const a of writers)
      for (const b of writers)
        if (a !== b && mayBothRun(demand, a.index, b.index)) conflicts[a.index].set(b.index, b.written);
  }
  return conflicts;
}
