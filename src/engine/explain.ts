/** The execution plan as text: tables and their match structures, phases between register scans, sharding, memory. */

import type { Image } from './image.ts';
import type { ColumnOp } from './ir.ts';
import type { Plan } from './plan.ts';

/** Text of a plan, one fact a line; with an image also batch and memory sizes. Deterministic. */
export function explainPlan(
  plan: Plan,
  image?: Pick<Image, 'batch' | 'span' | 'tableBytes' | 'columnBytes' | 'workers'>,
): string {
  const { program } = plan;
  const lines = [
    `plan of ${program.name}: ${plan.ops.length} column operations, ${plan.inputs.length} input columns`,
    `packets: ${sharingText(plan)}`,
    ...(image === undefined ? [] : [memoryText(image), codeText(image)]),
    'tables:',
    ...plan.matches.map(({ table, entries, match }) => `  ${table}: ${entries} entries, ${match}`),
    'phases:',
    ...phases(plan.ops).map((phase, i) => `  ${i + 1}. ${phase}`),
  ];
  return `${lines.join('\n')}\n`;
}

function sharingText(plan: Plan): string {
  if (plan.sharding === undefined) return 'no registers: any worker takes any packet';
  if (typeof plan.sharding === 'string') return `registers on one worker, because ${plan.sharding}`;
  const slot = [...plan.fields.values()].find(
    ({ lo }) => typeof plan.sharding === 'object' && lo === plan.sharding.slot,
  );
  const { sizeMask, ops } = plan.sharding;
  return `shared out by (${slot?.name ?? 'slot'} and ${sizeMask}) mod workers, known after ${ops.length} operations`;
}

function memoryText(image: Pick<Image, 'batch' | 'span' | 'tableBytes' | 'columnBytes' | 'workers'>): string {
  const kib = (bytes: number) => `${Math.ceil(bytes / 1024)} KiB`;
  return `memory: batches of ${image.batch} packets (${kib(image.columnBytes)} of columns a worker), ranges of ${image.span}, tables ${kib(image.tableBytes)}`;
}

function codeText({ workers }: Pick<Image, 'workers'>): string {
  const [{ steps, slotSteps }] = workers;
  const all = [...slotSteps, ...steps];
  const loops = all.filter((step) => step < 0).length;
  return `code: ${loops} generated loops, ${all.length - loops} stretches of bytecode`;
}

/** Stateless stretches and register scans in turn. */
function phases(ops: readonly ColumnOp[]): string[] {
  const out: string[] = [];
  let stretch: ColumnOp[] = [];
  const end = () => {
    if (stretch.length > 0) out.push(`columns: ${countText(stretch)}`);
    stretch = [];
  };
  for (const op of ops) {
    if (op.op !== 'scan') {
      stretch.push(op);
      continue;
    }
    end();
    out.push(`register ${op.register} in capture order: ${op.calls.map((call) => call.name).join(', ')}`);
  }
  end();
  return out;
}

function countText(ops: readonly ColumnOp[]): string {
  const counts = new Map<string, number>();
  for (const op of ops) {
    const name = op.op === 'sum' ? `sum of ${op.terms.length} rows into ${op.dsts.length}` : op.op;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => `${count} ${name}`).join(', ');
}
