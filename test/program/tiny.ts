/** A tiny valid program for tests that change one thing in it: Ethernet and IPv4, a flow register, one ternary table, a verdict. */

import {
  action,
  apply,
  constant,
  entriesOf,
  field,
  fieldOperand,
  key,
  keyed,
  keyless,
  type Program,
  paramOperand,
  valid,
  when,
} from '../../src/program/index.ts';

export function tinyProgram(): Program {
  const shape = { keys: [{ bits: 8, match: 'ternary' as const }], params: [[16], []] };
  return {
    name: 'tiny',
    fields: [
      field('hdr.eth.dst', 48, 'header'),
      field('hdr.eth.src', 48, 'header'),
      field('hdr.eth.type', 16, 'header'),
      field('hdr.ip.protocol', 8, 'header'),
      field('hdr.ip.len', 16, 'header'),
      field('ts', 48, 'timestamp'),
      field('meta.slot', 4),
      field('meta.owner', 32),
      field('meta.status', 2),
      field('meta.protocol', 8),
      field('meta.sum', 16, 'metadata', 'sum of one neuron'),
      field('meta.count', 16),
      field('meta.class', 1),
    ],
    headers: [
      { name: 'eth', fields: ['hdr.eth.dst', 'hdr.eth.src', 'hdr.eth.type'] },
      { name: 'ip', fields: ['hdr.ip.protocol', 'hdr.ip.len'] },
    ],
    parser: {
      states: [
        {
          name: 'start',
          extract: ['eth'],
          skip: 0,
          assign: [],
          select: [{ kind: 'field', field: 'hdr.eth.type' }],
          cases: [{ value: [0x800], mask: [0xffff], next: 'ip' }],
          otherwise: 'accept',
        },
        {
          name: 'ip',
          extract: ['ip'],
          skip: 0,
          assign: [{ dst: 'meta.protocol', from: { field: 'hdr.ip.protocol' } }],
          select: [],
          cases: [],
          otherwise: 'accept',
        },
      ],
    },
    hashes: [{ name: 'flow_hash', algorithm: 'crc32', parts: [{ xor: ['hdr.eth.src', 'hdr.eth.dst'] }] }],
    registers: [{ name: 'counts', cellBits: 16, pair: false, size: 16, initial: [0] }],
    stateful: [
      {
        name: 'count',
        register: 'counts',
        inputs: [],
        conditions: [{ op: 'lt', signed: false, a: { kind: 'lo' }, b: { kind: 'const', value: 7 } }],
        updates: [{ cell: 'lo', when: 2, op: 'add', a: { kind: 'lo' }, b: { kind: 'const', value: 1 } }],
        outputs: [{ dst: 'meta.count', value: 'newLo' }],
      },
    ],
    actions: [
      action('find', {}, [
        { op: 'hash', dst: 'meta.slot', hash: 'flow_hash' },
        { op: 'hash', dst: 'meta.owner', hash: 'flow_hash' },
      ]),
      action('counted', {}, [], { run: 'count', index: 'meta.slot' }),
      action('add', { w: 16 }, [{ op: 'add', dst: 'meta.sum', a: fieldOperand('meta.sum'), b: paramOperand('w') }]),
      action('skip', {}, []),
      action('decide', {}, [{ op: 'slice', dst: 'meta.class', a: fieldOperand('meta.sum'), low: 15, bits: 1 }]),
      action('short', {}, [{ op: 'set', dst: 'meta.sum', a: constant(-1) }]),
    ],
    tables: [
      keyless('t_find', 'ingress', 'find'),
      keyless('t_count', 'ingress', 'counted'),
      keyed({
        name: 't_map',
        gress: 'ingress',
        keys: [key('meta.protocol', 'ternary')],
        actions: ['add', 'skip'],
        defaultAction: 'skip',
        entries: entriesOf(shape, [
          { key: [{ value: 6, mask: 255 }], priority: 0, data: [-3] },
          { key: [{ value: 1, mask: 1 }], priority: 1, data: [5] },
          { key: [{ value: 0, mask: 1 }], priority: 1, action: 1 },
        ]),
        size: 4,
        note: 'map of group 0',
      }),
      keyless('t_short', 'ingress', 'short'),
      keyless('t_decide', 'ingress', 'decide'),
    ],
    ingress: [
      apply('t_find'),
      apply('t_count'),
      when(
        [valid('ip'), { kind: 'cmp', field: 'hdr.ip.len', op: 'ge', value: 64 }],
        [apply('t_map')],
        [apply('t_short')],
      ),
      apply('t_decide'),
    ],
    egress: [],
    bridge: [],
    features: [{ feature: 'ip.protocol', field: 'meta.protocol', bits: 8 }],
    flow: {
      slot: 'meta.slot',
      slots: 16,
      owner: 'meta.owner',
      symmetric: true,
      policy: 'replace',
      status: 'meta.status',
      bitsPerFlow: 16,
    },
    verdict: {
      kind: 'argmax',
      class: 'meta.class',
      logits: [
        { field: 'meta.sum', low: 0, bits: 16, signed: true },
        { field: 'meta.count', low: 0, bits: 16, signed: false },
      ],
      classes: ['a', 'b'],
    },
  };
}
