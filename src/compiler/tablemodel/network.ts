/** A table-model document as a table network: windows unrolled, one tree map a group, equal functions at several positions marked shared. */
import { fail } from '../../problem.ts';
import {
  type AbsDiffMap,
  type ExactMap,
  heapTree,
  leafOf,
  type NetMap,
  type NetValue,
  type TableNetwork,
  type TreeMap,
} from '../lower/network.ts';
import type { ElementRef } from '../primitives/graph.ts';
import { arrayOf, type MapStep, type TableModel, type TableStep } from './document.ts';

/** A document vector: elements spread over table-network values (matrices: one value a packet). */
interface Spread {
  readonly packets: number;
  readonly elements: readonly ElementRef[];
}

class Builder {
  readonly values: NetValue[] = [];
  readonly maps: NetMap[] = [];
  readonly vectors = new Map<string, Spread>();
  readonly model: TableModel;
  constructor(model: TableModel) {
    this.model = model;
  }
  value(name: string, size: number): number {
    this.values.push({ name, size });
    return this.values.length - 1;
  }
  vector(name: string, step: number): Spread {
    const found = this.vectors.get(name);
    if (found !== undefined) return found;
    return fail({
      code: 'COMPILE-TABLE-MODEL',
      message: `vector "${name}" is not defined by an earlier step`,
      where: `${this.model.path}: steps[${step}]`,
    });
  }
  array(name: string, step: number): { readonly shape: readonly number[]; readonly data: Int32Array } {
    return arrayOf(this.model, name, `steps[${step}]`);
  }
}

const range = (n: number): Int32Array => Int32Array.from({ length: n }, (_, i) => i);
const refs = (value: number, size: number): ElementRef[] => [...range(size)].map((index) => ({ value, index }));

/** Rows of a spread vector: the elements of one packet. */
function packetOf(x: Spread, p: number): readonly ElementRef[] {
  const size = x.elements.length / x.packets;
  return x.elements.slice(p * size, (p + 1) * size);
}

function embed(b: Builder, step: Extract<TableStep, { op: 'embed' }>, number: number): void {
  const x = b.vector(step.in, number);
  const tables = step.tables.map((name) => b.array(name, number));
  const dim = tables[0].shape[1];
  const elements: ElementRef[] = [];
  for (let p = 0; p < x.packets; p++) {
    const output = b.value(x.packets > 1 ? `${step.out}.${p}` : step.out, dim);
    elements.push(...refs(output, dim));
    tables.forEach((table, f) => {
      const map: ExactMap = {
        kind: 'exact',
        name: `${step.tables[f]}.${p}`,
        input: packetOf(x, p)[f],
        rows: table.shape[0],
        output,
        outIndex: range(dim),
        lut: table.data,
        shared: { key: `${number}.${f}`, position: p },
        note: `step ${number}: ${step.tables[f]}`,
      };
      b.maps.push(map);
    });
  }
  b.vectors.set(step.out, { packets: x.packets, elements });
}

/** The table of groups g..g+join−1 of a map step: `luts` concatenated along the outputs. */
function lutOfGroup(b: Builder, step: MapStep, number: number, group: number): { data: Int32Array; width: number } {
  const parts = (step.luts ?? [[step.lut ?? '', -1] as const]).map(([name, index]) => {
    const { shape, data } = b.array(name, number);
    const [groups, leaves, out] = index < 0 ? shape : shape.slice(1);
    const at = ((index < 0 ? 0 : index * groups) + group) * leaves * out;
    return { data, at, leaves, out };
  });
  const width = parts.reduce((sum, part) => sum + part.out, 0);
  const leaves = parts[0].leaves;
  const data = new Int32Array(leaves * width);
  let column = 0;
  for (const part of parts) {
    for (let l = 0; l < leaves; l++)
      for (let o = 0; o < part.out; o++) data[l * width + column + o] = part.data[part.at + l * part.out + o];
    column += part.out;
  }
  return { data, width };
}

