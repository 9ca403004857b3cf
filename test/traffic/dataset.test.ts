import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ProblemError } from '../../src/problem.ts';
import { type DatasetSpec, loadDataset, NO_SPLIT, TEST, TRAIN, VALIDATION } from '../../src/traffic/index.ts';
import { classic, ipv4, keep, type Packet, scratch, udp } from './captures.ts';

const Datasets = suite('datasets');

/** A capture with `flows` UDP flows of `packets` packets each, clients 10.0.<host>.<flow>. */
function capture(host: number, flows: number, packets = 2, seconds = 100): Buffer {
  const all: Packet[] = [];
  for (let p = 0; p < packets; p++) {
    for (let f = 0; f < flows; f++) {
      const there = p % 2 === 0;
      const [client, server] = [`10.0.${host}.${f}`, '198.18.0.1'];
      const data = there ? ipv4(client, server, 17, udp(5000 + f, 53)) : ipv4(server, client, 17, udp(53, 5000 + f));
      all.push({ seconds: seconds + p, fraction: f, data });
    }
  }
  return classic(all);
}

async function problemOf(spec: DatasetSpec): Promise<{ code: string; text: string }> {
  try {
    await loadDataset(spec);
  } catch (error) {
    if (error instanceof ProblemError)
      return { code: error.problem.code, text: `${error.problem.where} ${error.problem.message}` };
    throw error;
  }
  return { code: 'loaded', text: '' };
}

for (const [host, name] of ['cat', 'dog'].entries()) {
  for (let k = 0; k < 4; k++) keep(`classes/${name}/run-${k}.pcap`, capture(host * 10 + k, 3));
}

Datasets(
  'folder per class: classes sorted, 8 captures, 24 flows of 2 packets, captures never on two sides',
  async () => {
    const data = await loadDataset({ path: scratch('classes') });
    assert.equal(data.classes, ['cat', 'dog']);
    assert.is(data.captures.length, 8);
    assert.is(data.flows.count, 24);
    assert.is(data.packets.count, 48);
    const splitOf = new Map<number, Set<number>>();
    for (let f = 0; f < 24; f++) {
      const capture = data.flows.capture[f]!;
      splitOf.set(capture, (splitOf.get(capture) ?? new Set()).add(data.flowSplit[f]!));
      assert.is(data.classes[data.flowLabel[f]!], data.captures[capture]!.split('/')[0]);
    }
    for (const splits of splitOf.values()) assert.is(splits.size, 1);
    for (const label of [0, 1]) {
      const seen = new Set([...data.flowSplit].filter((_, f) => data.flowLabel[f] === label));
      assert.equal([...seen].sort(), [TRAIN, VALIDATION, TEST]);
    }
  },
);

Datasets('a split by flow deals 12 flows of a class 7 : 3 : 2 and is the same for the same seed only', async () => {
  const deal = async (seed: number): Promise<number[]> => [
    ...(await loadDataset({ path: scratch('classes'), split: { by: 'flow', seed } })).flowSplit,
  ];
  const one = await deal(1);
  assert.equal(one, await deal(1));
  assert.not.equal(one, await deal(2));
  const cats = one.filter((_, f) => f < 12);
  assert.equal(
    [TRAIN, VALIDATION, TEST].map((split) => cats.filter((s) => s === split).length),
    [7, 3, 2],
  );
});

Datasets('fractions that add up to 1.1 are refused', async () => {
  const { code } = await problemOf({ path: scratch('classes'), split: { by: 'flow', fractions: [0.6, 0.3, 0.2] } });
  assert.is(code, 'TRAFFIC-SPLIT');
});

const HEADER = 'file,proto_num,src_ip,src_port,dst_ip,dst_port,device,class,split';

