/**
 * A machine with its history, as the command line and the debugger have it in hands: either a recording that is being
 * made or one that is opened. What both need is here; how each comes about is in `record.ts` and `replay.ts`.
 */

import type { TraceHeader } from '../../traces/header.ts';
import type { Trace } from '../../traces/reader.ts';
import type { StoredState } from '../../traces/states.ts';
import type { Hash64 } from '../../vmm/machine/digest.ts';
import type { Machine } from '../../vmm/machine/machine.ts';
import type { KeptLog, LogEntry } from '../../vmm/record/kept-log.ts';
import type { Recorder } from '../../vmm/record/recorder.ts';
import type { Replayer } from '../../vmm/replay/replayer.ts';
import type { Spill } from '../../vmm/timeline/spill.ts';
import type { Timeline } from '../../vmm/timeline/timeline.ts';
import type { BootImage } from '../boot/boot.ts';
import { bootPrograms } from '../boot/boot.ts';
import { SymbolTable } from '../program/symbols.ts';
import type { Flight } from './flight.ts';

interface SessionBase {
  readonly machine: Machine;
  readonly timeline: Timeline;
  readonly header: TraceHeader;
  /** In the order of the header's list; one that a trace does not hold was read from where it says. None if not kept. */
  readonly images: readonly BootImage[];
  readonly hash64: Hash64;
  /** The state at which the history begins, when that is not the machine's start. */
  readonly beginning?: StoredState;
  /** Keeps translated code for the next session of this machine, if it was asked to. */
  readonly keepCode: () => void;
}

/** A recording that is being made: the timeline's end is live. */
export interface LiveSession extends SessionBase {
  readonly kind: 'live';
  readonly recorder: Recorder;
  /** Present when only the recent past is kept. */
  readonly flight?: Flight;
  /** What is kept of a recording that is in memory: before the fork's moment, and since. */
  readonly kept?: { readonly past: readonly LogEntry[]; readonly own: KeptLog };
}

/** A recording that was made. */
export interface ReplaySession extends SessionBase {
  readonly kind: 'replay';
  readonly trace: Trace;
  readonly file: string;
  readonly replayer: Replayer;
  readonly close: () => void;
}

export type Session = LiveSession | ReplaySession;

/** How many checkpoints there are and how much memory they take. With a budget of 0 there are none, and no way back. */
export interface CheckpointPolicy {
  readonly stride: number;
  readonly budgetBytes: number;
  /** Where those go that do not fit. */
  readonly spill?: Spill | undefined;
  /** How many steps it must save to go to a state that the trace keeps; any number unless it says so. */
  readonly keptStepsMin?: number;
}

/** For runs in which nobody goes back. */
export const noCheckpoints: CheckpointPolicy = { stride: Number.MAX_SAFE_INTEGER, budgetBytes: 0 };

/** For the debugger: near enough to any moment, and within what a computer can spare. */
export const denseCheckpoints: CheckpointPolicy = {
  stride: 5_000_000,
  budgetBytes: 2 ** 30,
  keptStepsMin: 20_000_000,
};

/** The symbols of what was loaded: the kernel's, or the firmware's where there is no kernel with any. */
export const symbolsOf = ({ images }: Session): SymbolTable | undefined => {
  const { kernel, bios } = bootPrograms(images);
  const elf = kernel ?? bios;
  return elf === undefined ? undefined : new SymbolTable(elf);
};
