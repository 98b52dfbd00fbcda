/**
 * Whether a machine can take an input. A trace's reader knows what an input may be in any machine; only here is it known
 * which harts, registers and RAM this one has. An input that would do nothing is refused too: a replay that leaves one out
 * without a word would not be the recording.
 */

import type { InputEvent } from '../../traces/events.ts';
import type { MachineConfiguration } from '../../traces/header.ts';
import { inputRefused, type MachineError } from './errors.ts';
import { ramBase } from './memory.ts';
import { isRegister } from './registers.ts';

export const inputProblem = (
  event: InputEvent,
  { harts, ramBytes }: MachineConfiguration,
): MachineError | undefined => {
  switch (event.kind) {
    case 'serial':
    case 'clock':
    case 'entropy':
    case 'power':
      return undefined;
    case 'setRegister': {
      const { hart, register, value } = event;
      if (hart >= harts) return inputRefused(event, `a hart from 0 to ${harts - 1}`, `hart ${hart}`);
      if (!isRegister(register)) return inputRefused(event, 'a register that a hart has', `"${register}"`);
      if (register === 'privilege' && ![0n, 1n, 3n].includes(value)) {
        return inputRefused(event, 'mode 0, 1 or 3', String(value));
      }
      return undefined;
    }
    case 'setMemory': {
      const { address, bytes } = event;
      const ramEnd = ramBase + ramBytes;
      if (address >= ramBase && address + bytes.length <= ramEnd) return undefined;
      return inputRefused(event, `RAM, from ${hex(ramBase)} to ${hex(ramEnd - 1)}`, hex(address));
    }
    case 'schedule':
      if (harts === 1) return inputRefused(event, 'harts that take turns', 'one hart');
      return event.hart < harts
        ? undefined
        : inputRefused(event, `a hart from 0 to ${harts - 1}`, `hart ${event.hart}`);
    case 'disk':
      return inputRefused(event, 'disks whose contents the trace lists as images', 'data from outside');
    default:
      return event satisfies never;
  }
};

const hex = (address: number): string => `0x${address.toString(16)}`;
