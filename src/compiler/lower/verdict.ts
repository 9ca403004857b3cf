/** Verdicts by instructions a switch has: differences and their signs instead of comparisons, so that every chip can do it. */
import {
  compare,
  constant,
  type Entries,
  entriesOf,
  fieldOperand,
  type Instruction,
  keyed,
  keyless,
  paramOperand,
  type Verdict,
  when,
} from '../../program/index.ts';
import { addAction, addPhase, addTable, declare, elementField, type LowerContext, type Phase } from './context.ts';

/** Above this many classes all pairs no longer fit one group of containers: a tournament of pairs is used instead. */
const PAIRWISE_LIMIT = 4;

const CLASS_FIELD = 'nn.class';

interface Contender {
  readonly field: string;
  readonly bits: number;
  /** Fixed class number, or the field that holds the winner's. */
  readonly of: number | string;
}

const nothing = { naive: 0, keyBits: 0, dataBits: 0 };

/** Fields d_ij = l_i − l_j; their sign bit tells l_i < l_j. Widths are proved by `differenceBits` before. */
function differences(
  context: LowerContext,
  phase: Phase,
  name: string,
  pairs: readonly (readonly [Contender, Contender])[],
): string[] {
  const fields = pairs.map(([a, b], i) =>
    declare(context, `nn.${name}_${i}`, a.bits, `${a.field} − ${b.field}; negative: the later one is larger`),
  );
  const instructions = pairs.map(
    ([a, b], i): Instruction => ({ op: 'sub', dst: fields[i], a: fieldOperand(a.field), b: fieldOperand(b.field) }),
  );
  const action = addAction(context, `nn_${name}_go`, {}, instructions);
  const table = keyless(`nn_${name}`, 'ingress', action, 'differences of logits');
  addTable(context, phase, table, { kind: 'keyless', entries: 0, ...nothing, note: 'differences of logits' });
  return fields;
}

const signKey = (field: string, bits: number) => ({
  field,
  match: 'ternary' as const,
  slice: { low: bits - 1, bits: 1 },
});

/** All pairs at once, then one ternary table over the signs: class k wins when it beats all before it and none after it beats it. */
function pairwise(context: LowerContext, logits: readonly Contender[]): void {
  const n = logits.length;
  const pairs: [number, number][] = [];
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) pairs.push([i, j]);
  const subtract = addPhase(context, 'argmax');
  const fields = differences(
    context,
    subtract,
    'diff',
    pairs.map(([i, j]) => [logits[i], logits[j]]),
  );
  const bits = logits[0].bits;
  const rows = logits.slice(1).map((_, index) => {
    const k = index + 1;
    // First maximum wins: strictly larger than every earlier one, at least as large as every later one.
    const key = pairs.map(([i, j]) => {
      if (j === k) return { value: 1, mask: 1 };
      if (i === k) return { value: 0, mask: 1 };
      return { value: 0, mask: 0 };
    });
    return { key, data: [k] };
  });
  const action = addAction(context, 'nn_set_class', { class: 8 }, [
    { op: 'set', dst: CLASS_FIELD, a: paramOperand('class') },
  ]);
  const shape = { keys: pairs.map(() => ({ bits: 1, match: 'ternary' as const })), params: [[8]] };
  const entries: Entries = entriesOf(shape, rows);
  const table = keyed({
    name: 'nn_class',
    gress: 'ingress',
    keys: fields.map((f) => signKey(f, bits)),
    actions: [action],
    defaultAction: action,
    defaultData: [0],
    entries,
    note: 'class of the first maximum',
  });
  const report = { entries: entries.count, naive: 2 ** pairs.length, keyBits: pairs.length, dataBits: 8 };
  addTable(context, addPhase(context, 'argmax class'), table, { kind: 'ternary', ...report, note: 'first maximum' });
}

/** Rounds of pairs: the sign of a difference decides whether the later contender replaces the earlier one. */
function tournament(context: LowerContext, logits: readonly Contender[]): void {
  let round = 0;
  let field = logits;
  while (field.length > 1) {
    const pairs: [Contender, Contender][] = [];
    for (let i = 0; i + 1 < field.length; i += 2) pairs.push([field[i], field[i + 1]]);
    const signs = differences(context, addPhase(context, `argmax ${round}`), `diff${round}`, pairs);
    const move = addPhase(context, `argmax move ${round}`);
    const next = pairs.map(([a, b], i) => replace(context, move, a, b, signs[i], `${round}_${i}`));
    if (field.length % 2 === 1) next.push(field[field.length - 1]);
    field = next;
    round++;
  }
  const winner = field[0].of;
  const action = addAction(context, 'nn_class_go', {}, [
    { op: 'set', dst: CLASS_FIELD, a: typeof winner === 'number' ? constant(winner) : fieldOperand(winner) },
  ]);
  const table = keyless('nn_class', 'ingress', action, 'class of the first maximum');
  addTable(context, addPhase(context, 'class'), table, { kind: 'keyless', entries: 0, ...nothing, note: 'class' });
}

