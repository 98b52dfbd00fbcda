/**
 * The stack of a hart as a person looks at it: one frame for each function of the source, inlined ones included. Call frame
 * information carries it as far as there is any; from there on, a frame is guessed by the frame pointer, or of the innermost
 * one by ra, or of one that never returns by what lies on the stack, and says so. A stack crosses a trap where its entry has
 * call frame information (`.cfi_signal_frame`), or where the registers are that the entry saved; from the kernel to the user
 * program that it works for, too (trap-frames.ts).
 */

import { type Hart, privilege } from '../../vmm/machine/hart.ts';
import type { DebugInfo, PlacedFrame, SourceLine } from '../program/debug-info.ts';
import type { MachineState } from '../program/dwarf/unwind.ts';
import { type CodeMap, followsCall, type GuessedCaller, guessByStack, guessCaller } from '../program/guessed-caller.ts';
import { savedRegisters } from '../program/saved-registers.ts';
import { StackFrame } from '../program/stack.ts';
import type { Program } from './program.ts';
import type { Target } from './target.ts';
import { userState } from './trap-frames.ts';

/** How it is known that a frame is there. */
export type FrameOrigin = 'pc' | 'call frame information' | 'frame pointer' | 'ra' | 'stack' | 'trap frame' | 'sepc';

export const isGuessed = (origin: FrameOrigin): boolean => origin !== 'pc' && origin !== 'call frame information';

export interface ViewFrame {
  readonly hart: Hart;
  /** The program whose code it is. */
  readonly program: Program;
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
  /** The page tables of a process, when they are not those that the hart has now. */
  readonly satp?: bigint | undefined;
}

const framesMax = 1024;
const registerRa = 1;
const registerSp = 2;

/** The registers and memory of a hart, for readers of debug information of the program that it executes. */
export const machineState = (target: Target, hart: Hart): MachineState => ({
  pc: target.programs.at(hart).links.linked(hart.get('pc')),
  readRegister: (number) => (number < 32 ? hart.x(number) : number < 64 ? hart.f(number - 32) : undefined),
  readMemory: (address, sizeBytes) => readLinked(target, hart, address, sizeBytes),
});

/** Memory at a linked address, which is found at its physical one while nothing is translated yet. */
export const readLinked = (target: Target, hart: Hart, address: bigint, sizeBytes: number): Uint8Array | undefined => {
  for (const place of target.program.links.memoryPlaces(address)) {
    const bytes = target.memory.read(hart, place, sizeBytes);
    if (bytes.length === sizeBytes) return bytes;
  }
  return undefined;
};

/** The stack from the innermost frame outwards. */
export function* stackOf(target: Target, hart: Hart): Generator<ViewFrame> {
  let level = 0;
  const state = machineState(target, hart);
  const program = target.programs.at(hart);
  const moved = hart.get('pc') - state.pc;
  const kernel: ViewFrame[] = [];
  let next: Unplaced | undefined = { state, program, isCaller: false, origin: 'pc' };
  while (next !== undefined && level < framesMax) {
    const frame: Unplaced = next;
    const { origin, program: own } = frame;
    const stack: StackFrame | undefined = own.info && own.try(() => frame.stack ?? stackFrame(own.info!, frame));
    const all: readonly PlacedFrame[] = (stack && own.try(() => stack.placed)) ?? [];
    const placed = level === 0 ? all.slice(hiddenIn(target, hart, all)) : all;
    const pc = BigInt.asUintN(64, frame.state.pc + (own === program ? moved : 0n));
    const interrupted = origin !== 'pc' && !frame.isCaller;
    const common = { hart, program: own, stack, pc, origin, interrupted, state: frame.state, satp: frame.satp };
    for (const one of placed.length === 0 ? [undefined] : placed) {
      const view = { ...common, placed: one, level: level++ };
      if (!target.programs.isUser(own)) kernel.push(view);
      yield view;
    }
    const caller = callerOf(target, hart, frame, stack);
    next = caller === undefined ? userOf(target, hart, frame, kernel) : { ...caller, satp: frame.satp };
  }
}

/** How many inlined calls are not shown, because the stop is at the line that makes them. */
const hiddenIn = (target: Target, hart: Hart, placed: readonly PlacedFrame[]): number => {
  const site = target.callSiteOf(hart);
  return site === undefined ? 0 : Math.max(0, placed.length - 1 - site.inlined.length);
};

/** A frame before it is known what functions it is of. */
interface Unplaced {
  readonly state: MachineState;
  readonly program: Program;
  readonly isCaller: boolean;
  readonly origin: FrameOrigin;
  readonly stack?: StackFrame;
  readonly satp?: bigint | undefined;
}

const stackFrame = (info: DebugInfo, { state, isCaller }: Unplaced): StackFrame =>
  new StackFrame(info, state, isCaller);

/** The user program that a kernel's outermost frame works for. */
const userOf = (
  target: Target,
  hart: Hart,
  { state, program }: Unplaced,
  kernel: readonly ViewFrame[],
): Unplaced | undefined =>
  target.programs.isUser(program) ? undefined : asFrame(userState(target, hart, state, kernel));

const asFrame = (found: ReturnType<typeof userState>): Unplaced | undefined => {
  if (found === undefined) return undefined;
  const { state, program } = found;
  return { ...found, state: { ...state, pc: program.links.linked(state.pc) } };
};

