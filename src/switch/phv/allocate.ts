/** Header vector allocation: containers by kind, group and gress; a container serves several fields whose lives do not meet. */

import type { ContainerUse, Gress } from '../../program/index.ts';
import type { Demand } from '../demand/demand.ts';
import { NOTHING_RESERVED, type Reserve } from '../place/reserve.ts';
import type { PhvReport } from '../report/types.ts';
import type { Chip, ContainerBits } from '../targets/chip.ts';
import { type Need, type PhvItem, phvItems, type Stages, sizeFor } from './items.ts';

interface Container {
  readonly name: string;
  readonly size: ContainerBits;
  readonly kind: Need;
  readonly group: number;
  readonly only: Gress | undefined;
  /** Set once the first field moves in: ingress and egress packets share the vector, not its containers. */
  gress: Gress | undefined;
  readonly lives: { first: number; last: number; bits: number }[];
}

const SIZES: readonly ContainerBits[] = [8, 16, 32];
const LETTER: Readonly<Record<ContainerBits, string>> = { 8: 'B', 16: 'H', 32: 'W' };
const PREFIX: Readonly<Record<Need, string>> = { normal: '', mocha: 'M', dark: 'D' };

function isReserved(container: Container, all: readonly Container[], reserve: Reserve): boolean {
  const taken = reserve.containers[container.size] ?? 0;
  if (taken === 0) return false;
  const same = all.filter((other) => other.size === container.size && other.kind !== 'dark');
  const order = [
    ...same.filter((other) => other.kind === 'mocha'),
    ...same.filter((other) => other.kind === 'normal').reverse(),
  ];
  const at = order.indexOf(container);
  return at >= 0 && at < taken;
}

/** Containers of the chip, less those reserved: mocha first, then the last normal ones. */
function buildContainers(chip: Chip, reserve: Reserve): Container[] {
  const { phv } = chip;
  const perGroup: Readonly<Record<Need, number>> = {
    normal: phv.normalPerGroup,
    mocha: phv.mochaPerGroup,
    dark: phv.darkPerGroup,
  };
  const all: Container[] = [];
  for (const size of SIZES) {
    const groups = phv.groups[size];
    for (const kind of ['normal', 'mocha', 'dark'] as const)
      for (let n = 0; n < groups * perGroup[kind]; n++) {
        const group = Math.floor(n / perGroup[kind]);
        const only = phv.ingressOnlyGroups.includes(group)
          ? 'ingress'
          : phv.egressOnlyGroups.includes(group)
            ? 'egress'
            : undefined;
        all.push({ name: `${PREFIX[kind]}${LETTER[size]}${n}`, size, kind, group, only, gress: undefined, lives: [] });
      }
  }
  return all.filter((container) => !isReserved(container, all, reserve));
}

function hasRoom(container: Container, item: PhvItem): boolean {
  if (container.size < item.size || (item.need === 'normal' && container.size !== item.size)) return false;
  if (container.only !== undefined && container.only !== item.gress) return false;
  if (container.gress !== undefined && container.gress !== item.gress) return false;
  return container.lives.every((life) => item.first > life.last || item.last < life.first);
}

/** Kinds that can hold an item, the least able first, so that action units are left to those who need them. */
function kindsFor(need: Need): readonly Need[] {
  return need === 'normal' ? ['normal'] : need === 'mocha' ? ['mocha', 'normal'] : ['dark', 'mocha', 'normal'];
}

function occupy(container: Container, item: PhvItem, containerLow = 0): ContainerUse {
  container.gress = item.gress;
  container.lives.push({ first: item.first, last: item.last, bits: item.bits });
  const { field, gress, fieldLow, bits, first, last } = item;
  return {
    container: container.name,
    field,
    gress,
    fieldLow,
    containerLow,
    bits,
    firstStage: first,
    lastStage: last,
  };
}

/** First container with room, those already in use before fresh ones. */
function findContainer(containers: readonly Container[], item: PhvItem, group?: number): Container | undefined {
  for (const kind of kindsFor(item.need)) {
    const fit = containers.filter(
      (c) => c.kind === kind && (group === undefined || c.group === group) && hasRoom(c, item),
    );
    const exact = fit.filter((container) => container.size === item.size);
    const found = exact.find((container) => container.gress !== undefined) ?? exact[0] ?? fit[0];
    if (found) return found;
  }
  return undefined;
}

/** Neighbours that may share a container, together at most 32 bits. */
function lumps(items: readonly PhvItem[]): PhvItem[][] {
  const out: PhvItem[][] = [];
  let bits = Infinity;
  for (const item of items) {
    const last = out.at(-1);
    if (last && bits + item.bits <= 32 && last[0].gress === item.gress && last[0].together === item.together) {
      last.push(item);
      bits += item.bits;
    } else {
      out.push([item]);
      bits = item.bits;
    }
  }
  return out;
}

/** A lump in one container of its size or a larger one, else in two halves. Answers what found no place. */
function placeLump(containers: readonly Container[], lump: readonly PhvItem[], uses: ContainerUse[]): PhvItem[] {
  const bits = lump.reduce((sum, item) => sum + item.bits, 0);
  const whole: PhvItem = {
    ...lump[0],
    size: sizeFor(bits),
    bits,
    first: Math.min(...lump.map((item) => item.first)),
    last: Math.max(...lump.map((item) => item.last)),
  };
  const container = findContainer(containers, whole);
  if (!container) {
    if (lump.length === 1) return [lump[0]];
    const half = lump.length >> 1;
    return [...placeLump(containers, lump.slice(0, half), uses), ...placeLump(containers, lump.slice(half), uses)];
  }
  let low = bits;
  for (const item of lump) {
    low -= item.bits;
    uses.push(occupy(container, item, low));
  }
  return [];
}

