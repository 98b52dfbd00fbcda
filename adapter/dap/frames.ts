/**
 * The stack of a hart as a person looks at it: one frame for each function of the source, inlined ones included. Call frame
 * information carries it as far as there is any; from there on, a frame is guessed by the frame pointer, or of the innermost
 * one by ra, and says so. A stack crosses a trap where its entry has call frame information (`.cfi_signal_frame`), or where the
 * registers are that the entry saved.
 */

import { type Hart, privilege } from '../../vmm/machine/hart.ts';
import type { DebugInfo, PlacedFrame, SourceLine } from '../program/debug-info.ts';
import type { MachineState } from '../program/dwarf/unwind.ts';
import { guessCaller } from '../program/guessed-caller.ts';
import { savedRegisters } from '../program/saved-registers.ts';
import { StackFrame } from '../program/stack.ts';
import type { Target } from './target.ts';

/** How it is known that a frame is there. */
export type FrameOrigin = 'pc' | 'call frame information' | 'frame pointer' | 'ra' | 'trap frame' | 'sepc';

export interface ViewFrame {
  readonly hart: Hart;
  /** The function's frame; of functions inlined in one another, the same one. */
  readonly stack: StackFrame | undefined;
  /** The function of the source; nothing where only a symbol is known. */
  readonly placed: PlacedFrame | undefined;
  /** 0 is the innermost one. */
  readonly level: number;
  /** Where it goes on: of a caller, after the call. As the hart has it, not as it was linked. */
  readonly pc: bigint;
  readonly state: MachineState;
  readonly origin: FrameOrigin;
  /** Whether it called nothing: a trap interrupted it, and what is inside it handles that. */
  readonly interrupted: boolean;
}

const framesMax = 1024;
const registerSp = 2;

/** The registers and memory of a hart, for readers of debug information. */
export const machineState = (target: Target, hart: Hart): MachineState => ({
  pc: target.program.links.linked(hart.get('pc')),
  readRegister: (number) => (number < 32 ? hart.x(number) : number < 64 ? hart.f(number - 32) : undefined),
  readMemory: (address, sizeBytes) => readLinked(target, hart, address, sizeBytes),
});

/** Memory at a linked address, which is found at its physical one while nothing is translated yet. */
export const readLinked = (target: Target, hart: Hart, address: bigint, sizeBytes: number): Uint8Array | undefined => {
  const bytes = target.memory.read(hart, address, sizeBytes);
  if (bytes.length === sizeBytes) return bytes;
  const loaded = target.program.links.loaded(address);
  if (loaded === undefined) return undefined;
  const found = target.memory.read(hart, loaded, sizeBytes);
  return found.length === sizeBytes ? found : undefined;
};

/** The stack from the innermost frame outwards. */
export function* stackOf(target: Target, hart: Hart): Generator<ViewFrame> {
  const { info } = target.program;
  let level = 0;
  const state = machineState(target, hart);
  const moved = hart.get('pc') - state.pc;
  let next: Unplaced | undefined = { state, isCaller: false, origin: 'pc' };
  while (next !== undefined && level < framesMax) {
    const frame: Unplaced = next;
    const stack: StackFrame | undefined = info && target.program.try(() => frame.stack ?? stackFrame(info, frame));
    const placed: readonly PlacedFrame[] = (stack && target.program.try(() => stack.placed)) ?? [];
    const { origin } = frame;
    const pc = BigInt.asUintN(64, frame.state.pc + moved);
    const interrupted = origin !== 'pc' && !frame.isCaller;
    const common = { hart, stack, pc, origin, interrupted, state: frame.state };
    if (placed.length === 0) yield { ...common, placed: undefined, level: level++ };
    for (const one of placed) yield { ...common, placed: one, level: level++ };
    next = callerOf(target, hart, frame, stack);
  }
}

/** A frame before it is known what functions it is of. */
interface Unplaced {
  readonly state: MachineState;
  readonly isCaller: boolean;
  readonly origin: FrameOrigin;
  readonly stack?: StackFrame;
}

const stackFrame = (info: DebugInfo, { state, isCaller }: Unplaced): StackFrame =>
  new StackFrame(info, state, isCaller);

