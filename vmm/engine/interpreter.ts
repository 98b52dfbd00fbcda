/**
 * The interpreter, emitted as one WebAssembly function from the instruction rows. It runs one hart for at most
 * scratch.budget steps and gives the reason why it came back. It reads each word
 * from memory, and takes it apart only when it is not the one that was decoded there before (predecode.ts).
 *
 *     interpret(hart: i32, probing: i32) -> i32    see probe, runExit
 *
 * One step of budget is taken before an instruction begins; an instruction that traps has used it for its trap. Unless
 * `probing` is `probe.never`, a jump to translated code ends the run, and arrivals at jump targets are counted.
 */

import type { Effect } from '../isa/meaning.ts';
import type { Row } from '../isa/row.ts';
import type { Code, Label } from '../wasm/code.ts';
import { ModuleBuilder } from '../wasm/module.ts';
import { op } from '../wasm/opcodes.ts';
import { emitTlbEntry, MemoryAccess } from './access.ts';
import { defineDispatcher, emitFindRegion } from './dispatcher.ts';
import { type EmitContext, emitCondition, emitEffect, emitValue } from './emit.ts';
import { probe, type RunExit, runExit } from './exits.ts';
import { declareImports, type ImportIndices } from './imports.ts';
import {
  declareLocals,
  fsDirty,
  interpreterOperands,
  interpreterSlowAccess,
  type Locals,
  pushWord,
} from './interpreter-operands.ts';
import {
  arrivalsBase,
  arrivalsEntries,
  breakFilterBase,
  decodedBase,
  decodedEntries,
  decodedEntryBytes,
  hartOffset,
  hartTlbPointers,
  hotSteps,
  pageBytes,
  scratch,
} from './layout.ts';
import { defineLibrary } from './library.ts';
import { fieldBits, handlerRows } from './predecode.ts';
import { defineSpanLookup } from './span-lookup.ts';

/** What the module calls itself, for profiles. */
export const interpreterName = 'interpreter';

/**
 * Bytes of the module. `armed`: with a probe of the breakpoint filter before each instruction, and without translated
 * code; otherwise with the dispatcher.
 */
export const emitInterpreter = (memoryPages: number, armed: boolean): Uint8Array<ArrayBuffer> => {
  const module = new ModuleBuilder(memoryPages, interpreterName);
  const imports = declareImports(module);
  const library = defineLibrary(module, () => true);
  const interpret = module.define(
    { parameters: ['i32', 'i32'], results: ['i32'] },
    (code) => emitInterpret(code, imports, library, armed),
    'interpret',
  );
  if (!armed) {
    defineDispatcher(module, interpret);
    defineSpanLookup(module, imports.fill);
  }
  return module.finish();
};

const emitInterpret = (code: Code, imports: ImportIndices, library: EmitContext['library'], armed: boolean): void => {
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
  emitArrival(code, locals, translated, hot);
  const next = code.loop();

  code.get(locals.hart).i64(0n).memory(op.i64Store, hartOffset.x); // x0 is zero again, whatever wrote to it
  code.get(locals.budget).ops(op.i32Eqz).brIf(outOfBudget);
  if (armed) {
    code.get(locals.pc).ops(op.i32WrapI64).i32(1).ops(op.i32ShrU).i32(0xffff).ops(op.i32And);
    code.memory(op.i32Load8U, breakFilterBase).brIf(breakpoint);
  }
  code.get(locals.budget).i32(1).ops(op.i32Sub).set(locals.budget);
  code.get(locals.pc).set(locals.current);

  const spill = (): void => {
    code.get(locals.hart).get(locals.current).memory(op.i64Store, hartOffset.pc);
    code.i32(0).get(locals.budget).memory(op.i32Store, scratch.budget);
  };
  const reload = (): void => {
    code.i32(0).memory(op.i32Load, scratch.budget).set(locals.budget);
    code.i64(-1n).set(locals.page); // a write to a page table may have changed what is at pc
  };
  emitFetch(code, locals, imports, leave, spill, reload);

  /** After a call out: consumes an i32, leaves when it is not 0; else goes on with what JS may have changed. */
  const resumeUnless = (): void => {
    code.brIf(leave);
    reload();
  };
  const access = new MemoryAccess(code, locals, interpreterSlowAccess(code, imports, locals, spill, resumeUnless));
  const context: EmitContext = {
    code,
    operands: interpreterOperands(code, imports, locals, spill, resumeUnless),
    access,
    imports,
    library,
    temporaries: [locals.temporary0, locals.temporary1],
  };
  emitHandlers(context, locals, { next, arrive });

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
  code.i64(-1n).set(locals.page);
  for (const [local, offset] of [
    [locals.readTlb, hartTlbPointers.read],
    [locals.writeTlb, hartTlbPointers.write],
    [locals.executeTlb, hartTlbPointers.execute],
  ] as const)
    code.get(locals.hart).memory(op.i32Load, offset).set(local);
};

