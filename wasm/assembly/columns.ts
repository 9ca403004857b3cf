// Elementwise kernels over columns of 32-bit lanes, four at a time.
//
// An operand is an address and a step: 16 walks a column, 0 reads one splat cell again and again. Every kernel keeps the
// old destination where its mask lane is 0. Values of w bits are shifted left by k = 32 - w, computed on, and shifted
// back: wrapping, saturation, sign and cutting to the width all fall out of the 32-bit operation.

@inline
function arithmetic(sub: i32, a: v128, b: v128): v128 {
  if (sub == 0) return i32x4.add(a, b);
  if (sub == 1) return i32x4.sub(a, b);
  if (sub == 2) {
    const sum = i32x4.add(a, b);
    return v128.or(sum, i32x4.lt_u(sum, a));
  }
  if (sub == 3) {
    const sum = i32x4.add(a, b);
    const over = i32x4.shr_s(v128.and(v128.xor(a, sum), v128.xor(b, sum)), 31);
    return v128.bitselect(v128.xor(i32x4.shr_s(sum, 31), i32x4.splat(0x80000000)), sum, over);
  }
  if (sub == 4) return v128.andnot(i32x4.sub(a, b), i32x4.lt_u(a, b));
  if (sub == 5) {
    const rest = i32x4.sub(a, b);
    const over = i32x4.shr_s(v128.and(v128.xor(a, b), v128.xor(a, rest)), 31);
    return v128.bitselect(v128.xor(i32x4.shr_s(rest, 31), i32x4.splat(0x80000000)), rest, over);
  }
  if (sub == 6) return i32x4.min_u(a, b);
  if (sub == 7) return i32x4.min_s(a, b);
  if (sub == 8) return i32x4.max_u(a, b);
  if (sub == 9) return i32x4.max_s(a, b);
  if (sub == 10) return v128.and(a, b);
  if (sub == 11) return v128.or(a, b);
  return v128.xor(a, b);
}

@inline
function arithmeticLoop(
  sub: i32, dst: usize, a: usize, aStep: usize, b: usize, bStep: usize, k: i32, mask: usize, maskStep: usize, end: usize,
): void {
  while (dst < end) {
    const value = arithmetic(sub, i32x4.shl(v128.load(a), k), i32x4.shl(v128.load(b), k));
    v128.store(dst, v128.bitselect(i32x4.shr_u(value, k), v128.load(dst), v128.load(mask)));
    dst += 16;
    a += aStep;
    b += bStep;
    mask += maskStep;
  }
}

/** dst = mask ? a op b : dst, on w = 32 - k bits. */
export function binary(
  sub: i32, dst: usize, a: usize, aStep: usize, b: usize, bStep: usize, k: i32, mask: usize, maskStep: usize, bytes: usize,
): void {
  const end = dst + bytes;
  switch (sub) {
    case 0: arithmeticLoop(0, dst, a, aStep, b, bStep, k, mask, maskStep, end); break;
    case 1: arithmeticLoop(1, dst, a, aStep, b, bStep, k, mask, maskStep, end); break;
    case 2: arithmeticLoop(2, dst, a, aStep, b, bStep, k, mask, maskStep, end); break;
    case 3: arithmeticLoop(3, dst, a, aStep, b, bStep, k, mask, maskStep, end); break;
    case 4: arithmeticLoop(4, dst, a, aStep, b, bStep, k, mask, maskStep, end); break;
    case 5: arithmeticLoop(5, dst, a, aStep, b, bStep, k, mask, maskStep, end); break;
    case 6: arithmeticLoop(6, dst, a, aStep, b, bStep, k, mask, maskStep, end); break;
    case 7: arithmeticLoop(7, dst, a, aStep, b, bStep, k, mask, maskStep, end); break;
    case 8: arithmeticLoop(8, dst, a, aStep, b, bStep, k, mask, maskStep, end); break;
    case 9: arithmeticLoop(9, dst, a, aStep, b, bStep, k, mask, maskStep, end); break;
    case 10: arithmeticLoop(10, dst, a, aStep, b, bStep, k, mask, maskStep, end); break;
    case 11: arithmeticLoop(11, dst, a, aStep, b, bStep, k, mask, maskStep, end); break;
    default: arithmeticLoop(12, dst, a, aStep, b, bStep, k, mask, maskStep, end);
  }
}

