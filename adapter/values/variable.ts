/**
 * What a variable of a frame holds: found by its location, whole or in pieces, some of which may be lost. Names are not
 * looked up here.
 */

import type { Piece } from '../program/dwarf/expression.ts';
import type { Variable } from '../program/dwarf/functions.ts';
import type { MachineState } from '../program/dwarf/unwind.ts';
import { InputError } from '../program/input-error.ts';
import type { StackFrame } from '../program/stack.ts';
import { sizeOf, type Type } from '../program/types/type.ts';
import { type LostBytes, littleBytes, numberValue, optimisedOut, type Value, valueBytesMax } from './value.ts';

/** What a variable of a frame is now. Without a frame, only what lies at an address can be found. */
export const variableValue = (frame: StackFrame, variable: Variable, type: Type | undefined): Value => {
  if (variable.locations === undefined && variable.constant !== undefined) return constantValue(variable, type);
  try {
    const location = frame.locate(variable);
    if (location.kind === 'unavailable') return { type, missing: location.why };
    const [only] = location.pieces;
    if (location.pieces.length === 1 && only?.place.kind === 'memory') return { type, address: only.place.address };
    const value = assembled(frame.state, location.pieces, type);
    const alone = location.pieces.length === 1 && only?.place.kind === 'register' && only.offsetBits === 0;
    return alone && value.missing === undefined ? { ...value, register: only.place.register } : value;
  } catch (error) {
    if (error instanceof InputError) return { type, missing: error.message };
    throw error;
  }
};

const constantValue = ({ constant }: Variable, type: Type | undefined): Value => {
  if (typeof constant === 'bigint') return { ...numberValue(constant, type), type };
  return { type, bytes: constant };
};

/** The pieces side by side, from the lowest bit on. What is lost of them is said where it would be. */
const assembled = (state: MachineState, pieces: readonly Piece[], type: Type | undefined): Value => {
  const size = sizeOf(type) ?? 8;
  if (size > valueBytesMax) return { type, missing: `too large: ${size} bytes` };
  const lost: LostBytes[] = [];
  let bits = 0n;
  let at = 0;
  for (const { place, sizeBits, offsetBits } of pieces) {
    const wanted = sizeBits ?? 8 * size;
    if (wanted > 8 * valueBytesMax) return { type, missing: 'a piece is too large' };
    const found = placeBits(state, place, Math.ceil((offsetBits + wanted) / 8));
    const [from, to] = [Math.floor(at / 8), Math.min(size, Math.ceil((at + wanted) / 8))];
    if (typeof found !== 'string') bits |= BigInt.asUintN(wanted, found >> BigInt(offsetBits)) << BigInt(at);
    else if (from === 0 && to === size) return { type, missing: found };
    else if (from < to) lost.push({ from, to, why: found });
    at += wanted;
  }
  const whole = lost.reduce((sum, { from, to }) => sum + to - from, 0) >= size;
  if (whole) return { type, missing: lost[0]!.why };
  return { type, bytes: littleBytes(bits, size), ...(lost.length > 0 && { lost }) };
};

const placeBits = (state: MachineState, place: Piece['place'], sizeBytes: number): bigint | string => {
  switch (place.kind) {
    case 'memory': {
      const bytes = state.readMemory(place.address, sizeBytes);
      return bytes === undefined ? `no memory at 0x${place.address.toString(16)}` : littleAll(bytes);
    }
    case 'register':
      return state.readRegister(place.register) ?? 'not saved by the functions that were called';
    case 'value':
      return place.value;
    case 'bytes':
      return littleAll(place.bytes);
    case 'implicit-pointer':
      return 'a pointer to what was optimised out';
    case 'optimised-out':
      return optimisedOut;
  }
};

const littleAll = (bytes: Uint8Array): bigint =>
  bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