const emitEpilogue = (code: Code, locals: Locals, reason: RunExit): void => {
  if (reason === runExit.budget) emitCountSteps(code, locals);
  code.get(locals.hart).i64(0n).memory(op.i64Store, hartOffset.x); // the last instruction may have written to x0
  code.get(locals.hart).get(locals.pc).memory(op.i64Store, hartOffset.pc);
  code.i32(0).get(locals.budget).memory(op.i32Store, scratch.budget);
  code.i32(reason).ops(op.return);
};

/** Sets decoded, fields, next and pc from the instruction at `current`. */
const emitFetch = (
  code: Code,
  locals: Locals,
  imports: ImportIndices,
  leave: Label,
  spill: () => void,
  reload: () => void,
): void => {
  const { current, pageAddend, raw, address, entry, host, decoded } = locals;

  const fetched = code.block();
  const unkept = code.block();
  const slow = code.block();
  emitMapping(code, locals, current, slow);
  code.get(current).ops(op.i32WrapI64).get(pageAddend).ops(op.i32Add).tee(host).memory(op.i32Load, 0).set(raw);
  // Code lies at even addresses: one entry for each two bytes.
  code
    .get(host)
    .i32(3)
    .ops(op.i32Shl)
    .i32((decodedEntries - 1) * decodedEntryBytes)
    .ops(op.i32And);
  code.tee(decoded).memory(op.i32Load, decodedBase).get(raw).ops(op.i32Eq).brIf(fetched);
  // A 32-bit instruction in the last two bytes of a page goes on in another one.
  const inPage = code.block();
  code.get(raw).i32(3).ops(op.i32And).i32(3).ops(op.i32Ne).brIf(inPage);
  code
    .get(host)
    .i32(pageBytes - 1)
    .ops(op.i32And)
    .i32(pageBytes - 2)
    .ops(op.i32Ne)
    .brIf(inPage);
  code.get(current).i64Small(2).ops(op.i64Add).set(address);
  emitTlbEntry(code, locals.executeTlb, address);
  code.tee(entry).memory(op.i64Load, 0).get(address).ops(op.i64Ne).brIf(slow); // the address of that page
  code.get(raw).i32(0xffff).ops(op.i32And);
  code.get(address).ops(op.i32WrapI64).get(entry).memory(op.i32Load, 8).ops(op.i32Add).memory(op.i32Load16U, 0);
  code.i32(16).ops(op.i32Shl, op.i32Or).set(raw).br(unkept);
  code.end(); // inPage
  code.get(raw).get(decoded).call(imports.decode);
  code.get(decoded).get(raw).memory(op.i32Store, decodedBase).br(fetched);
  code.end(); // slow
  spill();
  code.get(current).ops(op.i32WrapI64).get(current).i64(32n).ops(op.i64ShrU, op.i32WrapI64);
  code.call(imports.fetchSlow).brIf(leave);
  reload(); // the walk may have written an entry that is watched
  code.i32(0).memory(op.i32Load, scratch.instruction).set(raw);
  code.end(); // unkept
  code.i32(decodedEntries * decodedEntryBytes).set(decoded);
  code.get(raw).get(decoded).call(imports.decode);
  code.get(decoded).get(raw).memory(op.i32Store, decodedBase);
  code.end(); // fetched

  code
    .get(decoded)
    .memory(op.i32Load, decodedBase + 4)
    .set(locals.fields);
  // A branch that is predicted, not an addition that waits for the fields.
  code
    .get(locals.fields)
    .i32(4 << fieldBits.length)
    .ops(op.i32And)
    .if();
  code.get(current).i64Small(4).ops(op.i64Add).set(locals.next);
  code.else();
  code.get(current).i64Small(2).ops(op.i64Add).set(locals.next);
  code.end();
  code.get(locals.next).set(locals.pc);
};

/** Sets pageAddend for an i64 address, from the execute TLB when it is of another page than the last one. */
const emitMapping = (
  code: Code,
  { page, pageAddend, entry, executeTlb }: Locals,
  address: number,
  miss: Label,
): void => {
  const pageMask = -BigInt(pageBytes);
  code.get(address).i64(pageMask).ops(op.i64And).get(page).ops(op.i64Ne).if();
  emitTlbEntry(code, executeTlb, address);
  code.tee(entry).memory(op.i64Load, 0);
  code.get(address).i64(pageMask).ops(op.i64And).tee(page).ops(op.i64Ne).if();
  code.i64(-1n).set(page).br(miss);
  code.end();
  code.get(entry).memory(op.i32Load, 8).set(pageAddend);
  code.end();
};

interface Ways {
  /** To the next instruction. */
  readonly next: Label;
  /** The same, after a jump to a place where a region may begin. */
  readonly arrive: Label;
}

const emitHandlers = (context: EmitContext, locals: Locals, ways: Ways): void => {
  const { code } = context;
  const illegal = code.block();
  // Outermost block belongs to the last handler: br_table's label k ends right before handler k + 1.
  const blocks = handlerRows.map(() => code.block()).reverse();
  code
    .get(locals.fields)
    .i32(fieldBits.handler)
    .ops(op.i32And)
    .brTable([illegal, ...blocks], illegal);
  for (const row of handlerRows) {
    code.end();
    emitRow(context, locals, row, ways, illegal);
    code.br(ways.next);
  }
  code.end(); // illegal
  emitEffect(context, illegalRow, illegalRow.meaning);
  code.br(ways.next);
};

