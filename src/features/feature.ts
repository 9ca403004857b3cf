/** What a feature is: its ideal definition over packet columns and its realisation on the switch, side by side. */

import type { Dataset } from '../traffic/index.ts';
import type { Draft } from './draft.ts';
import type { FrontSettings } from './options.ts';
import type { StateCell } from './state.ts';

/** Options of the ideal values. */
export interface IdealOptions {
  /** Nanoseconds per unit of ipd features (default 65,536, the switch's default tick). The published rows use 100,000. */
  readonly unitNs?: number;
  /** As FrontOptions.ipdFrom. */
  readonly ipdFrom?: number;
  /** Upper bounds per feature, in its own unit. */
  readonly clamp?: Readonly<Record<string, number>>;
  /** As FrontOptions.flowLength. */
  readonly flowLength?: 'frame' | 'ip';
  /** As FrontOptions.state. */
  readonly state?: StateCell;
}

/** Shared inputs of all ideal definitions of one call. Columns have one value per packet. */
export interface IdealContext {
  readonly dataset: Dataset;
  readonly options: Required<Omit<IdealOptions, 'state'>> & Pick<IdealOptions, 'state'>;
  /** Other features by name, computed once. */
  column(name: string): Uint32Array;
  /** Position of the packet in its flow, from 1; 0 without IP. */
  readonly position: Uint32Array;
  /** Index of the flow's previous packet, or -1. */
  readonly previous: Int32Array;
}

export interface Feature {
  readonly name: string;
  /** Width of the switch's field for it. */
  readonly bits: number;
  readonly doc: string;
  /** How the ideal value is defined and how the switch comes by it, in words. */
  readonly idealDoc: string;
  readonly switchDoc: string;
  /** True when the value depends on earlier packets of the flow: the front then builds a slot. */
  readonly stateful: boolean;
  /** One value per packet; 0 for packets without IP. */
  ideal(context: IdealContext): Uint32Array;
  /** Add what computes it to the draft; returns the field that holds it. Called at most once per draft and feature. */
  realise(draft: Draft, settings: FrontSettings): string;
}

/** `pkt.ipd` → `meta.pkt_ipd`, `l4.byte[3]` → `meta.l4_byte_3`. */
export function featureField(name: string): string {
  return `meta.${name.replace(/[.[]/g, '_').replace(']', '')}`;
}
