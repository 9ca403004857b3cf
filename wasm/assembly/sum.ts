// SumReduce over table rows: four packets by four outputs at a time. Rows are loaded as vectors of outputs, added, and
// transposed once into the output columns, however many tables are summed.

@inline
function row(data: usize, rows: usize, stride: usize, bytes: u32): v128 {
  const address = data + <usize>load<u32>(rows) * stride;
  return bytes == 2 ? v128.load_ext<i16>(address) : v128.load(address);
}

/** `slot`: address of the destination's address; its width lies `width` words behind, its constant another `width`. */
@inline
function put(slot: usize, at: usize, value: v128, base: u32, width: usize, mask: v128): void {
  const dst = <usize>load<u32>(slot) + at;
  const old = v128.load(dst);
  let sum = i32x4.add(value, i32x4.splat(load<u32>(slot + (width << 3))));
  if (base) sum = i32x4.add(sum, old);
  v128.store(dst, v128.bitselect(v128.and(sum, i32x4.splat(load<u32>(slot + (width << 2)))), old, mask));
}

@inline
function quad(
  dsts: usize, width: usize, at: usize, base: u32, mask: v128, a: v128, b: v128, c: v128, d: v128,
): void {
  const ab = i32x4.shuffle(a, b, 0, 4, 1, 5);
  const cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const AB = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const CD = i32x4.shuffle(c, d, 2, 6, 3, 7);
  put(dsts + 0, at, i64x2.shuffle(ab, cd, 0, 2), base, width, mask);
  put(dsts + 4, at, i64x2.shuffle(ab, cd, 1, 3), base, width, mask);
  put(dsts + 8, at, i64x2.shuffle(AB, CD, 0, 2), base, width, mask);
  put(dsts + 12, at, i64x2.shuffle(AB, CD, 1, 3), base, width, mask);
}

/** One group of four outputs from byte `from` of the rows. */
@inline
function single(
  group: u32, list: usize, width: usize, terms: u32, stride: usize, at: usize, base: u32, mask: v128, bytes: u32,
): void {
  let a = i32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  let term = list + width * 12;
  const from = <usize>group * <usize>bytes * 4;
  for (let t: u32 = 0; t < terms; t++) {
    const rows = <usize>load<u32>(term) + at;
    const data = <usize>load<u32>(term, 4) + from;
    a = i32x4.add(a, row(data, rows, stride, bytes));
    b = i32x4.add(b, row(data, rows + 4, stride, bytes));
    c = i32x4.add(c, row(data, rows + 8, stride, bytes));
    d = i32x4.add(d, row(data, rows + 12, stride, bytes));
    term += 8;
  }
  const dsts = list + (<usize>group << 4);
  quad(dsts, width, at, base, mask, a, b, c, d);
}

/** Two groups at once: the row numbers are loaded once for eight outputs. */
@inline
function double(
  group: u32, list: usize, width: usize, terms: u32, stride: usize, at: usize, base: u32, mask: v128, bytes: u32,
): void {
  let a = i32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  let e = a;
  let f = a;
  let g = a;
  let h = a;
  let term = list + width * 12;
  const next = <usize>bytes * 4;
  const from = <usize>group * next;
  for (let t: u32 = 0; t < terms; t++) {
    const rows = <usize>load<u32>(term) + at;
    const data = <usize>load<u32>(term, 4) + from;
    a = i32x4.add(a, row(data, rows, stride, bytes));
    e = i32x4.add(e, row(data + next, rows, stride, bytes));
    b = i32x4.add(b, row(data, rows + 4, stride, bytes));
    f = i32x4.add(f, row(data + next, rows + 4, stride, bytes));
    c = i32x4.add(c, row(data, rows + 8, stride, bytes));
    g = i32x4.add(g, row(data + next, rows + 8, stride, bytes));
    d = i32x4.add(d, row(data, rows + 12, stride, bytes));
    h = i32x4.add(h, row(data + next, rows + 12, stride, bytes));
    term += 8;
  }
  const dsts = list + (<usize>group << 4);
  quad(dsts, width, at, base, mask, a, b, c, d);
  quad(dsts + 16, width, at, base, mask, e, f, g, h);
}

@inline
function sumLoop(
  groups: u32, base: u32, mask: usize, maskStep: usize, terms: u32, bytes: u32, list: usize, end: usize,
): void {
  const width = <usize>groups << 2;
  const stride = width * <usize>bytes;
  for (let at: usize = 0; at < end; at += 16) {
    const lanes = v128.load(mask);
    let group: u32 = 0;
    for (; group + 1 < groups; group += 2) double(group, list, width, terms, stride, at, base, lanes, bytes);
    if (group < groups) single(group, list, width, terms, stride, at, base, lanes, bytes);
    mask += maskStep;
  }
}

/** Outputs 0..4·groups-1 = mask ? (base ? old : 0) + sum over terms of rows : old; list: destinations, widths, constants, terms [rows, data]. */
export function sum(
  groups: u32, base: u32, mask: usize, maskStep: usize, terms: u32, bytes: u32, list: usize, end: usize,
): void {
  if (bytes == 2) sumLoop(groups, base, mask, maskStep, terms, 2, list, end);
  else sumLoop(groups, base, mask, maskStep, terms, 4, list, end);
}
