/**
 * The instructions of an action read the values at its entry; P4 statements run one after the other. Readers of a field are put
 * before its writer; where that goes in a circle (a swap), the old value is saved in a local first.
 */

export interface Item {
  readonly writes: readonly string[];
  readonly reads: readonly string[];
}

export interface Order<T extends Item> {
  readonly items: readonly T[];
  /** Fields whose entry value must be saved before the first statement. */
  readonly save: readonly string[];
}

/** Items in an order in which no item reads what an earlier one wrote, except saved fields. */
export function orderItems<T extends Item>(items: readonly T[]): Order<T> {
  const left = [...items];
  const out: T[] = [];
  const save: string[] = [];
  const readBy = (field: string, but: T) =>
    !save.includes(field) && left.some((one) => one !== but && one.reads.includes(field));
  while (left.length > 0) {
    const free = left.find((one) => !one.writes.some((field) => readBy(field, one)));
    if (free) {
      left.splice(left.indexOf(free), 1);
      out.push(free);
    } else {
      save.push(...left[0].writes.filter((field) => readBy(field, left[0])));
    }
  }
  return { items: out, save };
}
