/**
 * What really was: the registers at each entry of some functions, and at each trap, in the steps before a moment. This is
 * what no debugger of one moment can know, and what its answers are compared with. Not a test.
 */

import type { ReplaySession } from '../../adapter/session/session.ts';
import { type Moment, moment } from '../../traces/time.ts';
import type { Hart } from '../../vmm/machine/hart.ts';

/** x1 to x31. */
type Registers = readonly bigint[];

export interface Truth {
  /** Of the last call that began at this address with this stack pointer. */
  entry(hart: number, pc: bigint, sp: bigint): Registers | undefined;
  /** Of the last trap that interrupted this instruction with this stack pointer. */
  trap(hart: number, pc: bigint, sp: bigint): Registers | undefined;
}

const keyOf = (hart: number, pc: bigint, sp: bigint): string => `${hart} ${pc} ${sp}`;
const registersOf = (hart: Hart): Registers => Array.from({ length: 31 }, (_, index) => hart.x(index + 1));

/** Runs the last steps before the present moment again. */
export const truthOf = ({ timeline, machine }: ReplaySession, entries: ReadonlySet<bigint>, steps: number): Truth => {
  const here = timeline.now;
  const [calls, traps] = [new Map<string, Registers>(), new Map<string, Registers>()];
  timeline.seek(moment(Math.max(0, here - steps)));
  machine.engine.arm(entries);
  let isPassing = false;
  while (timeline.now < here) {
    const until: Moment = isPassing ? moment(timeline.now + 1) : here;
    const stop = timeline.forward(until, { armed: !isPassing, traps: true });
    isPassing = false;
    if (stop.reason !== 'breakpoint' && stop.reason !== 'trap') continue;
    const hart = machine.harts[stop.hart]!;
    const registers = registersOf(hart);
    const sp = registers[1]!;
    if (stop.reason === 'trap') traps.set(keyOf(hart.id, hart.get('sepc'), sp), registers);
    else {
      isPassing = true;
      calls.set(keyOf(hart.id, hart.get('pc'), sp), registers);
    }
  }
  machine.engine.arm([]);
  // One that stands at its first instruction has been called, too.
  for (const hart of machine.harts) {
    if (entries.has(hart.get('pc'))) calls.set(keyOf(hart.id, hart.get('pc'), hart.x(2)), registersOf(hart));
  }
  return {
    entry: (hart, pc, sp) => calls.get(keyOf(hart, pc, sp)),
    trap: (hart, pc, sp) => traps.get(keyOf(hart, pc, sp)),
  };
};
