/** Σ |a − b| by instructions: both differences, the larger of them, then additions in pairs. */
import { fieldOperand, type Instruction, keyless } from '../../program/index.ts';
import { addAction, addPhase, addTable, declare, elementField, type LowerContext, tableName } from './context.ts';
import type { AbsDiffMap } from './network.ts';
import type { SumPlan } from './sums.ts';

const NO_MATCH = { kind: 'keyless' as const, entries: 0, naive: 0, keyBits: 0, dataBits: 0 };

function step(context: LowerContext, value: number, name: string, note: string, instructions: Instruction[]): void {
  const action = addAction(context, `${name}_go`, {}, instructions);
  const phase = addPhase(context, name, { value, part: 'sums' });
  addTable(context, phase, keyless(name, 'ingress', action, note), { ...NO_MATCH, note });
}

/** Lowers a value that is one sum of absolute differences. All elements have `plan.bits` bits (planned together). */
export function lowerAbsDiff(context: LowerContext, map: AbsDiffMap, plan: SumPlan): void {
  const value = map.output;
  const name = tableName(context.network.values[value].name);
  const short = name.slice(3);
  const out = declare(context, `nn.${short}_0`, plan.bits, `Σ |a − b| over ${map.a.length} elements`);
  context.elements[value][0] = { field: out, bits: plan.bits };
  const [forth, back] = ['d', 'e'].map((letter) =>
    map.a.map((_, i) => declare(context, `nn.${short}_${letter}${i}`, plan.bits, `difference ${i}`)),
  );
  const fields = map.a.map(
    (ref, i) => [elementField(context, ref).field, elementField(context, map.b[i]).field] as const,
  );
  const subtract = (dst: string, a: string, b: string): Instruction => ({
    op: 'sub',
    dst,
    a: fieldOperand(a),
    b: fieldOperand(b),
  });
  step(context, value, `${name}_diff`, 'differences both ways', [
    ...fields.map(([a, b], i) => subtract(forth[i], a, b)),
    ...fields.map(([a, b], i) => subtract(back[i], b, a)),
  ]);
  step(
    context,
    value,
    `${name}_abs`,
    'the larger of both is the absolute difference',
    forth.map((dst, i): Instruction => ({ op: 'maxS', dst, a: fieldOperand(dst), b: fieldOperand(back[i]) })),
  );
  let width = forth.length;
  for (let round = 0; width > 1; round++) {
    const half = Math.ceil(width / 2);
    const instructions: Instruction[] = [];
    for (let i = half; i < width; i++) {
      const dst = width === 2 ? out : forth[i - half];
      instructions.push({ op: 'add', dst, a: fieldOperand(forth[i - half]), b: fieldOperand(forth[i]) });
    }
    step(context, value, `${name}_sum${round}`, 'adds up absolute differences', instructions);
    width = half;
  }
  if (forth.length === 1)
    step(context, value, `${name}_one`, 'single difference', [{ op: 'set', dst: out, a: fieldOperand(forth[0]) }]);
}
