/** Label files: rows of 5-tuple and/or file → class, with optional split and time window. Column names of the usual tools are understood. */
import { fail } from '../../problem.ts';
import { NO_SPLIT, TEST, TRAIN, VALIDATION } from '../columns.ts';
import { keyOfText } from '../decode/flow-key.ts';
import { type CsvTable, findColumn, needColumn, readCsv } from './csv.ts';

/** One label row. Absent parts match everything. */
export interface LabelRow {
  /** 0-based data row in the label file. */
  readonly index: number;
  readonly line: number;
  readonly file: string | undefined;
  /** Flow key (flow-key.ts). */
  readonly key: Uint32Array | undefined;
  /** Empty = no label. */
  readonly className: string;
  readonly split: number;
  /** Seconds since the epoch; the flow must overlap [start, end]. */
  readonly start: number | undefined;
  readonly end: number | undefined;
}

/** A label file, read. */
export interface LabelFile {
  readonly path: string;
  readonly rows: readonly LabelRow[];
  readonly hasFiles: boolean;
  readonly hasKeys: boolean;
  readonly hasSplit: boolean;
}

const FILE_NAMES = ['file', 'capture', 'pcap', 'filename'];
const SOURCE = ['srcip', 'sourceip', 'src', 'srcaddr', 'ipsrc', 'saddr'];
const DESTINATION = ['dstip', 'destinationip', 'dst', 'dstaddr', 'ipdst', 'daddr'];
const SOURCE_PORT = ['srcport', 'sourceport', 'sport'];
const DESTINATION_PORT = ['dstport', 'destinationport', 'dport'];
const PROTOCOL = ['protonum', 'protocol', 'proto', 'ipproto'];
const START_MS = ['startms', 'bidirectionalfirstseenms'];
const END_MS = ['endms', 'bidirectionallastseenms'];
const PROTOCOLS: Readonly<Record<string, number>> = {
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  gre: 47,
  esp: 50,
  icmpv6: 58,
  sctp: 132,
};

/** A split by its name: train, validation (val, valid, dev), test, or none. */
export function splitOfName(name: string, where: string): number {
  switch (name.trim().toLowerCase()) {
    case 'train':
    case 'training':
      return TRAIN;
    case 'validation':
    case 'val':
    case 'valid':
    case 'dev':
      return VALIDATION;
    case 'test':
    case 'testing':
      return TEST;
    case '':
    case 'none':
      return NO_SPLIT;
    default:
      return fail({
        code: 'TRAFFIC-SPLIT',
        message: `"${name}" is no split`,
        where,
        hint: 'train, validation, test or empty',
      });
  }
}

function portOf(text: string, where: string): number {
  const value = text.trim() === '' ? 0 : Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  return fail({ code: 'TRAFFIC-LABEL-PORT', message: `"${text}" is no port`, where });
}

function protocolOf(text: string, where: string): number {
  const name = text.trim().toLowerCase();
  const value = PROTOCOLS[name] ?? (name === '' ? Number.NaN : Number(name));
  if (Number.isInteger(value) && value >= 0 && value <= 255) return value;
  return fail({ code: 'TRAFFIC-LABEL-PROTOCOL', message: `"${text}" is no IP protocol`, where });
}

interface LabelColumns {
  readonly file: number;
  readonly tuple: readonly [number, number, number, number, number] | undefined;
  readonly label: number;
  readonly split: number;
  readonly start: number;
  readonly end: number;
  readonly timeScale: number;
}

function findColumns(table: CsvTable, labelColumn: string | undefined, splitColumn: string | undefined): LabelColumns {
  const file = findColumn(table, FILE_NAMES);
  const tuple = [SOURCE, SOURCE_PORT, DESTINATION, DESTINATION_PORT, PROTOCOL].map((names) => findColumn(table, names));
  const whole = tuple.every((at) => at >= 0);
  if (file < 0 && !whole) {
    fail({
      code: 'TRAFFIC-LABEL-COLUMNS',
      message: 'labels need a file column or a 5-tuple (src_ip, src_port, dst_ip, dst_port, proto)',
      where: table.path,
      have: table.columns.join(', '),
    });
  }
  const label = labelColumn === undefined ? findColumn(table, ['class', 'label']) : needColumn(table, labelColumn);
  if (label < 0) {
    const hint = `name it with labelColumn; columns: ${table.columns.join(', ')}`;
    fail({ code: 'TRAFFIC-LABEL-COLUMNS', message: 'no column "class" or "label"', where: table.path, hint });
  }
  const startMs = findColumn(table, START_MS);
  return {
    file,
    tuple: whole ? (tuple as [number, number, number, number, number]) : undefined,
    label,
    split: splitColumn === undefined ? findColumn(table, ['split']) : needColumn(table, splitColumn),
    start: startMs >= 0 ? startMs : findColumn(table, ['start', 'starttime']),
    end: startMs >= 0 ? findColumn(table, END_MS) : findColumn(table, ['end', 'endtime']),
    timeScale: startMs >= 0 ? 1000 : 1,
  };
}

function timeOf(text: string | undefined, scale: number): number | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const value = Number(text) / scale;
  return Number.isFinite(value) ? value : undefined; // times in words are not understood: the 5-tuple alone joins
}

/**
 * Read a label file.
 * @throws ProblemError TRAFFIC-CSV, TRAFFIC-COLUMN, TRAFFIC-LABEL-COLUMNS, TRAFFIC-LABEL-ADDRESS, TRAFFIC-LABEL-PORT, TRAFFIC-LABEL-PROTOCOL, TRAFFIC-SPLIT
 */
export function readLabels(path: string, labelColumn?: string, splitColumn?: string): LabelFile {
  const table = readCsv(path);
  const columns = findColumns(table, labelColumn, splitColumn);
  const rows = table.rows.map((fields, index) => readLabelRow(fields, index, table, columns));
  return {
    path,
    rows,
    hasFiles: columns.file >= 0,
    hasKeys: columns.tuple !== undefined,
    hasSplit: columns.split >= 0,
  };
}

function readLabelRow(fields: readonly string[], index: number, table: CsvTable, columns: LabelColumns): LabelRow {
  const line = table.lines[index]!;
  const where = `${table.path}:${line}`;
  const { tuple } = columns;
  const key =
    tuple === undefined
      ? undefined
      : keyOfText(
          fields[tuple[0]]!.trim(),
          portOf(fields[tuple[1]]!, where),
          fields[tuple[2]]!.trim(),
          portOf(fields[tuple[3]]!, where),
          protocolOf(fields[tuple[4]]!, where),
          where,
        );
  return {
    index,
    line,
    file: columns.file < 0 ? undefined : fields[columns.file]!.trim(),
    key,
    className: fields[columns.label]!.trim(),
    split: columns.split < 0 ? NO_SPLIT : splitOfName(fields[columns.split]!, where),
    start: timeOf(fields[columns.start], columns.timeScale),
    end: timeOf(fields[columns.end], columns.timeScale),
  };
}
