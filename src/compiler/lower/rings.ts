/** Kept values: the flow's rings behind the per-packet part, and the fields that hold what earlier packets left. */
import { type Front, guardedSteps, type Ring, ringFragment } from '../../features/index.ts';
import { fail } from '../../problem.ts';
import type { ElementRef } from '../primitives/graph.ts';
import { addPhase, elementField, type LowerContext } from './context.ts';

const keyOf = (ref: ElementRef): string => `${ref.value}.${ref.index}`;

/** Builds one ring an element that is kept, and gives every kept element its field. Returns the rings, in order. */
export function lowerKept(context: LowerContext, value: number, front: Front): Ring[] {
  const kept = context.network.values[value].kept ?? [];
  const flow = front.flow;
  if (flow === undefined) {
    return fail({
      code: 'COMPILE-WINDOW',
      message: 'a window model needs a front with flow state',
      where: context.network.name,
      hint: 'build the front with the model’s window length',
    });
  }
  const rings = new Map<string, Ring>();
  kept.forEach(({ source, age }, e) => {
    const key = keyOf(source);
    const from = elementField(context, source);
    let ring = rings.get(key);
    if (ring === undefined) {
      const name = from.field.replace(/^(nn|meta)\./, '').replace(/[^A-Za-z0-9]+/g, '_');
      ring = ringFragment(
        { name, field: from.field, bits: from.bits },
        {
          slots: flow.slots,
          window: context.network.window,
          salu: front.settings.salu,
          publishedOrder: front.settings.publishedOrder,
        },
      );
      rings.set(key, ring);
    }
    context.elements[value][e] = { field: ring.window[context.network.window - 1 - age], bits: from.bits };
  });
  const made = [...rings.values()];
  const phase = addPhase(context, 'rings', { value, pinned: true });
  phase.steps.push(
    ...guardedSteps(
      front,
      made.flatMap((ring) => ring.steps),
    ),
  );
  return made;
}
