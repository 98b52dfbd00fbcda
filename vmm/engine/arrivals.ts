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
import type { ImportIndices } from './imports.ts';
import type { Locals } from './interpreter-operands.ts';
import { arrivalsBase, hotSteps, jumpTargetsBase, jumpTargetsEntries, scratch } from './layout.ts';
import { fieldBits } from './predecode.ts';

export interface Ways {
  /** To the next instruction. */
  readonly next: Label;
  /** The same, after a jump to a place where a region may begin. */
  readonly arrive: Label;
}

/** A function begins where a jump with a link goes, a loop where one goes back, a case where one goes by a table. */
export const emitJumped = ({ code }: EmitContext, locals: Locals, row: Row, ways: Ways): void => {
  code.get(locals.probing).ops(op.i32Eqz).brIf(ways.next);
  const pushField = (bit: number, mask: number): Code =>
    code
      .get(locals.fields)
      .i32(mask << bit)
      .ops(op.i32And);
  if (row.immediate === 'J') {
    code.i32(hotSteps.begin).i32(hotSteps.other);
    pushField(fieldBits.rd, 31).get(locals.pc).get(locals.current).ops(op.i64LtU, op.i32Or, op.select);
  } else {
    code.i32(hotSteps.begin);
    code.i32(hotSteps.begin | jumpedByTable).i32(hotSteps.other);
    pushField(fieldBits.rs1, 0b11011)
      .i32(1 << fieldBits.rs1)
      .ops(op.i32Ne, op.select); // not ra or t0: no return
    pushField(fieldBits.rd, 31).ops(op.select);
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
  const { pc, probing, host, pageAddend, entry, budget, place, begun } = locals;
  const arrived = code.block();
  code.get(probing).ops(op.i32Eqz).brIf(arrived);
  emitCountSteps(code, locals);
  code.get(budget).set(begun);
  code.i32(scratch.uncounted).set(place);
  code.get(probing).i32(probe.later).ops(op.i32Eq).if();
  code.i32(hotSteps.other).set(probing).br(arrived);
  code.end();
  emitMapping(code, locals, imports, pc, arrived);
  code.get(pc).i32(0).memory(op.i64Load, scratch.expected).ops(op.i64Eq).brIf(translated);
  code.get(pc).ops(op.i32WrapI64).get(pageAddend).ops(op.i32Add).set(host);
  code
    .get(host)
    .i32(1)
    .ops(op.i32ShrU)
    .i32(jumpTargetsEntries - 1)
    .ops(op.i32And)
    .tee(place);
  code.get(place).memory(op.i32Load8U, jumpTargetsBase).get(probing).i32(jumpedByTable).ops(op.i32And, op.i32Or);
  code.memory(op.i32Store8, jumpTargetsBase);
  const missing = code.block();
  emitFindRegion(code, host, entry, missing);
  code.br(translated);
  code.end();
  code.get(place).i32(2).ops(op.i32Shl).i32(arrivalsBase).ops(op.i32Add).tee(place);
  code.memory(op.i32Load, 0).get(probing).ops(op.i32LtS).brIf(arrived);
  code.get(place).i32(0).memory(op.i32Store, 0).br(hot);
  code.end();
};
