/** `pegasim schema`: the JSON Schema of scenario files, for editors. */

import { type CommonArgs, defineCommand } from './command.ts';
import { outJson } from './output.ts';

export const schemaCommand = defineCommand<CommonArgs>({
  command: 'schema',
  describe: 'print the JSON Schema of scenario files, for completion in editors',
  builder: (yargs) => yargs.example('$0 schema > scenario.schema.json', 'then name it in the first line of a scenario'),
  handler: async () => {
    const { SCENARIO_SCHEMA } = await import('../study/index.ts');
    outJson(SCENARIO_SCHEMA);
  },
});
