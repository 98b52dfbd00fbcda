/** Recordings made and verified with the engine's tier chosen, or changed on the way. Not a test. */

import { virtualPolicy } from '../../adapter/boot/configuration.ts';
import { parseMachineOptions } from '../../adapter/cli/qemu-options.ts';
import { LiveDriver } from '../../adapter/session/live-driver.ts';
import { createRecording } from '../../adapter/session/record.ts';
import { openRecording } from '../../adapter/session/replay.ts';
import { noCheckpoints, type ReplaySession } from '../../adapter/session/session.ts';
import { type Moment, moment } from '../../traces/time.ts';
import type { Machine } from '../../vmm/machine/machine.ts';
import type { RunOptions } from '../../vmm/machine/stops.ts';
import type { Timeline, TimelineStop } from '../../vmm/timeline/timeline.ts';
import { Dialogue, type Mark } from '../bench/dialogue.ts';
import { Random } from '../oracle/random.ts';
import { switchEngine } from './switching.ts';

/** What is done to the machine before each portion of a run, and where the portion ends at the latest. */
export interface Tier {
  readonly begin: (machine: Machine) => void;
  readonly portion?: (machine: Machine, random: Random) => { readonly steps: number; readonly options?: RunOptions };
}

export const tiers = {
  interpreted: {
    begin: ({ engine }) => {
      engine.translating = false;
    },
  },
  translated: {
    begin: ({ engine }) => {
      engine.translating = true;
    },
  },
  'translated eagerly': {
    begin: ({ engine }) => {
      engine.translating = true;
      engine.translateEagerly();
    },
  },
  'translated in random portions': {
    begin: ({ engine }) => {
      engine.translating = true;
    },
    portion: (_, random) => ({ steps: 1 + random.below(random.pick([3, 200, 30_000, 1_000_000])) }),
  },
  switched: {
    begin: () => undefined,
    portion: (machine, random) => {
      const options = switchEngine(machine, random, { eager: 50, dropped: 200, restored: 200, armed: 20 });
      const isFast = Object.keys(options).length === 0;
      return { steps: 1 + random.below(isFast ? random.pick([20, 3000, 1_000_000, 1_000_000]) : 50_000), options };
    },
  },
} as const satisfies Readonly<Record<string, Tier>>;
export type TierName = keyof typeof tiers;
export const tierNames = Object.keys(tiers) as readonly TierName[];

/** One portion; a breakpoint that it stopped at is passed. */
const forward = (timeline: Timeline, until: Moment, tier: Tier, random: Random): TimelineStop => {
  const { steps, options } = tier.portion?.(timeline.machine, random) ?? { steps: Number.POSITIVE_INFINITY };
  const stop = timeline.forward(moment(Math.min(until, timeline.now + steps)), options);
  return stop.reason === 'breakpoint' ? timeline.forward(moment(Math.min(until, timeline.now + 1))) : stop;
};

export interface RecordingOrder {
  readonly file: string;
  /** QEMU-OPTIONS. */
  readonly machine: string;
  readonly marks: readonly Mark[];
  readonly digestStride: number;
}

/** Records until the guest switches itself off. @returns steps made, and what the dialogue missed, if anything */
export const recordIn = async (name: TierName, order: RecordingOrder) => {
  const tier: Tier = tiers[name];
  const random = new Random(1);
  const dialogue = new Dialogue(order.marks, ({ answer }) => {
    if (answer !== undefined) driver.answer(Buffer.from(answer));
  });
  const session = await createRecording({
    options: parseMachineOptions(order.machine.split(' ')),
    policy: { ...virtualPolicy, digestStride: order.digestStride },
    trace: { file: order.file, embedded: true },
    checkpoints: noCheckpoints,
    console: (bytes) => {
      driver.printed();
      dialogue.printed(bytes);
    },
  });
  const driver = new LiveDriver(session);
  const { machine } = session;
  tier.begin(machine);
  for (;;) {
    const { steps } = tier.portion?.(machine, random) ?? { steps: 100_000_000 };
    const stop = await driver.portion(moment(machine.now + steps));
    if (stop.reason === 'idle') throw new Error(`the guest waits for ever: ${dialogue.complaint}`);
    if (stop.reason !== 'power') continue;
    session.recorder.end({ reason: 'poweroff', exitCode: stop.exitCode });
    return { steps: machine.now, complaint: dialogue.complaint, engine: machine.engine.counters };
  }
};

/** The part of a recording that is verified; all of it, if nothing is said. */
export interface VerifiedPart {
  /** It begins at the last whole state at or before this moment. */
  readonly from?: Moment;
  readonly to?: Moment;
  /** Also of one whose recorder was stopped. */
  readonly salvage?: boolean;
  /** Told now and then where it stands. */
  readonly reached?: (at: Moment, session: ReplaySession) => void;
}

/** Verifies a recording. @throws {DivergenceError} @returns the digests that were compared */
export const verifyIn = async (name: TierName, file: string, part: VerifiedPart = {}) => {
  const tier: Tier = tiers[name];
  const random = new Random(2);
  const session = await openRecording({
    file,
    verify: true,
    salvage: part.salvage === true,
    checkpoints: noCheckpoints,
    console: () => undefined,
  });
  const { timeline, replayer, machine, trace } = session;
  if (part.from !== undefined) timeline.jumpToKept(part.from);
  const to = moment(Math.min(part.to ?? timeline.end, timeline.end));
  tier.begin(machine);
  while (timeline.now < to) {
    const { reason } = forward(timeline, to, tier, random);
    if (reason === 'power' || reason === 'end') break;
    part.reached?.(timeline.now, session);
    await new Promise(setImmediate); // the test runner lives in the same process
  }
  replayer.verifyEnd();
  session.close();
  return {
    at: timeline.now,
    end: trace.until,
    compared: replayer.digestsCompared,
    digests: trace.digests.count,
    steps: machine.stepsMade,
    engine: machine.engine.counters,
    codeDrops: machine.translations.codeDrops,
  };
};
