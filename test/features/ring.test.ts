import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  buildFront,
  FLOW,
  type Front,
  guardedSteps,
  injectedFront,
  modelStateBits,
  type Ring,
  ringFragment,
  ringFragments,
  WINDOW,
} from '../../src/features/index.ts';
import { mergeFragments, type Program, validateProgram } from '../../src/program/index.ts';
import { chipNamed, chipRules } from '../../src/switch/index.ts';
import { dataset } from './frames.ts';
import { interpreter } from './interpreter.ts';

const Rings = suite('features/ring');

function withRings(front: Front, rings: readonly Ring[]): Program {
  const steps = guardedSteps(
    front,
    rings.flatMap((ring) => ring.steps),
  );
  const verdict = { kind: 'none' as const, logits: [], classes: [], ...(front.valid ? { valid: front.valid } : {}) };
  return mergeFragments('rings', front.parser, verdict, ...ringFragments(front, rings), { ingress: steps });
}

interface Sent {
  readonly slot: number;
  readonly fresh: boolean;
  readonly value: number;
}

/** Runs packets through a ring and compares every full window with the list of values sent. Returns how many were full. */
function checkRing(
  bits: number,
  window: number,
  pack: 'dense' | 'wide',
  packets: readonly Sent[],
  salu: 'four-words' | 'one-word' = 'four-words',
): number {
  const front = injectedFront({ features: ['pkt.len'], bits: [bits], window, slots: 4, salu });
  const value = { name: 'v', field: front.features[0].field, bits };
  const ring = ringFragment(value, { slots: 4, window, pack, salu });
  const program = withRings(front, [ring]);
  assert.equal(validateProgram(program, chipRules(chipNamed(salu === 'one-word' ? 'tofino' : 'tofino2'))), []);
  const machine = interpreter(program);
  const history: number[][] = [[], [], [], []];
  let full = 0;
  for (const { slot, fresh, value: sent } of packets) {
    const first = fresh || history[slot].length === 0;
    if (first) history[slot] = [];
    history[slot].push(sent);
    const { fields } = machine.injected({ [value.field]: sent, [FLOW.slot]: slot, [FLOW.same]: first ? 0 : 1 });
    const isFull = fields.get(WINDOW.full) === 1n;
    assert.is(isFull, history[slot].length >= window);
    if (!isFull) continue;
    full++;
    assert.equal(
      ring.window.map((name) => Number(fields.get(name) ?? 0n)),
      history[slot].slice(-window),
    );
  }
  return full;
}

Rings('windows are the last 8 values oldest first, for 600 packets without a gap at 256 or 512', () => {
  const packets = Array.from({ length: 600 }, (_, i) => ({ slot: 0, fresh: i === 0, value: (i * 5 + 3) % 16 }));
  assert.is(checkRing(4, 8, 'dense', packets), 593);
  assert.is(checkRing(4, 8, 'dense', packets, 'one-word'), 593);
});

Rings('windows of any width, length and packing equal the values sent, flows starting again at any time', () => {
  const packet = fc.record({
    slot: fc.integer({ min: 0, max: 3 }),
    fresh: fc.integer({ min: 0, max: 19 }).map((n) => n === 0),
    seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  });
  fc.assert(
    fc.property(
      fc.constantFrom(1, 3, 4, 5, 8, 9, 13, 16, 17, 32),
      fc.integer({ min: 2, max: 8 }),
      fc.constantFrom('dense' as const, 'wide' as const),
      fc.array(packet, { minLength: 20, maxLength: 60 }),
      fc.constantFrom('four-words' as const, 'one-word' as const),
      (bits, window, pack, list, salu) => {
        const sent = list.map(({ slot, fresh, seed }) => ({ slot, fresh, value: seed % 2 ** bits }));
        checkRing(bits, window, pack, sent, salu);
      },
    ),
    { numRuns: 40, seed: 7 },
  );
});

