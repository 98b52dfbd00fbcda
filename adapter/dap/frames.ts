/**
 * The stack of a hart as a person looks at it: one frame for each function of the source, inlined ones included. Call frame
 * information carries it as far as there is any; from there on, a frame is guessed by the frame pointer, or of the innermost
 * one by ra, and says so. A stack crosses a trap where its entry has call frame information (`.cfi_signal_frame`).
 */

import type { Hart } from '../../vmm/machine/hart.ts';
import type { DebugInfo, PlacedFrame, SourceLine } from '../program/debug-info.ts';
import { littleEndian } from '../program/dwarf/expression.ts';
import type { MachineState } from '../program/dwarf/unwind.ts';
import { StackFrame } from '../program/stack.ts';
import type { Target } from './target.ts';

/** How it is known that a frame is there. */
export type FrameOrigin = 'pc' | 'call frame information' | 'frame pointer' | 'ra';

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
}

const framesMax = 1024;
const registerRa = 1;
const registerSp = 2;
const registerFp = 8;
/** A frame that is larger is no frame. */
const frameBytesMax = 2n ** 20n;

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
    const common = { hart, stack, pc, origin, state: frame.state };
    if (placed.length === 0) yield { ...common, placed: undefined, level: level++ };
    for (const one of placed) yield { ...common, placed: one, level: level++ };
    next = callerOf(target, frame, stack);
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

const callerOf = (target: Target, frame: Unplaced, stack: StackFrame | undefined): Unplaced | undefined => {
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
  return guessed(target, frame);
};

/** Without call frame information: by the frame pointer where it points to a frame, or by what ra holds. */
const guessed = (target: Target, { state, origin }: Unplaced): Unplaced | undefined => {
  const [sp, fp] = [state.readRegister(registerSp), state.readRegister(registerFp)];
  const isCode = (address: bigint) => address % 2n === 0n && target.program.symbolic(address) !== undefined;
  if (sp !== undefined && fp !== undefined && fp % 16n === 0n && fp > sp && fp - sp < frameBytesMax) {
    const saved = state.readMemory(fp - 16n, 16);
    const [outer, ra] = [saved && littleEndian(saved.subarray(0, 8)), saved && littleEndian(saved.subarray(8))];
    if (outer !== undefined && ra !== undefined && isCode(ra)) {
      return { state: stateAt(target, state, ra, fp, outer), isCaller: true, origin: 'frame pointer' };
    }
  }
  if (origin !== 'pc' || sp === undefined) return undefined;
  const ra = state.readRegister(registerRa);
  if (ra === undefined || !isCode(ra)) return undefined;
  return { state: stateAt(target, state, ra, sp, fp), isCaller: true, origin: 'ra' };
};

/** A caller of whose registers only these are known. */
const stateAt = (target: Target, inner: MachineState, ra: bigint, sp: bigint, fp: bigint | undefined): MachineState => {
  const known = new Map<number, bigint | undefined>([
    [0, 0n],
    [registerSp, sp],
    [registerFp, fp],
  ]);
  return {
    pc: target.program.links.linked(ra),
    readRegister: (number) => known.get(number),
    readMemory: (address, sizeBytes) => inner.readMemory(address, sizeBytes),
  };
};

/** The canonical frame address of the innermost frame, which tells one call of a function from another. */
export const cfaNow = (target: Target, hart: Hart): bigint | undefined => {
  const { info } = target.program;
  if (info === undefined) return undefined;
  const unwinding = target.program.try(() => info.unwind(machineState(target, hart)));
  return unwinding?.kind === 'frame' ? unwinding.frame.cfa : undefined;
};

/** A source line in words, `trap.c:61`. */
export const lineWords = ({ file, line }: SourceLine): string => `${file.name}:${line}`;
