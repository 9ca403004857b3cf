// Matrix products in float32 lanes: a tile of four rows by eight columns of the result stays in registers over the inner dimension.

@inline
function splat(address: usize): v128 {
  return f32x4.splat(load<f32>(address));
}

@inline
function multiplyAdd(sum: v128, a: v128, b: v128): v128 {
  return f32x4.add(sum, f32x4.mul(a, b));
}

@inline
function addTo(address: usize, value: v128): void {
  v128.store(address, f32x4.add(v128.load(address), value));
}

// Four rows × eight columns. `rowStep` and `innerStep` are the distances in A (bytes) from row to row and along the inner dimension:
// one tile serves A and its transpose.
@inline
function tile4x8(c: usize, a: usize, b: usize, inner: i32, rowStep: usize, innerStep: usize, bStep: usize, cStep: usize): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, t0 = s0, t1 = s0, t2 = s0, t3 = s0;
  for (let p = 0; p < inner; p++) {
    const left = v128.load(b);
    const right = v128.load(b, 16);
    const a0 = splat(a);
    const a1 = splat(a + rowStep);
    const a2 = splat(a + 2 * rowStep);
    const a3 = splat(a + 3 * rowStep);
    s0 = multiplyAdd(s0, a0, left);
    t0 = multiplyAdd(t0, a0, right);
    s1 = multiplyAdd(s1, a1, left);
    t1 = multiplyAdd(t1, a1, right);
    s2 = multiplyAdd(s2, a2, left);
    t2 = multiplyAdd(t2, a2, right);
    s3 = multiplyAdd(s3, a3, left);
    t3 = multiplyAdd(t3, a3, right);
    a += innerStep;
    b += bStep;
  }
  addTo(c, s0);
  addTo(c + 16, t0);
  addTo(c + cStep, s1);
  addTo(c + cStep + 16, t1);
  addTo(c + 2 * cStep, s2);
  addTo(c + 2 * cStep + 16, t2);
  addTo(c + 3 * cStep, s3);
  addTo(c + 3 * cStep + 16, t3);
}

@inline
function tile1x4(c: usize, a: usize, b: usize, inner: i32, innerStep: usize, bStep: usize): void {
  let s = f32x4.splat(0);
  for (let p = 0; p < inner; p++) {
    s = multiplyAdd(s, splat(a), v128.load(b));
    a += innerStep;
    b += bStep;
  }
  addTo(c, s);
}

@inline
function single(c: usize, a: usize, b: usize, inner: i32, innerStep: usize, bStep: usize): void {
  let s: f32 = 0;
  for (let p = 0; p < inner; p++) {
    s += load<f32>(a) * load<f32>(b);
    a += innerStep;
    b += bStep;
  }
  store<f32>(c, load<f32>(c) + s);
}

// Four rows of one column: four chains of additions instead of one.
@inline
function tile4x1(c: usize, a: usize, b: usize, inner: i32, rowStep: usize, innerStep: usize, bStep: usize, cStep: usize): void {
  let s0: f32 = 0, s1: f32 = 0, s2: f32 = 0, s3: f32 = 0;
  for (let p = 0; p < inner; p++) {
    const value = load<f32>(b);
    s0 += load<f32>(a) * value;
    s1 += load<f32>(a + rowStep) * value;
    s2 += load<f32>(a + 2 * rowStep) * value;
    s3 += load<f32>(a + 3 * rowStep) * value;
    a += innerStep;
    b += bStep;
  }
  store<f32>(c, load<f32>(c) + s0);
  store<f32>(c + cStep, load<f32>(c + cStep) + s1);
  store<f32>(c + 2 * cStep, load<f32>(c + 2 * cStep) + s2);
  store<f32>(c + 3 * cStep, load<f32>(c + 3 * cStep) + s3);
}

// C[rows×n] += op(A) · B[inner×n]
@inline
function product(c: usize, a: usize, b: usize, rows: i32, inner: i32, n: i32, rowStep: usize, innerStep: usize): void {
  const step = <usize>n << 2;
  for (let i = 0; i < rows; ) {
    const four = i + 4 <= rows;
    const ai = a + <usize>i * rowStep;
    const ci = c + <usize>i * step;
    let j = 0;
    if (four) for (; j + 8 <= n; j += 8) tile4x8(ci + (<usize>j << 2), ai, b + (<usize>j << 2), inner, rowStep, innerStep, step, step);
    const height = four ? 4 : 1;
    const single4 = four ? n & ~3 : n;
    for (let q = single4; q < n; q++) tile4x1(ci + (<usize>q << 2), ai, b + (<usize>q << 2), inner, rowStep, innerStep, step, step);
    for (let r = 0; r < height; r++) {
      const ar = ai + <usize>r * rowStep;
      const cr = ci + <usize>r * step;
      let q = j;
      for (; q + 4 <= n; q += 4) tile1x4(cr + (<usize>q << 2), ar, b + (<usize>q << 2), inner, innerStep, step);
      for (; q < single4; q++) single(cr + (<usize>q << 2), ar, b + (<usize>q << 2), inner, innerStep, step);
    }
    i += height;
  }
}

// C[m×n] += A[m×k] · B[k×n]
export function addProduct(c: usize, a: usize, b: usize, m: i32, k: i32, n: i32): void {
  product(c, a, b, m, k, n, <usize>k << 2, 4);
}

// C[k×n] += A[m×k]ᵀ · B[m×n]
export function addTransposedProduct(c: usize, a: usize, b: usize, m: i32, k: i32, n: i32): void {
  product(c, a, b, k, m, n, 4, <usize>k << 2);
}

// B[n×k] = A[k×n]ᵀ
export function transpose(b: usize, a: usize, k: i32, n: i32): void {
  for (let p = 0; p < k; p++) {
    for (let j = 0; j < n; j++) store<f32>(b + (<usize>(j * k + p) << 2), load<f32>(a + (<usize>(p * n + j) << 2)));
  }
}
