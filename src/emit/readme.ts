/** The README beside emitted files: what they are and the exact commands that run them. */

import type { Context } from './context.ts';
import { mirrorPort, mirrorSessions } from './options.ts';
import { resultFields } from './result.ts';

export interface ReadmeFacts {
  readonly file: string;
  readonly entries: number;
  readonly kit?: { readonly packets: number; readonly leftOut: number };
}

export function readmeText(context: Context, facts: ReadmeFacts): string {
  const lines = [
    `# ${context.program.name} on ${context.settings.target}`,
    '',
    ...(context.tofino ? tofinoLines(context, facts) : bmv2Lines(context, facts)),
    ...resultLines(context),
    ...kitLines(context, facts),
  ];
  return `${lines.join('\n')}\n`;
}

function bmv2Lines(context: Context, { file, entries }: ReadmeFacts): string[] {
  const { settings } = context;
  const port = settings.outputPort;
  // simple_switch_CLI installs some hundreds of entries a second; the packet files must not be read before it is done.
  const wait = 20 + Math.ceil(entries / 400);
  const mirrors = mirrorSessions(settings).length > 0;
  const output = port === 0 ? 'input' : 'output';
  const interfaces = [
    '-i 0@input',
    ...(port === 0 ? [] : [`-i ${port}@output`]),
    ...(mirrors ? [`-i ${mirrorPort(settings)}@mirror`] : []),
  ].join(' ');
  return [
    `- \`${file}.p4\`: the program (P4-16, v1model)`,
    `- \`entries.txt\`: egress queues deep enough for packet files${mirrors ? ', mirror sessions' : ''}, ${entries} entries, for simple_switch_CLI (smaller priority wins)`,
    '- `entries.p4rt.txtpb`, `entries.p4rt.json`: the entries as a P4Runtime WriteRequest (larger priority wins); table and action ids are fixed in the P4 by `@id`, fields and parameters count from 1',
    '',
    '## Run it on bmv2',
    '',
    '```sh',
    `p4c-bm2-ss --std p4-16 --p4runtime-files ${file}.p4info.txtpb -o ${file}.json ${file}.p4`,
    'cd kit',
    `simple_switch --use-files ${wait} ${interfaces} ../${file}.json & switch=$!`,
    `sleep 2; simple_switch_CLI < ../entries.txt > cli.log   # done before bmv2 reads the packet files, after ${wait} s`,
    `grep -c 'Entry has been added' cli.log                  # ${entries}`,
    `sleep ${wait + 10}; kill $switch`,
    `python3 compare.py ${output}_out.pcap expected_out.pcap`,
    ...(mirrors ? ['python3 compare.py mirror_out.pcap expected_mirror_out.pcap'] : []),
    '```',
    '',
    `bmv2 reads \`input_in.pcap\` on port 0, as fast as it can and whatever the times in it, and writes what leaves by port ${port} to \`${output}_out.pcap\`.`,
    'Without `set_queue_depth` (first line of `entries.txt`) it drops packets whenever more than 64 wait for egress.',
    '',
  ];
}

function tofinoLines(context: Context, { file, entries }: ReadmeFacts): string[] {
  const chip = context.settings.target === 'tna' ? 'tofino' : 'tofino2';
  return [
    `- \`${file}.p4\`: the program (P4-16, ${context.settings.target === 'tna' ? 'TNA' : 'T2NA'})`,
    `- \`entries.bfrt.json\`: ${entries} entries (smaller priority wins), \`load_entries.py\`: installs them through BF-Runtime`,
    '',
    '## Build and load',
    '',
    '```sh',
    `p4c --target ${chip} --arch ${context.settings.target} -o build ${file}.p4`,
    'python3 load_entries.py entries.bfrt.json localhost:50052',
    '```',
    '',
  ];
}

function resultLines(context: Context): string[] {
  const { result } = context.settings;
  if (result === 'none') return [];
  if (result === 'action') {
    const wanted = Object.entries(context.settings.actions).map(([name, one]) => `${name}: ${one}`);
    return [
      '## Result',
      '',
      `Action per class: ${wanted.join(', ') || 'forward all'}. Others are forwarded unchanged.`,
      '',
    ];
  }
  return [
    '## Result',
    '',
    'A header behind the first header of every parsed packet, EtherType 0x88b5 in front of it; packets that are not parsed leave unchanged.',
    '',
    '| field | bits |',
    '|---|---|',
    ...resultFields(context).map((one) => `| ${one.name} | ${one.bits} |`),
    '',
    "class_index 0xffff and valid 0: no verdict. Logits are two's complement where the program says signed.",
    '',
  ];
}

function kitLines(context: Context, { kit }: ReadmeFacts): string[] {
  if (!kit) return [];
  const { timeSource } = context.settings;
  const lines = [
    '## Test kit',
    '',
    `- \`kit/input_in.pcap\`: ${kit.packets} frames to send`,
    '- `kit/expected_out.pcap`: the frames that must come out, in order; `kit/expected.json`: outcome, class and logits of every packet',
    '- `kit/compare.py`: compares two pcap files frame by frame (times are ignored)',
    '',
  ];
  if (timeSource === 'shim') {
    lines.push(
      'Every input frame begins with a shim: 6 bytes, capture time in ns modulo 2^48. The program takes it off.',
      '',
    );
  } else if (context.program.fields.some((one) => one.source === 'timestamp')) {
    lines.push(
      "The program reads the target's own clock: expected outputs hold only if frames arrive at their capture times.",
      '',
    );
  }
  if (kit.leftOut > 0) lines.push(`${kit.leftOut} frames that end inside skipped header options were left out.`, '');
  return lines;
}

/** Python program that compares pcap files frame by frame. */
export function compareScript(): string {
  return `#!/usr/bin/env python3
"""Compares two pcap files frame by frame; times are ignored. Exit 0: equal, 1: different."""
import struct
import sys


def frames(path):
    with open(path, "rb") as handle:
        data = handle.read()
    order = "<" if data[:4] in (b"\\xd4\\xc3\\xb2\\xa1", b"\\x4d\\x3c\\xb2\\xa1") else ">"
    at, out = 24, []
    while at + 16 <= len(data):
        length = struct.unpack(order + "I", data[at + 8 : at + 12])[0]
        out.append(data[at + 16 : at + 16 + length])
        at += 16 + length
    return out


def main():
    got, want = frames(sys.argv[1]), frames(sys.argv[2])
    different = [i for i, (a, b) in enumerate(zip(got, want)) if a != b]
    print("%d frames, %d expected, %d different" % (len(got), len(want), len(different)))
    if different:
        i = different[0]
        print("first: frame %d\\n  got      %s\\n  expected %s" % (i, got[i].hex(), want[i].hex()))
    sys.exit(1 if different or len(got) != len(want) else 0)


if __name__ == "__main__":
    main()
`;
}
