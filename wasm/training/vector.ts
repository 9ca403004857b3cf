// Elementwise kernels of training: float32, four lanes at a time, the rest one by one.

// out = max(x, 0)
export function relu(out: usize, x: usize, n: i32): void {
  const zero = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= n; i += 4) v128.store(out + (<usize>i << 2), f32x4.max(v128.load(x + (<usize>i << 2)), zero));
  for (; i < n; i++) store<f32>(out + (<usize>i << 2), max<f32>(load<f32>(x + (<usize>i << 2)), 0));
}

// dx += grad where x > 0
export function addReluSlope(dx: usize, x: usize, grad: usize, n: i32): void {
  const zero = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const at = <usize>i << 2;
    const passed = v128.and(f32x4.gt(v128.load(x + at), zero), v128.load(grad + at));
    v128.store(dx + at, f32x4.add(v128.load(dx + at), passed));
  }
  for (; i < n; i++) {
    const at = <usize>i << 2;
    if (load<f32>(x + at) > 0) store<f32>(dx + at, load<f32>(dx + at) + load<f32>(grad + at));
  }
}

// into += factor · from
export function accumulate(into: usize, from: usize, factor: f32, n: i32): void {
  const f = f32x4.splat(factor);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const at = <usize>i << 2;
    v128.store(into + at, f32x4.add(v128.load(into + at), f32x4.mul(f, v128.load(from + at))));
  }
  for (; i < n; i++) {
    const at = <usize>i << 2;
    store<f32>(into + at, load<f32>(into + at) + factor * load<f32>(from + at));
  }
}

// out[rows×n] = x · scale[n] + shift[n]
export function scaleColumns(out: usize, x: usize, scale: usize, shift: usize, rows: i32, n: i32): void {
  const step = <usize>n << 2;
  for (let r = 0; r < rows; r++) {
    let j = 0;
    for (; j + 4 <= n; j += 4) {
      const at = <usize>j << 2;
      v128.store(out + at, f32x4.add(f32x4.mul(v128.load(x + at), v128.load(scale + at)), v128.load(shift + at)));
    }
    for (; j < n; j++) {
      const at = <usize>j << 2;
      store<f32>(out + at, load<f32>(x + at) * load<f32>(scale + at) + load<f32>(shift + at));
    }
    out += step;
    x += step;
  }
}

// into[n] += Σ_rows x
export function addColumnSums(into: usize, x: usize, rows: i32, n: i32): void {
  const step = <usize>n << 2;
  for (let r = 0; r < rows; r++) {
    let j = 0;
    for (; j + 4 <= n; j += 4) {
      const at = <usize>j << 2;
      v128.store(into + at, f32x4.add(v128.load(into + at), v128.load(x + at)));
    }
    for (; j < n; j++) {
      const at = <usize>j << 2;
      store<f32>(into + at, load<f32>(into + at) + load<f32>(x + at));
    }
    x += step;
  }
}

// into[n] += Σ_rows x · y
export function addColumnDots(into: usize, x: usize, y: usize, rows: i32, n: i32): void {
  const step = <usize>n << 2;
  for (let r = 0; r < rows; r++) {
    let j = 0;
    for (; j + 4 <= n; j += 4) {
      const at = <usize>j << 2;
      v128.store(into + at, f32x4.add(v128.load(into + at), f32x4.mul(v128.load(x + at), v128.load(y + at))));
    }
    for (; j < n; j++) {
      const at = <usize>j << 2;
      store<f32>(into + at, load<f32>(into + at) + load<f32>(x + at) * load<f32>(y + at));
    }
    x += step;
    y += step;
  }
}

// dx[rows×n] += grad · a[n] + normal · b[n] + c[n]: the backward step of batch norm
export function addBatchNormSlope(dx: usize, grad: usize, normal: usize, a: usize, b: usize, c: usize, rows: i32, n: i32): void {
  const step = <usize>n << 2;
  for (let r = 0; r < rows; r++) {
    let j = 0;
    for (; j + 4 <= n; j += 4) {
      const at = <usize>j << 2;
      let sum = f32x4.add(v128.load(dx + at), v128.load(c + at));
      sum = f32x4.add(sum, f32x4.mul(v128.load(grad + at), v128.load(a + at)));
      v128.store(dx + at, f32x4.add(sum, f32x4.mul(v128.load(normal + at), v128.load(b + at))));
    }
    for (; j < n; j++) {
      const at = <usize>j << 2;
      const sum = load<f32>(dx + at) + load<f32>(c + at) + load<f32>(grad + at) * load<f32>(a + at);
      store<f32>(dx + at, sum + load<f32>(normal + at) * load<f32>(b + at));
    }
    dx += step;
    grad += step;
    normal += step;
  }
}

// One Adam update: first and second moments, then data -= rate · first / (√second · bias + epsilon).
export function adam(data: usize, grad: usize, first: usize, second: usize, rate: f32, bias: f32, n: i32): void {
  const keep1 = f32x4.splat(0.9), new1 = f32x4.splat(0.1), keep2 = f32x4.splat(0.999), new2 = f32x4.splat(0.001);
  const rates = f32x4.splat(rate), biases = f32x4.splat(bias), epsilon = f32x4.splat(1e-8);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const at = <usize>i << 2;
    const g = v128.load(grad + at);
    const m = f32x4.add(f32x4.mul(keep1, v128.load(first + at)), f32x4.mul(new1, g));
    const v = f32x4.add(f32x4.mul(keep2, v128.load(second + at)), f32x4.mul(new2, f32x4.mul(g, g)));
    v128.store(first + at, m);
    v128.store(second + at, v);
    const size = f32x4.add(f32x4.mul(f32x4.sqrt(v), biases), epsilon);
    v128.store(data + at, f32x4.sub(v128.load(data + at), f32x4.div(f32x4.mul(rates, m), size)));
  }
  for (; i < n; i++) {
    const at = <usize>i << 2;
    const g = load<f32>(grad + at);
    const m: f32 = <f32>0.9 * load<f32>(first + at) + <f32>0.1 * g;
    const v: f32 = <f32>0.999 * load<f32>(second + at) + <f32>0.001 * (g * g);
    store<f32>(first + at, m);
    store<f32>(second + at, v);
    store<f32>(data + at, load<f32>(data + at) - (rate * m) / (sqrt<f32>(v) * bias + <f32>1e-8));
  }
}

// Per plane and place: the first largest of the cells that index names (as numbers, -1 for none), and which it was.
export function maxPool(out: usize, winner: usize, x: usize, index: usize, planes: i32, area: i32, places: i32, cells: i32): void {
  for (let plane = 0; plane < planes; plane++) {
    let at = index;
    for (let place = 0; place < places; place++) {
      let best: f32 = -1;
      let most: f32 = 0;
      for (let cell = 0; cell < cells; cell++) {
        const from = load<f32>(at);
        at += 4;
        if (from < 0) continue;
        const value = load<f32>(x + (<usize>from << 2));
        if (best < 0 || value > most) {
          best = from;
          most = value;
        }
      }
      store<f32>(winner, best);
      store<f32>(out, most);
      winner += 4;
      out += 4;
    }
    x += <usize>area << 2;
  }
}
