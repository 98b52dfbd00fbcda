/**
 * The stack of a hart as a person looks at it: one frame for each function of the source, inlined ones included. Call frame
 * information carries it as far as there is any; from there on, a frame is guessed by the frame pointer, or of the innermost
 * one by ra, and says so. A stack crosses a trap where its entry has call frame information (`.cfi_signal_frame`); from the kernel
 * to the user program that it works for also by the registers that it saved (trap-frames.ts).
 */

import type { Hart } from '../../vmm/machine/hart.ts';
import type { DebugInfo, PlacedFrame, SourceLine } from '../program/debug-info.ts';
import { littleEndian } from '../program/dwarf/expression.ts';
import type { MachineState } from '../program/dwarf/unwind.ts';
import { StackFrame } from '../program/stack.ts';
import type { Program } from './program.ts';
import type { Target } from './target.ts';
import { userState } from './trap-frames.ts';

/** How it is known that a frame is there. */
export type FrameOrigin = 'pc' | 'call frame information' | 'frame pointer' | 'ra' | 'trap frame' | 'sepc';

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
}

const framesMax = 1024;
const registerRa = 1;
const registerSp = 2;
const registerFp = 8;
/** A frame that is larger is no frame. */
const frameBytesMax = 2n ** 20n;

/** The registers and memory of a hart, for readers of debug information of the program that it executes. */
export const machineState = (target: Target, hart: Hart): MachineState => ({
  pc: target.programs.at(hart).links.linked(hart.get('pc')),
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
  let level = 0;
  const state = machineState(target, hart);
  const program = target.programs.at(hart);
  const moved = hart.get('pc') - state.pc;
  let next: Unplaced | undefined = { state, program, isCaller: false, origin: 'pc' };
  while (next !== undefined && level < framesMax) {
    const frame: Unplaced = next;
    const { origin, program: own } = frame;
    const stack: StackFrame | undefined = own.info && own.try(() => frame.stack ?? stackFrame(own.info!, frame));
    const all: readonly PlacedFrame[] = (stack && own.try(() => stack.placed)) ?? [];
    const placed = level === 0 ? all.slice(hiddenIn(target, hart, all)) : all;
    const pc = BigInt.asUintN(64, frame.state.pc + (own === program ? moved : 0n));
    const common = { hart, program: own, stack, pc, origin, state: frame.state };
    if (placed.length === 0) yield { ...common, placed: undefined, level: level++ };
    for (const one of placed) yield { ...common, placed: one, level: level++ };
    next = callerOf(target, hart, frame, stack) ?? userOf(target, hart, frame);
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
}

const stackFrame = (info: DebugInfo, { state, isCaller }: Unplaced): StackFrame =>
  new StackFrame(info, state, isCaller);

/** The user program that a kernel's outermost frame works for. */
const userOf = (target: Target, hart: Hart, { state, program }: Unplaced): Unplaced | undefined =>
  target.programs.isUser(program) ? undefined : asFrame(userState(target, hart, state));

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
      const same = unwound.cfa === sp && unwound.returnAddress === frame.state.pc;
      if (caller === undefined || isBelow || same || unwound.returnAddress === 0n) return undefined;
      const program = programOf(target, hart, frame, unwound.returnAddress, unwound.signal);
      // The outermost function returns to nowhere in particular.
      if (program.symbolic(unwound.returnAddress) === undefined) return undefined;
      const { state, isCaller } = caller;
      const common = { program, isCaller, origin: 'call frame information' } as const;
      if (program === frame.program) return { ...common, state, stack: caller };
      return { ...common, state: { ...state, pc: program.links.linked(unwound.returnAddress) } };
    }
    if (unwound === 'this is the outermost frame') return undefined;
  }
  return guessed(target, hart, frame);
};

/** Whose code a frame returns to: a process's calls stay in it; the kernel's may lead to a module, its traps anywhere. */
const programOf = (target: Target, hart: Hart, { program }: Unplaced, address: bigint, isTrap: boolean): Program => {
  if (target.programs.isUser(program)) return target.programs.userAt(hart, address) ?? program;
  return isTrap ? target.programs.of(hart, address) : target.programs.inKernel(address);
};

/** Without call frame information: by the frame pointer where it points to a frame, or by what ra holds. */
const guessed = (target: Target, hart: Hart, frame: Unplaced): Unplaced | undefined => {
  const { state, origin } = frame;
  const [sp, fp] = [state.readRegister(registerSp), state.readRegister(registerFp)];
  const programAt = (address: bigint) => programOf(target, hart, frame, address, false);
  const isCode = (address: bigint) => address % 2n === 0n && programAt(address).symbolic(address) !== undefined;
  if (sp !== undefined && fp !== undefined && fp % 16n === 0n && fp > sp && fp - sp < frameBytesMax) {
    const saved = state.readMemory(fp - 16n, 16);
    const [outer, ra] = [saved && littleEndian(saved.subarray(0, 8)), saved && littleEndian(saved.subarray(8))];
    if (outer !== undefined && ra !== undefined && isCode(ra)) {
      const program = programAt(ra);
      return { state: stateAt(program, state, ra, fp, outer), program, isCaller: true, origin: 'frame pointer' };
    }
  }
  if (origin !== 'pc' || sp === undefined) return undefined;
  const ra = state.readRegister(registerRa);
  if (ra === undefined || !isCode(ra)) return undefined;
  const program = programAt(ra);
  return { state: stateAt(program, state, ra, sp, fp), program, isCaller: true, origin: 'ra' };
};

/** A caller of whose registers only these are known. */
const stateAt = (
  program: Program,
  inner: MachineState,
  ra: bigint,
  sp: bigint,
  fp: bigint | undefined,
): MachineState => {
  const known = new Map<number, bigint | undefined>([
    [0, 0n],
    [registerSp, sp],
    [registerFp, fp],
  ]);
  return {
    pc: program.links.linked(ra),
    readRegister: (number) => known.get(number),
    readMemory: (address, sizeBytes) => inner.readMemory(address, sizeBytes),
  };
};

/** A source line in words, `trap.c:61`. */
export const lineWords = ({ file, line }: SourceLine): string => `${file.name}:${line}`;
