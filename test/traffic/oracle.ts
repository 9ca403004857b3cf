/** Classic µs pcap through the pcap-parser package: the independent reader that ours is held against, in tests and in the bench. */
import { createReadStream } from 'node:fs';
import { type PacketHeader, parse } from 'pcap-parser';

/** One packet as the oracle saw it. */
export interface OraclePacket {
  readonly seconds: number;
  readonly micros: number;
  readonly original: number;
  readonly data: Buffer;
}

const LONGEST = 262_144;

/** Read a capture; `each` gets every packet. The package is silent about truncation and quadratic on a corrupt length: the length is bounded here. */
export function readWithOracle(path: string, each: (packet: OraclePacket) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = createReadStream(path);
    const parser = parse(stream);
    parser.on('packetHeader', (header: PacketHeader) => {
      if (header.capturedLength > LONGEST) stream.destroy(new Error(`captured length ${header.capturedLength}`));
    });
    parser.on('packet', ({ header, data }: { header: PacketHeader; data: Buffer }) => {
      each({
        seconds: header.timestampSeconds,
        micros: header.timestampMicroseconds,
        original: header.originalLength,
        data,
      });
    });
    parser.on('end', () => resolve());
    parser.on('error', reject);
  });
}