function map(b: Builder, step: MapStep, number: number): void {
  const x = b.vector(step.in, number);
  const S = b.array(step.S, number).data;
  const T = b.array(step.T, number).data;
  const join = step.join ?? 1;
  const packets = step.perPacket === true ? x.packets : 1;
  const elements: ElementRef[] = [];
  const existing = step.add === true ? b.vector(step.out, number) : undefined;
  for (let p = 0; p < packets; p++) {
    const row = step.perPacket === true ? packetOf(x, p) : x.elements;
    const first = step.first ?? 0;
    const count = step.count ?? row.length / step.dim;
    const width = lutOfGroup(b, step, number, 0).width;
    const output = existing?.elements[0].value ?? b.value(packets > 1 ? `${step.out}.${p}` : step.out, width);
    elements.push(...refs(output, width));
    for (let g = 0; g < count; g += join) {
      const trees = [...range(join)].map((j) => {
        const group = first + g + j;
        const inputs = row.slice(group * step.dim, (group + 1) * step.dim);
        return heapTree(inputs, S.subarray(group * 15, group * 15 + 15), T.subarray(group * 15, group * 15 + 15));
      });
      const made: TreeMap = {
        kind: 'tree',
        name: `${step.out}.g${(first + g) / join}${packets > 1 ? `.${p}` : ''}`,
        trees,
        output,
        outIndex: range(width),
        lut: lutOfGroup(b, step, number, g / join).data,
        ...(packets > 1 ? { shared: { key: `${number}.${g}`, position: p } } : {}),
        note: `step ${number} group ${(first + g) / join}`,
        origins: [
          { step: number, leaves: trees.map((_, j) => p * count + g + j), ...(packets > 1 ? { packet: p } : {}) },
        ],
      };
      b.maps.push(made);
    }
  }
  b.vectors.set(step.out, { packets, elements });
}

function recurrent(b: Builder, step: Extract<TableStep, { op: 'recurrent' }>, number: number): void {
  const x = b.vector(step.in, number);
  const S = b.array(step.S, number).data;
  const T = b.array(step.T, number).data;
  const lut = b.array(step.lut, number);
  const [groups, leaves, size] = lut.shape;
  let state: readonly ElementRef[] = [];
  for (let p = 0; p < x.packets; p++) {
    const row = [...packetOf(x, p), ...state];
    const output = b.value(`${step.state}.${p}`, size);
    for (let g = 0; g < groups; g++) {
      const tree = heapTree(row.slice(g, g + 1), S.subarray(g * 15, g * 15 + 15), T.subarray(g * 15, g * 15 + 15));
      const data = lut.data.subarray(g * leaves * size, (g + 1) * leaves * size);
      // The state starts at 0: at the first packet its trees reach a constant leaf.
      const constant = g < row.length ? undefined : leafOf(tree, () => 0);
      b.maps.push({
        kind: 'tree',
        name: `${step.state}.${p}.g${g}`,
        trees: constant === undefined ? [tree] : [],
        output,
        outIndex: range(size),
        lut: constant === undefined ? data : data.slice(constant * size, (constant + 1) * size),
        shared: { key: `${number}.${g}`, position: p },
        note: `step ${number} packet ${p} group ${g}`,
        origins: [{ step: number, leaves: constant === undefined ? [p * groups + g] : [] }],
      });
    }
    state = refs(output, size);
  }
  b.vectors.set(step.state, { packets: 1, elements: state });
}

function absdiff(b: Builder, step: Extract<TableStep, { op: 'absdiff' }>, number: number): void {
  const [a, c] = [b.vector(step.a, number), b.vector(step.b, number)];
  const output = b.value(step.out, 1);
  const made: AbsDiffMap = { kind: 'absdiff', name: step.out, a: a.elements, b: c.elements, output };
  b.maps.push(made);
  b.vectors.set(step.out, { packets: 1, elements: refs(output, 1) });
}

/** Unrolls a document into values and maps. The evaluation of both is equal, value by value. */
export function tableModelNetwork(model: TableModel): TableNetwork {
  const b = new Builder(model);
  const { features, bits, clamp } = model.input;
  const window = model.input.kind === 'window' ? (model.input.length ?? 1) : 1;
  const input = b.value('x', window * features.length);
  b.vectors.set('x', { packets: window, elements: refs(input, window * features.length) });
  model.steps.forEach((step, number) => {
    if (step.op === 'embed') embed(b, step, number);
    else if (step.op === 'map') map(b, step, number);
    else if (step.op === 'recurrent') recurrent(b, step, number);
    else absdiff(b, step, number);
  });
  const value = b.vector(model.verdict.of, model.steps.length - 1).elements[0].value;
  const { kind } = model.verdict;
  return {
    name: model.name,
    classes: model.classes,
    window,
    features: features.map((name, i) => ({
      name,
      bits: bits[i],
      ...(clamp === undefined ? {} : { clamp: clamp[i] }),
    })),
    values: b.values,
    maps: b.maps,
    verdict: kind === 'argmax' ? { kind, value } : { ...verdictRest(model), value },
  };
}

function verdictRest(model: TableModel): { kind: 'score'; divide: number; threshold?: number } {
  if (model.verdict.kind !== 'score') throw new Error('not a score');
  const { divide, threshold } = model.verdict;
  return { kind: 'score', divide, ...(threshold === undefined ? {} : { threshold }) };
}
