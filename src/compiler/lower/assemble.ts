/** Programs from lowered networks: behind the features' front, or behind injected fields (verify, feature rows). */
import { type Front, ringFragments } from '../../features/index.ts';
import { type Fragment, mergeFragments, type Program } from '../../program/index.ts';
import { splitGress } from './gress.ts';
import type { InputField, Lowered } from './lower.ts';
import type { TableNetwork } from './network.ts';

/** Fields of a row network's inputs as a front computes them; `ranges` narrows what they can hold. */
export function frontInputs(
  front: Front,
  network: TableNetwork,
  ranges?: readonly { readonly min: number; readonly max: number }[],
): InputField[] {
  return network.features.map((feature, i) => {
    const { field, bits } = front.features[i];
    const max = Math.min(2 ** bits - 1, ranges?.[i].max ?? 2 ** feature.bits - 1);
    return { field, bits, min: ranges?.[i].min ?? 0, max };
  });
}

/** The whole program; phases from `cut` on run in egress (default: all in ingress). */
export function assembleProgram(name: string, lowered: Lowered, front: Front, cut = lowered.phases.length): Program {
  const split = splitGress(lowered.phases, lowered.tables, lowered.actions, cut, lowered.verdict);
  const model: Fragment = {
    fields: lowered.fields,
    actions: lowered.actions,
    tables: split.tables,
    ingress: split.ingress,
    egress: split.egress,
    bridge: split.bridge,
  };
  return mergeFragments(name, front.parser, lowered.verdict, ...ringFragments(front, lowered.rings), model);
}
