/** Switch values of features on a dataset, by the naive interpreter. */

import type { Program } from '../../src/program/index.ts';
import type { Dataset } from '../../src/traffic/index.ts';
import { interpreter } from './interpreter.ts';

export interface SwitchValues {
  /** One column per feature of the program; 0 for packets that are not accepted. */
  readonly columns: Uint32Array[];
  readonly outcome: string[];
  /** Value of any field per packet. */
  field(name: string): number[];
}

export function switchValues(program: Program, { packets }: Dataset, perCapture = false): SwitchValues {
  const machine = interpreter(program);
  const columns = program.features.map(() => new Uint32Array(packets.count));
  const outcome: string[] = [];
  const all: Map<string, bigint>[] = [];
  for (let i = 0; i < packets.count; i++) {
    if (perCapture && i > 0 && packets.capture[i] !== packets.capture[i - 1]) machine.clear();
    const result = machine.packet(packets, i);
    outcome.push(result.outcome);
    all.push(result.packet.fields);
    if (result.outcome !== 'accept') continue;
    program.features.forEach(({ field }, f) => {
      columns[f][i] = Number(result.packet.fields.get(field) ?? 0n);
    });
  }
  return { columns, outcome, field: (name) => all.map((fields) => Number(fields.get(name) ?? 0n)) };
}
