import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { flowOrder, idealFeatures, idealRows, idealWindows } from '../../src/features/index.ts';
import { dataset, type FrameSpec } from './frames.ts';

const Rows = suite('features/rows');
const UNIT = 100_000;

/** Flow a: packets 0, 2, 4, …; flow b: 1, 3, …; lengths 54 + index. */
const interleaved = dataset(
  Array.from({ length: 24 }, (_, i): FrameSpec => ({ at: 1e15 + i * UNIT * 10, sport: 1000 + (i % 2), payload: i })),
);

Rows('two interleaved flows of 12 packets give 24 rows and 10 windows, each with its packet', () => {
  const rows = idealRows(interleaved, ['frame.len']);
  assert.is(rows.count, 24);
  assert.equal(
    [...rows.packet],
    Array.from({ length: 24 }, (_, i) => i),
  );
  const windows = idealWindows(interleaved, ['frame.len', 'pkt.ipd'], { unitNs: UNIT });
  assert.is(windows.count, 10);
  assert.equal([...windows.packet], [14, 15, 16, 17, 18, 19, 20, 21, 22, 23]);
  const first = [...windows.values.subarray(0, 16)];
  assert.equal(
    first,
    [0, 2, 4, 6, 8, 10, 12, 14].flatMap((i) => [54 + i, i === 0 ? 0 : 20]),
  );
});

Rows('firstVerdict 8 leaves rows from the 8th packet of each flow; unlabelled flows are left out', () => {
  assert.equal([...idealRows(interleaved, ['frame.len'], { firstVerdict: 8 }).packet].slice(0, 2), [14, 15]);
  const half = { ...interleaved, flowLabel: Int16Array.from([0, -1]) };
  assert.is(idealRows(half, ['frame.len']).count, 12);
  assert.is(idealRows(half, ['frame.len'], { unlabelled: true }).count, 24);
});

Rows('ipd rounds half to even in its unit: gaps of 0.5, 1.5, 2.5 and 2.6 units are 0, 2, 2, 3', () => {
  let at = 1e15;
  const specs = [0, 0.5, 1.5, 2.5, 2.6].map((units): FrameSpec => {
    at += units * UNIT;
    return { at };
  });
  assert.equal([...idealFeatures(dataset(specs), ['pkt.ipd'], { unitNs: UNIT })[0]], [0, 0, 2, 2, 3]);
});

Rows('extremes of the ipd leave out the first packet, or the first seven with ipdFrom 8', () => {
  const specs = Array.from({ length: 10 }, (_, i): FrameSpec => ({ at: 1e15 + i * i * UNIT }));
  const from2 = idealFeatures(dataset(specs), ['flow.max_ipd', 'flow.min_ipd'], { unitNs: UNIT });
  assert.equal([...from2[0]], [0, 1, 3, 5, 7, 9, 11, 13, 15, 17]);
  assert.equal([...from2[1]], [0, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
  const from8 = idealFeatures(dataset(specs), ['flow.max_ipd', 'flow.min_ipd'], { unitNs: UNIT, ipdFrom: 8 });
  assert.equal([...from8[0]], [0, 0, 0, 0, 0, 0, 0, 13, 15, 17]);
  assert.equal([...from8[1]], [0, 0, 0, 0, 0, 0, 0, 13, 13, 13]);
});

Rows('frame.len is the original length of a cut frame; packets without IP have position 0', () => {
  const data = dataset([
    { at: 1e15, payload: 500, snap: 60 },
    { at: 1e15, etherType: 0x0806 },
  ]);
  assert.equal([...idealFeatures(data, ['frame.len'])[0]], [554, 0]);
  assert.equal([...flowOrder(data).position], [1, 0]);
});

Rows.run();