Datasets('labels join in either direction; unmatched labels are counted and named by line', async () => {
  keep('join/pcap/a.pcap', capture(1, 3));
  const rows = [
    'a.pcap,17,10.0.1.0,5000,198.18.0.1,53,lamp,light,train',
    'a.pcap,udp,198.18.0.1,53,10.0.1.1,5001,lamp,light,validation',
    'a.pcap,17,10.0.1.2,5002,198.18.0.1,53,plug,power,test',
    'a.pcap,17,10.9.9.9,1,10.9.9.8,2,plug,power,test',
    'gone.pcap,17,10.0.1.0,5000,198.18.0.1,53,plug,power,test',
  ];
  keep('join/labels.csv', `${[HEADER, ...rows].join('\r\n')}\n`);
  const data = await loadDataset({ path: scratch('join'), split: { by: 'column' } });
  assert.equal(data.classes, ['light', 'power']);
  assert.equal([...data.flowLabel], [0, 0, 1]);
  assert.equal([...data.flowSplit], [TRAIN, VALIDATION, TEST]);
  assert.is(data.counts.labelRowsUnmatched, 2);
  assert.match(data.warnings[0]!, /2 of 5 labels match no flow .*labels\.csv:5/);
  const devices = await loadDataset({ path: scratch('join'), labelColumn: 'device', split: { by: 'column' } });
  assert.equal(devices.classes, ['lamp', 'plug']);
});

Datasets('when no label matches it is an error', async () => {
  keep('none/pcap/a.pcap', capture(1, 3));
  keep('none/labels.csv', `${HEADER}\na.pcap,17,10.9.9.9,1,10.9.9.8,2,x,y,test\n`);
  assert.is((await problemOf({ path: scratch('none') })).code, 'TRAFFIC-LABELS-UNMATCHED');
});

Datasets('labels by file alone, tuples over all files, and time windows', async () => {
  keep('two/pcap/a.pcap', capture(1, 2, 2, 100));
  keep('two/pcap/b.pcap', capture(1, 2, 2, 900));
  const byFile = keep('two/by-file.csv', 'file,label\npcap/a.pcap,early\nb.pcap,late\n');
  const spec = { captures: scratch('two/pcap'), split: { by: 'flow', fractions: [0.5, 0, 0.5] } } as const;
  assert.equal([...(await loadDataset({ ...spec, labels: byFile })).flowLabel], [0, 0, 1, 1]);
  const tuple = (flow: number, label: string, window: string): string =>
    `198.18.0.1,53,10.0.1.${flow},${5000 + flow},UDP,${label},${window}`;
  const head = 'Src IP,Src Port,Dst IP,Dst Port,Protocol,Label,start,end';
  const windows = keep(
    'two/windows.csv',
    [
      head,
      tuple(0, 'early', '0,200'),
      tuple(0, 'late', '800,'),
      tuple(1, 'early', ',200'),
      tuple(1, 'late', '800,1000'),
    ].join('\n'),
  );
  assert.equal([...(await loadDataset({ ...spec, labels: windows })).flowLabel], [0, 0, 1, 1]);
});

Datasets(
  'labels may name a capture by a longer or a shorter path; an end that two captures share names neither',
  async () => {
    for (const folder of ['x', 'y']) keep(`ends/pcap/${folder}/run.pcap`, capture(1, 1, 2, folder === 'x' ? 1 : 900));
    keep('ends/pcap/z/only.pcap', capture(2, 1));
    const labels = keep('ends/labels.csv', 'file,class\ndata/pcap/x/run.pcap,a\nrun.pcap,c\nonly.pcap,b\n');
    const data = await loadDataset({
      captures: scratch('ends/pcap'),
      labels,
      split: { by: 'list', file: keep('ends/split.json', '{"split": {"x/run.pcap": "train"}}') },
    });
    assert.equal([...data.flowLabel], [0, -1, 1]);
    assert.is(data.counts.labelRowsUnmatched, 1);
    assert.equal([...data.flowSplit], [TRAIN, NO_SPLIT, NO_SPLIT]);
  },
);

Datasets('rows of different classes for one flow: the first is taken, the conflict is counted', async () => {
  keep('conflict/pcap/a.pcap', capture(1, 2, 2));
  const row = (flow: number, name: string): string =>
    `a.pcap,17,10.0.1.${flow},${5000 + flow},198.18.0.1,53,d,${name},train`;
  keep('conflict/labels.csv', [HEADER, row(0, 'x'), row(0, 'y'), row(1, 'y')].join('\n'));
  const data = await loadDataset({ path: scratch('conflict'), split: { by: 'column' } });
  assert.equal([...data.flowLabel], [0, 1]);
  assert.is(data.counts.labelConflicts, 1);
});

