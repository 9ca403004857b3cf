/** The front of a program: parser, flow slot, registers and features, ready for a model's tables behind it. */

import type { FeatureField, FlowState, Fragment, Parser, Program, Step } from '../program/index.ts';
import { featureNamed } from './catalogue.ts';
import { type Draft, draftFragment, emptyDraft } from './draft.ts';
import type { Feature } from './feature.ts';
import { type FrontOptions, type FrontSettings, frontSettings } from './options.ts';
import { buildParser } from './parser.ts';
import { addSlot, FLOW, flowState, ownershipSteps } from './slot.ts';
import { addState } from './state.ts';
import { addWindow, WINDOW } from './window.ts';

export interface Front {
  readonly fragment: Fragment;
  readonly parser: Parser;
  /** Absent when no feature needs the flow. */
  readonly flow?: FlowState;
  /** One per requested feature, in order. */
  readonly features: readonly FeatureField[];
  /** 1-bit field that must be 1 for a verdict to count; absent: every parsed packet has one. */
  readonly valid?: string;
  /** Field with the ring position of the packet, for windows. */
  readonly position?: string;
  readonly settings: FrontSettings;
}

/** What a front with a window says about it. */
export function windowFront(settings: FrontSettings): Pick<Front, 'valid' | 'position'> {
  return settings.window > 1 ? { valid: WINDOW.full, position: WINDOW.position } : {};
}

/** Control flow of the front, phase after phase (draft.ts). */
function frontSteps(draft: Draft, settings: FrontSettings, withFlow: boolean): Step[] {
  const { entry, ipv4, ipv6, slot, late, state } = draft.phases;
  const v6: Step[] =
    ipv6.length > 0 ? [{ kind: 'if', all: [{ kind: 'valid', header: 'ipv6' }], then: ipv6, else: [] }] : [];
  const byVersion: Step[] =
    ipv4.length + ipv6.length > 0
      ? [{ kind: 'if', all: [{ kind: 'valid', header: 'ipv4' }], then: ipv4, else: v6 }]
      : [];
  const behind = withFlow ? ownershipSteps(draft, settings) : [...state, ...late];
  return [...entry, ...byVersion, ...slot, ...behind];
}

/**
 * Build the front for `options.features`. Throws FEATURE-UNKNOWN, FEATURE-L4-LIMIT, FEATURE-OPTION.
 */
export function buildFront(options: FrontOptions): Front {
  const settings = frontSettings(options);
  const wanted = options.features.map(featureNamed);
  const withFlow = settings.flow || settings.window > 1 || wanted.some((feature) => feature.stateful);
  const draft = emptyDraft();
  if (withFlow) addSlot(draft, settings);
  const fields = new Map<string, string>();
  const realise = (feature: Feature): string => {
    const field = fields.get(feature.name) ?? feature.realise(draft, settings);
    fields.set(feature.name, field);
    return field;
  };
  const { state } = settings;
  if (state) {
    const sources = state.tables.map(({ feature }) => realise(featureNamed(feature)));
    addState(draft, settings, state, sources);
  }
  for (const feature of wanted) realise(feature);
  if (settings.window > 1) addWindow(draft, settings);
  const parser = buildParser(draft, settings);
  const ingress = frontSteps(draft, settings, withFlow);
  const features = wanted.map(({ name }): FeatureField => {
    const field = fields.get(name) as string;
    return { feature: name, field, bits: draft.fields.get(field)?.bits ?? 0 };
  });
  const mayLose = withFlow && settings.policy !== 'replace';
  const flow = withFlow ? { flow: flowState(draft, settings) } : {};
  return {
    fragment: { ...draftFragment(draft, ingress), features, ...flow },
    parser,
    ...flow,
    features,
    ...(mayLose ? { valid: FLOW.owned } : {}),
    ...windowFront(settings),
    settings,
  };
}

/** A program that computes features and decides nothing: its feature fields are the model's inputs as the switch sees them. */
export function featureProgram(names: readonly string[], options: Omit<FrontOptions, 'features'> = {}): Program {
  const { fragment, parser, flow, features } = buildFront({ ...options, features: names });
  return {
    name: 'features',
    fields: fragment.fields ?? [],
    headers: fragment.headers ?? [],
    parser,
    hashes: fragment.hashes ?? [],
    registers: fragment.registers ?? [],
    stateful: fragment.stateful ?? [],
    actions: fragment.actions ?? [],
    tables: fragment.tables ?? [],
    ingress: fragment.ingress ?? [],
    egress: [],
    bridge: [],
    features,
    ...(flow ? { flow } : {}),
    verdict: { kind: 'none', logits: [], classes: [] },
  };
}