/** Items of one cluster go to the first group that takes them all; a cluster too big for a group spreads (copies would be needed). */
function placeCluster(containers: readonly Container[], items: readonly PhvItem[], uses: ContainerUse[]): PhvItem[] {
  const groups = [
    ...new Set(containers.filter((c) => c.size === items[0].size && c.kind === 'normal').map((c) => c.group)),
  ];
  for (const group of groups) {
    const saved = containers.map((container) => ({ container, gress: container.gress, lives: container.lives.length }));
    const placed: ContainerUse[] = [];
    const all = items.every((item) => {
      const container = findContainer(containers, item, group);
      if (container) placed.push(occupy(container, item));
      return container !== undefined;
    });
    if (all) {
      uses.push(...placed);
      return [];
    }
    for (const { container, gress, lives } of saved) {
      container.gress = gress;
      container.lives.length = lives;
    }
  }
  return items.filter((item) => !placeAlone(containers, item, uses));
}

function placeAlone(containers: readonly Container[], item: PhvItem, uses: ContainerUse[]): boolean {
  const container = findContainer(containers, item);
  if (container) uses.push(occupy(container, item));
  return container !== undefined;
}

/** Most bits in use at one stage. */
function busiest(lives: Container['lives']): number {
  return Math.max(
    ...lives.map(({ first }) =>
      lives.filter((life) => life.first <= first && first <= life.last).reduce((sum, life) => sum + life.bits, 0),
    ),
  );
}

function containerReports(containers: readonly Container[]): PhvReport['containers'] {
  return (['normal', 'mocha', 'dark'] as const).flatMap((kind) =>
    SIZES.map((bits) => {
      const own = containers.filter((container) => container.kind === kind && container.size === bits);
      const used = own.filter((container) => container.lives.length > 0);
      const fieldBits = used.reduce((sum, { lives }) => sum + Math.min(bits, busiest(lives)), 0);
      return {
        bits,
        kind,
        used: used.length,
        available: own.length,
        fieldBits,
      };
    }),
  );
}

export interface Allocation {
  readonly uses: readonly ContainerUse[];
  readonly report: PhvReport;
}

/** Items that must share a group, by gress, cluster and size. */
function clusterItems(items: readonly PhvItem[]): Map<string, PhvItem[]> {
  const clusters = new Map<string, PhvItem[]>();
  for (const item of items) {
    if (item.cluster < 0) continue;
    const name = `${item.gress}/${item.cluster}/${item.size}`;
    clusters.set(name, [...(clusters.get(name) ?? []), item]);
  }
  return clusters;
}

/** A chip without limits gives every field a container of its own. */
function allocateFreely(items: readonly PhvItem[]): Allocation {
  const count: Record<ContainerBits, number> = { 8: 0, 16: 0, 32: 0 };
  const uses = items.map(({ size, field, gress, fieldLow, bits, first, last }): ContainerUse => {
    const container = `${LETTER[size]}${count[size]++}`;
    return { container, field, gress, fieldLow, containerLow: 0, bits, firstStage: first, lastStage: last };
  });
  const containers = SIZES.map((bits) => {
    const fieldBits = items.filter((item) => item.size === bits).reduce((sum, item) => sum + item.bits, 0);
    return { bits, kind: 'normal' as const, used: count[bits], available: null, fieldBits };
  });
  const usedBits = containers.reduce((sum, { used, bits }) => sum + used * bits, 0);
  return { uses, report: { containers, usedBits, availableBits: null, share: null, map: uses, unplaced: [] } };
}

/** Clusters first, the largest before all; then what may lie together; then the rest, long lives first. Answers what is left. */
function allocateItems(containers: readonly Container[], items: readonly PhvItem[], uses: ContainerUse[]): PhvItem[] {
  const left: PhvItem[] = [];
  const clusters = [...clusterItems(items).values()].sort((a, b) => b.length - a.length);
  for (const cluster of clusters) left.push(...placeCluster(containers, cluster, uses));
  const single = items.filter((item) => item.cluster < 0);
  const packs = (item: PhvItem) => item.together !== '';
  for (const lump of lumps(single.filter(packs))) left.push(...placeLump(containers, lump, uses));
  const rank = (need: Need) => (need === 'normal' ? 0 : need === 'mocha' ? 1 : 2);
  const loose = single.filter((item) => !packs(item));
  loose.sort((a, b) => rank(a.need) - rank(b.need) || b.last - b.first - (a.last - a.first));
  for (const item of loose) if (!placeAlone(containers, item, uses)) left.push(item);
  return left;
}

/** Allocates every field that a placed program uses in its stages. */
export function allocatePhv(demand: Demand, plan: Stages, chip: Chip, reserve: Reserve = NOTHING_RESERVED): Allocation {
  const items = phvItems(demand, plan);
  if (SIZES.some((size) => chip.phv.groups[size] === Infinity)) return allocateFreely(items);
  const containers = buildContainers(chip, reserve);
  const uses: ContainerUse[] = [];
  const left = allocateItems(containers, items, uses);
  const reports = containerReports(containers);
  const usedBits = reports.reduce((sum, report) => sum + report.used * report.bits, 0);
  const availableBits = containers.reduce((sum, container) => sum + container.size, 0);
  uses.sort((a, b) => (a.container < b.container ? -1 : a.container > b.container ? 1 : a.firstStage - b.firstStage));
  const unplaced = [...new Set(left.map((item) => item.field))];
  const share = availableBits > 0 ? usedBits / availableBits : null;
  return { uses, report: { containers: reports, usedBits, availableBits, share, map: uses, unplaced } };
}
