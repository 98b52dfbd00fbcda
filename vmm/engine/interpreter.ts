/**
 * The interpreter, emitted from the instruction rows: one WebAssembly function, and those of handlers.ts that it calls. It
 * runs one hart for at most scratch.budget steps and gives the reason why it came back. It reads each word from memory, and
 * takes it apart only when it is not the one that was decoded there before (predecode.ts).
 *
 *     interpret(hart: i32, probing: i32) -> i32    see probe, runExit
 *
 * One step of budget is taken before an instruction begins; an instruction that traps has used it for its trap. Unless
 * `probing` is `probe.never`, a jump to translated code ends the run, and arrivals at jump targets are counted.
 */

import type { Row } from '../isa/row.ts';
import type { Code, Label } from '../wasm/code.ts';
import { anyMemory, ModuleBuilder } from '../wasm/module.ts';
import { op } from '../wasm/opcodes.ts';
import { emitTlbLocals, MemoryAccess } from './access.ts';
import { emitArrival, emitCountSteps, emitJumped, isJump, type Ways } from './arrivals.ts';
import type { CoverageMaps } from './coverage.ts';
import { defineCsrFunction } from './csr-function.ts';
import { defineDecode } from './decode.ts';
import { defineDispatcher } from './dispatcher.ts';
import { type EmitContext, emitCondition, emitEffect, emitValue } from './emit.ts';
import { type RunExit, runExit } from './exits.ts';
import { emitDetach, emitFetch, emitMapping } from './fetch.ts';
import { defineOutlined, emitRow, outlined } from './handlers.ts';
import { declareImports, type ImportIndices } from './imports.ts';
import {
  declareLocals,
  interpreterOperands,
  interpreterSlowAccess,
  type Locals,
  type Outside,
  pushByte,
  pushCurrent,
  pushLength,
} from './interpreter-operands.ts';
import { breakFilterBase, hartOffset, hotSteps, pageBytes, scratch } from './layout.ts';
import { defineLibrary } from './library.ts';
import { defineMisses, type Misses } from './misses.ts';
import { illegalRow, outlinedGroups, ownRows } from './predecode.ts';
import { defineMachineCalls } from './region-calls.ts';
import { defineSpanLookup } from './span-lookup.ts';
import { defineTime } from './time.ts';

/** What the module calls itself, for profiles. */
export const interpreterName = 'interpreter';

/**
 * Bytes of the module. `armed`: with a probe of the breakpoint filter before each instruction; otherwise with the
 * dispatcher, which takes the armed one where it must.
 */
export const emitInterpreter = (armed: boolean, coverage?: CoverageMaps): Uint8Array<ArrayBuffer> => {
  const module = new ModuleBuilder(anyMemory, interpreterName);
  const imports = declareImports(module, coverage !== undefined);
  const misses = defineMisses(module, imports);
  const decode = defineDecode(module, imports.decode);
  const csr = defineCsrFunction(module, defineTime(module));
  const library = defineLibrary(module, () => true);
  const handlers = outlinedGroups.map((group) => defineOutlined(module, group, { imports, misses, library, coverage }));
  const interpret = module.define(
    { parameters: ['i32', 'i32'], results: ['i32'] },
    (code) => emitInterpret(code, { imports, misses, decode, csr, library, handlers, armed, coverage }),
    'interpret',
  );
  if (!armed) {
    defineDispatcher(module, interpret, imports);
    defineSpanLookup(module, imports);
    defineMachineCalls(module, imports);
  }
  return module.finish();
};

interface InterpreterParts {
  readonly imports: ImportIndices;
  readonly misses: Misses;
  readonly decode: number;
  readonly csr: number;
  readonly library: EmitContext['library'];
  readonly handlers: readonly number[];
  readonly armed: boolean;
  readonly coverage: CoverageMaps | undefined;
}

