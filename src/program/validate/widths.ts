/** Rule: fields, headers, hashes, registers and the verdict have widths the semantics allow (PROGRAM.md "Fields"). */

import { type Check, powerOfTwo, report, reportChip, whole } from './context.ts';

export function checkWidths(check: Check): void {
  checkFields(check);
  checkHeaders(check);
  checkHashes(check);
  checkRegisters(check);
  checkFlow(check);
  checkVerdict(check);
}

const INTRINSIC_BITS = { timestamp: 48, port: 9 } as const;

function checkFields(check: Check): void {
  for (const field of check.program.fields) {
    const where = `field ${field.name}`;
    if (!whole(field.bits) || field.bits < 1 || field.bits > 64) {
      report(check, 'WIDTH', where, 'a field has 1 to 64 bits', { have: `${field.bits}` });
    }
    const inHeader = check.at.headerOf.has(field.name);
    if (inHeader !== (field.source === 'header')) {
      report(
        check,
        'FIELD',
        where,
        inHeader ? `a header holds this ${field.source} field` : 'no header holds this field',
      );
    }
    if (field.source === 'timestamp' || field.source === 'port') {
      const bits = INTRINSIC_BITS[field.source];
      if (field.bits !== bits) {
        report(check, 'WIDTH', where, `the ${field.source} has ${bits} bits`, { have: `${field.bits}` });
      }
    }
    checkLanes(check, field.name);
  }
}

function checkLanes(check: Check, name: string): void {
  const field = check.at.field.get(name)!;
  if (!field.lanes) return;
  const where = `field ${name}`;
  if (field.bits > 32)
    report(check, 'WIDTH', where, 'packed lanes need a field of at most 32 bits', { have: `${field.bits}` });
  let free = 0;
  for (const lane of field.lanes) {
    if (lane.low < free || lane.bits < 1 || lane.low + lane.bits > field.bits) {
      report(check, 'WIDTH', where, 'lanes overlap, are not lowest first, or leave the field', {
        have: `bits ${lane.low} .. ${lane.low + lane.bits - 1}`,
      });
    }
    free = lane.low + lane.bits;
  }
}

function checkHeaders(check: Check): void {
  for (const header of check.program.headers) {
    const bits = header.fields.reduce((sum, name) => sum + check.at.field.get(name)!.bits, 0);
    if (bits === 0 || bits % 8 !== 0) {
      report(check, 'WIDTH', `header ${header.name}`, 'a header is a whole number of bytes', { have: `${bits} bits` });
    }
  }
}

function checkHashes(check: Check): void {
  for (const hash of check.program.hashes) {
    const where = `hash ${hash.name}`;
    if (hash.parts.length === 0) report(check, 'HASH', where, 'a hash needs at least one part');
    for (const part of hash.parts) {
      const widths = new Set(part.xor.map((name) => check.at.field.get(name)!.bits));
      if (widths.size !== 1 || [...widths][0] % 8 !== 0) {
        report(check, 'WIDTH', where, 'the fields of one part have one width, a whole number of bytes', {
          have: part.xor.map((name) => `${name}:${check.at.field.get(name)!.bits}`).join(' ^ '),
        });
      }
    }
  }
}

function checkRegisters(check: Check): void {
  for (const one of check.program.registers) {
    const where = `register ${one.name}`;
    const { cellBits, pairBits } = check.rules;
    if (![1, 8, 16, 32].includes(one.cellBits)) {
      report(check, 'WIDTH', where, 'cells have 1, 8, 16 or 32 bits', { have: `${one.cellBits}` });
    } else if (cellBits && !cellBits.includes(one.cellBits)) {
      reportChip(check, where, `cells of ${one.cellBits} bits`, { need: cellBits.join(', ') });
    }
    if (one.pair && (one.cellBits === 1 || (pairBits && !pairBits.includes(one.cellBits)))) {
      reportChip(check, where, `pairs of ${one.cellBits}-bit cells`);
    }
    if (!powerOfTwo(one.size)) report(check, 'REGISTER', where, 'the size is a power of two', { have: `${one.size}` });
    const most = (check.rules.registerCells32 ?? Infinity) * (32 / (one.cellBits * (one.pair ? 2 : 1)));
    if (one.size > most)
      reportChip(check, where, 'a register of this size', { need: `≤ ${most}`, have: `${one.size}` });
    const span = 2 ** one.cellBits;
    const fits = (value: number) => whole(value) && value < span && value >= -span / 2;
    if (one.initial.length !== (one.pair ? 2 : 1) || !one.initial.every(fits)) {
      report(
        check,
        'REGISTER',
        where,
        `needs ${one.pair ? 'two initial values' : 'one initial value'} of the cell's width`,
        {
          have: `[${one.initial.join(', ')}]`,
        },
      );
    }
  }
}

function checkFlow(check: Check): void {
  const { flow } = check.program;
  if (!flow) return;
  const bits = (name: string) => check.at.field.get(name)!.bits;
  if (!powerOfTwo(flow.slots))
    report(check, 'FLOW', 'flow', 'the number of slots is a power of two', { have: `${flow.slots}` });
  if (bits(flow.slot) > 32 || bits(flow.owner) > 32 || bits(flow.status) < 2 || bits(flow.status) > 32) {
    report(check, 'WIDTH', 'flow', 'slot and owner have at most 32 bits, status 2 to 32');
  }
  if (2 ** bits(flow.slot) < flow.slots) {
    report(check, 'FLOW', 'flow', 'the slot field is too narrow for the slots', {
      need: `${Math.log2(flow.slots)} bits`,
      have: `${bits(flow.slot)}`,
    });
  }
  if (flow.policy === 'timeout' && !(flow.timeoutNs !== undefined && flow.timeoutNs > 0)) {
    report(check, 'FLOW', 'flow', 'the policy timeout needs its nanoseconds');
  }
}

function checkVerdict(check: Check): void {
  const { verdict } = check.program;
  if (verdict.kind === 'none') return;
  if (verdict.class === undefined)
    report(check, 'VERDICT', 'verdict', `an ${verdict.kind} verdict needs its class field`);
  const bits = (name: string) => check.at.field.get(name)!.bits;
  if (verdict.class !== undefined && bits(verdict.class) > 32)
    report(check, 'WIDTH', 'verdict', 'the class field is too wide');
  for (const one of verdict.logits) {
    if (one.bits < 1 || one.bits > 32 || one.low < 0 || one.low + one.bits > bits(one.field)) {
      report(check, 'WIDTH', `verdict, logit ${one.field}`, 'a logit is 1 to 32 bits inside its field', {
        have: `bits ${one.low} .. ${one.low + one.bits - 1} of ${bits(one.field)}`,
      });
    }
  }
  if (verdict.kind === 'argmax' && verdict.classes.length !== verdict.logits.length) {
    report(check, 'VERDICT', 'verdict', 'one logit a class', {
      need: `${verdict.classes.length}`,
      have: `${verdict.logits.length}`,
    });
  }
}
