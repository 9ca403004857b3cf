/** Sliding windows of convolutions and poolings: strides, pads, dilations, auto_pad, ceil_mode. */
import { intAttribute, intsAttribute, stringAttribute } from '../../../model/index.ts';
import { refuse } from './builder.ts';
import type { NodeContext } from './context.ts';
import { type Shape, sizeOf, stridesOf } from './shape.ts';

export interface Windows {
  /** Spatial shape of the output. */
  readonly shape: Shape;
  readonly positions: number;
  /** Kernel elements per window. */
  readonly taps: number;
  /** positions × taps: element of the spatial plane, −1 in the padding. */
  readonly index: Int32Array;
  /** positions × taps: 1 inside the plane with its explicit padding (ceil_mode may reach beyond). */
  readonly inPadded: Uint8Array;
}

interface Axis {
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
  readonly out: number;
}

/** `ceil` counts a last partial window if it starts inside the input or its left padding (as ONNX Runtime does). */
function axisWindows(c: NodeContext, d: number, size: number, kernel: number, rank: number): Axis {
  const stride = intsAttribute(c.node, 'strides')?.[d] ?? 1;
  const dilation = intsAttribute(c.node, 'dilations')?.[d] ?? 1;
  const pads = intsAttribute(c.node, 'pads');
  const auto = stringAttribute(c.node, 'auto_pad', 'NOTSET');
  const extent = (kernel - 1) * dilation + 1;
  let before = pads?.[d] ?? 0;
  let after = pads?.[d + rank] ?? 0;
  if (auto === 'VALID') before = after = 0;
  if (auto === 'SAME_UPPER' || auto === 'SAME_LOWER') {
    const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + extent - size);
    before = auto === 'SAME_UPPER' ? Math.floor(total / 2) : Math.ceil(total / 2);
    after = total - before;
  }
  const steps = (size + before + after - extent) / stride;
  let out = (intAttribute(c.node, 'ceil_mode', 0) ? Math.ceil(steps) : Math.floor(steps)) + 1;
  if (intAttribute(c.node, 'ceil_mode', 0) && (out - 1) * stride >= size + before) out--;
  if (out < 1) {
    refuse(c.origin, `a window of ${extent} does not fit ${size} elements`, 'use a smaller kernel or more padding');
  }
  return { size, kernel, stride, dilation, before, after, out };
}

/** Every window over a plane of shape `space` with the given kernel, from the node's attributes. */
export function windowsOf(c: NodeContext, space: Shape, kernel: Shape): Windows {
  const axes = space.map((size, d) => axisWindows(c, d, size, kernel[d], space.length));
  const shape = axes.map((axis) => axis.out);
  const positions = sizeOf(shape);
  const taps = sizeOf(kernel);
  const outStrides = stridesOf(shape);
  const tapStrides = stridesOf(kernel);
  const planeStrides = stridesOf(space);
  const index = new Int32Array(positions * taps);
  const inPadded = new Uint8Array(positions * taps).fill(1);
  for (let p = 0; p < positions; p++) {
    for (let t = 0; t < taps; t++) {
      let s = 0;
      for (let d = 0; d < axes.length; d++) {
        const { stride, dilation, before, after, size, out, kernel: width } = axes[d];
        const at =
          (Math.floor(p / outStrides[d]) % out) * stride + (Math.floor(t / tapStrides[d]) % width) * dilation - before;
        if (at >= size + after) inPadded[p * taps + t] = 0;
        s = s < 0 || at < 0 || at >= size ? -1 : s + at * planeStrides[d];
      }
      index[p * taps + t] = s;
    }
  }
  return { shape, positions, taps, index, inPadded };
}