const callerOf = (target: Target, hart: Hart, frame: Unplaced, stack: StackFrame | undefined): Unplaced | undefined => {
  const sp = frame.state.readRegister(registerSp);
  if (stack !== undefined) {
    const unwound = frame.program.try(() => stack.unwound);
    if (typeof unwound === 'object') {
      const { caller } = stack;
      // The stack grows downwards, but what a trap interrupted may have another one; code at 0 is nobody's.
      const isBelow = !unwound.signal && sp !== undefined && unwound.cfa < sp;
      // A function that never returns need not save ra: its own call has overwritten it, and nobody knows who called.
      const isLost = frame.isCaller && unwound.returnAddress === frame.state.pc && !unwound.savedAt.has(registerRa);
      if (isLost) return guessed(target, hart, frame, (code) => guessByStack(frame.state, unwound.cfa, code));
      if (caller === undefined || isBelow || unwound.returnAddress === 0n) return undefined;
      const program = programOf(target, hart, frame, unwound.returnAddress, unwound.signal);
      // The outermost function returns to nowhere in particular; what has no name may be a module, or code made at run time.
      const isNamed = program.symbolic(unwound.returnAddress) !== undefined;
      if (!isNamed && !followsCall(frame.state, unwound.returnAddress)) return undefined;
      // No user program calls the kernel: its ra may still be there when the entry of the trap calls nothing but jumps.
      if (!isNamed && target.programs.userAt(hart, unwound.returnAddress) !== undefined) return undefined;
      const { state, isCaller } = caller;
      const common = { program, isCaller, origin: 'call frame information' } as const;
      if (program === frame.program) return { ...common, state, stack: caller };
      return { ...common, state: { ...state, pc: program.links.linked(unwound.returnAddress) } };
    }
    if (unwound === 'this is the outermost frame') return undefined;
  }
  return undescribed(target, hart, frame);
};

/** Whose code a frame returns to: a process's calls stay in it; the kernel's may lead to a module, its traps anywhere. */
const programOf = (target: Target, hart: Hart, frame: Unplaced, address: bigint, isTrap: boolean): Program => {
  const { program, satp } = frame;
  const { memory } = target.seenFrom(program, satp);
  if (target.programs.isUser(program)) return target.programs.userAt(hart, address, memory) ?? program;
  return isTrap ? target.programs.of(hart, address) : target.programs.inKernel(address);
};

/** Without call frame information: what a trap interrupted in the kernel, or a guess. */
const undescribed = (target: Target, hart: Hart, frame: Unplaced): Unplaced | undefined => {
  const { state, program } = frame;
  const isInnermost = frame.origin === 'pc';
  if (!target.programs.isUser(program)) {
    // What is in the entry of the trap itself may have saved nothing yet, so that only the pc is sure.
    const isEntry = isInnermost && isTrapEntry(target, hart);
    const interrupted = !isInnermost || isEntry ? bySavedRegisters(target, hart, state, isEntry) : undefined;
    if (interrupted !== undefined) return interrupted;
    if (isEntry) return interruptedByPc(target, hart, state);
  }
  return guessed(target, hart, frame, (code) => guessCaller(state, code, isInnermost));
};

const guessed = (
  target: Target,
  hart: Hart,
  frame: Unplaced,
  guessWith: (code: CodeMap) => GuessedCaller | undefined,
): Unplaced | undefined => {
  const { state } = frame;
  const programAt = (address: bigint): Program => programOf(target, hart, frame, address, false);
  const guess = guessWith({ functionAt: (address) => programAt(address).startOf(address) });
  if (guess === undefined) return undefined;
  const { returnAddress, registers, by } = guess;
  const caller = programAt(returnAddress);
  const pc = caller.links.linked(returnAddress);
  return { state: stateAt(state, pc, registers), program: caller, isCaller: true, origin: by };
};

const bySavedRegisters = (target: Target, hart: Hart, state: MachineState, isEntry: boolean): Unplaced | undefined => {
  const { info } = target.program;
  const saved = info && target.program.try(() => savedRegisters(info, state));
  if (saved === undefined || (isEntry && saved.pc !== hart.get('sepc'))) return undefined;
  const program = target.programs.inKernel(saved.pc);
  if (program.startOf(saved.pc) === undefined) return undefined;
  return { state: { ...saved, pc: program.links.linked(saved.pc) }, program, isCaller: false, origin: 'trap frame' };
};

const isTrapEntry = ({ program }: Target, hart: Hart): boolean => {
  const entry = program.startOf(hart.get('stvec') & ~3n); // bits 1:0 are the mode (Privileged 4.1.2)
  return hart.privilege === privilege.supervisor && entry !== undefined && program.startOf(hart.get('pc')) === entry;
};

/** Before its first instruction the entry has changed nothing; after that, all that is sure is where the trap was. */
const interruptedByPc = (target: Target, hart: Hart, state: MachineState): Unplaced | undefined => {
  const sepc = hart.get('sepc');
  const program = target.programs.inKernel(sepc);
  if (program.startOf(sepc) === undefined) return undefined;
  const isFirst = hart.get('pc') === (hart.get('stvec') & ~3n);
  const registers = isFirst ? state : stateAt(state, 0n, new Map([[0, 0n]]));
  return { state: { ...registers, pc: program.links.linked(sepc) }, program, isCaller: false, origin: 'sepc' };
};

/** A frame of whose registers only these are known. */
const stateAt = (inner: MachineState, pc: bigint, registers: ReadonlyMap<number, bigint>): MachineState => ({
  pc,
  readRegister: (number) => registers.get(number),
  readMemory: (address, sizeBytes) => inner.readMemory(address, sizeBytes),
});

/** A source line in words, `trap.c:61`. */
export const lineWords = ({ file, line }: SourceLine): string => `${file.name}:${line}`;
