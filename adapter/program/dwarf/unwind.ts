/**
 * Unwinds one frame: from the registers of a frame to those of its caller, by call frame information. What a callee has
 * overwritten and nobody saved stays unknown; it is never guessed. Going without such information (frame pointers, traps) is
 * the concern of whoever walks the whole stack.
 */

import type { FrameContext } from './expression.ts';
import { evaluateLocation, littleEndian } from './expression.ts';
import type { CfaRule, FrameRow, RegisterRule } from './frames.ts';
import type { Unit } from './unit.ts';

/** The integer and floating-point registers by DWARF's numbers (RISC-V DWARF specification). */
const registerCount = 64;
const registerSp = 2;
/** RISC-V psABI: the registers that a function leaves as they were: sp, s0 to s11, gp, tp, and fs0 to fs11. */
const preserved = new Set([2, 3, 4, 8, 9, ...range(18, 27), 40, 41, ...range(50, 59)]);

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

export interface MachineState {
  readonly pc: bigint;
  readRegister(number: number): bigint | undefined;
  readMemory(address: bigint, sizeBytes: number): Uint8Array | undefined;
  /** Of a caller: the state that memory is read from, the same for the whole stack. */
  readonly memory?: MachineState;
}

export interface UnwoundFrame {
  /** The canonical frame address of the frame that was left. */
  readonly cfa: bigint;
  /** Where the caller goes on: after the call, unless `signal`. */
  readonly returnAddress: bigint;
  readonly signal: boolean;
  readonly caller: MachineState;
  /** Where each register of the caller was saved, for assigning to it. */
  readonly savedAt: ReadonlyMap<number, bigint>;
}

export type Unwinding =
  | { readonly kind: 'frame'; readonly frame: UnwoundFrame }
  | { readonly kind: 'unavailable'; readonly why: string };

/** @param unit any unit of the program: expressions of frames need its sizes alone */
export const unwind = (row: FrameRow, state: MachineState, unit: Unit): Unwinding => {
  const cfa = cfaOf(row.cfa, state, unit);
  if (cfa === undefined) return { kind: 'unavailable', why: 'the canonical frame address is not known' };
  const registers = new Map<number, bigint>();
  const savedAt = new Map<number, bigint>();
  const numbers = new Set([...row.rules.keys(), ...Array.from({ length: registerCount }, (_, number) => number)]);
  for (const number of numbers) {
    const rule = row.rules.get(number) ?? defaultRule(number, row.returnRegister);
    const found = apply(rule, number, cfa, state, unit);
    if (found === undefined) continue;
    if (found.address !== undefined) savedAt.set(number, found.address);
    if (found.value !== undefined) registers.set(number, found.value);
  }
  const rule = row.rules.get(row.returnRegister);
  if (rule?.kind === 'undefined') return { kind: 'unavailable', why: 'this is the outermost frame' };
  const returnAddress = registers.get(row.returnRegister);
  if (returnAddress === undefined) return { kind: 'unavailable', why: 'the return address is not known' };
  // x0 is what it is in every frame.
  registers.set(0, 0n);
  const memory = state.memory ?? state;
  const caller: MachineState = {
    pc: returnAddress,
    readRegister: (number) => registers.get(number),
    readMemory: (address, sizeBytes) => memory.readMemory(address, sizeBytes),
    memory,
  };
  return { kind: 'frame', frame: { cfa, returnAddress, signal: row.signal, caller, savedAt } };
};

/** The canonical frame address of a frame by its row. */
export const cfaOf = (rule: CfaRule, state: MachineState, unit: Unit): bigint | undefined => {
  if (rule.kind === 'register') {
    const base = state.readRegister(rule.register);
    return base === undefined ? undefined : BigInt.asUintN(64, base + rule.offset);
  }
  return addressOf(rule.expression, state, unit, []);
};

/**
 * What holds of a register that no rule names: the caller's stack pointer is the CFA, preserved ones are as they are, and the
 * return address too while nothing was called.
 */
const defaultRule = (number: number, returnRegister: number): RegisterRule => {
  if (number === registerSp) return { kind: 'value-offset', offset: 0n };
  return preserved.has(number) || number === returnRegister ? { kind: 'same' } : { kind: 'undefined' };
};

const apply = (rule: RegisterRule, number: number, cfa: bigint, state: MachineState, unit: Unit) => {
  const loaded = (address: bigint | undefined) => {
    const bytes = address === undefined ? undefined : state.readMemory(address, 8);
    return address === undefined ? undefined : { value: bytes && littleEndian(bytes), address };
  };
  switch (rule.kind) {
    case 'undefined':
      return undefined;
    case 'same':
      return { value: state.readRegister(number), address: undefined };
    case 'register':
      return { value: state.readRegister(rule.register), address: undefined };
    case 'offset':
      return loaded(BigInt.asUintN(64, cfa + rule.offset));
    case 'value-offset':
      return { value: BigInt.asUintN(64, cfa + rule.offset), address: undefined };
    case 'expression':
      return loaded(addressOf(rule.expression, state, unit, [cfa]));
    case 'value-expression':
      return { value: addressOf(rule.expression, state, unit, [cfa]), address: undefined };
  }
};

/** Expressions of frames compute an address on the stack; the CFA is not known to them unless it is there already. */
const addressOf = (expression: Uint8Array, state: MachineState, unit: Unit, initial: readonly bigint[]) => {
  const frame: FrameContext = {
    readRegister: (number) => state.readRegister(number),
    readMemory: (address, sizeBytes) => state.readMemory(address, sizeBytes),
    cfa: () => undefined,
    frameBase: () => undefined,
  };
  const location = evaluateLocation(expression, unit, frame, initial);
  const place = location.kind === 'pieces' && location.pieces.length === 1 ? location.pieces[0]!.place : undefined;
  if (place?.kind === 'memory') return place.address;
  return place?.kind === 'value' ? place.value : undefined;
};