function replace(
  context: LowerContext,
  phase: Phase,
  a: Contender,
  b: Contender,
  sign: string,
  name: string,
): Contender {
  const klass = declare(context, `nn.class_${name}`, 8, 'class of the larger of a pair');
  const value = declare(context, `nn.max_${name}`, a.bits, `larger of ${a.field} and ${b.field}`);
  const take = (x: Contender): Instruction[] => [
    { op: 'set', dst: value, a: fieldOperand(x.field) },
    { op: 'set', dst: klass, a: typeof x.of === 'number' ? constant(x.of) : fieldOperand(x.of) },
  ];
  const keep = addAction(context, `nn_keep_${name}`, {}, take(a));
  const swap = addAction(context, `nn_swap_${name}`, {}, take(b));
  const shape = { keys: [{ bits: 1, match: 'ternary' as const }], params: [[], []] };
  const table = keyed({
    name: `nn_move_${name}`,
    gress: 'ingress',
    keys: [signKey(sign, a.bits)],
    actions: [keep, swap],
    defaultAction: keep,
    entries: entriesOf(shape, [{ key: [{ value: 1, mask: 1 }], action: 1 }]),
    note: 'the later one replaces the earlier when strictly larger',
  });
  addTable(context, phase, table, {
    kind: 'ternary',
    entries: 1,
    ...nothing,
    naive: 2,
    keyBits: 1,
    note: 'argmax move',
  });
  return { field: value, bits: a.bits, of: klass };
}

/** Ranges of the widest difference of two logits: what their containers must hold (first maximum by signs). */
export function differenceRange(ranges: readonly { readonly min: number; readonly max: number }[]): {
  readonly min: number;
  readonly max: number;
} {
  let [min, max] = [0, 0];
  ranges.forEach((a, i) => {
    ranges.forEach((b, j) => {
      if (i === j) return;
      min = Math.min(min, a.min - b.max);
      max = Math.max(max, a.max - b.min);
    });
  });
  return { min, max };
}

/** Lowers the verdict of value `value`; `valid` names the validity bit if there is one. */
export function lowerVerdict(context: LowerContext, valid: string | undefined): Verdict {
  const { network } = context;
  const verdict = network.verdict;
  const size = network.values[verdict.value].size;
  const elements = Array.from({ length: size }, (_, index) => elementField(context, { value: verdict.value, index }));
  declare(context, CLASS_FIELD, 8, verdict.kind === 'argmax' ? 'class index' : '1 when over the threshold');
  const logits = elements.map((e) => ({ field: e.field, low: 0, bits: e.bits, signed: true }));
  const common = { logits, class: CLASS_FIELD, classes: network.classes, ...(valid === undefined ? {} : { valid }) };
  if (verdict.kind === 'argmax') {
    const contenders = elements.map((e, of): Contender => ({ field: e.field, bits: e.bits, of }));
    if (size > 1 && size <= PAIRWISE_LIMIT) pairwise(context, contenders);
    else if (size > 1) tournament(context, contenders);
    return { kind: 'argmax', ...common };
  }
  if (verdict.threshold === undefined) return { kind: 'score', ...common };
  const phase = addPhase(context, 'threshold');
  const action = addAction(context, 'nn_alarm_go', {}, [{ op: 'set', dst: CLASS_FIELD, a: constant(1) }]);
  context.tables.push(keyless('nn_alarm', 'ingress', action, 'score over the threshold'));
  // A threshold that no score reaches or all exceed becomes the field's extreme: sums are proved symmetric, so the lowest word is free.
  const most = 2 ** (elements[0].bits - 1) - 1;
  const limit = Math.max(-most - 1, Math.min(most, Math.floor(verdict.threshold * verdict.divide)));
  phase.steps.push(when([compare(elements[0].field, 'gt', limit, true)], [{ kind: 'apply', table: 'nn_alarm' }]));
  return { kind: 'score', ...common, threshold: limit };
}
