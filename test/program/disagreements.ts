/**
 * Where gdb's stack and ours differ, by classes: those in which it is known who is right, and the rest, of which there may be
 * none. docs/source-level.md says how each was decided. Not a test.
 */

import type { GdbFrame } from './gdb-process.ts';
import { plain } from './plain-name.ts';
import type { OwnFrame, OwnVariable } from './stack-view.ts';

/** Each name says what gdb does or has; of the last one only, it is we who are not complete. */
export const knownClasses = [
  // Of rows that begin at one address or have no statement, gdb takes another than LLVM and binutils do: llvm-symbolizer is asked.
  'another line',
  // A function that may be patched begins before its first instruction for gdb, and then no call is known to be one of it.
  'no value at entry',
  // The registers of the innermost frame are taken for those of the caller: `name@entry` in gdb's own list is right.
  'a value at entry of the wrong frame',
  // Variables that are constants, or nothing, are in no block of gdb's.
  'no constant',
  // Registers that a call may change are taken for unchanged in the caller (RISC-V psABI, "Integer Register Convention").
  'registers that a call may change',
  // Registers that assembly without call frame information may have changed are taken for unchanged.
  'registers through assembly',
  // It ends where assembly has no call frame information: at the entry of a trap, or on another stack.
  'no way through assembly',
  // In the entry of a trap, what ra holds is taken for the caller.
  'a caller in place of what was interrupted',
  // The padding before a function that may be patched is no part of it: neither lines nor variables are known there.
  'no variables before the first instruction',
  // Of a caller that goes on after its call, a place is taken that holds only once the call is over.
  'a place after the call',
  // Of two symbols at one place it takes the other one.
  'another symbol',
  // A parameter that the compiler removed, which the caller still knows (DW_OP_GNU_parameter_ref): we do not ask for it.
  'a parameter that was removed',
  // Before a function has set up its frame, gdb takes what lies there for a caller, at an address where no code is.
  'a caller where nothing is',
  // The same for a place that is behind such a pointer: gdb says that it cannot be read, we that there is no value.
  'a place behind no pointer',
] as const;

export type Class = (typeof knownClasses)[number] | 'unexplained';

export interface Disagreement {
  readonly kind: Class;
  readonly level: number;
  readonly text: string;
  /** Of a line: the address to be asked, and ours. */
  readonly line?: { readonly address: bigint; readonly line: number };
}

export interface Comparison {
  readonly frames: number;
  readonly variables: number;
  readonly disagreements: readonly Disagreement[];
}

export const compareStacks = (theirs: readonly GdbFrame[], ours: readonly OwnFrame[]): Comparison => {
  const disagreements: Disagreement[] = [];
  let frames = 0;
  let variables = 0;
  for (const [level, own] of ours.entries()) {
    const their = theirs[level];
    const differ = (kind: Class, text: string, line?: Disagreement['line']) =>
      disagreements.push({ kind, level, text: `frame ${level} ${own.name}: ${text}`, ...(line && { line }) });
    // From a guess on the two may have gone different ways.
    const isGuessed = ours
      .slice(0, level + 1)
      .some(({ origin }) => origin !== 'pc' && origin !== 'call frame information');
    if (their === undefined || their.error !== undefined) {
      if (!isGuessed) differ('unexplained', `gdb ends: ${their?.error ?? 'no frame'}`);
      else differ('no way through assembly', 'gdb ends');
      return { frames, variables, disagreements };
    }
    if (their.pc !== own.pc || their.inlined !== own.inlined) {
      const isTrap = own.origin === 'sepc' || own.origin === 'trap frame';
      const kind = isTrap ? 'a caller in place of what was interrupted' : 'unexplained';
      differ(kind, `gdb has ${their.name} at ${their.pc}, ours is at ${own.pc} by ${own.origin}`);
      return { frames, variables, disagreements };
    }
    frames++;
    if (plain(their.name ?? '') !== plain(own.name ?? ''))
      differ(own.file === null ? 'another symbol' : 'unexplained', `gdb has ${their.name}`);
    if (their.sp !== own.sp) differ('unexplained', `sp is ${their.sp} for gdb, ${own.sp} for us`);
    if (their.line !== own.line) {
      const isCaller = level > 0 && !own.interrupted && ours.slice(0, level).some(({ inlined }) => !inlined);
      const address = BigInt(own.pc) - (isCaller ? 1n : 0n);
      const isBefore = own.entryPc !== undefined && BigInt(own.pc) < own.entryPc;
      if (isBefore) differ('no variables before the first instruction', 'another line');
      else differ('another line', `line ${their.line} for gdb, ${own.line} for us`, { address, line: own.line });
    }
    variables += their.variables.length;
    for (const difference of differentVariables(their, own)) {
      const { name, their: theirValue, own: ownVariable } = difference;
      const kind = classOf(theirValue, ownVariable, own, isGuessed);
      differ(kind, `${name} is ${theirValue ?? 'not there'} for gdb, ${ownVariable?.[1] ?? 'not there'} for us`);
    }
  }
  if (theirs.length > ours.length && theirs[ours.length]!.error === undefined) {
    const next = theirs[ours.length]!;
    disagreements.push({
      kind: callerClass(next, ours.at(-1)),
      level: ours.length,
      text: `gdb goes on with ${next.name} at ${next.pc}`,
    });
  }
  return { frames, variables, disagreements };
};