@inline
function comparison(sub: i32, a: v128, b: v128): v128 {
  if (sub == 0) return i32x4.eq(a, b);
  if (sub == 1) return i32x4.ne(a, b);
  if (sub == 2) return i32x4.lt_u(a, b);
  if (sub == 3) return i32x4.le_u(a, b);
  if (sub == 4) return i32x4.gt_u(a, b);
  if (sub == 5) return i32x4.ge_u(a, b);
  if (sub == 6) return i32x4.lt_s(a, b);
  if (sub == 7) return i32x4.le_s(a, b);
  if (sub == 8) return i32x4.gt_s(a, b);
  return i32x4.ge_s(a, b);
}

@inline
function comparisonLoop(
  sub: i32, dst: usize, a: usize, aStep: usize, b: usize, bStep: usize, k: i32, one: v128, mask: usize, maskStep: usize, end: usize,
): void {
  while (dst < end) {
    const truth = comparison(sub, i32x4.shl(v128.load(a), k), i32x4.shl(v128.load(b), k));
    v128.store(dst, v128.bitselect(v128.and(truth, one), v128.load(dst), v128.load(mask)));
    dst += 16;
    a += aStep;
    b += bStep;
    mask += maskStep;
  }
}

/** dst = mask ? (a ⊙ b ? one : 0) : dst, on w = 32 - k bits; one = 1 for values, all ones for masks. */
export function compare(
  sub: i32, dst: usize, a: usize, aStep: usize, b: usize, bStep: usize, k: i32, one: u32, mask: usize, maskStep: usize, bytes: usize,
): void {
  const end = dst + bytes;
  const unit = i32x4.splat(one);
  switch (sub) {
    case 0: comparisonLoop(0, dst, a, aStep, b, bStep, k, unit, mask, maskStep, end); break;
    case 1: comparisonLoop(1, dst, a, aStep, b, bStep, k, unit, mask, maskStep, end); break;
    case 2: comparisonLoop(2, dst, a, aStep, b, bStep, k, unit, mask, maskStep, end); break;
    case 3: comparisonLoop(3, dst, a, aStep, b, bStep, k, unit, mask, maskStep, end); break;
    case 4: comparisonLoop(4, dst, a, aStep, b, bStep, k, unit, mask, maskStep, end); break;
    case 5: comparisonLoop(5, dst, a, aStep, b, bStep, k, unit, mask, maskStep, end); break;
    case 6: comparisonLoop(6, dst, a, aStep, b, bStep, k, unit, mask, maskStep, end); break;
    case 7: comparisonLoop(7, dst, a, aStep, b, bStep, k, unit, mask, maskStep, end); break;
    case 8: comparisonLoop(8, dst, a, aStep, b, bStep, k, unit, mask, maskStep, end); break;
    default: comparisonLoop(9, dst, a, aStep, b, bStep, k, unit, mask, maskStep, end);
  }
}

/** dst = mask ? (dst & keep) | (((a >>> right) & bits) << left) : dst. */
export function move(
  dst: usize, a: usize, aStep: usize, right: i32, bits: u32, left: i32, keep: u32, mask: usize, maskStep: usize, bytes: usize,
): void {
  const end = dst + bytes;
  const field = i32x4.splat(bits);
  const kept = i32x4.splat(keep);
  while (dst < end) {
    const old = v128.load(dst);
    const moved = i32x4.shl(v128.and(i32x4.shr_u(v128.load(a), right), field), left);
    v128.store(dst, v128.bitselect(v128.or(v128.and(old, kept), moved), old, v128.load(mask)));
    dst += 16;
    a += aStep;
    mask += maskStep;
  }
}

/** dst = mask ? ((a << left) >> right, arithmetic) & width : dst. */
export function shiftSigned(
  dst: usize, a: usize, aStep: usize, left: i32, right: i32, width: u32, mask: usize, maskStep: usize, bytes: usize,
): void {
  const end = dst + bytes;
  const cut = i32x4.splat(width);
  while (dst < end) {
    const value = v128.and(i32x4.shr_s(i32x4.shl(v128.load(a), left), right), cut);
    v128.store(dst, v128.bitselect(value, v128.load(dst), v128.load(mask)));
    dst += 16;
    a += aStep;
    mask += maskStep;
  }
}
