/** switch: chips as data, dependency analysis, placement into stages, fit report; the reference pipeline, stage by stage, with a packet tracer. */

export { readDescription } from './describe/read.ts';
export type * from './describe/types.ts';
export type { Resource } from './place/budget.ts';
export { fitDescription, type Placed, type PlaceOptions, placeProgram } from './place/place.ts';
export { type Reserve, reserveFromText } from './place/reserve.ts';
export { crc32 } from './reference/crc32.ts';
export {
  compileReference,
  type ReferenceOptions,
  type ReferencePipeline,
  runReference,
} from './reference/run.ts';
export type { RegisterFile, RegisterState } from './reference/stateful.ts';
export type {
  FieldChange,
  PacketTrace,
  RegisterTrace,
  StageTrace,
  TableTrace,
  TracedValue,
  TraceOptions,
} from './reference/trace.ts';
export type * from './report/types.ts';
export type { Chip } from './targets/chip.ts';
export { chipFromText } from './targets/custom.ts';
export { CHIPS, chipNamed } from './targets/index.ts';
export { chipRules } from './targets/rules.ts';
