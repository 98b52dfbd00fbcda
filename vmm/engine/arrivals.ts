/**
 * Where the interpreter arrives by a jump: it goes over to translated code if there is some, and otherwise counts the
 * steps from there, until so many are made that the place is hot.
 */

import type { Effect } from '../isa/meaning.ts';
import type { Row } from '../isa/row.ts';
import type { Code, Label } from '../wasm/code.ts';
import { op } from '../wasm/opcodes.ts';
import { emitFindRegion } from './dispatcher.ts';
import type { EmitContext } from './emit.ts';
import { jumpedByTable, probe } from './exits.ts';
import { emitMapping } from './fetch.ts';
import { emitHash } from './hash.ts';
import type { ImportIndices } from './imports.ts';
import { type Locals, pushByte, pushCurrent } from './interpreter-operands.ts';
import {
  arrivalBytes,
  arrivalsBase,
  arrivalsBits,
  hotSteps,
  jumpTargetsBase,
  jumpTargetsEntries,
  scratch,
} from './layout.ts';

export interface Ways {
  /** Goes on at `pc`. */
  readonly jumped: Label;
  /** The same, at a place where a region may begin. */
  readonly arrive: Label;
}

/** A function begins where a jump with a link goes, a loop where one goes back, a case where one goes by a table. */
export const emitJumped = ({ code }: EmitContext, locals: Locals, row: Row, ways: Ways): void => {
  code.get(locals.probing).ops(op.i32Eqz).brIf(ways.jumped);
  if (row.immediate === 'J') {
    code.i32(hotSteps.begin).i32(hotSteps.other);
    pushByte(code, locals, 'rd').get(locals.pc);
    pushCurrent(code, locals).ops(op.i64LtU, op.i32Or, op.select);
  } else {
    code.i32(hotSteps.begin);
    code.i32(hotSteps.begin | jumpedByTable).i32(hotSteps.other);
    pushByte(code, locals, 'rs1')
      .i32(0b11011 << 3)
      .ops(op.i32And)
      .i32(1 << 3)
      .ops(op.i32Ne, op.select); // not ra or t0: no return
    pushByte(code, locals, 'rd').ops(op.select);
  }
  code.set(locals.probing).br(ways.arrive);
};

export const isJump = (effect: Effect): boolean =>
  effect.k === 'jump' || (effect.k === 'sequence' && effect.effects.some(isJump));

/** The steps since the last arrival count there. */
export const emitCountSteps = (code: Code, { place, begun, budget }: Locals): void => {
  code.get(place).get(place).memory(op.i32Load, 0).get(begun).ops(op.i32Add).get(budget).ops(op.i32Sub);
  code.memory(op.i32Store, 0);
};

/** Control has come to `pc` from elsewhere: looks for translated code there, and whether it is hot when there is none. */
export const emitArrival = (
  code: Code,
  locals: Locals,
  imports: ImportIndices,
  { translated, hot }: { readonly translated: Label; readonly hot: Label },
): void => {
  const { pc, probing, at, entry, budget, place, begun } = locals;
  emitMapping(code, locals, imports);
  const arrived = code.block();
  code.get(probing).ops(op.i32Eqz).brIf(arrived);
  emitCountSteps(code, locals);
  code.get(budget).set(begun);
  code.i32(scratch.uncounted).set(place);
  code.get(probing).i32(probe.later).ops(op.i32Eq).if();
  code.i32(hotSteps.other).set(probing).br(arrived);
  code.end();
  code.get(at).ops(op.i32Eqz).unlikely().brIf(arrived);
  code.get(pc).i32(0).memory(op.i64Load, scratch.expected).ops(op.i64Eq).brIf(translated);
  code.get(probing).i32(jumpedByTable).ops(op.i32And).if();
  code.get(at).i32(1).ops(op.i32ShrU);
  code
    .i32(jumpTargetsEntries - 1)
    .ops(op.i32And)
    .i32(1)
    .memory(op.i32Store8, jumpTargetsBase);
  code.end();
  const missing = code.block();
  emitFindRegion(code, at, entry, missing);
  code.br(translated);
  code.end();
  emitHash(code, at, arrivalsBits, arrivalBytes).i32(arrivalsBase).ops(op.i32Add).tee(place);
  code.memory(op.i32Load, 0).get(probing).ops(op.i32LtS).brIf(arrived);
  code.get(place).i32(0).memory(op.i32Store, 0).br(hot);
  code.end();
};
