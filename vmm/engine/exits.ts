/**
 * What the functions of the engine tell each other: why one came back, and where the interpreter begins. All numbers
 * are distinct, because a reason may be handed on from callee to caller.
 */

/** Why `run`, `enter` and `interpret` came back. */
export const runExit = {
  budget: 1, // the budget is used up
  leave: 2, // something else must happen first (see EngineHost); pc and budget are in memory
  breakpoint: 3, // the filter hit at pc
  translated: 4, // `interpret` only: there is translated code for pc, or a call that is under way comes back here
  hot: 5, // control has arrived at pc often
  returned: 6, // `enter` only: the call has come back
  unwind: 7, // `enter` only: all calls that are under way must be forgotten
} as const;
export type RunExit = (typeof runExit)[keyof typeof runExit];

/** How to go on after a region; or one of the above, handed on. */
export const regionExit = {
  dispatch: 0, // hart.pc may be translated
  interpret: 8, // one instruction at hart.pc is for the interpreter
  short: 9, // the budget may not reach far enough from hart.pc
  return: 10, // as dispatch, after a return
  jumped: 11, // as dispatch, after an indirect jump that is no call and no return
} as const;

/** Added to an even number of steps in `probing`: control came by an indirect jump that is no call and no return. */
export const jumpedByTable = 1;

/**
 * What the interpreter is told of where it begins; or how many steps from there make it hot (`hotSteps`). In any case but
 * the first it looks for translated code at jump targets, and counts steps where there is none.
 */
export const probe = {
  never: 0, // look for no translated code at all
  later: 1, // not at pc: it is one instruction that is not translated
} as const;
