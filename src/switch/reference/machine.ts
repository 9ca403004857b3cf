/** The state of one packet inside the pipeline: what every compiled closure of the reference pipeline reads and writes. */

export interface Machine {
  /** Field words at the entry of the current stage: what all instructions read. */
  readonly now: Uint32Array;
  /** Field words being written for the next stage. */
  readonly next: Uint32Array;
  /** Stage serial in which each word was last written: two writers in one stage are a wrong placement. */
  readonly writtenIn: Float64Array;
  serial: number;
  /** Header validity, one byte a header. */
  readonly valid: Uint8Array;
  /** Action data of the entry that hit: data[dataAt + parameter]. */
  data: Uint32Array;
  dataAt: number;
  /** Result of each gateway of the current gress: 1, 0, or -1 while not evaluated. */
  readonly gates: Int8Array;
  /** 1 once a part of the table has hit (tables split over stages). */
  readonly hit: Uint8Array;
}

/** Compiled piece of behaviour. */
export type Run = (machine: Machine) => void;
/** Compiled test. */
export type Check = (machine: Machine) => boolean;
/** Compiled operand: an unsigned 32-bit word. */
export type Read = (machine: Machine) => number;

export function createMachine(words: number, headers: number, gates: number, tables: number): Machine {
  return {
    now: new Uint32Array(words),
    next: new Uint32Array(words),
    writtenIn: new Float64Array(words).fill(-1),
    serial: 0,
    valid: new Uint8Array(headers),
    data: new Uint32Array(0),
    dataAt: 0,
    gates: new Int8Array(gates),
    hit: new Uint8Array(tables),
  };
}

/** The names of the fields by word, for messages about wrong placements. */
export function markWrite(machine: Machine, at: number, field: string): void {
  if (machine.writtenIn[at] === machine.serial) throw new Error(`two instructions write ${field} in one stage`);
  machine.writtenIn[at] = machine.serial;
}
