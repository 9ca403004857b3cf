/** Threshold snapping: within a gap between data points every threshold separates the data alike; some need fewer entries. */

/**
 * The threshold T in low..high (integers, inclusive) whose boundary T | T+1 lies highest in the binary trie, i.e. with the most
 * trailing zeros in T + 1. Works for negative values (two's complement order is the order of positions shifted by a power of two).
 */
export function snapThreshold(low: number, high: number): number {
  let step = 1;
  let best = high;
  while (true) {
    const boundary = Math.floor((high + 1) / step) * step;
    if (boundary < low + 1) return best;
    best = boundary - 1;
    step *= 2;
    if (step > 2 ** 40) return best;
  }
}
