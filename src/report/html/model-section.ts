/** The model and how it was compiled. */

import type { ScenarioResult } from '../../study/index.ts';
import { count, percent } from '../text-table.ts';
import { htmlTable } from './tables.ts';

/** Name, features, classes, training, trees, agreement after each step of the compiler. */
export function modelSection({ model, compile, flow }: ScenarioResult): string {
  const { training } = model;
  const { options } = compile;
  const trained =
    training === undefined
      ? []
      : [
          [
            'training',
            `${count(training.parameters)} parameters on ${count(training.rows)} rows${training.trainedOn === 'switch' ? ' as the switch computes them' : ' of a file'}; epoch ${training.best} of ${training.epochs} kept, seed ${training.seed}`,
          ],
        ];
  const rows = [
    ['model', `${model.name} (${model.source === 'trained' ? 'trained here' : 'ONNX'})`],
    ['classes', model.classes.join(', ') || 'anomaly score'],
    ['reads', `${model.features.join(', ')}${model.window > 1 ? ` of ${model.window} packets` : ''}`],
    ...trained,
    [
      'compiled with',
      `${options.strategy} trees of ${options.leaves} leaves${options.refit ? ', refit' : ''}${options.fineTune ? ', fine-tuned' : ''}; sums of ${options.width} bits`,
    ],
    ['tables', `${count(compile.tables)} with ${count(compile.entries)} entries`],
    ...compile.steps.map(({ name, agreement }) => [
      `same class as float after ${name}`,
      `${percent(agreement, 2)} of ${count(compile.calibrationRows)} calibration rows`,
    ]),
    ['flow state', `${count(flow.slots)} slots, ${flow.policy}; one tick is ${count(2 ** flow.tickBits)} ns`],
  ];
  return htmlTable(['what', 'how'], rows, 'kk', { caption: 'The model and how it was compiled', sortable: false });
}