Datasets(
  'a class folder without captures, a class without packets, a loose capture: one clear error each',
  async () => {
    keep('hollow/cat/a.pcap', capture(1, 2));
    keep('hollow/dog/readme.txt', 'nothing here');
    assert.match((await problemOf({ path: scratch('hollow') })).text, /dog.*has no captures/);
    keep('bare/cat/a.pcap', capture(1, 2));
    keep('bare/dog/a.pcap', classic([]));
    const bare = await problemOf({ path: scratch('bare') });
    assert.equal([bare.code, /class "dog" has no packets/.test(bare.text)], ['TRAFFIC-CLASS-EMPTY', true]);
    const loose = keep('loose/stray.pcap', capture(1, 2));
    assert.is((await problemOf({ path: scratch('loose') })).code, 'TRAFFIC-UNLABELLED');
    assert.is((await problemOf({ path: loose })).code, 'TRAFFIC-UNLABELLED');
    assert.is((await problemOf({ path: scratch('absent') })).code, 'TRAFFIC-NOT-FOUND');
    assert.is((await problemOf({ path: scratch('classes'), classes: ['cat', 'bird'] })).code, 'TRAFFIC-CLASS-EMPTY');
  },
);

Datasets('label files with a bad address, port, split or shape name the line', async () => {
  const bad = async (row: string): Promise<{ code: string; text: string }> => {
    keep('bad/pcap/a.pcap', capture(1, 1));
    keep('bad/labels.csv', `${HEADER}\n${row}\n`);
    return problemOf({ path: scratch('bad'), split: { by: 'column' } });
  };
  const address = await bad('a.pcap,17,10.0.1,5000,198.18.0.1,53,d,c,train');
  assert.equal([address.code, /labels\.csv:2/.test(address.text)], ['TRAFFIC-LABEL-ADDRESS', true]);
  assert.is((await bad('a.pcap,17,10.0.1.0,99999,198.18.0.1,53,d,c,train')).code, 'TRAFFIC-LABEL-PORT');
  assert.is((await bad('a.pcap,xyz,10.0.1.0,5000,198.18.0.1,53,d,c,train')).code, 'TRAFFIC-LABEL-PROTOCOL');
  assert.is((await bad('a.pcap,17,10.0.1.0,5000,198.18.0.1,53,d,c,holdout')).code, 'TRAFFIC-SPLIT');
  assert.is((await bad('a.pcap,17')).code, 'TRAFFIC-CSV');
});

Datasets('an unreadable capture fails the dataset, or is left out and named', async () => {
  keep('mixed/cat/a.pcap', capture(1, 4));
  keep('mixed/cat/b.pcap', 'no capture at all, just text\n');
  keep('mixed/dog/a.pcap', capture(2, 4));
  assert.is((await problemOf({ path: scratch('mixed') })).code, 'TRAFFIC-NOT-CAPTURE');
  const data = await loadDataset({ path: scratch('mixed'), unreadable: 'skip' });
  assert.is(data.counts.capturesUnreadable, 1);
  assert.match(data.warnings.join(), /cat\/b\.pcap/);
});

Datasets('flows with fewer than 3 packets stay unlabelled and are counted', async () => {
  keep(
    'short/cat/a.pcap',
    classic(
      [...Array(8).keys()].map((i) => ({
        seconds: i,
        fraction: 0,
        data: ipv4('10.0.0.1', '10.0.0.2', 17, udp(1 + (i % 2), 2)),
      })),
    ),
  );
  keep('short/dog/a.pcap', Buffer.concat([capture(3, 4, 4), capture(4, 2, 1).subarray(24)]));
  const spec = { path: scratch('short'), minPackets: 3, split: { by: 'flow', fractions: [0.5, 0, 0.5] } } as const;
  const data = await loadDataset(spec);
  assert.is(data.counts.flowsTooShort, 2);
  assert.equal([...data.flowSplit].filter((split) => split === NO_SPLIT).length, 2);
});

Datasets.run();
