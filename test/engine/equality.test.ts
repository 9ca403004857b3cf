/** The engine equals the reference pipeline bit for bit: random programs, random packets, wasm and its twin, any number of workers. */

import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type EngineOptions, runEngine } from '../../src/engine/index.ts';
import type { Placement, Program, RunColumns, RunInput } from '../../src/program/index.ts';
import { chipNamed, placeProgram, runReference } from '../../src/switch/index.ts';
import { arbitraryProgram, randomProgram } from '../program/arbitrary.ts';
import { randomFrames } from '../program/packets.ts';

const Equality = suite('engine equality');

function placed(program: Program): Placement {
  return placeProgram(program, chipNamed('unbounded')).placement;
}

/** Header and metadata fields of at most 32 bits are observed whole, wider ones too. */
function allFields(program: Program): string[] {
  return program.fields.map((field) => field.name);
}

function same(actual: RunColumns, expected: RunColumns, what: string): void {
  for (const column of ['outcome', 'verdict', 'logits'] as const)
    differ(actual[column], expected[column], `${what} ${column}`);
  for (const name of Object.keys(expected.observed))
    differ(actual.observed[name], expected.observed[name], `${what} ${name}`);
}

function differ(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  assert.is(actual.length, expected.length, `${what} length`);
  for (let i = 0; i < expected.length; i++) {
    if (actual[i] !== expected[i])
      assert.unreachable(`${what}: element ${i} is ${actual[i]}, reference ${expected[i]}`);
  }
}

async function agree(program: Program, input: RunInput, options: EngineOptions): Promise<void> {
  const placement = placed(program);
  const observe = allFields(program);
  const state = options.state ?? 'perCapture';
  const expected = runReference(program, placement, input, { observe, state });
  same(await runEngine(program, placement, input, { ...options, observe }), expected, JSON.stringify(options));
}

for (const kernels of ['fused', 'wasm'] as const) {
  Equality(`${kernels} kernels equal the reference on random programs and packets`, async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryProgram({ size: 8 }),
        fc.nat(1 << 30),
        fc.boolean(),
        async (program, seed, continuous) => {
          const input: RunInput = { kind: 'packets', packets: randomFrames(seed, 117 + (seed & 3)) };
          await agree(program, input, { workers: 1, kernels, state: continuous ? 'continuous' : 'perCapture' });
        },
      ),
      { numRuns: kernels === 'fused' ? 40 : 15, seed: 11 },
    );
  });
}

Equality('the TypeScript twin equals the reference on random programs and packets', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryProgram({ size: 6 }), fc.nat(1 << 30), async (program, seed) => {
      await agree(
        program,
        { kind: 'packets', packets: randomFrames(seed, 57 + (seed & 3)) },
        { workers: 1, kernels: 'typescript' },
      );
    }),
    { numRuns: 12, seed: 12 },
  );
});

Equality('one, two, three and seven workers give the same columns', async () => {
  for (const seed of [1, 9]) {
    const program = randomProgram(seed, { size: 8, shardable: seed !== 9 });
    const input: RunInput = { kind: 'packets', packets: randomFrames(seed, 4000, 5) };
    for (const workers of seed === 1 ? [1, 2, 3, 7] : [2]) await agree(program, input, { workers });
  }
});

Equality('fields injected in place of parsing are cut to their width and every header is invalid', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryProgram({ size: 6 }), fc.nat(1 << 30), async (program, seed) => {
      const fields: Record<string, Uint32Array> = {};
      for (const [i, { name, bits }] of program.fields.entries()) {
        if (bits <= 32 && i % 3 !== 0)
          fields[name] = Uint32Array.from({ length: 50 }, (_, k) => Math.imul(seed + k, 2654435761 + i * 97));
      }
      await agree(program, { kind: 'injected', count: 50, fields }, { workers: 1 });
    }),
    { numRuns: 12, seed: 13 },
  );
});

Equality.run();
