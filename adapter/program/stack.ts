/**
 * The stack of calls of one program at a moment, as far as call frame information carries: each frame with its function, what
 * is inlined there, and the context that its variables' locations are evaluated in, values at entry included. Stacks that
 * cross traps or programs, and frames without such information, are joined by whoever knows the machine.
 */

import type { DebugInfo, PlacedFrame } from './debug-info.ts';
import { entryValue } from './dwarf/entry-value.ts';
import { evaluateLocation, type FrameContext, type Location } from './dwarf/expression.ts';
import { type Block, blocksAt, expressionAt, type ProgramFunction, type Variable } from './dwarf/functions.ts';
import type { MachineState, UnwoundFrame } from './dwarf/unwind.ts';

const framesMax = 4096;
/** Values at entry are asked of so many callers in turn. */
const entryDepthMax = 64;

/** How many callers are being asked just now. */
let entryDepth = 0;

export class StackFrame {
  readonly #info: DebugInfo;
  readonly state: MachineState;
  /** Whether the pc is a return address: what the frame does is then the call before it. */
  readonly isCaller: boolean;
  readonly function: ProgramFunction | undefined;
  /** The address that lines and scopes are looked up by. */
  readonly lookupPc: bigint;
  #unwound: UnwoundFrame | string | undefined;
  #caller: StackFrame | undefined;
  #context: FrameContext | undefined;
  /** Values at entry by the expression asked for; nothing while one is being computed. */
  readonly #entryValues = new Map<string, bigint | undefined>();

  constructor(info: DebugInfo, state: MachineState, isCaller = false) {
    this.#info = info;
    this.state = state;
    this.isCaller = isCaller;
    this.lookupPc = info.describedAddress(isCaller ? state.pc - 1n : state.pc);
    this.function = info.functionAt(this.lookupPc);
  }

  /** The functions of the source at this frame, innermost first. */
  get placed(): readonly PlacedFrame[] {
    return this.#info.framesAt(this.lookupPc);
  }

  /** The canonical frame address and where the caller's registers are; a sentence when it is not known. */
  get unwound(): UnwoundFrame | string {
    if (this.#unwound === undefined) {
      const result = this.#info.unwind(this.state, this.isCaller);
      this.#unwound = result.kind === 'frame' ? result.frame : result.why;
    }
    return this.#unwound;
  }

  /** The frame that called this one. */
  get caller(): StackFrame | undefined {
    const { unwound } = this;
    if (typeof unwound === 'string') return undefined;
    const { caller } = unwound;
    this.#caller ??= new StackFrame(
      this.#info,
      { ...caller, pc: this.#info.linkedAddress(caller.pc) },
      !unwound.signal,
    );
    return this.#caller;
  }

  get context(): FrameContext | undefined {
    if (this.#context === undefined && this.function !== undefined) {
      const own = this.function;
      this.#context = this.#info.frameContext(own, this.state, this.lookupPc, {
        entryValue: (expression) => this.#entryValue(own, expression),
      });
    }
    return this.#context;
  }

  #entryValue(own: ProgramFunction, expression: Uint8Array): bigint | undefined {
    const { caller } = this;
    if (caller?.function === undefined || caller.context === undefined) return undefined;
    const key = Buffer.from(expression).toString('hex');
    if (!this.#entryValues.has(key) && entryDepth < entryDepthMax) {
      entryDepth++;
      try {
        const value = entryValue(own, caller.function, caller.state.pc, expression, caller.context);
        this.#entryValues.set(key, value);
      } finally {
        entryDepth--;
      }
    }
    return this.#entryValues.get(key);
  }

  /** The variables of one of the frame's functions, block by block, innermost first. */
  blocks(placed: PlacedFrame): readonly Block[] {
    return blocksAt(placed.frame, this.lookupPc);
  }

  /** Where a variable is now. */
  locate(variable: Variable): Location {
    const expression = expressionAt(variable, this.lookupPc);
    const { context } = this;
    if (context === undefined) return { kind: 'unavailable', why: 'the function is not known' };
    if (expression === undefined) {
      return { kind: 'pieces', pieces: [{ place: { kind: 'optimised-out' }, sizeBits: undefined, offsetBits: 0 }] };
    }
    return evaluateLocation(expression, variable.entry.unit, context);
  }
}

/** The frames from the innermost outwards, until one cannot be unwound, or the stack goes round in a circle. */
export function* walkStack(info: DebugInfo, state: MachineState): Generator<StackFrame> {
  let frame: StackFrame | undefined = new StackFrame(info, state);
  let lastCfa: bigint | undefined;
  for (let depth = 0; frame !== undefined && depth < framesMax; depth++) {
    yield frame;
    const { unwound } = frame;
    if (typeof unwound === 'string') return;
    // The stack grows downwards: a caller's frame is never below its callee's.
    if (lastCfa !== undefined && unwound.cfa < lastCfa) return;
    if (unwound.cfa === lastCfa && unwound.returnAddress === frame.state.pc) return;
    lastCfa = unwound.cfa;
    frame = frame.caller;
  }
}
