/**
 * Steps by instruction, forwards; back is instruction-steps-back.ts. One instruction, or the entry into one trap, is
 * `Traveller.step`; these pass what an instruction calls and what interrupts it:
 *
 *     a call    is over when the hart comes behind it in the same mode, address space and height of the stack
 *     a trap    is over when the hart returns from one (sret, mret) to the same mode, address space and height of the stack,
 *               wherever that is: at the instruction again, behind it, or where a kernel mends what it has asked for
 *
 * So a step over an instruction that is interrupted, or that faults, ends at it again: the trap was the step.
 */

import type { Hart } from '../../vmm/machine/hart.ts';
import { roleAt } from './instructions.ts';
import type { Target } from './target.ts';
import type { Arrival, Motion, Traveller } from './travel.ts';
import { callOver, trapOver } from './watches.ts';

export class InstructionSteps {
  readonly #target: Target;
  readonly #traveller: Traveller;

  constructor(target: Target, traveller: Traveller) {
    this.#target = target;
    this.#traveller = traveller;
  }

  /** The next instruction of the same routine, over calls, traps and interrupts. */
  *next(hart: Hart): Motion {
    const pc = hart.get('pc');
    const { kind, link, length } = roleAt(this.#target.memory, hart, pc);
    const call = kind === 'call' && link !== undefined ? callOver(hart, pc + BigInt(length), link) : undefined;
    const trap = trapOver(hart);
    const arrival = yield* this.#traveller.step(hart);
    if (arrival.reason !== 'step') return arrival;
    const over = arrival.trapped === true ? trap : call;
    if (over === undefined) return arrival;
    // A call of the next instruction, as position-independent code does it, is over at once.
    if (over.addresses.includes(hart.get('pc')) && over.here(hart)) return arrival;
    const met = this.#traveller.met(hart, arrival.trapped === true);
    return met ?? (yield* this.#traveller.forward(over));
  }

  /**
   * To the caller, or to what was interrupted: instruction by instruction, over calls, until a return has been executed.
   * Where the stack is unusual (a context switch) it goes on until a return comes; pausing ends it.
   */
  *out(hart: Hart): Motion {
    for (;;) {
      const pc = hart.get('pc');
      const isReturn = roleAt(this.#target.memory, hart, pc).kind === 'return';
      const arrival: Arrival = yield* this.next(hart);
      // At the return again, an interrupt was passed instead.
      if (arrival.reason !== 'step' || (isReturn && hart.get('pc') !== pc)) return arrival;
      const met = this.#traveller.met(hart, false);
      if (met !== undefined) return met;
      yield this.#target.timeline.now;
    }
  }
}
