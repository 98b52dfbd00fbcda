/**
 * What a register held when a function was entered, asked of its caller: at the call, the compiler says how the arguments
 * can be computed from what the caller keeps (DW_TAG_call_site_parameter). This is how an argument that the callee has
 * overwritten is still found. DWARF 5 chapter 3.4.
 */

import { attribute, tag } from './constants.ts';
import type { Entry } from './entry.ts';
import { evaluateNumber, type FrameContext, registerOf } from './expression.ts';
import type { ProgramFunction } from './functions.ts';
import { ListAllowance, rangesOf } from './lists.ts';

const nestingMax = 256;

/**
 * @param callee the function that was entered: after a tail call, it is not the one that the caller called
 * @param caller the function that made the call, and the address after it
 * @param expression the operand of DW_OP_entry_value
 * @param frame the caller's frame
 */
export const entryValue = (
  callee: ProgramFunction,
  caller: ProgramFunction,
  returnAddress: bigint,
  expression: Uint8Array,
  frame: FrameContext,
): bigint | undefined => {
  const site = callSiteAt(caller.entry, returnAddress);
  if (site === undefined) return undefined;
  if (!calls(site, callee, frame)) return undefined;
  for (const parameter of site.children()) {
    if (parameter.tag !== tag.callSiteParameter && parameter.tag !== tag.gnuCallSiteParameter) continue;
    const location = parameter.block(attribute.location);
    if (location === undefined || !isSamePlace(location, expression)) continue;
    const value = parameter.block(attribute.callValue) ?? parameter.block(attribute.gnuCallSiteValue);
    return value === undefined ? undefined : evaluateNumber(value, parameter.unit, frame);
  }
  return undefined;
};

/** Padding before a function that may be patched in (-fpatchable-function-entry), which a call by address goes through. */
const paddingBytesMax = 64n;

/**
 * Whether a call is one of this function, so that its arguments are those of the function: after a tail call they are those of
 * another one. GCC calls `__builtin_memcmp` what is linked to `memcmp`. A call by address is not known to be one, unless the caller still has the address.
 */
const calls = (site: Entry, callee: ProgramFunction, frame: FrameContext): boolean => {
  const called = site.reference(attribute.callOrigin) ?? site.reference(attribute.abstractOrigin);
  if (called !== undefined) return called.fullName === callee.name || called.linkageName === callee.name;
  const expression = site.block(attribute.callTarget) ?? site.block(attribute.gnuCallSiteTarget);
  const target = expression && evaluateNumber(expression, site.unit, frame);
  return target !== undefined && target <= callee.entryPc && callee.entryPc - target < paddingBytesMax;
};

/** A register is the same however it is written: as a location, or as a value of a type. */
const isSamePlace = (parameter: Uint8Array, asked: Uint8Array): boolean => {
  if (Buffer.from(parameter).equals(asked)) return true;
  const register = registerOf(asked)?.register;
  return register !== undefined && registerOf(parameter)?.register === register;
};

/** The call that returns to an address, in a function or what is inlined in it. */
const callSiteAt = (own: Entry, returnAddress: bigint): Entry | undefined => {
  let around: Entry | undefined = own;
  const allowance = new ListAllowance();
  for (let depth = 0; around !== undefined && depth < nestingMax; depth++) {
    let inner: Entry | undefined;
    for (const child of around.children()) {
      if (returnsTo(child, returnAddress)) return child;
      if (inner === undefined && holds(child, returnAddress - 1n, allowance)) inner = child;
    }
    around = inner;
  }
  return undefined;
};

const returnsTo = (entry: Entry, address: bigint): boolean =>
  (entry.tag === tag.callSite && entry.address(attribute.callReturnPc) === address) ||
  (entry.tag === tag.gnuCallSite && entry.address(attribute.lowPc) === address);

const holds = (entry: Entry, pc: bigint, allowance: ListAllowance): boolean =>
  (entry.tag === tag.inlinedSubroutine || entry.tag === tag.lexicalBlock) &&
  rangesOf(entry, allowance).some(({ low, high }) => pc >= low && pc < high);
