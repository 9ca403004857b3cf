/** Programs from lowered networks: behind the features' front, or behind injected fields (verify, feature rows). */
import {
  type FeatureField,
  type Field,
  type FlowState,
  type Fragment,
  mergeFragments,
  type Parser,
  type Program,
} from '../../program/index.ts';
import { splitGress } from './gress.ts';
import type { InputField, Lowered } from './lower.ts';
import type { TableNetwork } from './network.ts';

/** What stands before the model's tables. */
export interface FrontPart {
  readonly fragment: Fragment;
  readonly parser: Parser;
  readonly features: readonly FeatureField[];
  readonly flow?: FlowState;
}

/** A parser that accepts everything: programs whose inputs are injected. */
const ACCEPT_ALL: Parser = {
  states: [{ name: 'start', extract: [], skip: 0, assign: [], select: [], cases: [], otherwise: 'accept' }],
};

/** Field of an injected feature: `l4.byte[3]` → `in.l4_byte_3`. */
export function injectedField(feature: string): string {
  return `in.${feature.replace(/[.[]/g, '_').replace(']', '')}`;
}

/** A front of metadata fields, one a feature, filled by the run's injected columns. */
export function injectedFront(network: TableNetwork): { readonly front: FrontPart; readonly inputs: InputField[] } {
  const fields = network.features.map(
    (f): Field => ({ name: injectedField(f.name), bits: f.bits, source: 'metadata', note: `injected ${f.name}` }),
  );
  const features = network.features.map(
    (f): FeatureField => ({ feature: f.name, field: injectedField(f.name), bits: f.bits }),
  );
  const inputs = network.features.map(
    (f): InputField => ({ field: injectedField(f.name), bits: f.bits, min: 0, max: 2 ** f.bits - 1 }),
  );
  return { front: { fragment: { fields, features }, parser: ACCEPT_ALL, features }, inputs };
}

/** The whole program; phases from `cut` on run in egress (default: all in ingress). */
export function assembleProgram(
  name: string,
  lowered: Lowered,
  front: FrontPart,
  cut = lowered.phases.length,
): Program {
  const split = splitGress(lowered.phases, lowered.tables, lowered.actions, cut);
  const model: Fragment = {
    fields: lowered.fields,
    actions: lowered.actions,
    tables: split.tables,
    ingress: split.ingress,
    egress: split.egress,
    bridge: split.bridge,
  };
  const program = mergeFragments(
    name,
    front.parser,
    lowered.verdict,
    { ...front.fragment, features: front.features },
    model,
  );
  return front.flow === undefined ? program : { ...program, flow: front.flow };
}
