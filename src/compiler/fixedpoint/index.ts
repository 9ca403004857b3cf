/** Fixed point: per-column formats, leaf values rounded to nearest, overflow excluded by proof (COMPILER.md "Fixed point"). */
export { type FixedPointOptions, type Formats, overflowing, quantise } from './quantise.ts';
