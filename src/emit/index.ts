/** emit: program + placement → P4-16 (v1model, TNA, T2NA), control-plane entries and a test kit. */

export { type Conformed, conformPlacement, conformTo } from './conform.ts';
export { emitProgram } from './emit.ts';
export { type EmitFile, writeEmitted } from './files.ts';
export { likeProblems } from './like.ts';
export type { EmitOptions, EmitTarget, ResultKind, TimeSource } from './options.ts';
