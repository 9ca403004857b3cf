/** A scenario from a program of your own: run it, look at the result, try the compiled program on other chips. */

import { chipNamed, loadScenarios, openCache, placeProgram, runScenario } from 'pegasim';

const [scenario] = loadScenarios('scenarios/quickstart.yaml', true);
if (scenario === undefined) throw new Error('the file holds no scenario');
const small = { ...scenario, compile: { ...scenario.compile, leaves: 8, maxRows: 2000 } };

// `openCache(undefined)` keeps nothing; give a folder to keep artefacts by content.
const { result, compiled } = await runScenario(small, { cache: openCache(undefined) });
const { replay, waterfall } = result;

console.log(
  `macro-F1 ${replay.switch.packets.macroF1.toFixed(4)} on the switch, ${replay.float?.packets.macroF1.toFixed(4)} in float`,
);
for (const { name, macroF1, flipped } of waterfall?.steps ?? [])
  console.log(`  ${name}: ${macroF1.toFixed(4)}, ${flipped} verdicts changed`);

for (const chip of ['tofino', 'tofino2', 'unbounded']) {
  const { fits, stages, problems } = placeProgram(compiled.program, chipNamed(chip)).report;
  console.log(
    `${chip}: ${fits ? 'fits' : 'does not fit'}, ${stages.used} stages${fits ? '' : `; ${problems[0]?.message}`}`,
  );
}
