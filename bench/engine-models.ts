/**
 * Programs and rows of the engine bench: the published table models as prepared rows. A window row is one injected packet that
 * carries all eight packets' features, so one verdict costs the work of eight packets.
 */
import { existsSync } from 'node:fs';
import { frontInputs, searchLayout } from '../src/compiler/lower/index.ts';
import type { TableNetwork } from '../src/compiler/lower/network.ts';
import { arrayOf, readTableModel } from '../src/compiler/tablemodel/document.ts';
import { tableModelNetwork } from '../src/compiler/tablemodel/network.ts';
import { buildFront, injectedColumns, injectedFront } from '../src/features/index.ts';
import type { Placement, Program, RunInput } from '../src/program/index.ts';
import { chipNamed } from '../src/switch/index.ts';

export const GOLDEN = '../shared/golden';

export const MODELS = {
  'mlp-b': 'mlp-CICIOT2022',
  'rnn-b': 'rnn-CICIOT2022',
  'cnn-b': 'cnnb-CICIOT2022',
  'cnn-m': 'cnnm-CICIOT2022',
  'cnn-l': 'cnnl-CICIOT2022',
  autoencoder: 'autoencoder-CICIOT2022',
} as const;

export type ModelName = keyof typeof MODELS;

export interface RowBench {
  readonly program: Program;
  readonly placement: Placement;
  readonly network: TableNetwork;
  readonly count: number;
  /** Features a row, and the row-major values. */
  readonly width: number;
  readonly values: Int32Array;
  readonly input: RunInput;
}

export function goldenThere(): boolean {
  return existsSync(GOLDEN);
}

/** The model's network on whole rows, placed on the chip without limits. */
export function rowBench(name: ModelName, bytes: number): RowBench {
  const model = readTableModel(`${GOLDEN}/${MODELS[name]}`);
  const windowed = tableModelNetwork(model);
  const features = Array.from({ length: windowed.window }, (_, packet) =>
    windowed.features.map((feature) => ({ ...feature, name: `${feature.name}.${packet}` })),
  ).flat();
  const network: TableNetwork = { ...windowed, window: 1, features };
  const fields = { features: features.map((one) => one.name), bits: features.map((one) => one.bits) };
  const front = injectedFront(fields);
  const inputs = frontInputs(front, network);
  const { program, placement } = searchLayout(name, network, front, chipNamed('unbounded'), { inputs });
  const { data, shape } = arrayOf(model, model.vectors.input!, 'vectors.input');
  const width = features.length;
  const count = Math.max(20_000, Math.min(1_000_000, Math.floor(bytes / (4 * width))));
  const values = new Int32Array(count * width);
  for (let i = 0; i < values.length; i++) values[i] = data[i % (shape[0] * width)];
  const columns = injectedColumns(values, count, fields);
  const shared = Object.fromEntries(
    Object.entries(columns.fields).map(([field, column]) => {
      const copy = new Uint32Array(new SharedArrayBuffer(column.byteLength));
      copy.set(column);
      return [field, copy];
    }),
  );
  return { program, placement, network, count, width, values, input: { kind: 'injected', count, fields: shared } };
}

/** MLP-B behind the parser, flow registers of 65,536 slots and timestamps. */
export function packetProgram(): { readonly program: Program; readonly placement: Placement } {
  const model = readTableModel(`${GOLDEN}/${MODELS['mlp-b']}`);
  const network = tableModelNetwork(model);
  const front = buildFront({ features: model.input.features, slots: 65536 });
  return searchLayout('mlp-b', network, front, chipNamed('unbounded'), {
    inputs: frontInputs(front, network),
    ...(front.valid === undefined ? {} : { valid: front.valid }),
  });
}
