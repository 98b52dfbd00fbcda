/**
 * What the operands of a recorded step were: places that can be asked about in their turn, or the end of the way, where a
 * register of a device or the boot ROM was read.
 */

import { ramBase } from '../../machine/memory.ts';
import { platform } from '../../machine/platform.ts';
import type { Origin } from './answer.ts';
import type { Leaf } from './flow.ts';
import type { Instruction } from './instruction.ts';
import { keyOf, memoryPlace, type Place, registerPlace } from './place.ts';
import type { StepLog } from './steps.ts';
import type { TypedStream } from './typed.ts';

/** An operand: where its bytes were, with its value as far as it is known. */
export type LeafSource =
  | { readonly place: Place; readonly keys: readonly number[]; readonly value: bigint | undefined }
  | { readonly origin: Origin };

export const placeSource = (place: Place, value?: bigint): LeafSource => ({
  place,
  keys: Array.from({ length: place.sizeBytes }, (_, byte) => keyOf(place, byte)),
  value,
});

export const leafSource = (
  log: StepLog,
  step: number,
  instruction: Instruction,
  leaf: Leaf,
  typed: TypedStream,
): LeafSource => {
  if (leaf !== 'memory') {
    const { file, index } = instruction.sources.find(({ field }) => field === leaf)!;
    return placeSource(registerPlace(log.harts[step]!, file, index), sourceValue(log, step, leaf));
  }
  const sizeBytes = instruction.access!.size;
  const address = log.addresses[step]!;
  if (address < ramBase) return { origin: deviceOrigin(log, step, address, typed) };
  const keys = log.bytesAt(step, sizeBytes);
  return { place: memoryPlace(address, sizeBytes), keys, value: memoryValue(log, step, instruction) };
};

export const sourceValue = (log: StepLog, step: number, field: 'rs1' | 'rs2' | 'rs3'): bigint =>
  field === 'rs3' ? log.extras.get(step)!.rs3! : log[field][step]!;

/** What was loaded, zero-extended; `undefined` when it went nowhere. */
export const memoryValue = (log: StepLog, step: number, instruction: Instruction): bigint | undefined => {
  const old = log.extras.get(step)?.old;
  if (old !== undefined) return old;
  const { access, written } = instruction;
  if (access?.reads !== true || written === undefined) return undefined;
  return BigInt.asUintN(8 * access.size, log.results[step]!);
};

/** Of what is read at a physical address that is not RAM. */
const deviceOrigin = (log: StepLog, step: number, address: number, typed: TypedStream): Origin => {
  const row = platform.find(({ base, sizeBytes }) => address >= base && address < base + sizeBytes);
  if (row === undefined) return { kind: 'device', device: 'nothing', offset: address };
  const offset = address - row.base;
  if (row.name === 'rom') return { kind: 'rom', offset };
  if (row.name === 'clint' && offset >= mtimeOffset && offset < mtimeOffset + 8)
    return { kind: 'clock', register: 'mtime' };
  if (row.name === 'rtc' && offset < rtcTimeBytes) return { kind: 'clock', register: 'the time of day' };
  return typedOrigin(log, step, 0, typed) ?? { kind: 'device', device: row.name, offset };
};

/** The offset of CLINT's mtime, and of the time registers of the goldfish RTC. */
const mtimeOffset = 0xbff8;
const rtcTimeBytes = 8;

/** The character that is taken from the serial port in a step, or one of those behind it. */
export const typedOrigin = (log: StepLog, step: number, behind: number, typed: TypedStream): Origin | undefined => {
  const waiting = log.extras.get(step)?.typedWaiting;
  if (waiting === undefined || waiting === 0) return undefined;
  const found = typed.at(typed.arrived(log.from + step) - waiting + behind);
  return found && { kind: 'typed', ...found };
};
