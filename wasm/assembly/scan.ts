// Register scans: one read-modify-write per packet, in capture order, as the stateful ALU does it.

@inline
function shifted(address: usize, k: u32): u32 {
  return load<u32>(address) << k;
}

@inline
function truth(op: u32, a: u32, b: u32): bool {
  switch (op) {
    case 0: return a == b;
    case 1: return a != b;
    case 2: return a < b;
    case 3: return a <= b;
    case 4: return a > b;
    case 5: return a >= b;
    case 6: return <i32>a < <i32>b;
    case 7: return <i32>a <= <i32>b;
    case 8: return <i32>a > <i32>b;
    default: return <i32>a >= <i32>b;
  }
}

@inline
function updated(op: u32, a: u32, b: u32): u32 {
  switch (op) {
    case 0: return a;
    case 1: return a + b;
    case 2: return a - b;
    case 3: return min<u32>(a, b);
    case 4: return <u32>min<i32>(<i32>a, <i32>b);
    case 5: return max<u32>(a, b);
    case 6: return <u32>max<i32>(<i32>a, <i32>b);
    case 7: return a & b;
    case 8: return a | b;
    case 9: return a ^ b;
    default: return <u32><i32>max<i64>(i32.MIN_VALUE, min<i64>(i32.MAX_VALUE, <i64><i32>a + <i64><i32>b));
  }
}

/**
 * One call on one packet. Frame words: 0 lo, 1 hi, 2 input 0, 3 input 1, 4 new lo, 5 new hi; operands are addresses of
 * words in the frame or of constants. Call: [mask, maskStep, index, in0, in0Step, in1, in1Step, conditions, updates,
 * outputs, then records].
 */
@inline
function access(call: usize, frame: usize, cell: usize, pair: u32, k: u32, at: usize): void {
  const lo = load<u32>(cell);
  const hi: u32 = pair ? load<u32>(cell, 4) : 0;
  store<u32>(frame, lo);
  store<u32>(frame, hi, 4);
  store<u32>(frame, (load<u32>(<usize>load<u32>(call, 12) + (load<u32>(call, 16) ? at : 0)) << k) >> k, 8);
  store<u32>(frame, (load<u32>(<usize>load<u32>(call, 20) + (load<u32>(call, 24) ? at : 0)) << k) >> k, 12);
  let record = call + 40;
  let truths: u32 = 0;
  const conditions = load<u32>(call, 28);
  for (let c: u32 = 0; c < conditions; c++) {
    let a = shifted(<usize>load<u32>(record, 4), k);
    const minus = load<u32>(record, 8);
    if (minus) a -= shifted(<usize>minus, k);
    if (truth(load<u32>(record), a, shifted(<usize>load<u32>(record, 12), k))) truths |= 1 << c;
    record += 16;
  }
  let newLo = lo;
  let newHi = hi;
  const updates = load<u32>(call, 32);
  for (let u: u32 = 0; u < updates; u++) {
    if ((load<u32>(record, 4) >> truths) & 1) {
      const a = shifted(<usize>load<u32>(record, 12), k);
      const value = updated(load<u32>(record, 8), a, shifted(<usize>load<u32>(record, 16), k)) >> k;
      if (load<u32>(record)) newHi = value;
      else newLo = value;
    }
    record += 20;
  }
  store<u32>(cell, newLo);
  if (pair) store<u32>(cell, newHi, 4);
  const outputs = load<u32>(call, 36);
  for (let o: u32 = 0; o < outputs; o++) {
    let value: u32 = 0;
    const kind = load<u32>(record, 8);
    if ((load<u32>(record, 4) >> truths) & 1) {
      switch (kind & 7) {
        case 0: value = lo; break;
        case 1: value = hi; break;
        case 2: value = newLo; break;
        case 3: value = newHi; break;
        default: value = (truths >> ((kind & 7) - 4)) & 1;
      }
    }
    const dst = <usize>load<u32>(record) + at;
    value &= load<u32>(record, 12);
    store<u32>(dst, kind & 8 ? value | load<u32>(dst) : value);
    record += 16;
  }
}

/** All calls on one register array, packet by packet. `calls` addresses of calls at `list`. */
export function scan(registers: usize, pair: u32, sizeMask: u32, k: u32, frame: usize, calls: u32, list: usize, count: u32): void {
  const shift: u32 = pair ? 3 : 2;
  const bytes = <usize>count << 2;
  for (let at: usize = 0; at < bytes; at += 4) {
    for (let c: u32 = 0; c < calls; c++) {
      const call = <usize>load<u32>(list + (<usize>c << 2));
      if (!load<u32>(<usize>load<u32>(call) + (load<u32>(call, 4) ? at : 0))) continue;
      const index = load<u32>(<usize>load<u32>(call, 8) + at) & sizeMask;
      access(call, frame, registers + (<usize>index << shift), pair, k, at);
    }
  }
}
