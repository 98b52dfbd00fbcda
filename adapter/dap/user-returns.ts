/**
 * Where a kernel returns to user programs (`sret`, `mret`), and what is looked at there: whether a position-independent program
 * that breakpoints are set in lies in the process that is returned to. So its breakpoints are armed before it comes to them. It is
 * looked at often while a process is young, and ever more seldom then.
 */

import type { Hart } from '../../vmm/machine/hart.ts';
import type { Target } from './target.ts';

/** As they are in memory (privileged specification, "Trap-Return Instructions"). */
const returns = [Buffer.from([0x73, 0x00, 0x20, 0x10]), Buffer.from([0x73, 0x00, 0x20, 0x30])] as const;
const returnsMax = 1000;

/** Bits of mstatus that say which mode `sret` and `mret` return to; user mode is 0. */
const previousMode = { sret: 0x100n, mret: 0x1800n } as const;

/** A process is looked at so many times in a row, then each time this many returns later, then this many. */
const young = { returns: 16, stride: 16, until: 1024, laterStride: 512 } as const;
const spacesMax = 10_000;

export class UserReturns {
  readonly #target: Target;
  /** By address: whether it is an `sret`. */
  #places: ReadonlyMap<bigint, boolean> | undefined;
  /** How often each address space was returned to. */
  readonly #counts = new Map<bigint, number>();

  constructor(target: Target) {
    this.#target = target;
  }

  get addresses(): Iterable<bigint> {
    this.#places ??= this.#find();
    return this.#places.keys();
  }

  /** Whether a program is met at a new place by a hart that is about to return to it. */
  look(hart: Hart): boolean {
    const isSupervisor = this.#places?.get(hart.get('pc'));
    if (isSupervisor === undefined) return false;
    const mode = hart.get('mstatus') & (isSupervisor ? previousMode.sret : previousMode.mret);
    if (mode !== 0n || !this.#isDue(hart.get('satp'))) return false;
    return this.#target.programs.look(hart, hart.get(isSupervisor ? 'sepc' : 'mepc'));
  }

  #isDue(satp: bigint): boolean {
    const count = this.#counts.get(satp) ?? 0;
    if (this.#counts.size >= spacesMax) this.#counts.clear();
    this.#counts.set(satp, count + 1);
    if (count < young.returns) return true;
    return count % (count < young.until ? young.stride : young.laterStride) === 0;
  }

  #find(): ReadonlyMap<bigint, boolean> {
    const places = new Map<bigint, boolean>();
    const { kernel } = this.#target.programs;
    for (const { address, bytes } of kernel.code) {
      const code = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      for (const instruction of returns) {
        for (let at = code.indexOf(instruction); at >= 0; at = code.indexOf(instruction, at + 2)) {
          if (at % 2 !== 0 || places.size >= returnsMax) continue;
          const linked = kernel.links.linked(address + BigInt(at));
          for (const place of kernel.links.places(linked)) places.set(place, instruction === returns[0]);
        }
      }
    }
    return places;
  }
}
