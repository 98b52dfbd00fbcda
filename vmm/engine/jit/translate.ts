/**
 * A region becomes one WebAssembly function, `(hart: i32) -> i32`: its control flow is here, its instructions are in
 * instructions.ts. Integer registers that it touches live in locals; what is written to them is stored, too, before
 * anything that may leave, so that nothing is left to do there. The result says how to go on at hart.pc (`regionExit`).
 *
 * Exactness: the entry, each loop's beginning and the place after each call leave at once if the budget might not reach
 * to where it is looked at again; a block takes its length from it.
 *
 * The code is independent of where it is mapped: every address is the entry's, which hart.pc has, plus an offset.
 */

import type { Code, Label } from '../../wasm/code.ts';
import { op } from '../../wasm/opcodes.ts';
import { emitTlbEntry } from '../access.ts';
import { emitBlockExecuted } from '../coverage.ts';
import { regionExit, runExit } from '../exits.ts';
import { Frame } from './frame.ts';
import { InstructionEmitter, type InstructionParts } from './instructions.ts';
import { dirtyRegisters, liveRegisters } from './liveness.ts';
import { type Block, hub, pageBytes, pageOf, type Region } from './region.ts';
import { signExtendedRegisters } from './sign-extension.ts';
import { longestPaths, quietLoopBlocks, type Structure, structureOf } from './structure.ts';

export interface TranslationParts extends InstructionParts {
  /** Host address of the code at an offset from the region's entry. */
  readonly hostAt: (offset: number) => number;
}

export const emitRegion = (code: Code, region: Region, parts: TranslationParts): void => {
  new RegionEmitter(code, region, parts).emit();
};

class RegionEmitter {
  readonly #code: Code;
  readonly #region: Region;
  readonly #parts: TranslationParts;
  readonly #structure: Structure;
  readonly #frame: Frame;
  readonly #instructions: InstructionEmitter;
  readonly #labels = new Map<number, Label>();
  /** Labels for arriving at a loop from before it; once inside, its own label is the way back. */
  readonly #forward = new Map<number, Label>();
  /** From a block, the most steps until the budget is looked at again. */
  readonly #longest: ReadonlyMap<number, number>;
  /** Registers that each block wants in their locals, as bits. */
  readonly #live: ReadonlyMap<number, number>;
  /** Registers that may not be stored yet where each block begins, as bits. */
  readonly #dirty: ReadonlyMap<number, number>;
  /** Blocks that store registers on the ways out only. */
  readonly #late: ReadonlySet<number>;
  /** Registers that hold a sign-extended number of 32 bits where each block begins, as bits. */
  readonly #signExtended: ReadonlyMap<number, number>;

  constructor(code: Code, region: Region, parts: TranslationParts) {
    this.#code = code;
    this.#region = region;
    this.#parts = parts;
    this.#structure = structureOf(region);
    this.#longest = longestPaths(region, this.#structure);
    this.#late = quietLoopBlocks(region, this.#structure);
    this.#dirty = dirtyRegisters(region, this.#structure, this.#late);
    this.#live = liveRegisters(region, this.#structure, this.#dirty);
    this.#signExtended = signExtendedRegisters(region, this.#structure);
    this.#frame = new Frame(code, region);
    this.#instructions = new InstructionEmitter(this.#frame, parts);
  }

  emit(): void {
    this.#frame.begin(this.#live.get(0)!);
    this.#tree(0);
    this.#code.ops(op.unreachable);
  }

