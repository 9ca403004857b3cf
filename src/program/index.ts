/** program: the dataplane program as plain data — fields, parser, registers, tables, actions, control, placement. */
export type * from './placement.ts';
export type * from './program.ts';
export * from './run.ts';
