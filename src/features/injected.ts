/** A front without packets: feature values and flow slots arrive as injected fields (verify, feature rows). */

import { fail } from '../problem.ts';
import type { FeatureField, Parser } from '../program/index.ts';
import { addField, draftFragment, emptyDraft } from './draft.ts';
import { type Front, windowFront } from './front.ts';
import { frontSettings } from './options.ts';
import { FLOW, flowState } from './slot.ts';
import { addWindow } from './window.ts';

export interface InjectedOptions {
  readonly features: readonly string[];
  /** Width of each feature's field, 1..32. */
  readonly bits: readonly number[];
  /** Packets per window (default 1: rows, no state). */
  readonly window?: number;
  /** Flow slots for windows (default 1,024). */
  readonly slots?: number;
  /** As FrontOptions.publishedCount. */
  readonly publishedCount?: boolean;
  /** As FrontOptions.salu. */
  readonly salu?: 'four-words' | 'one-word';
}

/** Never runs on injected input; a program needs one. */
const NO_PARSER: Parser = {
  states: [{ name: 'start', extract: [], skip: 0, assign: [], select: [], cases: [], otherwise: 'reject' }],
};

/** `pkt.len` → `meta.in.pkt_len`. */
export function injectedField(feature: string): string {
  return `meta.in.${feature.replace(/[.[]/g, '_').replace(']', '')}`;
}

/** The front for injected rows or windows; same shape as `buildFront`'s. */
export function injectedFront(options: InjectedOptions): Front {
  const window = options.window ?? 1;
  const settings = frontSettings({
    features: options.features,
    window,
    slots: options.slots ?? 1024,
    salu: options.salu ?? 'four-words',
    publishedCount: options.publishedCount ?? false,
  });
  const draft = emptyDraft();
  const features = options.features.map((feature, i): FeatureField => {
    const bits = options.bits[i];
    if (!(Number.isInteger(bits) && bits >= 1 && bits <= 32))
      fail({ code: 'FEATURE-OPTION', message: `width of ${feature}`, need: '1 to 32 bits', have: String(bits) });
    return { feature, field: addField(draft, injectedField(feature), bits), bits };
  });
  const injected = { parser: NO_PARSER, features, settings };
  if (window === 1) return { ...injected, fragment: { ...draftFragment(draft, []), features } };
  addField(draft, FLOW.hash, 32);
  addField(draft, FLOW.slot, settings.slotBits, 'metadata', 'injected');
  addField(draft, FLOW.same, 1, 'metadata', 'injected: 0 for the first packet of a window');
  addField(draft, FLOW.status, 2);
  addWindow(draft, settings);
  const flow = flowState(draft, settings);
  return {
    ...injected,
    fragment: { ...draftFragment(draft, draft.phases.state), features, flow },
    flow,
    ...windowFront(settings),
  };
}

/** Injected columns of rows; packets = rows × window. */
export interface InjectedColumns {
  readonly count: number;
  readonly fields: Readonly<Record<string, Uint32Array>>;
}

/**
 * Rows (count × window × features, oldest packet first, row-major) as packets: each row is `window` packets of a fresh flow
 * in slot `row mod slots`; the verdict of row r is that of packet r × window + window − 1.
 */
export function injectedColumns(values: ArrayLike<number>, rows: number, options: InjectedOptions): InjectedColumns {
  const window = options.window ?? 1;
  const width = options.features.length;
  const slots = options.slots ?? 1024;
  const count = rows * window;
  const fields: Record<string, Uint32Array> = {};
  options.features.forEach((feature, f) => {
    const column = new Uint32Array(count);
    for (let i = 0; i < count; i++) column[i] = values[i * width + f];
    fields[injectedField(feature)] = column;
  });
  if (window > 1) {
    fields[FLOW.slot] = new Uint32Array(count).map((_, i) => Math.floor(i / window) % slots);
    fields[FLOW.same] = new Uint32Array(count).map((_, i) => (i % window === 0 ? 0 : 1));
  }
  return { count, fields };
}