  /** A block and what it dominates. */
  #tree(offset: number): void {
    const { loopHeaders, mergePoints, dominated, order } = this.#structure;
    const merges = dominated
      .get(offset)!
      .filter((child) => mergePoints.has(child))
      .sort((one, other) => order.get(other)! - order.get(one)!);
    if (!loopHeaders.has(offset)) {
      this.#within(offset, merges);
      return;
    }
    this.#labels.set(offset, this.#code.loop());
    this.#within(offset, merges);
    this.#code.end();
    this.#code.ops(op.unreachable);
  }

  /** The block with the given merge points after it, the last in order outermost. */
  #within(offset: number, merges: readonly number[]): void {
    const [outermost, ...inner] = merges;
    if (outermost === undefined) {
      this.#block(this.#region.blocks.get(offset)!);
      return;
    }
    const isLoop = this.#structure.loopHeaders.has(outermost);
    const label = this.#code.block();
    if (!isLoop) this.#labels.set(outermost, label);
    else this.#forward.set(outermost, label);
    this.#within(offset, inner);
    this.#code.end();
    this.#forward.delete(outermost);
    this.#tree(outermost);
  }

  #block(block: Block): void {
    const code = this.#code;
    const { offset, instructions, terminator } = block;
    const length = instructions.length;
    this.#frame.dirty = this.#dirty.get(offset) ?? 0;
    if (offset === 0 || this.#structure.loopHeaders.has(offset)) this.#checkBudget(offset);
    this.#checkCrossing(block);
    this.#frame.spend(length);
    const { coverage, hostAt } = this.#parts;
    if (coverage !== undefined && length > 0) emitBlockExecuted(code, coverage, hostAt(offset));
    const isLate = this.#late.has(offset);
    this.#instructions.beginBlock(instructions, { storesLate: isLate, signExtended: this.#signExtended.get(offset)! });
    const isControl = terminator.kind !== 'next' && terminator.kind !== 'interpret';
    for (const [index, instruction] of instructions.entries()) {
      this.#instructions.begin(instruction, index, length - index);
      if (!isControl || index < length - 1) this.#instructions.emit();
    }
    if (terminator.kind !== 'call' && !isLate) this.#frame.flush();
    switch (terminator.kind) {
      case 'next':
      case 'jump':
        this.#edge(offset, terminator.target);
        return;
      case 'interpret':
        this.#frame.leave(terminator.at, regionExit.interpret);
        return;
      case 'system':
        this.#instructions.leaveThroughMachine(terminator.next);
        return;
      case 'call':
        this.#call(offset, terminator.target, terminator.next);
        return;
      case 'indirect':
        this.#instructions.emit();
        if (terminator.toHub && this.#structure.isInside(offset, hub)) this.#branch(offset, hub);
        else this.#frame.leaveAtPc(terminator.isReturn ? regionExit.return : regionExit.jumped);
        return;
      case 'hub':
        this.#hub(terminator.targets.filter((target) => this.#structure.isInside(hub, target)));
        return;
      case 'branch': {
        this.#instructions.pushCondition(terminator.condition);
        const { dirty } = this.#frame;
        code.if();
        this.#edge(offset, terminator.taken);
        code.else();
        this.#frame.dirty = dirty;
        this.#edge(offset, terminator.next);
        code.end();
        code.ops(op.unreachable);
        return;
      }
    }
  }

  /** Enters the callee, and goes on at `next` when it has come back there. */
  #call(from: number, target: number | undefined, next: number): void {
    const code = this.#code;
    const frame = this.#frame;
    if (target === undefined) this.#instructions.emit();
    else {
      frame.pushVirtual(target);
      code.set(frame.pc);
      this.#instructions.emitLink();
    }
    frame.flush();
    if (!this.#structure.isInside(from, next)) {
      frame.leaveAtPc(regionExit.dispatch);
      return;
    }
    frame.storeProgress(() => code.get(frame.pc));
    code.get(frame.hart);
    frame.pushVirtual(next);
    code.i32(this.#parts.hostAt(next)).call(this.#parts.imports.enter).tee(frame.host);
    code.i32(runExit.returned).ops(op.i32Ne).unlikely().if();
    code.get(frame.host).ops(op.return);
    code.end();
    frame.reload(this.#live.get(next)!);
    this.#checkBudget(next);
    this.#branch(from, next);
  }

  #checkBudget(block: number): void {
    this.#frame.checkBudget(this.#longest.get(block)!, block === hub ? undefined : block);
  }

  #edge(from: number, to: number): void {
    if (!this.#structure.isInside(from, to)) {
      this.#frame.leave(to, regionExit.dispatch);
      return;
    }
    this.#checkMapping(from, to);
    this.#branch(from, to);
  }

  /** Goes on with a block of this region. */
  #branch(from: number, to: number): void {
    if (!this.#late.has(to)) this.#frame.flush();
    const label = this.#labelOf(from, to);
    if (label === undefined) this.#tree(to);
    else this.#code.br(label);
  }

  /** Undefined for a block that belongs where it is come to. */
  #labelOf(from: number, to: number): Label | undefined {
    const { order, mergePoints } = this.#structure;
    const isBack = order.get(to)! <= order.get(from)!;
    if (isBack) return this.#labels.get(to)!;
    return mergePoints.has(to) ? (this.#forward.get(to) ?? this.#labels.get(to)!) : undefined;
  }

  /** Goes on at `pc`, inside the region if it is one of these. */
  #hub(targets: readonly number[]): void {
    const code = this.#code;
    const { pc, address } = this.#frame;
    const elsewhere = code.block();
    if (targets.length > 0) {
      if (!targets.every((target) => this.#late.has(target))) this.#frame.flush();
      const low = Math.min(...targets);
      const places = (Math.max(...targets) - low) / 2 + 1;
      code.get(pc);
      this.#frame.pushVirtual(low);
      code.ops(op.i64Sub).tee(address);
      code
        .i64Small(places * 2)
        .ops(op.i64GeU)
        .unlikely()
        .brIf(elsewhere);
      code.get(address).ops(op.i32WrapI64).i32(1).ops(op.i32ShrU);
      const labels = Array.from({ length: places }, (_, place) => {
        const target = low + place * 2;
        return targets.includes(target) ? this.#labelOf(hub, target)! : elsewhere;
      });
      code.brTable(labels, elsewhere);
    }
    code.end();
    this.#frame.leaveAtPc(regionExit.jumped);
  }

  /** Going on in another page is right only while that page is mapped as it was when it was translated. */
  #checkMapping(from: number, to: number): void {
    const last = this.#region.blocks.get(from)!.instructions.at(-1);
    const end = last === undefined ? from : last.offset + last.length - 1;
    if (pageOf(this.#region, end) === pageOf(this.#region, to)) return;
    this.#unlessMapped(to);
    this.#frame.leave(to, regionExit.dispatch);
    this.#code.end();
  }

  /** The same for a block's first instruction when it ends in another page than it begins in. */
  #checkCrossing({ offset, instructions }: Block): void {
    const first = instructions[0];
    if (first === undefined || pageOf(this.#region, offset) === pageOf(this.#region, offset + first.length - 1)) return;
    this.#unlessMapped(offset + 2);
    this.#frame.leave(offset, regionExit.interpret);
    this.#code.end();
  }

  /** Opens an `if`: the code at an offset is not mapped, or mapped elsewhere. */
  #unlessMapped(offset: number): void {
    const code = this.#code;
    const { address, host, executeTlb } = this.#frame;
    this.#frame.pushVirtual(offset);
    code.set(address);
    emitTlbEntry(code, executeTlb, address);
    code.tee(host).memory(op.i64Load, 0);
    code.get(address).i64Small(-pageBytes).ops(op.i64And, op.i64Ne);
    code.get(host).memory(op.i32Load, 8).get(address).ops(op.i32WrapI64, op.i32Add);
    code.i32(this.#parts.hostAt(offset)).ops(op.i32Ne, op.i32Or).unlikely().if();
  }
}
