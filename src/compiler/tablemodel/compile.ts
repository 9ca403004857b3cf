/** Table models compiled: behind injected features for `verify`, or behind a front that computes them. */
import { injectedFront } from '../../features/index.ts';
import type { Chip } from '../../switch/index.ts';
import { frontInputs } from '../lower/assemble.ts';
import { type Compiled, type LanesChoice, searchLayout } from '../lower/index.ts';
import type { TableModel } from './document.ts';
import { tableModelNetwork } from './network.ts';

export interface CompileTableOptions {
  readonly chip: Chip;
  readonly keepLeaves?: boolean;
  readonly lanes?: LanesChoice;
  readonly compare?: boolean;
  readonly width?: 8 | 16 | 32;
}

/** A program for a table model whose features are injected fields. */
export function compileInjected(model: TableModel, options: CompileTableOptions): Compiled {
  const network = tableModelNetwork(model);
  const { features, bits } = model.input;
  const front = injectedFront({ features, bits, window: network.window });
  return searchLayout(model.name, network, front, options.chip, {
    inputs: frontInputs(front, network),
    ...(options.keepLeaves === undefined ? {} : { keepLeaves: options.keepLeaves }),
    ...(options.compare === undefined ? {} : { compare: options.compare }),
    ...(options.lanes === undefined ? {} : { lanes: options.lanes }),
    ...(options.width === undefined ? {} : { width: options.width }),
  });
}
