/** Σ |a − b| by instructions: both differences, the larger of them, then additions in pairs. */
import { constant, fieldOperand, type Instruction, keyless, type Operand } from '../../program/index.ts';
import type { SumPlan } from './banks.ts';
import { addAction, addPhase, addTable, declare, elementField, type LowerContext, tableName } from './context.ts';
import { type AbsDiffMap, mapInputs } from './network.ts';

const NO_MATCH = { kind: 'keyless' as const, entries: 0, naive: 0, keyBits: 0, dataBits: 0 };

function step(context: LowerContext, value: number, name: string, note: string, instructions: Instruction[]): void {
  const action = addAction(context, `${name}_go`, {}, instructions);
  const phase = addPhase(context, name, { value, part: 'sums' });
  addTable(context, phase, keyless(name, 'ingress', action, note), { ...NO_MATCH, note });
}

const minus = (dst: string, a: Operand, b: Operand): Instruction => ({ op: 'sub', dst, a, b });
const larger = (dst: string, a: string, b: string): Instruction => ({
  op: 'maxS',
  dst,
  a: fieldOperand(a),
  b: fieldOperand(b),
});

/** |a − b|: both differences, the larger of them. */
function bothWays(context: LowerContext, map: AbsDiffMap, name: string, forth: string[], back: string[]): void {
  const fields = map.a.map(
    (ref, i) =>
      [fieldOperand(elementField(context, ref).field), fieldOperand(elementField(context, map.b[i]).field)] as const,
  );
  step(context, map.output, `${name}_diff`, 'differences both ways', [
    ...fields.map(([a, b], i) => minus(forth[i], a, b)),
    ...fields.map(([a, b], i) => minus(back[i], b, a)),
  ]);
  const note = 'the larger of both is the absolute difference';
  step(
    context,
    map.output,
    `${name}_abs`,
    note,
    forth.map((dst, i) => larger(dst, dst, back[i])),
  );
}

/** Elements whose negation is held at a time: fields for more are dearer than the two stages they would save. */
const AT_ONCE = 16;

/** |a|: the larger of a and −a, some elements at a time, in the elements' own fields when nothing else reads them. */
function magnitudes(context: LowerContext, map: AbsDiffMap, name: string, forth: string[], back: string[]): void {
  const fields = map.a.map((ref) => fieldOperand(elementField(context, ref).field));
  for (let from = 0; from < fields.length; from += AT_ONCE) {
    const some = fields.slice(from, from + AT_ONCE);
    const part = fields.length > AT_ONCE ? from / AT_ONCE : '';
    const negated = some.map((a, i) => minus(back[i], constant(0), a));
    step(context, map.output, `${name}_neg${part}`, 'negated elements', negated);
    const larger = some.map((a, i): Instruction => ({ op: 'maxS', dst: forth[from + i], a, b: fieldOperand(back[i]) }));
    step(context, map.output, `${name}_abs${part}`, 'the larger of both signs is the magnitude', larger);
  }
}

/** Nothing else reads the elements, now or for later packets: their fields may be overwritten. */
function isLastReader(context: LowerContext, map: AbsDiffMap): boolean {
  const { maps, values, verdict } = context.network;
  const read = new Set(map.a.map((ref) => ref.value));
  const others = maps.some((other) => other !== map && mapInputs(other).some((ref) => read.has(ref.value)));
  const kept = values.some((value) => value.kept?.some(({ source }) => read.has(source.value)));
  return !others && !kept && !read.has(verdict.value) && !read.has(0);
}

/** Lowers a value that is one sum of absolute differences. All elements have `plan.bits` bits (planned together). */
export function lowerAbsDiff(context: LowerContext, map: AbsDiffMap, plan: SumPlan): void {
  const value = map.output;
  const name = tableName(context.network.values[value].name);
  const short = name.slice(3);
  const out = declare(context, `nn.${short}_0`, plan.bits, `Σ |a − b| over ${map.a.length} elements`);
  context.elements[value][0] = { field: out, bits: plan.bits };
  const fresh = (letter: string, count: number): string[] =>
    Array.from({ length: count }, (_, i) =>
      declare(context, `nn.${short}_${letter}${i}`, plan.bits, `difference ${i}`),
    );
  const { a, b } = map;
  const own = b.length === 0 && isLastReader(context, map);
  const forth = own ? a.map((ref) => elementField(context, ref).field) : fresh('d', a.length);
  const back = fresh('e', b.length > 0 ? a.length : Math.min(a.length, AT_ONCE));
  if (map.b.length > 0) bothWays(context, map, name, forth, back);
  else magnitudes(context, map, name, forth, back);
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
