/** Places at which a motion is to end that are nobody's breakpoints: where a call returns to, and where a jump out of several calls lands. */

import type { Hart } from '../../vmm/machine/hart.ts';
import { callsOf } from './calls.ts';
import { stackOf } from './frames.ts';
import { type Call, isSameCall, type Places, spaceOf } from './line-places.ts';
import type { Target } from './target.ts';

/** There may become fewer of them while the motion goes on. */
export interface Watch {
  readonly addresses: readonly bigint[];
  /** Whether it is asked after every return from a trap, wherever that leads to. */
  readonly atReturns?: boolean;
  readonly here: (hart: Hart) => boolean;
}

const registerSp = 2;
const registerT0 = 5;
/** Frames that a jump out of several calls is looked for in. */
const landingFramesMax = 8;
/** A recursion comes by the places where such a jump might land all the time: then it is no longer looked for. */
const landingMissesMax = 20_000;

/** A hart's coming to one of some addresses in its mode and address space, with a stack pointer that `fits`. */
export const atStack = (hart: Hart, addresses: readonly bigint[], fits: (sp: bigint) => boolean): Watch => {
  const [id, mode, space] = [hart.id, hart.privilege, spaceOf(hart)];
  return {
    addresses: addresses.map((address) => BigInt.asUintN(64, address)),
    here: (other) =>
      other.id === id && other.privilege === mode && spaceOf(other) === space && fits(other.x(registerSp)),
  };
};

/** The same with the stack pointer that it has now. */
export const atSameStack = (hart: Hart, addresses: readonly bigint[]): Watch => {
  const sp = hart.x(registerSp);
  return atStack(hart, addresses, (found) => found === sp);
};

/** A hart's return from a trap that it is about to enter: to its mode, its address space and the height of its stack. */
export const trapOver = (hart: Hart): Watch => ({ ...atSameStack(hart, []), atReturns: true });

/**
 * A hart's return from a call that it is about to make. What is called by t0 saves and restores registers for its caller
 * (psABI, "Save/restore library routines"), so the stack is then at another height.
 */
export const callOver = (hart: Hart, behind: bigint, link: number): Watch =>
  link === registerT0 ? atStack(hart, [behind], () => true) : atSameStack(hart, [behind]);

/** Behind the calls of the functions on the stack from a depth on: where a jump out of several calls at once lands. */
export const landings = (target: Target, places: Places, hart: Hart, depth: 0 | 1): Watch | undefined => {
  const program = target.programs.at(hart);
  const [id, mode] = [hart.id, hart.privilege];
  const calls: Call[] = [];
  const addresses = new Set<bigint>();
  const moved = hart.get('pc') - program.links.linked(hart.get('pc'));
  for (const { stack, program: own } of stackOf(target, hart)) {
    const unwound = stack && program.try(() => stack.unwound);
    if (own !== program || stack?.function === undefined || typeof unwound !== 'object') break;
    calls.push({ function: stack.function, cfa: unwound.cfa, space: spaceOf(hart) });
    if (calls.length <= depth) continue;
    for (const { behind } of callsOf(target, hart, program, stack.function)) addresses.add(behind + moved);
    if (calls.length >= landingFramesMax) break;
  }
  if (addresses.size === 0) return undefined;
  let misses = 0;
  const watch = {
    addresses: [...addresses] as readonly bigint[],
    here: (other: Hart): boolean => {
      if (other.id !== id || other.privilege !== mode) return false;
      const place = places.at(other);
      const isLanding = place !== undefined && calls.slice(depth).some((call) => isSameCall(call, place));
      if (!isLanding && ++misses > landingMissesMax) watch.addresses = [];
      return isLanding;
    },
  };
  return watch;
};

export const joined = (one: Watch, other: Watch | undefined): Watch => {
  if (other === undefined) return one;
  return {
    get addresses() {
      return [...one.addresses, ...other.addresses];
    },
    here: (hart) => {
      const pc = hart.get('pc');
      return (one.addresses.includes(pc) && one.here(hart)) || (other.addresses.includes(pc) && other.here(hart));
    },
  };
};
