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
import { hartTlbPointers, pageBytes } from '../layout.ts';
import { callFromRegion } from '../region-calls.ts';
import { type Elsewhere, Frame } from './frame.ts';
import { InstructionEmitter, type InstructionParts } from './instructions.ts';
import { dirtyRegisters, liveRegisters } from './liveness.ts';
import { type Block, pageOf, type Region } from './region.ts';
import type { WayOut } from './remaking.ts';
import { narrowRegisters, signExtendedRegisters } from './sign-extension.ts';
import { emitKeepNone } from './span-access.ts';
import { type StraightLoop, straightLoops } from './straight-loops.ts';
import { type ByBlock, isInside, longestPaths, quietLoops, type Structure, structureOf } from './structure.ts';

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
  /** By block: where to branch to come to it; undefined for one that belongs where it is come to. */
  readonly #labels: (Label | undefined)[] = [];
  /** The same for arriving at a loop from before it; once inside, its own label is the way back. */
  readonly #forward: (Label | undefined)[] = [];
  /** By block, the most steps until the budget is looked at again. */
  readonly #longest: ByBlock;
  /** By block, the registers that it wants in their locals, as bits. */
  readonly #live: ByBlock;
  /** By block, the registers that may not be stored yet where it begins, as bits. */
  readonly #dirty: ByBlock;
  /** Not 0 for blocks that store registers on the ways out only. */
  readonly #late: ByBlock;
  /** By block, the registers that hold a sign-extended number of 32 bits where it begins, as bits. */
  readonly #signExtended: ByBlock;
  /** By block, the registers that it has in 32 bits, as bits. */
  readonly #narrow: ByBlock;
  /** By block, its loop if that is one of these. */
  readonly #straight: readonly (StraightLoop | undefined)[];
  /** Locals: the budget where such a loop was entered. */
  readonly #budgetAtEntry = new Map<StraightLoop, number>();

  constructor(code: Code, region: Region, parts: TranslationParts) {
    this.#code = code;
    this.#region = region;
    this.#parts = parts;
    this.#structure = structureOf(region);
    this.#longest = longestPaths(region, this.#structure);
    const loops = quietLoops(region, this.#structure);
    this.#late = loops.of;
    this.#dirty = dirtyRegisters(region, this.#structure, loops);
    this.#live = liveRegisters(region, this.#structure, this.#dirty);
    this.#signExtended = signExtendedRegisters(region, this.#structure);
    this.#narrow = narrowRegisters(region, this.#structure, loops, this.#signExtended);
    this.#straight = straightLoops(region, this.#structure, loops, this.#signExtended);
    this.#frame = new Frame(code, region);
    this.#instructions = new InstructionEmitter(this.#frame, parts);
  }

  emit(): void {
    this.#frame.begin(this.#live[0]!);
    this.#enterLoop(0);
    this.#tree(0);
    this.#code.ops(op.unreachable);
  }

  /** A block and what it dominates. */
  #tree(block: number): void {
    const { list, loopHeaders, mergePoints, idom } = this.#structure;
    const merges: number[] = [];
    for (let at = 1; at < list.length; at += 1) {
      const below = list[at]!;
      if (mergePoints[below] !== 0 && idom[below] === block) merges.push(below);
    }
    if (loopHeaders[block] === 0) {
      this.#within(block, merges, merges.length);
      return;
    }
    this.#labels[block] = this.#code.loop();
    this.#within(block, merges, merges.length);
    this.#code.end();
    this.#code.ops(op.unreachable);
  }

  /** The block with the first `count` of these merge points after it, which are in reverse postorder; the last of them outermost. */
  #within(block: number, merges: readonly number[], count: number): void {
    if (count === 0) {
      this.#block(this.#region.blocks[block]!);
      return;
    }
    const outermost = merges[count - 1]!;
    const labels = this.#structure.loopHeaders[outermost] !== 0 ? this.#forward : this.#labels;
    labels[outermost] = this.#code.block();
    this.#within(block, merges, count - 1);
    this.#code.end();
    this.#forward[outermost] = undefined;
    this.#tree(outermost);
  }

  #block(block: Block): void {
    const code = this.#code;
    const { index, offset, first, count, ending, target, next, successors } = block;
    const frame = this.#frame;
    frame.dirty = this.#dirty[index]!;
    frame.narrow = this.#narrow[index]!;
    const loop = this.#straight[index];
    frame.elsewhere = loop?.header === index ? this.#elsewhere(loop, loop.remaking?.begin) : undefined;
    if (index === 0 || this.#structure.loopHeaders[index] !== 0) this.#checkBudget(block);
    this.#checkCrossing(block);
    frame.spend(count);
    const { coverage, hostAt } = this.#parts;
    if (coverage !== undefined && count > 0) emitBlockExecuted(code, coverage, hostAt(offset));
    const isLate = this.#late[index] !== 0;
    this.#instructions.beginBlock(this.#region, block, {
      storesLate: isLate,
      signExtended: this.#signExtended[index]!,
      loop,
    });
    const plain = ending === 'next' || ending === 'interpret' ? count : count - 1;
    for (let at = 0; at < count; at += 1) {
      frame.elsewhere = loop && this.#elsewhere(loop, loop.remaking?.before.get(first + at));
      this.#instructions.begin(this.#region.instructions[first + at]!, at, count - at);
      if (at < plain) this.#instructions.emit();
    }
    if (ending !== 'call' && !isLate) frame.flush();
    switch (ending) {
      case 'next':
      case 'jump':
        this.#edge(block, target, successors[0]!);
        return;
      case 'interpret':
        frame.leave(target, regionExit.interpret);
        return;
      case 'system':
        this.#instructions.leaveThroughMachine(next);
        return;
      case 'call':
        this.#call(block, successors[0]!);
        return;
      case 'indirect':
        this.#instructions.emit();
        if (successors.length > 0 && this.#isInside(index, successors[0]!)) this.#branch(index, successors[0]!);
        else frame.leaveAtPc(block.isReturn ? regionExit.return : regionExit.jumped);
        return;
      case 'hub':
        this.#hub(block);
        return;
      case 'branch': {
        // Both ways are one edge: what follows would be emitted twice, and twice again behind the next such branch.
        if (target === next) {
          this.#edge(block, next, successors[0]!);
          return;
        }
        this.#instructions.pushCondition();
        const { dirty, elsewhere } = frame;
        code.if();
        this.#edge(block, target, successors[1]!);
        code.else();
        frame.dirty = dirty;
        frame.elsewhere = elsewhere;
        frame.narrow = this.#narrow[index]!;
        this.#edge(block, next, successors[0]!);
        code.end();
        code.ops(op.unreachable);
        return;
      }
    }
  }

  /** Whether control may go from a block to one of its successors inside the region. */
  #isInside(from: number, to: number): boolean {
    return isInside(this.#structure, from, to);
  }

  /** Enters the callee, and goes on in block `to` when it has come back there. */
  #call({ index: from, target, isIndirect, next }: Block, to: number): void {
    const code = this.#code;
    const frame = this.#frame;
    if (isIndirect) this.#instructions.emit();
    else {
      frame.pushVirtual(target);
      code.set(frame.pc);
      this.#instructions.emitLink();
    }
    frame.flush();
    if (!this.#isInside(from, to)) {
      frame.leaveAtPc(regionExit.dispatch);
      return;
    }
    frame.storeProgressAtPc();
    code.get(frame.hart);
    frame.pushVirtual(next);
    callFromRegion(code.i32(this.#parts.hostAt(next)), this.#parts.imports.enter).tee(frame.host);
    code.i32(runExit.returned).ops(op.i32Ne).unlikely().if();
    code.get(frame.host).ops(op.return);
    code.end();
    frame.reload(this.#live[to]!);
    this.#checkBudget(this.#region.blocks[to]!);
    this.#branch(from, to);
  }

  #checkBudget({ index, offset, ending }: Block): void {
    this.#frame.checkBudget(this.#longest[index]!, ending === 'hub' ? undefined : offset);
  }

  /** Goes on at an offset, which is where block `to` begins if the region has one there. */
  #edge(from: Block, offset: number, to: number): void {
    if (!this.#isInside(from.index, to)) {
      this.#frame.leave(offset, regionExit.dispatch);
      return;
    }
    this.#checkMapping(from, offset);
    this.#branch(from.index, to);
  }

  /** Goes on with a block of this region. */
  #branch(from: number, to: number): void {
    if (this.#straight[from] !== this.#straight[to]) this.#enterLoop(to);
    if (this.#late[to] === 0) this.#frame.flush();
    this.#frame.changeNarrow(this.#narrow[to]!);
    const label = this.#labelOf(from, to);
    if (label === undefined) this.#tree(to);
    else this.#code.br(label);
  }

  /** Before control comes to a block from outside of its loop. */
  #enterLoop(to: number): void {
    const loop = this.#straight[to];
    if (loop === undefined) return;
    emitKeepNone(this.#code, loop);
    if (loop.remaking === undefined) return;
    this.#frame.storeSome(loop.remaking.uncarried);
    this.#code.get(this.#frame.budget).set(this.#budgetAtEntryOf(loop));
  }

  #budgetAtEntryOf(loop: StraightLoop): number {
    let local = this.#budgetAtEntry.get(loop);
    if (local === undefined) {
      local = this.#code.local('i32');
      this.#budgetAtEntry.set(loop, local);
    }
    return local;
  }

  #elsewhere(loop: StraightLoop, way: WayOut | undefined): Elsewhere | undefined {
    if (way === undefined) return undefined;
    const store = (): void => this.#instructions.storeRemade(way, this.#budgetAtEntryOf(loop));
    return { registers: way.registers, store };
  }

  /** Undefined for a block that belongs where it is come to. */
  #labelOf(from: number, to: number): Label | undefined {
    const { order, mergePoints } = this.#structure;
    const isBack = order[to]! <= order[from]!;
    if (isBack) return this.#labels[to]!;
    return mergePoints[to] !== 0 ? (this.#forward[to] ?? this.#labels[to]!) : undefined;
  }

  /** Goes on at `pc`, inside the region if it is one of the hub's targets. */
  #hub({ index, successors }: Block): void {
    const code = this.#code;
    const { pc, address } = this.#frame;
    const elsewhere = code.block();
    const { hubTargets } = this.#region;
    const inside: number[] = [];
    for (let at = 0; at < hubTargets.length; at += 1) if (this.#isInside(index, successors[at]!)) inside.push(at);
    if (inside.length > 0) {
      if (successors.some((block) => this.#late[block] === 0)) this.#frame.flush();
      const offsets = inside.map((at) => hubTargets[at]!);
      const low = Math.min(...offsets);
      const places = (Math.max(...offsets) - low) / 2 + 1;
      code.get(pc);
      this.#frame.pushVirtual(low);
      code.ops(op.i64Sub).tee(address);
      code
        .i64Small(places * 2)
        .ops(op.i64GeU)
        .unlikely()
        .brIf(elsewhere);
      code.get(address).ops(op.i32WrapI64).i32(1).ops(op.i32ShrU);
      const labels = new Array<Label>(places).fill(elsewhere);
      for (const at of inside) labels[(hubTargets[at]! - low) / 2] = this.#labelOf(index, successors[at]!)!;
      code.brTable(labels, elsewhere);
    }
    code.end();
    this.#frame.leaveAtPc(regionExit.jumped);
  }

  /** Going on in another page is right only while that page is mapped as it was when it was translated. */
  #checkMapping({ offset, count, next }: Block, to: number): void {
    const end = count === 0 ? offset : next - 1;
    if (pageOf(this.#region, end) === pageOf(this.#region, to)) return;
    this.#unlessMapped(to);
    this.#frame.leave(to, regionExit.dispatch);
    this.#code.end();
  }

  /** The same for a block's first instruction when it ends in another page than it begins in. */
  #checkCrossing({ offset, first, count }: Block): void {
    if (count === 0) return;
    const { length } = this.#region.instructions[first]!.is;
    if (pageOf(this.#region, offset) === pageOf(this.#region, offset + length - 1)) return;
    this.#unlessMapped(offset + 2);
    this.#frame.leave(offset, regionExit.interpret);
    this.#code.end();
  }

  /** Opens an `if`: the code at an offset is not mapped, or mapped elsewhere. */
  #unlessMapped(offset: number): void {
    const code = this.#code;
    const { hart, address, host } = this.#frame;
    this.#frame.pushVirtual(offset);
    code.set(address);
    code.get(hart).memory(op.i32Load, hartTlbPointers.execute).set(host);
    emitTlbEntry(code, host, address);
    code.tee(host).memory(op.i64Load, 0);
    code.get(address).i64Small(-pageBytes).ops(op.i64And, op.i64Ne);
    code.get(host).memory(op.i32Load, 8).get(address).ops(op.i32WrapI64, op.i32Add);
    code.i32(this.#parts.hostAt(offset)).ops(op.i32Ne, op.i32Or).unlikely().if();
  }
}
