/**
 * features: what a switch can know about a packet or a flow. Per feature its ideal definition over packet columns and its
 * realisation in the dataplane side by side; and the front of every program: parser, flow slot, registers, window rings.
 */

export { featureNamed, featureSets, features } from './catalogue.ts';
export { CAUSES, type Cause, type FeatureDifference, featureDifferences, type SwitchColumns } from './differences.ts';
export type { Feature, IdealOptions } from './feature.ts';
export { buildFront, type Front, featureProgram } from './front.ts';
export { flowOrder, idealFeatures } from './ideal.ts';
export {
  type InjectedColumns,
  type InjectedOptions,
  injectedColumns,
  injectedField,
  injectedFront,
} from './injected.ts';
export type { FrontOptions, FrontSettings, IpdMode } from './options.ts';
export {
  guardedSteps,
  modelStateBits,
  type Ring,
  type RingOptions,
  type RingValue,
  ringFragment,
  ringFragments,
} from './ring.ts';
export { idealRows, idealWindows, type PacketRows, packetRows, type RowOptions, rowsAt } from './rows.ts';
export { FLOW } from './slot.ts';
export { type StateCell, stateName } from './state.ts';
export { TIME_FEATURES, type TimeScale, tickClamp, tickRows, tickThreshold, unitNs, unitOfTick } from './units.ts';
export { WINDOW } from './window.ts';
