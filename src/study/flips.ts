/** Two runs packet by packet: which verdicts flipped, and what could not be compared. */

import { type CaptureRecord, unpackValues, type VerdictRecord } from './record.ts';

/** A verdict that is not what it was. Classes by name; null: no verdict. */
export interface Flip {
  readonly capture: string;
  /** Place among the capture's scored packets, in order of packet number. */
  readonly place: number;
  readonly before: string | null;
  readonly after: string | null;
}

/** A capture that only one run has, or whose scored packets are others. */
export interface Incomparable {
  readonly capture: string;
  readonly why: 'new' | 'gone' | 'other packets';
}

export interface Flips {
  /** Packets that both runs scored. */
  readonly compared: number;
  readonly flips: readonly Flip[];
  readonly incomparable: readonly Incomparable[];
}

/** @returns flips in order of capture and packet */
export function flipsOf(before: VerdictRecord, after: VerdictRecord): Flips {
  const old = new Map(before.captures.map((one) => [one.capture, one]));
  const incomparable: Incomparable[] = [];
  const flips: Flip[] = [];
  let compared = 0;
  for (const ours of after.captures) {
    const theirs = old.get(ours.capture);
    old.delete(ours.capture);
    if (theirs === undefined) incomparable.push({ capture: ours.capture, why: 'new' });
    else if (theirs.packets !== ours.packets || theirs.numbers !== ours.numbers)
      incomparable.push({ capture: ours.capture, why: 'other packets' });
    else {
      compared += ours.packets;
      flips.push(...flipsOfCapture({ record: before, own: theirs }, { record: after, own: ours }));
    }
  }
  for (const capture of old.keys()) incomparable.push({ capture, why: 'gone' });
  return { compared, flips, incomparable };
}

interface Side {
  readonly record: VerdictRecord;
  readonly own: CaptureRecord;
}

function namesOf({ record, own }: Side): (string | null)[] {
  const values = unpackValues(own.verdicts, record.bits, own.packets) ?? new Uint16Array(own.packets);
  return Array.from(values, (value) => (value === 0 ? null : (record.classes[value - 1] ?? String(value - 1))));
}

function flipsOfCapture(before: Side, after: Side): Flip[] {
  const [old, now] = [namesOf(before), namesOf(after)];
  return now.flatMap((verdict, place): Flip[] =>
    verdict === old[place] ? [] : [{ capture: after.own.capture, place, before: old[place] ?? null, after: verdict }],
  );
}