const callerOf = (target: Target, hart: Hart, frame: Unplaced, stack: StackFrame | undefined): Unplaced | undefined => {
  const sp = frame.state.readRegister(registerSp);
  if (stack !== undefined) {
    const unwound = target.program.try(() => stack.unwound);
    if (typeof unwound === 'object') {
      const { caller } = stack;
      // The stack grows downwards, but what a trap interrupted may have another one; code at 0 is nobody's.
      const isBelow = !unwound.signal && sp !== undefined && unwound.cfa < sp;
      const same = unwound.cfa === sp && unwound.returnAddress === frame.state.pc;
      if (caller === undefined || isBelow || same || unwound.returnAddress === 0n) return undefined;
      // The outermost function returns to nowhere in particular.
      if (target.program.symbolic(caller.state.pc) === undefined) return undefined;
      return { state: caller.state, isCaller: caller.isCaller, origin: 'call frame information', stack: caller };
    }
    if (unwound === 'this is the outermost frame') return undefined;
  }
  return undescribed(target, hart, frame);
};

/** Without call frame information: what a trap interrupted, or a guess. */
const undescribed = (target: Target, hart: Hart, frame: Unplaced): Unplaced | undefined => {
  const { info, links } = target.program;
  const { state } = frame;
  const isInnermost = frame.origin === 'pc';
  const code = { functionAt: (address: bigint) => target.program.startOf(address) };
  // What is in the entry of the trap itself may have saved nothing yet, so that only the pc is sure.
  const isEntry = isInnermost && isTrapEntry(target, hart);
  const saved = info && (!isInnermost || isEntry) ? target.program.try(() => savedRegisters(info, state)) : undefined;
  const isWhole = saved !== undefined && (!isEntry || saved.pc === hart.get('sepc'));
  if (isWhole && code.functionAt(saved.pc) !== undefined) {
    return { state: { ...saved, pc: links.linked(saved.pc) }, isCaller: false, origin: 'trap frame' };
  }
  if (isEntry) return interruptedByPc(target, hart, state);
  const guess = guessCaller(state, code, isInnermost);
  if (guess === undefined) return undefined;
  const { returnAddress, registers } = guess;
  return { state: stateAt(state, links.linked(returnAddress), registers), isCaller: true, origin: guess.by };
};

const isTrapEntry = ({ program }: Target, hart: Hart): boolean => {
  const entry = program.startOf(hart.get('stvec') & ~3n); // bits 1:0 are the mode (Privileged 4.1.2)
  return hart.privilege === privilege.supervisor && entry !== undefined && program.startOf(hart.get('pc')) === entry;
};

/** Before its first instruction the entry has changed nothing; after that, all that is sure is where the trap was. */
const interruptedByPc = ({ program }: Target, hart: Hart, state: MachineState): Unplaced | undefined => {
  const sepc = hart.get('sepc');
  if (program.startOf(sepc) === undefined) return undefined;
  const isFirst = hart.get('pc') === (hart.get('stvec') & ~3n);
  const registers = isFirst ? state : stateAt(state, 0n, new Map([[0, 0n]]));
  return { state: { ...registers, pc: program.links.linked(sepc) }, isCaller: false, origin: 'sepc' };
};

/** A frame of whose registers only these are known. */
const stateAt = (inner: MachineState, pc: bigint, registers: ReadonlyMap<number, bigint>): MachineState => ({
  pc,
  readRegister: (number) => registers.get(number),
  readMemory: (address, sizeBytes) => inner.readMemory(address, sizeBytes),
});

/** The canonical frame address of the innermost frame, which tells one call of a function from another. */
export const cfaNow = (target: Target, hart: Hart): bigint | undefined => {
  const { info } = target.program;
  if (info === undefined) return undefined;
  const unwinding = target.program.try(() => info.unwind(machineState(target, hart)));
  return unwinding?.kind === 'frame' ? unwinding.frame.cfa : undefined;
};

/** A source line in words, `trap.c:61`. */
export const lineWords = ({ file, line }: SourceLine): string => `${file.name}:${line}`;
