/** study: several runs — the artefact graph train → calibrate → compile → fit → replay with caching by content; scenarios, expectations. */
export * from './cache.ts';
export * from './expectations.ts';
export * from './scenario.ts';
export { SCENARIO_SCHEMA } from './schema.ts';