/** Below this no code of these programs is. */
const lowestCode = 0x1000n;

const callerClass = (next: GdbFrame, last: OwnFrame | undefined): Class => {
  if (last?.file === null) return 'a caller in place of what was interrupted';
  return next.name === null && BigInt(next.pc) < lowestCode ? 'a caller where nothing is' : 'unexplained';
};

interface Difference {
  readonly name: string;
  readonly their: string | undefined;
  readonly own: OwnVariable | undefined;
}

/** Of several variables with one name, those that have no equal on the other side. */
const differentVariables = (their: GdbFrame, own: OwnFrame): Difference[] => {
  // Those of which nothing special is known first, so that they are the ones that are found equal.
  const left = [...own.variables].sort(([, , one], [, , other]) => Number(other === 'place') - Number(one === 'place'));
  const lost: (readonly [string, string])[] = [];
  for (const variable of their.variables) {
    const at = left.findIndex(([name, value]) => name === variable[0] && value === variable[1]);
    if (at < 0) lost.push(variable);
    else left.splice(at, 1);
  }
  const differences: Difference[] = [];
  for (const [name, value] of lost) {
    const at = left.findIndex(([other]) => other === name);
    const [found] = at < 0 ? [undefined] : left.splice(at, 1);
    differences.push({ name, their: value, own: found });
  }
  return [...differences, ...left.map((found) => ({ name: found[0], their: undefined, own: found }))];
};

const lost = 'optimised out';

const classOf = (
  their: string | undefined,
  own: OwnVariable | undefined,
  frame: OwnFrame,
  isGuessed: boolean,
): Class => {
  if (own === undefined) return 'unexplained';
  const [, value, by] = own;
  if (their === undefined && frame.entryPc !== undefined && BigInt(frame.pc) < frame.entryPc)
    return 'no variables before the first instruction';
  if (their === undefined) return by === 'constant' || value === lost ? 'no constant' : 'unexplained';
  if (by === 'unpassed' && value === lost) return 'a parameter that was removed';
  if (by === 'later' && value === lost) return 'a place after the call';
  if (by === 'temporary' && value === lost) return 'registers that a call may change';
  if (by === 'entry' && their === lost) return 'no value at entry';
  if (value === lost && /^error: Cannot access memory at address 0x[0-9a-f]{1,3}$/.test(their))
    return 'a place behind no pointer';
  if (by === 'entry' && frame.inlined) return 'a value at entry of the wrong frame';
  return value === lost && isGuessed ? 'registers through assembly' : 'unexplained';
};