Rings('a 4-bit index keeps 28 bits in 32 of register; a byte 56 in 64; RNN-B eight nibbles 224 in 256', () => {
  const ring = (bits: number, pack: 'dense' | 'wide' = 'dense') => {
    const { keptBits, bitsPerFlow, fragment } = ringFragment({ name: 'v', field: 'meta.v', bits }, { slots: 4, pack });
    return [keptBits, bitsPerFlow, fragment.registers?.length];
  };
  assert.equal(ring(4), [28, 32, 2]);
  assert.equal(ring(4, 'wide'), [28, 64, 4]);
  assert.equal(ring(8), [56, 64, 2]);
  assert.equal(ring(13), [91, 128, 4]);
  assert.equal(ring(32), [224, 256, 8]);
});

Rings('CNN-L keeps 28, 44 or 72 bits of model state per flow: one nibble, a 16-bit clock, two nibbles', () => {
  const front = (features: string[]) => buildFront({ features, window: 8, ipd: 'lean' });
  const ring = (name: string) => ringFragment({ name, field: `meta.${name}`, bits: 4 }, { slots: 65536 });
  assert.is(modelStateBits(front(['l4.byte[0]', 'pkt.len']), [ring('a')]), 28);
  assert.is(modelStateBits(front(['l4.byte[0]', 'pkt.ipd']), [ring('a')]), 44);
  assert.is(modelStateBits(front(['l4.byte[0]', 'pkt.ipd']), [ring('a'), ring('b')]), 72);
});

Rings('the published order is t−6 … t−1, then t−8 or 0, then t; the published count drops packets 256..263', () => {
  const front = injectedFront({ features: ['pkt.len'], bits: [4], window: 8, slots: 2, publishedCount: true });
  const { field } = front.features[0];
  const ring = ringFragment({ name: 'v', field, bits: 4 }, { slots: 2, publishedOrder: true });
  const program = withRings(front, [ring]);
  assert.equal(validateProgram(program, chipRules(chipNamed('tofino2'))), []);
  const machine = interpreter(program);
  const value = (i: number) => ((i * 5) % 15) + 1;
  const missing: number[] = [];
  for (let i = 0; i < 600; i++) {
    const { fields } = machine.injected({ [field]: value(i), [FLOW.slot]: 0, [FLOW.same]: i === 0 ? 0 : 1 });
    if (fields.get(WINDOW.full) !== 1n) missing.push(i + 1);
    if (i < 8) continue;
    // The position is the count: packet number i + 1 modulo 8.
    const x = (i + 1) % 2 === 0 ? value(i - 8) : 0;
    const want = [6, 5, 4, 3, 2, 1].map((age) => value(i - age));
    assert.equal(
      ring.window.map((name) => Number(fields.get(name) ?? 0n)),
      [...want, x, value(i)],
    );
  }
  const dropped = (from: number) => Array.from({ length: 8 }, (_, i) => from + i);
  assert.equal(missing, [...dropped(0).slice(1), ...dropped(256), ...dropped(512)]);
});

Rings('from frames: windows of pkt.len under replace, keep and timeout, with two rings', () => {
  const specs = Array.from({ length: 40 }, (_, i) => ({
    at: 1e15 + i * 1e6,
    sport: 1000 + (i % 2),
    payload: (i * 37) % 800,
  }));
  const data = dataset(specs);
  for (const policy of ['replace', 'keep', 'timeout'] as const) {
    const front = buildFront({ features: ['pkt.len', 'ip.tos'], window: 8, policy, slots: 1024 });
    const rings = front.features.map(({ field, bits }, i) =>
      ringFragment({ name: `v${i}`, field, bits }, { slots: 1024 }),
    );
    const program = withRings(front, rings);
    assert.equal(validateProgram(program), []);
    assert.is(program.flow?.bitsPerFlow, (front.flow?.bitsPerFlow ?? 0) + 128 + 64);
    const machine = interpreter(program);
    for (let i = 0; i < specs.length; i++) {
      const { fields } = machine.packet(data.packets, i).packet;
      assert.is(fields.get(front.valid as string) === 1n, i >= 14, `${policy} packet ${i}`);
      if (i < 14) continue;
      const want = Array.from({ length: 8 }, (_, q) => 54 + specs[i - 2 * (7 - q)].payload);
      assert.equal(
        rings[0].window.map((name) => Number(fields.get(name))),
        want,
      );
    }
  }
});

Rings.run();
