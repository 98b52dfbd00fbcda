/**
 * Who called a frame that no call frame information describes: code in assembly, mostly. By the frame pointer where it points
 * to a saved pair of frame pointer and return address (RISC-V psABI, "Frame Pointer Convention"), or by what ra holds. Of
 * functions that never return, and so save nothing, by what lies on the stack further out. All are guesses, and whoever
 * shows them says so.
 */

import { littleEndian } from './dwarf/expression.ts';
import type { MachineState } from './dwarf/unwind.ts';

export interface GuessedCaller {
  readonly by: 'frame pointer' | 'ra' | 'stack';
  /** Where it goes on, as the hart has the address. */
  readonly returnAddress: bigint;
  /** Those of its registers that are known by the guess. */
  readonly registers: ReadonlyMap<number, bigint>;
}

export interface CodeMap {
  /** The start of the function that an address is in; nothing where there is no code. */
  functionAt(address: bigint): bigint | undefined;
}

const registerRa = 1;
const registerSp = 2;
const registerFp = 8;
/** A frame that is larger is no frame. */
const frameBytesMax = 2n ** 20n;

/** @param isInnermost whether ra is what the hart has now: of an outer frame it is not known */
export const guessCaller = (state: MachineState, code: CodeMap, isInnermost: boolean): GuessedCaller | undefined => {
  const ra = isInnermost ? plausible(state, code) : undefined;
  // A function that has called nothing yet, or never will, may have no frame of its own: the frame pointer is then its
  // caller's, and would lead past the caller. One that has called has in ra an address of its own.
  if (ra !== undefined && code.functionAt(ra) !== code.functionAt(state.pc)) return byRa(state, ra);
  return byFramePointer(state, code) ?? (ra === undefined ? undefined : byRa(state, ra));
};

/** What ra holds, when that is the place after a call. */
const plausible = (state: MachineState, code: CodeMap): bigint | undefined => {
  const ra = state.readRegister(registerRa);
  return ra !== undefined && ra % 2n === 0n && code.functionAt(ra) !== undefined ? ra : undefined;
};

const byRa = (state: MachineState, ra: bigint): GuessedCaller | undefined => {
  const [sp, fp] = [state.readRegister(registerSp), state.readRegister(registerFp)];
  if (sp === undefined) return undefined;
  return { by: 'ra', returnAddress: ra, registers: known(sp, fp) };
};

const byFramePointer = (state: MachineState, code: CodeMap): GuessedCaller | undefined => {
  const [sp, fp] = [state.readRegister(registerSp), state.readRegister(registerFp)];
  if (sp === undefined || fp === undefined || fp % 16n !== 0n || fp <= sp || fp - sp >= frameBytesMax) return undefined;
  const saved = state.readMemory(fp - 16n, 16);
  if (saved === undefined) return undefined;
  const [outer, ra] = [littleEndian(saved.subarray(0, 8)), littleEndian(saved.subarray(8))];
  if (ra % 2n !== 0n || code.functionAt(ra) === undefined) return undefined;
  return { by: 'frame pointer', returnAddress: ra, registers: known(fp, outer) };
};

/** Callers without a frame that is found in so much of the stack are given up. */
const searchedBytes = 2048n;

/**
 * The first place after a call that lies above a frame: who called the first function there that saved who called it, mostly
 * in the last 8 bytes of its own frame. Functions between that saved nothing are left out.
 */
export const guessByStack = (state: MachineState, above: bigint, code: CodeMap): GuessedCaller | undefined => {
  for (let at = above; at < above + searchedBytes; at += 8n) {
    const saved = state.readMemory(at, 8);
    if (saved === undefined) return undefined;
    const address = littleEndian(saved);
    if (address % 2n !== 0n || code.functionAt(address) === undefined || !followsCall(state, address)) continue;
    return { by: 'stack', returnAddress: address, registers: known(at + 8n, undefined) };
  }
  return undefined;
};

/** Whether the instruction before an address is a call (unprivileged specification, "Unconditional Jumps"; c.jalr). */
export const followsCall = ({ readMemory }: MachineState, address: bigint): boolean => {
  const bytes = readMemory(address - 4n, 4);
  if (bytes === undefined) return false;
  const word = Number(littleEndian(bytes));
  const opcode = word & 0x7f;
  const linksRa = ((word >>> 7) & 31) === 1;
  const isShortCall = ((word >>> 16) & 0xf07f) === 0x9002 && ((word >>> 23) & 31) !== 0;
  return ((opcode === 0x6f || opcode === 0x67) && linksRa) || isShortCall;
};

const known = (sp: bigint, fp: bigint | undefined): ReadonlyMap<number, bigint> =>
  new Map([[0, 0n], [registerSp, sp], ...(fp === undefined ? [] : [[registerFp, fp] as const])]);
