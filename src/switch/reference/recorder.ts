/** Builds packet traces while the pipeline runs; the pipeline calls it only for packets that are traced. */

import type { Gress } from '../../program/index.ts';
import { type Layout, shiftedHi, shiftedLo, signed, slotOf } from './layout.ts';
import type { Machine } from './machine.ts';
import type { CompiledAction, StageTable } from './stages.ts';
import { type RegisterTrace, type StageTrace, slotValue, type TableTrace, tracedValue } from './trace.ts';

/** Collects one packet's stages. */
export interface Recorder {
  readonly stages: StageTrace[];
  stage(gress: Gress, number: number): void;
  gateway(step: number, taken: boolean): void;
  table(item: StageTable, machine: Machine, entry: number, ran: CompiledAction | undefined): void;
}

function keyValues(item: StageTable, layout: Layout, machine: Machine): TableTrace['key'] {
  return item.table.keys.map((key) => {
    const slot = slotOf(layout, key.field);
    const [lo, hi] = [machine.now[slot.at], slot.wide ? machine.now[slot.at + 1] : 0];
    const { low, bits } = key.slice ?? { low: 0, bits: slot.bits };
    const part = (BigInt(shiftedHi(hi, low)) << 32n) | BigInt(shiftedLo(lo, hi, low));
    const cut = BigInt.asUintN(bits, part);
    return { field: key.field, value: tracedValue(Number(cut & 0xffffffffn), Number(cut >> 32n)) };
  });
}

function registerTrace(ran: CompiledAction | undefined): RegisterTrace | null {
  if (!ran?.stateful) return null;
  const { register, action, signedBits, last } = ran.stateful;
  const pair = last.oldHi !== 0 || last.newHi !== 0;
  const shown = (...cell: number[]): number[] =>
    cell.slice(0, pair ? 2 : 1).map((value) => (signedBits === undefined ? value : signed(value, signedBits)));
  return {
    register,
    action,
    index: last.index,
    before: shown(last.oldLo, last.oldHi),
    after: shown(last.newLo, last.newHi),
  };
}

export function createRecorder(layout: Layout): Recorder {
  const stages: StageTrace[] = [];
  let gateways: { step: number; taken: boolean }[] = [];
  let tables: TableTrace[] = [];
  return {
    stages,
    stage(gress, number) {
      gateways = [];
      tables = [];
      stages.push({ gress, stage: number, gateways, tables });
    },
    gateway(step, taken) {
      gateways.push({ step, taken });
    },
    table(item, machine, entry, ran) {
      const params = ran?.action.params ?? [];
      tables.push({
        table: item.table.name,
        from: item.from,
        to: item.to,
        key: keyValues(item, layout, machine),
        entry: entry < 0 ? null : entry,
        action: ran?.action.name ?? null,
        data: params.map(({ name }, p) => ({ param: name, value: machine.data[machine.dataAt + p] })),
        register: registerTrace(ran),
        writes: (ran?.writes ?? []).map((field) => {
          const slot = slotOf(layout, field);
          return { field, before: slotValue(slot, machine.now), after: slotValue(slot, machine.next) };
        }),
      });
    },
  };
}
