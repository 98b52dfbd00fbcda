/** The stack of a hart and its variables as the adapter shows them, said as `gdb-moments.py` says gdb's. Not a test. */

import { type FrameOrigin, stackOf, type ViewFrame } from '../../adapter/dap/frames.ts';
import { frameBlocks, frameValue } from '../../adapter/dap/scope.ts';
import type { Target } from '../../adapter/dap/target.ts';
import type { DebugInfo } from '../../adapter/program/debug-info.ts';
import { expressionAt, type Variable } from '../../adapter/program/dwarf/functions.ts';
import { lineTableOf } from '../../adapter/program/dwarf/line-table.ts';
import type { StackFrame } from '../../adapter/program/stack.ts';
import { sizeOf, stripped } from '../../adapter/program/types/type.ts';
import { numberOf, type Value } from '../../adapter/values/value.ts';
import type { Hart } from '../../vmm/machine/hart.ts';
import type { GdbFrame } from './gdb-process.ts';

/**
 * How the value is found: it does not change; it is one of the function's entry; it is in a register that a call may have changed
 * since; it has a place only once the call is over; it is one of a parameter that was optimised away.
 */
export type OwnVariable = readonly [
  name: string,
  value: string,
  by: 'constant' | 'entry' | 'temporary' | 'later' | 'unpassed' | 'place',
];

export interface OwnFrame extends Omit<GdbFrame, 'variables' | 'error'> {
  readonly variables: readonly OwnVariable[];
  /** The function's own registers at its entry, a0 to a7, as far as its caller tells. */
  readonly entry: readonly (bigint | undefined)[];
  /** Where a call of it begins, and the canonical frame address. */
  readonly entryPc: bigint | undefined;
  readonly cfa: bigint | undefined;
  /** x1 to x31. */
  readonly registers: readonly (bigint | undefined)[];
  readonly interrupted: boolean;
  readonly origin: FrameOrigin;
}

/** Of several rows at one address gdb takes the last that is a statement; binutils and LLVM take the last. */
export const lineForGdb = (info: DebugInfo, pc: bigint): number => {
  const unit = info.unitAt(pc);
  const rows = (unit === undefined ? undefined : lineTableOf(unit)?.allAt(pc)) ?? [];
  return (rows.findLast(({ isStatement }) => isStatement) ?? rows.at(-1))?.line ?? 0;
};

/** @param variableFrames of so many of the innermost frames the variables are read */
export const ownStack = (target: Target, hart: Hart, variableFrames: number): OwnFrame[] => {
  const { info } = target.program;
  const frames: OwnFrame[] = [];
  for (const frame of stackOf(target, hart)) {
    const { placed, stack, pc, state, origin, interrupted, level } = frame;
    const unwound = stack?.unwound;
    const lookup = stack?.lookupPc ?? (level === 0 ? pc : pc - 1n);
    const innermost = placed !== undefined && stack?.placed[0] === placed;
    const line = placed === undefined || innermost ? info && lineForGdb(info, lookup) : placed.source?.line;
    const variables = level >= variableFrames ? [] : variablesOf(target, frame);
    frames.push({
      name: placed?.frame.name ?? target.program.symbolic(lookup)?.replace(/\+0x[0-9a-f]+$/, '') ?? null,
      inlined: placed?.frame.inlined ?? false,
      pc: String(pc),
      line: line ?? 0,
      file: placed?.source?.file.path ?? null,
      sp: state.readRegister(2)?.toString() ?? null,
      variables,
      entry: entryOf(stack),
      entryPc: stack?.function?.entryPc,
      cfa: typeof unwound === 'object' ? unwound.cfa : undefined,
      registers: Array.from({ length: 31 }, (_, index) => state.readRegister(index + 1)),
      interrupted,
      origin,
    });
  }
  return frames;
};

const variablesOf = (target: Target, frame: ViewFrame) =>
  frameBlocks(target, frame)
    .flatMap(({ variables }) => variables)
    .map(
      (variable) => [variable.name, textOf(frame, frameValue(target, frame, variable)), byOf(frame, variable)] as const,
    )
    .sort(([one, first], [other, second]) => (one < other ? -1 : one > other ? 1 : first < second ? -1 : 1));

const entryValueOperations = [0xa3, 0xf3]; // DW_OP_entry_value and what GNU had before it

const parameterReference = 0xfa; // DW_OP_GNU_parameter_ref

const byOf = ({ stack }: ViewFrame, variable: Variable): OwnVariable[2] => {
  if (variable.locations === undefined && variable.constant !== undefined) return 'constant';
  const expression = stack && expressionAt(variable, stack.lookupPc);
  if (expression === undefined) return stack && expressionAt(variable, stack.state.pc) ? 'later' : 'place';
  if (expression[0] === parameterReference) return 'unpassed';
  if (expression.some((byte) => entryValueOperations.includes(byte))) return 'entry';
  const register = (expression[0] ?? 0) - 0x50; // DW_OP_reg0, and DW_OP_breg0 32 on
  const isTemporary = register >= 0 && register < 64 && temporaries.has(register % 32);
  return stack?.isCaller === true && isTemporary ? 'temporary' : 'place';
};

/** ra, t0 to t6, a0 to a7. */
const temporaries = new Set([1, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17, 28, 29, 30, 31]);

const firstArgument = 10; // a0 is x10
const arguments_ = Array.from({ length: 8 }, (_, index) => Uint8Array.of(0x50 + firstArgument + index)); // DW_OP_reg

const entryOf = (stack: StackFrame | undefined): (bigint | undefined)[] =>
  arguments_.map((expression) => stack?.context?.entryValue?.(expression));

const implicit = 'a pointer to what was optimised out';

/** Numbers without a sign; of what is no number, where it is. */
const textOf = ({ state }: ViewFrame, value: Value): string => {
  const type = stripped(value.type);
  const isScalar =
    type?.kind === 'pointer' || type?.kind === 'enumeration' || (type?.kind === 'base' && type.encoding !== 'float');
  const isNumber = isScalar && (sizeOf(type) ?? 8) <= 8;
  if (value.missing?.startsWith('no memory at ')) return `error: Cannot access memory at ${value.missing.slice(13)}`;
  if (value.missing === implicit) return isNumber ? 'implicit pointer' : 'other';
  // Of what nobody keeps in part gdb says that nobody keeps it.
  if (value.missing !== undefined || value.lost?.some(({ why }) => why !== implicit)) return 'optimised out';
  if (!isNumber) return value.address === undefined ? 'other' : `at ${value.address}`;
  const found = numberOf(value, (address, sizeBytes) => state.readMemory(address, sizeBytes));
  if (typeof found === 'bigint') return `${BigInt.asUintN(8 * (sizeOf(type) ?? 8), found)}`;
  return `error: Cannot access memory at address ${found.replace(/^no memory at /, '')}`;
};
