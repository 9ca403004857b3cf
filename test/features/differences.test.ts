import { existsSync, readdirSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  CAUSES,
  type FeatureDifference,
  FLOW,
  type FrontOptions,
  featureDifferences,
  featureProgram,
  featureSets,
  idealFeatures,
} from '../../src/features/index.ts';
import { chipNamed, placeProgram, runReference } from '../../src/switch/index.ts';
import type { Dataset } from '../../src/traffic/index.ts';
import { decodeInto, newDecodeCounts, newDecodedColumns, newFlowTable, readCaptures } from '../../src/traffic/index.ts';
import { dataset } from './frames.ts';

const Differences = suite('features/differences');
const NAMES = [...featureSets['mlp-b'], 'frame.len'];
const SENTINEL = '../shared/data/iot-sentinel';

function compare(data: Dataset, options: Omit<FrontOptions, 'features'>): Map<string, FeatureDifference> {
  const program = featureProgram(NAMES, options);
  const fields = program.features.map(({ field }) => field);
  const { placement } = placeProgram(program, chipNamed('tofino2'));
  const input = { kind: 'packets', packets: data.packets } as const;
  const run = runReference(program, placement, input, { observe: [...fields, FLOW.status] });
  const ideal = idealFeatures(data, NAMES);
  const list = featureDifferences(data, NAMES, ideal, ideal[NAMES.indexOf('pkt.ipd')], {
    values: fields.map((field) => run.observed[field]),
    outcome: run.outcome,
    status: run.observed[FLOW.status],
  });
  return new Map(list.map((one) => [one.feature, one]));
}

/** All captures of some folders, unlabelled. */
async function captures(folders: readonly string[]): Promise<Dataset> {
  const files = folders.flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`));
  const { packets } = await readCaptures(files.sort());
  const table = newFlowTable(0);
  const decoded = newDecodedColumns(packets.count);
  decodeInto(packets, table, decoded, newDecodeCounts());
  const flows = table.flows.count;
  return { ...dataset([]), packets, decoded, flowLabel: new Int16Array(flows), flowSplit: new Uint8Array(flows) };
}

Differences('each cause is found: padding, rounding, range, a backward clock, a lost slot, a cut packet', () => {
  const T = 1e15;
  const padded = compare(dataset([{ at: T, padding: 6 }]), {});
  assert.is(padded.get('frame.len')?.by.length, 1);
  assert.is(padded.get('ip.total_len')?.different, 0);
  const often = Array.from({ length: 20 }, (_, i) => ({ at: T + i * 100_000 }));
  const times = compare(dataset([...often, { at: T + 9e9 }, { at: T + 8e9 }]), { ipd: 'wrap' });
  const ipd = times.get('pkt.ipd');
  assert.equal([ipd?.by.range, ipd?.by.clock, ipd?.by.other], [1, 1, 0]);
  assert.ok((ipd?.by.rounding ?? 0) > 5);
  const mixed = Array.from({ length: 12 }, (_, i) => ({ at: T + i * 1e6, sport: 1000 + (i % 6) }));
  const lost = compare(dataset(mixed), { slots: 2 });
  assert.ok((lost.get('flow.max_ipd')?.by.slot ?? 0) > 0);
  const cut = compare(dataset([{ at: T, payload: 100, snap: 40 }]), {});
  assert.is(cut.get('ip.ihl')?.by.unparsed, 1);
});

Differences('on real captures every difference has a cause; headers never differ', async () => {
  if (!existsSync(SENTINEL)) {
    console.log(`SKIP ${SENTINEL} is not here`);
    return;
  }
  const data = await captures(
    ['Aria', 'HueBridge', 'WeMoSwitch2', 'EdnetCam1'].map((name) => `${SENTINEL}/pcap/${name}`),
  );
  for (const options of [{}, { ipd: 'wrap' }, { slots: 64 }, { policy: 'keep', slots: 64 }] as const) {
    const found = compare(data, options);
    for (const name of ['ip.ihl', 'ip.total_len', 'ip.protocol', 'ip.tos', 'tcp.data_offset'])
      assert.is(found.get(name)?.different, 0, name);
    for (const [name, { by, different }] of found) {
      assert.is(by.other, 0, `${name} ${JSON.stringify(options)} ${JSON.stringify(by)}`);
      assert.is(
        CAUSES.reduce((sum, cause) => sum + by[cause], 0),
        different,
      );
    }
    const slot = found.get('flow.min_len')?.by.slot ?? 0;
    assert.ok('slots' in options ? slot > 0 : slot < 50, `${slot} packets with a lost slot`);
  }
});

Differences.run();
