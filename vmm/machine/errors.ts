/**
 * What a machine cannot be built of or cannot take, though it was spelt as it should be: a trace may come from a newer
 * version, or from a program that wrote nonsense. Each is one function and one sentence. Not for a guest's traps, which are
 * values, nor for our own bugs, which are assertions.
 */

import { describeEvent, type InputEvent } from '../../traces/events.ts';

export class MachineError extends Error {
  override readonly name = 'MachineError';

  constructor(what: string, expected: string, found: string, remedy: string, options?: ErrorOptions) {
    super(`${what}: expected ${expected}, found ${found}. ${remedy}.`, options);
  }
}

export const unknownDevice = (kind: string, slot: number): MachineError =>
  new MachineError(
    `The machine has no device for slot ${slot}`,
    'virtio-blk or virtio-rng',
    `"${kind}"`,
    'A newer Chronovisor may have it; open the trace with the one that recorded it',
  );

export const inputRefused = (event: InputEvent, expected: string, found: string): MachineError =>
  new MachineError(
    `The machine cannot take the input of moment ${event.at}, where ${describeEvent(event)}`,
    expected,
    found,
    'Replay the trace with the version that recorded it, which "chronovisor info" says',
  );

export const stateRefused = (at: number, problem: string): MachineError =>
  new MachineError(
    `The machine cannot be in the state that the trace has for moment ${at}`,
    'a state of this machine',
    problem,
    'Replay the trace with the version that recorded it, which "chronovisor info" says',
  );

export const memoryUnavailable = (ramBytes: number, cause: unknown): MachineError =>
  new MachineError(
    "This computer cannot give the machine's RAM",
    `${ramBytes / 2 ** 20} MiB of memory in one piece`,
    cause instanceof Error ? cause.message : String(cause),
    'Close other programs, or give the machine less RAM with -m when recording',
    { cause },
  );
