// The kernels' door: `run` executes a plan's bytecode (engine/opcodes.ts) over one batch; the rest moves packets in and out.

import { binary, compare, move, shiftSigned } from './columns';
import { bitmap, crc, direct, find, gather, product, search } from './lookup';
import { scan } from './scan';
import { sum } from './sum';

export { assign, collect, deliver, parse, pick } from './parse';

function isZero(column: usize, bytes: usize): bool {
  for (let at: usize = 0; at < bytes; at += 16) if (v128.any_true(v128.load(column + at))) return false;
  return true;
}

/** Executes the words at `pc` until END over `count` packets; column kernels run on `count` rounded up to a multiple of 4. */
export function run(pc: usize, count: u32): void {
  const bytes = ((<usize>count << 2) + 15) & ~15;
  while (true) {
    switch (load<u32>(pc)) {
      case 0:
        return;
      case 1:
        binary(load<u32>(pc, 4), load<u32>(pc, 8), load<u32>(pc, 12), load<u32>(pc, 16), load<u32>(pc, 20), load<u32>(pc, 24), load<u32>(pc, 28), load<u32>(pc, 32), load<u32>(pc, 36), bytes);
        pc += 40;
        break;
      case 2:
        compare(load<u32>(pc, 4), load<u32>(pc, 8), load<u32>(pc, 12), load<u32>(pc, 16), load<u32>(pc, 20), load<u32>(pc, 24), load<u32>(pc, 28), load<u32>(pc, 32), load<u32>(pc, 36), load<u32>(pc, 40), bytes);
        pc += 44;
        break;
      case 3:
        move(load<u32>(pc, 4), load<u32>(pc, 8), load<u32>(pc, 12), load<u32>(pc, 16), load<u32>(pc, 20), load<u32>(pc, 24), load<u32>(pc, 28), load<u32>(pc, 32), load<u32>(pc, 36), bytes);
        pc += 40;
        break;
      case 4:
        shiftSigned(load<u32>(pc, 4), load<u32>(pc, 8), load<u32>(pc, 12), load<u32>(pc, 16), load<u32>(pc, 20), load<u32>(pc, 24), load<u32>(pc, 28), load<u32>(pc, 32), bytes);
        pc += 36;
        break;
      case 5:
        direct(load<u32>(pc, 4), load<u32>(pc, 8), load<u32>(pc, 12), load<u32>(pc, 16), load<u32>(pc, 20), load<u32>(pc, 24), bytes);
        pc += 28;
        break;
      case 6:
        product(load<u32>(pc, 4), load<u32>(pc, 8), load<u32>(pc, 12), load<u32>(pc, 16), load<u32>(pc, 20), bytes);
        pc += 24;
        break;
      case 7:
        gather(load<u32>(pc, 4), load<u32>(pc, 8), load<u32>(pc, 12), load<u32>(pc, 16), load<u32>(pc, 20), load<u32>(pc, 24), bytes);
        pc += 28;
        break;
      case 8:
        search(load<u32>(pc, 4), load<u32>(pc, 8), load<u32>(pc, 12), load<u32>(pc, 16), load<u32>(pc, 20), bytes);
        pc += 24;
        break;
      case 9:
        find(load<u32>(pc, 4), load<u32>(pc, 8), load<u32>(pc, 12), load<u32>(pc, 16), load<u32>(pc, 20), load<u32>(pc, 24), bytes);
        pc += 28;
        break;
      case 10:
        bitmap(load<u32>(pc, 4), load<u32>(pc, 8), load<u32>(pc, 12), load<u32>(pc, 16), load<u32>(pc, 20), bytes);
        pc += 24;
        break;
      case 11:
        crc(load<u32>(pc, 4), load<u32>(pc, 8), load<u32>(pc, 12), load<u32>(pc, 16), bytes);
        pc += 20;
        break;
      case 12:
        scan(load<u32>(pc, 4), load<u32>(pc, 8), load<u32>(pc, 12), load<u32>(pc, 16), load<u32>(pc, 20), load<u32>(pc, 24), load<u32>(pc, 28), count);
        pc += 32;
        break;
      case 13:
        sum(load<u32>(pc, 4), load<u32>(pc, 8), load<u32>(pc, 12), load<u32>(pc, 16), load<u32>(pc, 20), load<u32>(pc, 24), load<u32>(pc, 28), bytes);
        pc += 32;
        break;
      case 14:
        pc += isZero(load<u32>(pc, 4), bytes) ? 12 + <usize>load<u32>(pc, 8) : 12;
        break;
      default:
        unreachable();
    }
  }
}
