/**
 * The calls and traps of a hart that are not over yet, found by making its steps again one by one. Each stack has its own:
 * a kernel goes from one to another when it enters a trap and when it switches from thread to thread.
 */

import type { Moment } from '../../traces/time.ts';
import { type Hart, privilege } from '../../vmm/machine/hart.ts';
import { roleAt } from './instructions.ts';
import type { Target } from './target.ts';
import type { Traveller } from './travel.ts';
import { callOver, trapOver, type Watch } from './watches.ts';

/** A call that was made or a trap that was entered. */
export interface OpenCall {
  /** The moment after its step. */
  readonly after: Moment;
  /** Where the hart is when it is over. */
  readonly over: Watch;
  /** Of a trap from user mode: the page tables of the process, whose stack has an address that others have, too. */
  readonly satp?: bigint;
}

/** What is open on one stack. */
interface Stack {
  readonly open: OpenCall[];
  /** The trap that was entered on another stack and is handled on this one. */
  readonly trap: OpenCall | undefined;
  /** Where it was left, and of a process by whose page tables. */
  sp: bigint;
  satp?: bigint | undefined;
}

const stackPointer = 2;
/** Stacks that were left and may be come back to. */
const stacksMax = 1024;

export class OpenCalls {
  readonly #target: Target;
  readonly #traveller: Traveller;
  readonly #hart: Hart;
  #stack: Stack = { open: [], trap: undefined, sp: 0n };
  #left: Stack[] = [];
  /** Entered, and maybe still on the stack of what was interrupted. */
  #trap: OpenCall | undefined;

  constructor(target: Target, traveller: Traveller, hart: Hart) {
    this.#target = target;
    this.#traveller = traveller;
    this.#hart = hart;
  }

  /** Makes steps until the hart has made so many in all; the innermost call of these that is not over then. */
  *until(steps: number): Generator<Moment | Promise<void>, OpenCall | undefined> {
    const hart = this.#hart;
    const { memory, timeline } = this.#target;
    while (hart.count('steps') < steps) {
      const pc = hart.get('pc');
      const sp = hart.x(stackPointer);
      const { kind, link, length, changesStack } = roleAt(memory, hart, pc);
      const call = kind === 'call' && link !== undefined ? callOver(hart, pc + BigInt(length), link) : undefined;
      const trap = trapOver(hart);
      const isUser = hart.privilege === privilege.user;
      const arrival = yield* this.#traveller.step(hart);
      if (arrival.reason !== 'step') break;
      if (arrival.trapped === true) {
        this.#trap = { after: timeline.now, over: trap, ...(isUser && { satp: hart.get('satp') }) };
        this.#stack.open.push(this.#trap);
      } else {
        if (changesStack === true) this.#changeStack(sp);
        this.#close(kind === 'return', kind === 'return' && link === undefined);
        if (call !== undefined && !isOver(call, hart)) this.#push({ after: timeline.now, over: call });
      }
      yield timeline.now;
    }
    return this.#stack.open.at(-1) ?? this.#stack.trap;
  }

  #push(call: OpenCall): void {
    this.#trap = undefined;
    this.#stack.open.push(call);
  }

  /** To one that was left, or to another one; right after a trap was entered, to one that it begins anew. */
  #changeStack(leftAt: bigint): void {
    const sp = this.#hart.x(stackPointer);
    this.#stack.sp = leftAt;
    this.#stack.satp = this.#trap?.satp;
    const satp = this.#hart.get('satp');
    const isHere = (stack: Stack): boolean => stack.sp === sp && (stack.satp === undefined || stack.satp === satp);
    const left = [...this.#left, this.#stack];
    const known = left.findLast(isHere);
    this.#left = left.filter((stack) => !isHere(stack)).slice(-stacksMax);
    this.#stack = known !== undefined && this.#trap === undefined ? known : { open: [], trap: this.#trap, sp };
    this.#trap = undefined;
  }

  /** Ends what is over by the last step. What was not a return ends the innermost call at most. */
  #close(isReturn: boolean, isTrapReturn: boolean): void {
    const { open } = this.#stack;
    for (let index = open.length - 1; index >= 0; index -= 1) {
      const { over } = open[index]!;
      const isClosed = over.atReturns === true ? isTrapReturn && over.here(this.#hart) : isOver(over, this.#hart);
      if (isClosed) open.length = index;
      if (isClosed || !isReturn) return;
    }
  }
}

const isOver = (over: Watch, hart: Hart): boolean => over.addresses.includes(hart.get('pc')) && over.here(hart);