const emitInterpret = (code: Code, parts: InterpreterParts): void => {
  const { imports, misses, decode, csr, library, handlers, armed, coverage } = parts;
  const locals = declareLocals(code);
  emitPrologue(code, locals);
  code.get(locals.budget).set(locals.begun).i32(scratch.uncounted).set(locals.place);

  // Each exit is a block to branch out of; what follows the block gives the reason.
  const leave = code.block();
  const outOfBudget = code.block();
  const breakpoint = code.block();
  const translated = code.block();
  const hot = code.block();
  const arrive = code.loop();
  emitArrival(code, locals, imports, { translated, hot });
  const next = code.loop();

  const spill = (): void => emitSpill(code, locals);
  const reload = (): void => {
    // What was cut off the slice was not made: it counts nowhere.
    code.get(locals.begun).get(locals.budget).ops(op.i32Sub);
    code.i32(0).memory(op.i32Load, scratch.budget).tee(locals.budget);
    code.ops(op.i32Add).set(locals.begun);
  };
  code.get(locals.budget).ops(op.i32Eqz).unlikely().brIf(outOfBudget);
  if (armed) {
    pushCurrent(code, locals).ops(op.i32WrapI64).i32(1).ops(op.i32ShrU).i32(0xffff).ops(op.i32And);
    code.memory(op.i32Load8U, breakFilterBase).unlikely().if();
    spill();
    code.call(imports.met).brIf(breakpoint);
    code.end();
  }
  code.get(locals.budget).i32(1).ops(op.i32Sub).set(locals.budget);
  emitFetch(code, locals, imports, { decode, leave, spill, reload, coverage });

  /** After a call out: consumes an i32, leaves when it is not 0; else goes on with what JS may have changed. */
  const resumeUnless = (): void => {
    code.unlikely().brIf(leave);
    reload();
    // A write to a page table may have changed what is at the next pc.
    emitDetach(code, locals, () => pushLength(code, locals));
    code.i32(pageBytes).set(locals.nextAt);
  };
  const jumped = code.block();
  /** After an instruction that was done outside, with the same i32: goes on behind it. */
  const goOnUnless = (): void => {
    code.unlikely().brIf(leave);
    reload();
    context.operands.setPc(() => context.operands.pushNextPc());
    code.br(jumped);
  };
  const access = new MemoryAccess(
    code,
    locals,
    interpreterSlowAccess(code, misses, locals, spill, resumeUnless),
    coverage,
  );
  const context: EmitContext = {
    code,
    operands: interpreterOperands(code, imports, locals, { spill, goOnUnless, csr }),
    access,
    imports,
    library,
    temporaries: [locals.temporary0, locals.temporary1],
  };
  emitHandlers(context, locals, next, { jumped, arrive }, { handlers, spill, goOnUnless });
  code.end(); // jumped
  emitMapping(code, locals, imports);
  code.br(next);

  code.end(); // next
  code.end(); // arrive
  code.end(); // hot
  emitEpilogue(code, locals, runExit.hot);
  code.end(); // translated
  emitEpilogue(code, locals, runExit.translated);
  code.end(); // breakpoint
  emitEpilogue(code, locals, runExit.breakpoint);
  code.end(); // outOfBudget
  emitEpilogue(code, locals, runExit.budget);
  code.end(); // leave: pc and budget are in memory already
  emitCountSteps(code, locals);
  code.i32(runExit.leave);
};

const emitPrologue = (code: Code, locals: Locals): void => {
  code.get(locals.hart).memory(op.i64Load, hartOffset.pc).set(locals.pc);
  code.i32(0).memory(op.i32Load, scratch.budget).set(locals.budget);
  emitTlbLocals(code, locals);
};

const emitEpilogue = (code: Code, locals: Locals, reason: RunExit): void => {
  if (reason === runExit.budget) emitCountSteps(code, locals);
  emitSpill(code, locals);
  code.i32(reason).ops(op.return);
};

/** pc and budget to where JS and the dispatcher look for them. */
const emitSpill = (code: Code, locals: Locals): void => {
  code.get(locals.hart);
  pushCurrent(code, locals).memory(op.i64Store, hartOffset.pc);
  code.i32(0).get(locals.budget).memory(op.i32Store, scratch.budget);
};

interface Outlined extends Pick<Outside, 'spill' | 'goOnUnless'> {
  /** Indices of the functions of `outlinedGroups`. */
  readonly handlers: readonly number[];
}

const emitHandlers = (context: EmitContext, locals: Locals, next: Label, ways: Ways, outside: Outlined): void => {
  const { code } = context;
  const illegal = code.block();
  // Outermost block belongs to the last handler: br_table's label k ends right before handler k + 1.
  const groups = outlinedGroups.map(() => code.block()).reverse();
  const blocks = ownRows.map(() => code.block()).reverse();
  const labels = outlinedGroups.flatMap(({ rows }, group) => rows.map(() => groups[group]!));
  pushByte(code, locals, 'handler').brTable([illegal, ...blocks, ...labels], illegal);
  for (const row of ownRows) {
    code.end();
    emitOwnRow(context, locals, row, ways, illegal);
    code.get(locals.nextAt).set(locals.at).br(next);
  }
  for (const handler of outside.handlers) {
    code.end();
    outside.spill();
    code.get(locals.hart).get(locals.decoded).call(handler).tee(locals.host).unlikely().if();
    code.get(locals.host).i32(outlined.illegal).ops(op.i32Eq).brIf(illegal);
    code.get(locals.host).i32(outlined.leave).ops(op.i32Eq);
    outside.goOnUnless();
    code.end();
    code.get(locals.nextAt).set(locals.at).br(next);
  }
  code.end(); // illegal
  emitEffect(context, illegalRow, illegalRow.meaning);
  code.get(locals.nextAt).set(locals.at).br(next);
};

const emitOwnRow = (context: EmitContext, locals: Locals, row: Row, ways: Ways, illegal: Label): void => {
  const { code } = context;
  const { meaning } = row;
  if (meaning.k === 'branch') {
    emitCondition(context, row, meaning.condition);
    code.if();
    context.operands.setPc(() => emitValue(context, row, meaning.target));
    // Jumps forward in the same function are not looked at: what they lead to is part of a region that begins before.
    code.get(locals.pc);
    pushCurrent(code, locals).ops(op.i64GeU).get(locals.probing).ops(op.i32Eqz, op.i32Or).brIf(ways.jumped);
    code.i32(hotSteps.begin).set(locals.probing).br(ways.arrive);
    code.end();
    return;
  }
  emitRow(context, locals, row, illegal);
  if (isJump(meaning)) emitJumped(context, locals, row, ways);
};
