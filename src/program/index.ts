/** program: the dataplane program as plain data — fields, parser, registers, tables, actions, control, placement. */
export * from './build.ts';
export * from './entries.ts';
export * from './file.ts';
export * from './lookup.ts';
export * from './merge.ts';
export { BINARY_OPS, COMPARE_OPS } from './operations.ts';
export type * from './placement.ts';
export { entryText, instructionText, operandText, type PrintOptions, printProgram } from './print.ts';
export type * from './program.ts';
export type { ChipRules } from './rules.ts';
export * from './run.ts';
export { assertValid, validateProgram } from './validate.ts';
