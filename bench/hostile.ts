/** Malformed and unusual captures: does the reader do what the manifest of the shared collection expects of each? */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ProblemError, problemText } from '../src/problem.ts';
import { type CaptureInfo, openCapture } from '../src/traffic/index.ts';

const SHARED = join(import.meta.dirname, '..', '..', 'shared', 'data');
const SECONDS_PER_FILE = 5;

interface Entry {
  readonly file: string;
  readonly expect: string;
  readonly expected_packets: number | null;
  readonly capinfos_packets: number;
}

interface Outcome {
  readonly info?: CaptureInfo;
  readonly problem?: string;
  readonly crash?: string;
  readonly seconds: number;
}

async function readOne(path: string): Promise<Outcome> {
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1000;
  try {
    const capture = await openCapture(path);
    for await (const batch of capture) {
      for (let i = 0; i < batch.count; i++) {
        if (batch.offset[i]! + batch.capLen[i]! > batch.bytes.length) throw new Error(`packet ${i} leaves its batch`);
      }
    }
    return { info: capture.info(), seconds: seconds() };
  } catch (error) {
    if (error instanceof ProblemError) return { problem: problemText(error.problem), seconds: seconds() };
    return { crash: String(error), seconds: seconds() };
  }
}

/** Undefined when the outcome is what the manifest expects; else what is wrong. */
function verdict(entry: Entry, outcome: Outcome): string | undefined {
  if (outcome.crash !== undefined) return `crash: ${outcome.crash}`;
  if (outcome.seconds > SECONDS_PER_FILE) return `took ${outcome.seconds.toFixed(1)} s`;
  const { info, problem } = outcome;
  const records = info?.records ?? 0;
  const wanted = entry.expected_packets ?? entry.capinfos_packets;
  if (entry.expect.startsWith('reject') && problem !== undefined) return undefined;
  if (entry.expect === 'reject') return `read ${records} packets instead of refusing`;
  if (entry.expect === 'refuse-or-skip' && problem !== undefined) return undefined;
  if (entry.expect === 'read-until-damage') {
    if (problem !== undefined) return wanted === 0 ? undefined : problem;
    return info!.damage === undefined ? 'no damage reported' : undefined;
  }
  if (problem !== undefined) return problem;
  if (info!.damage !== undefined) return `damage: ${info!.damage.reason}`;
  return records === wanted ? undefined : `${records} records, expected ${wanted}`;
}

/** Figures: hostile.ok, hostile.total, hostile.slowestSeconds, and the same for the regression captures (no damage expected in those). */
export async function run(): Promise<{ figures: Record<string, number> }> {
  const manifest = join(SHARED, 'hostile', 'manifest.json');
  if (!existsSync(manifest)) {
    console.log(`SKIP the shared captures are absent (${manifest})`);
    return { figures: {} };
  }
  const { files } = JSON.parse(readFileSync(manifest, 'utf8')) as { files: Entry[] };
  let ok = 0;
  let slowest = 0;
  for (const entry of files) {
    const outcome = await readOne(join(SHARED, 'hostile', entry.file));
    slowest = Math.max(slowest, outcome.seconds);
    const wrong = verdict(entry, outcome);
    if (wrong === undefined) ok++;
    else console.log(`${entry.file} (${entry.expect}): ${wrong}`);
  }
  console.log(`hostile captures as expected: ${ok} of ${files.length}, slowest ${slowest.toFixed(2)} s`);
  const regression = await readRegression();
  return {
    figures: { 'hostile.ok': ok, 'hostile.total': files.length, 'hostile.slowestSeconds': slowest, ...regression },
  };
}

async function readRegression(): Promise<Record<string, number>> {
  const folder = join(SHARED, 'ndpi', 'pcap');
  const names = readdirSync(folder).sort();
  let ok = 0;
  let packets = 0;
  for (const name of names) {
    const { info, problem, crash } = await readOne(join(folder, name));
    packets += info?.packets ?? 0;
    if (info !== undefined && info.damage === undefined) ok++;
    else console.log(`${name}: ${problem ?? crash ?? info?.damage?.reason}`);
  }
  console.log(`regression captures read whole: ${ok} of ${names.length}, ${packets} packets`);
  return { 'hostile.regressionOk': ok, 'hostile.regressionTotal': names.length };
}
