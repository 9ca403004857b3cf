/** Models with a recurrent state: what registers keep, and what is left to compile. */
export { type StateModel, type StateOptions, splitState } from './split.ts';
