/** An epoch, and an evaluation, of models that learn from whole flows. */
import { backward, clearTape, constant, type Random, softmaxCrossEntropy, take } from '../autodiff/index.ts';
import type { ModelDefinition, RegisterCell } from '../definitions/index.ts';
import { tapeLayers } from '../networks/tape-layers.ts';
import { runLogits, STEPS, sliced, statesOf } from './flows.ts';
import { shownRows } from './samples.ts';
import type { Session } from './session.ts';

/** A definition whose state lives in registers. */
export type CellDefinition = ModelDefinition & { readonly cell: RegisterCell };

export function hasCell(definition: ModelDefinition): definition is CellDefinition {
  return definition.cell !== undefined;
}

/** The states of the rows at `index` read: what `evaluate` gives for models that learn from whole flows. */
export function evaluateFlows(session: Session, { cell }: CellDefinition, index: Int32Array): Float32Array {
  const { rows, store, evaluation } = session;
  const layers = tapeLayers(evaluation, store, false);
  const states = statesOf(cell, rows, session.flows!.flows, evaluation, layers);
  const classes = rows.classes.length;
  return sliced(evaluation, index.length, classes, (from, to) => {
    const values = take(evaluation, (to - from) * cell.units);
    for (let i = from; i < to; i++) {
      const at = index[i] * cell.units;
      values.set(states.subarray(at, at + cell.units), (i - from) * cell.units);
    }
    return cell.read(layers, constant([to - from, cell.units], values), classes);
  });
}

/** An epoch over runs of consecutive packets (flows.ts), as many as an epoch shows. `descend`: one step of the optimiser. */
export function trainFlows(session: Session, definition: CellDefinition, random: Random, descend: () => void): number {
  const { rows, store, tape, batch, showing } = session;
  const { cell } = definition;
  const { flows, runs, label, used, before } = session.flows!;
  const states = statesOf(cell, rows, flows, session.evaluation, tapeLayers(session.evaluation, store, false));
  const start = (run: Int32Array): ArrayLike<number> | undefined => {
    const row = before[run[0]];
    return row < 0 ? undefined : states.subarray(row * cell.units, (row + 1) * cell.units);
  };
  // Runs are shown as rows are, by class.
  const limit = Math.ceil(showing.limit / STEPS);
  const order = shownRows(
    { classes: rows.classes, label },
    Int32Array.from(runs.keys()),
    { ...showing, limit },
    random,
  );
  const shown = order.length;
  let loss = 0;
  let count = 0;
  for (let from = 0; from < shown; from += batch) {
    clearTape(tape);
    const some = Array.from(order.subarray(from, Math.min(shown, from + batch)), (r) => runs[r]);
    const made = runLogits(tape, tapeLayers(tape, store, true), definition, rows, some, start, used);
    const labels = made.rows.map((row) => rows.label[row]);
    const value = softmaxCrossEntropy(tape, made.logits, labels);
    backward(tape, value);
    loss += value.data[0] * labels.length;
    count += labels.length;
    descend();
  }
  return loss / count;
}
