/** Packets in columns: how captures travel through pegasim. No object per packet; every array may sit in shared memory. */

/** A run of packets in capture order. Frames always begin with an Ethernet header (synthetic for other link types, counted). */
export interface PacketColumns {
  readonly count: number;
  /** Captured bytes of all frames, one after the other. */
  readonly bytes: Uint8Array;
  /** Frame i is bytes[offset[i] .. offset[i] + capLen[i]). Relative to `bytes`; one batch is kept below 4 GiB. */
  readonly offset: Uint32Array;
  readonly capLen: Uint32Array;
  /** Original length on the wire (synthetic link headers included). */
  readonly origLen: Uint32Array;
  /** Capture time: seconds since the epoch, and nanoseconds 0..999,999,999. Exact; never a double. */
  readonly seconds: Uint32Array;
  readonly nanos: Uint32Array;
  /** Number of the packet in its capture file, from 0 (skipped records count). */
  readonly packetNumber: Uint32Array;
  /** Index into the dataset's list of captures. */
  readonly capture: Uint32Array;
}

/** Damage found in a capture: what was read before it stands. */
export interface Damage {
  readonly file: string;
  /** 0-based number of the first packet that could not be read. */
  readonly packet: number;
  readonly byteOffset: number;
  readonly reason: string;
}

/** What the light decoder knows about each packet, in columns parallel to PacketColumns. */
export interface DecodedColumns {
  /** Bidirectional 5-tuple flow number, dense from 0 in order of appearance (per capture unless the dataset says otherwise); -1 without IP. */
  readonly flow: Int32Array;
  /** 4, 6, or 0 without IP. */
  readonly ipVersion: Uint8Array;
  readonly protocol: Uint8Array;
  /** Byte offset of the IP header and of the L4 header in the frame; 0 when absent. */
  readonly l3Offset: Uint16Array;
  readonly l4Offset: Uint16Array;
}

/** Why packets were left out or flagged; every one of them is counted. */
export type PacketCounts = Readonly<Record<string, number>>;

/** A labelled packet collection, ready for replay. */
export interface Dataset {
  readonly name: string;
  readonly classes: readonly string[];
  readonly captures: readonly string[];
  readonly packets: PacketColumns;
  readonly decoded: DecodedColumns;
  /** Class index per flow number; -1 unlabelled. */
  readonly flowLabel: Int16Array;
  /** Split per flow number: 0 train, 1 validation, 2 test, 255 none. */
  readonly flowSplit: Uint8Array;
  readonly counts: PacketCounts;
  readonly damage: readonly Damage[];
  /** Human-readable warnings (labels that matched no flow, …). */
  readonly warnings: readonly string[];
}

export const TRAIN = 0;
export const VALIDATION = 1;
export const TEST = 2;
export const NO_SPLIT = 255;

/** Rows of model inputs with labels: from a CSV of feature rows, or computed from packets. Row-major integers. */
export interface FeatureRows {
  readonly features: readonly string[];
  readonly classes: readonly string[];
  readonly count: number;
  /** count × features.length (window models: × window length, oldest packet first). */
  readonly values: Float64Array | Uint32Array | Int32Array;
  readonly label: Int16Array;
  readonly split: Uint8Array;
  /** Flow of each row, the rows of a flow in its packets' order; absent for rows of a file. */
  readonly flow?: Int32Array;
}
