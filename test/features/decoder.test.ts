import { existsSync, readdirSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FLOW, featureProgram, idealFeatures } from '../../src/features/index.ts';
import { OUTCOME_UNPARSED } from '../../src/program/index.ts';
import { chipNamed, placeProgram, runReference } from '../../src/switch/index.ts';
import {
  type Dataset,
  decodeInto,
  newDecodeCounts,
  newDecodedColumns,
  newFlowTable,
  readCaptures,
} from '../../src/traffic/index.ts';
import { dataset } from './frames.ts';

const Decoder = suite('features/decoder');
const FOLDERS = ['../shared/data/ndpi/pcap', '../shared/data/hostile/derived', '../shared/data/hostile/real'];
const HEADERS = ['ip.ihl', 'ip.total_len', 'ip.protocol', 'ip.tos', 'tcp.data_offset'];
const NAMES = [...HEADERS, ...Array.from({ length: 24 }, (_, i) => `l4.byte[${i}]`)];

/** A capture decoded by the traffic room; undefined when it cannot be read at all. */
async function decoded(file: string): Promise<Dataset | undefined> {
  try {
    const { packets } = await readCaptures([file]);
    const table = newFlowTable(0);
    const columns = newDecodedColumns(packets.count);
    decodeInto(packets, table, columns, newDecodeCounts());
    const { count } = table.flows;
    return {
      ...dataset([]),
      packets,
      decoded: columns,
      flowLabel: new Int16Array(count),
      flowSplit: new Uint8Array(count),
    };
  } catch {
    return undefined;
  }
}

Decoder(
  'parser and light decoder agree on real and hostile captures: headers, L4 bytes, one hash per flow',
  async () => {
    const folders = FOLDERS.filter((folder) => existsSync(folder));
    if (folders.length === 0) {
      console.log('SKIP no shared captures here');
      return;
    }
    const files = folders.flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`));
    const program = featureProgram(NAMES, { flow: true });
    const { placement } = placeProgram(program, chipNamed('tofino2'));
    const observe = [...program.features.map(({ field }) => field), FLOW.hash];
    let compared = 0;
    for (const file of files.filter((name, i) => /cap(ng)?$/.test(name) && i % 12 === 0)) {
      const data = await decoded(file);
      if (!data) continue;
      const run = runReference(program, placement, { kind: 'packets', packets: data.packets }, { observe });
      const ideal = idealFeatures(data, NAMES);
      const hashes = new Map<number, number>();
      for (let i = 0; i < data.packets.count; i++) {
        const flow = data.decoded.flow[i];
        if (run.outcome[i] >= OUTCOME_UNPARSED || flow < 0) continue;
        compared++;
        // Options leave the fixed header alone, and a length below the header's is no length.
        const whole = ideal[0][i] <= 5 && ideal[1][i] >= 40;
        for (let f = 0; f < (whole ? NAMES.length : HEADERS.length); f++)
          assert.is(run.observed[observe[f]][i], ideal[f][i], `${file} packet ${i} ${NAMES[f]}`);
        const hash = run.observed[FLOW.hash][i];
        assert.is(hashes.get(flow) ?? hash, hash, `${file} packet ${i}: one flow, two hashes`);
        hashes.set(flow, hash);
      }
    }
    assert.ok(compared > 3000, `${compared} packets`);
  },
);

Decoder.run();
