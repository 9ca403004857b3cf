/** Part of bench/engine.ts, a process of its own: streams a capture several times through MLP-B and prints its highest resident size in KiB. */
import { openEngine, streamEngine } from '../src/engine/index.ts';
import { openCapture } from '../src/traffic/index.ts';
import { packetProgram } from './engine-models.ts';

const [path, times] = process.argv.slice(2);
if (path !== undefined) {
  const { program, placement } = packetProgram();
  const engine = openEngine(program, placement, 1 << 20, undefined, { workers: 2, state: 'continuous' });
  for (let i = 0; i < Number(times); i++) {
    const capture = await openCapture(path, { batchBytes: 1 << 23, reuse: 'release' });
    await streamEngine(engine, capture, (_, batch) => capture.release(batch));
  }
  await engine.close();
  process.stdout.write(String(process.resourceUsage().maxRSS));
}
