/** Which materialised values the graph has: one per cut, except that the packets' shares of a window form one value together. */
import type { Cut, Dependence } from './dependence.ts';
import { operands } from './ir.ts';

/** A value in the making: parts of tensors, one after the other. */
export interface ValuePlan {
  readonly name: string;
  readonly parts: readonly { readonly tensor: number; readonly elements: readonly number[]; readonly cut?: Cut }[];
  readonly perPacket: boolean;
}

function packetOf(d: Dependence, cut: Cut): number {
  return d.packets[cut.tensor][cut.elements[0]];
}

/** The cuts' values in dependency order, then the output. */
export function planValues(d: Dependence): ValuePlan[] {
  const nameOf = (tensor: number): string =>
    d.ir.ops[tensor].kind === 'input' ? 'input' : d.ir.ops[tensor].node || 'output';
  const part = (cut: Cut): ValuePlan['parts'][number] => ({ tensor: cut.tensor, elements: [...cut.elements], cut });
  const shares = d.cuts.filter((cut) => cut.perPacket).sort((p, q) => (packetOf(d, p) >>> 0) - (packetOf(d, q) >>> 0));
  const plans: ValuePlan[] = d.cuts
    .filter((cut) => !cut.perPacket)
    .map((cut) => ({ name: nameOf(cut.tensor), parts: [part(cut)], perPacket: false }));
  if (shares.length > 0) plans.push({ name: nameOf(shares[0].tensor), parts: shares.map(part), perPacket: true });
  const all = [...Array(d.ir.ops[d.ir.output].size).keys()];
  plans.push({ name: nameOf(d.ir.output), parts: [{ tensor: d.ir.output, elements: all }], perPacket: false });
  return sortPlans(d, plans);
}

/** Topological order: a value follows those whose elements its own are computed from; ties by tensor. */
function sortPlans(d: Dependence, plans: readonly ValuePlan[]): ValuePlan[] {
  const owner = new Map<number, ValuePlan>();
  for (const plan of plans) {
    for (const { cut } of plan.parts) {
      if (cut) for (let i = 0; i < cut.elements.length; i++) owner.set(cut.firstSource + i, plan);
    }
  }
  const done = new Set<ValuePlan>();
  const out: ValuePlan[] = [];
  const visit = (plan: ValuePlan): void => {
    if (done.has(plan)) return;
    done.add(plan);
    for (const { tensor } of plan.parts) {
      const terms = new Set(operands(d.ir.ops[tensor]).flatMap((from) => [...new Set(d.terms[from])]));
      const before = new Set([...terms].flatMap((t) => d.supports.sources(t)).map((s) => owner.get(s)!));
      for (const earlier of before) visit(earlier);
    }
    out.push(plan);
  };
  const last = plans[plans.length - 1];
  const order = [...plans].sort((p, q) => p.parts[0].tensor - q.parts[0].tensor);
  for (const plan of order) if (plan !== last) visit(plan);
  visit(last);
  return out;
}
