/** report: results → terminal text, JSON, HTML, JUnit XML, CSV. Pure functions of results; reads and writes nothing. */
export * from './text-table.ts';