const emitRow = (context: EmitContext, locals: Locals, row: Row, ways: Ways, illegal: Label): void => {
  const { code } = context;
  if (row.usesFloat) {
    code.get(locals.hart).memory(op.i64Load, hartOffset.mstatus).i64(fsDirty).ops(op.i64And, op.i64Eqz).brIf(illegal);
  }
  if (row.rounds) {
    pushWord(code, locals);
    code.i32(12).ops(op.i32ShrU).i32(7).ops(op.i32And).tee(locals.rounding).i32(7).ops(op.i32Eq).if();
    code.get(locals.hart).memory(op.i32Load, hartOffset.frm).set(locals.rounding);
    code.end();
    code.get(locals.rounding).i32(4).ops(op.i32GtU).brIf(illegal);
  }
  const { meaning } = row;
  if (meaning.k === 'branch') {
    emitCondition(context, row, meaning.condition);
    code.if();
    context.operands.setPc(() => emitValue(context, row, meaning.target));
    // Jumps forward in the same function are not looked at: what they lead to is part of a region that begins before.
    code.get(locals.pc).get(locals.current).ops(op.i64LtU).get(locals.probing).i32(0).ops(op.i32Ne, op.i32And).if();
    code.i32(hotSteps.begin).set(locals.probing).br(ways.arrive);
    code.end();
    code.end();
    return;
  }
  emitEffect(context, row, meaning);
  if (isJump(meaning)) emitJumped(context, locals, row, ways);
};

/** A function begins where a jump with a link goes, a loop where one goes back, a case where one goes by a table. */
const emitJumped = ({ code }: EmitContext, locals: Locals, row: Row, ways: Ways): void => {
  code.get(locals.probing).ops(op.i32Eqz).brIf(ways.next);
  code.i32(hotSteps.begin).i32(hotSteps.other);
  const pushField = (bit: number, mask: number): Code =>
    code
      .get(locals.fields)
      .i32(mask << bit)
      .ops(op.i32And);
  pushField(fieldBits.rd, 31);
  if (row.immediate === 'J') code.get(locals.pc).get(locals.current).ops(op.i64LtU);
  else
    pushField(fieldBits.rs1, 0b11011)
      .i32(1 << fieldBits.rs1)
      .ops(op.i32Ne); // not ra or t0: no return
  code.ops(op.i32Or, op.select).set(locals.probing).br(ways.arrive);
};

const isJump = (effect: Effect): boolean =>
  effect.k === 'jump' || (effect.k === 'sequence' && effect.effects.some(isJump));

/** The steps since the last arrival count there. */
const emitCountSteps = (code: Code, { place, begun, budget }: Locals): void => {
  code.get(place).get(place).memory(op.i32Load, 0).get(begun).ops(op.i32Add).get(budget).ops(op.i32Sub);
  code.memory(op.i32Store, 0);
};

/** Control has come to `pc` from elsewhere: looks for translated code there, and whether it is hot when there is none. */
const emitArrival = (code: Code, locals: Locals, translated: Label, hot: Label): void => {
  const { pc, probing, host, pageAddend, entry, budget, place, begun } = locals;
  const arrived = code.block();
  code.get(probing).ops(op.i32Eqz).brIf(arrived);
  emitCountSteps(code, locals);
  code.get(budget).set(begun);
  code.i32(scratch.uncounted).set(place);
  code.get(probing).i32(probe.later).ops(op.i32Eq).if();
  code.i32(hotSteps.other).set(probing).br(arrived);
  code.end();
  emitMapping(code, locals, pc, arrived);
  code.get(pc).i32(0).memory(op.i64Load, scratch.expected).ops(op.i64Eq).brIf(translated);
  code.get(pc).ops(op.i32WrapI64).get(pageAddend).ops(op.i32Add).set(host);
  const missing = code.block();
  emitFindRegion(code, host, entry, missing);
  code.br(translated);
  code.end();
  code
    .get(host)
    .i32(1)
    .ops(op.i32Shl)
    .i32((arrivalsEntries - 1) * 4)
    .ops(op.i32And)
    .i32(arrivalsBase)
    .ops(op.i32Add)
    .tee(place);
  code.memory(op.i32Load, 0).get(probing).ops(op.i32LtS).brIf(arrived);
  code.get(place).i32(0).memory(op.i32Store, 0).br(hot);
  code.end();
};

/** Stands for words that no row matches. */
const illegalRow: Row = {
  name: 'illegal',
  picture: '',
  syntax: '',
  meaning: { k: 'system', op: 'illegal' },
  mask: 0,
  match: 0,
  immediate: 'none',
  usesFloat: false,
  rounds: false,
  extension: 'I',
};
