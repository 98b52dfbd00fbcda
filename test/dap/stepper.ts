/** What moves a machine by instructions, without a client: for tests of very many steps. Not a test. */

import { Breakpoints } from '../../adapter/dap/breakpoints.ts';
import { ConsoleOutput } from '../../adapter/dap/console-output.ts';
import { GuestMemory } from '../../adapter/dap/guest-memory.ts';
import { GuestStops } from '../../adapter/dap/guest-stops.ts';
import { InstructionSteps } from '../../adapter/dap/instruction-steps.ts';
import { InstructionStepsBack } from '../../adapter/dap/instruction-steps-back.ts';
import { roleAt } from '../../adapter/dap/instructions.ts';
import { Program } from '../../adapter/dap/program.ts';
import { Programs } from '../../adapter/dap/programs.ts';
import { StopRules } from '../../adapter/dap/stop-rules.ts';
import type { Target } from '../../adapter/dap/target.ts';
import { TrapFilters } from '../../adapter/dap/trap-filters.ts';
import { type Arrival, type Motion, Traveller } from '../../adapter/dap/travel.ts';
import type { Session } from '../../adapter/session/session.ts';
import { type Moment, moment } from '../../traces/time.ts';
import type { Hart } from '../../vmm/machine/hart.ts';
import type { Machine } from '../../vmm/machine/machine.ts';
import { Timeline } from '../../vmm/timeline/timeline.ts';

export type Forward = 'next' | 'stepIn' | 'stepOut';

export class Stepper {
  readonly machine: Machine;
  readonly timeline: Timeline;
  readonly #target: Target;
  readonly #traveller: Traveller;

  constructor(timeline: Timeline, target: Target) {
    this.machine = timeline.machine;
    this.timeline = timeline;
    this.#target = target;
    this.#traveller = new Traveller(
      target,
      new StopRules(
        target,
        { breakpoints: new Breakpoints(), filters: new TrapFilters(), guestStops: new GuestStops() },
        () => {},
      ),
    );
  }

  /** A machine without a recording: nothing reaches it until `end`. */
  static ofMachine(machine: Machine, end: number): Stepper {
    const timeline = new Timeline(machine, {
      log: { count: 0, get: () => undefined as never },
      end: moment(end),
      checkpointStride: 20_000,
      checkpointBudgetBytes: 256 << 20,
      stride: 1_000_000,
    });
    const memory = new GuestMemory(machine, new Uint8Array(0));
    const session = { kind: 'replay' } as Session;
    const console = new ConsoleOutput();
    const program = new Program();
    const programs = new Programs(program, [], memory);
    const parts = { machine, timeline, memory, session, console, program, programs, callSiteOf: () => undefined };
    const target = { ...parts, makeWay: () => () => {} } as unknown as Target;
    return new Stepper(timeline, target);
  }

  goTo(at: number): void {
    this.timeline.seek(moment(at));
  }

  forward(kind: Forward, hart: Hart): Arrival {
    const steps = new InstructionSteps(this.#target, this.#traveller);
    if (kind === 'stepIn') return ended(this.#traveller.step(hart));
    return ended(kind === 'next' ? steps.next(hart) : steps.out(hart));
  }

  back(hart: Hart): Arrival {
    return ended(new InstructionStepsBack(this.#target, this.#traveller, hart).back());
  }

  backInto(hart: Hart): Arrival {
    return ended(this.#traveller.stepBack(hart));
  }

  backOut(hart: Hart): Arrival {
    return ended(new InstructionStepsBack(this.#target, this.#traveller, hart).out());
  }

  /** What the hart is about to execute. */
  role(hart: Hart): ReturnType<typeof roleAt> {
    return roleAt(this.#target.memory, hart, hart.get('pc'));
  }
}

const ended = (motion: Motion): Arrival => {
  for (;;) {
    const { done, value } = motion.next();
    if (done === true) return value;
    if (typeof (value as Moment) !== 'number') throw new Error('a replay waits for nobody');
  }
};
