/**
 * What the interpreter does for a row, and functions of their own for rows that are not what most code is made of: V8 takes the
 * longer for a function the larger it is, and these rows were more than half of the interpreter's.
 *
 *     outlined (hart: i32, decoded: i32) -> i32    an `outlined`
 *
 * `decoded` is the instruction's entry, from decodedBase. pc and budget are in memory.
 */

import type { Effect } from '../isa/meaning.ts';
import type { Row } from '../isa/row.ts';
import type { Code, Label } from '../wasm/code.ts';
import type { ModuleBuilder } from '../wasm/module.ts';
import { op } from '../wasm/opcodes.ts';
import { emitTlbLocals, MemoryAccess } from './access.ts';
import type { CoverageMaps } from './coverage.ts';
import { type EmitContext, emitEffect } from './emit.ts';
import type { ImportIndices } from './imports.ts';
import {
  declareRowLocals,
  fsDirty,
  interpreterSlowAccess,
  pushByte,
  pushWord,
  type RowLocals,
  rowOperands,
} from './interpreter-operands.ts';
import { hartOffset } from './layout.ts';
import type { Misses } from './misses.ts';
import { onlyComputes, type RowGroup } from './predecode.ts';

/** How one ended: done; done, but JS may have been asked, and budget and mapping changed; a trap was entered; no such instruction. */
export const outlined = { done: 0, looksAnew: 1, leave: 2, illegal: 3 } as const;

export interface OutlinedParts {
  readonly imports: ImportIndices;
  readonly misses: Misses;
  readonly library: EmitContext['library'];
  readonly coverage: CoverageMaps | undefined;
}

/** Rows that neither jump nor are the machine's, and name no pc. Gives the function's index. */
export const defineOutlined = (module: ModuleBuilder, group: RowGroup, parts: OutlinedParts): number =>
  module.define(
    { parameters: ['i32', 'i32'], results: ['i32'] },
    (code) => emitOutlined(code, group, parts),
    group.name,
  );

const emitOutlined = (code: Code, { rows, first }: RowGroup, parts: OutlinedParts): void => {
  const { imports, misses, library, coverage } = parts;
  const locals = declareRowLocals(code, 1);
  emitTlbLocals(code, locals);
  const result = code.local('i32');
  const leave = code.block();
  const inMemory = (): void => {};
  const resumeUnless = (): void => {
    code.unlikely().brIf(leave);
    code.i32(outlined.looksAnew).set(result);
  };
  const context: EmitContext = {
    code,
    operands: rowOperands(code, locals),
    access: new MemoryAccess(
      code,
      locals,
      interpreterSlowAccess(code, misses, locals, inMemory, resumeUnless),
      coverage,
    ),
    imports,
    library,
    temporaries: [locals.temporary0, locals.temporary1],
  };
  const illegal = code.block();
  const blocks = rows.map(() => code.block()).reverse();
  pushByte(code, locals, 'handler').i32(first).ops(op.i32Sub).brTable(blocks, illegal);
  for (const row of rows) {
    code.end();
    emitRow(context, locals, row, illegal);
    code.get(result).ops(op.return);
  }
  code.end(); // illegal
  code.i32(outlined.illegal).ops(op.return);
  code.end(); // leave
  code.i32(outlined.leave);
};

/** The row's effect, unless the instruction is illegal; not where a jump goes on. */
export const emitRow = (context: EmitContext, locals: RowLocals, row: Row, illegal: Label): void => {
  const { code } = context;
  if (row.usesFloat) {
    code
      .get(locals.hart)
      .memory(op.i64Load, hartOffset.mstatus)
      .i64(fsDirty)
      .ops(op.i64And, op.i64Eqz)
      .unlikely()
      .brIf(illegal);
  }
  if (row.rounds) {
    pushWord(code, locals);
    code.i32(12).ops(op.i32ShrU).i32(7).ops(op.i32And).tee(locals.rounding).i32(7).ops(op.i32Eq).if();
    code.get(locals.hart).memory(op.i32Load, hartOffset.frm).set(locals.rounding);
    code.end();
    code.get(locals.rounding).i32(4).ops(op.i32GtU).unlikely().brIf(illegal);
  }
  emitEffect(context, row, row.meaning);
  if (!onlyComputes(row) && writesX(row.meaning)) code.get(locals.hart).i64Small(0).memory(op.i64Store, hartOffset.x); // x0 is zero again
};

const writesX = (effect: Effect): boolean =>
  effect.k === 'setX' || (effect.k === 'sequence' && effect.effects.some(writesX));
