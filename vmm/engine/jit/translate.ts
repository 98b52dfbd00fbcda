/**
 * A region becomes one WebAssembly function, `(hart: i32) -> i32`. Integer registers that it touches live in locals; what
 * is written to them is stored, too, before anything that may leave, so that nothing is left to do there. The result
 * says how to go on at hart.pc (see `regionExit`).
 *
 * Exactness: the entry and each loop's beginning leave at once if the budget might not reach to where it is looked at
 * again; a block takes its length from it. An instruction that cannot be done here (a fault, a device, a page that is not
 * in the TLB) leaves with pc and budget as they are before it, nothing of it done.
 *
 * The code is independent of where it is mapped: every address is the entry's, which hart.pc has, plus an offset.
 */

import { smallImmediateOf } from '../../isa/decode.ts';
import { type FField, type SystemOp, systemOps, type XField } from '../../isa/meaning.ts';
import type { Row } from '../../isa/row.ts';
import type { Code, Label } from '../../wasm/code.ts';
import { op } from '../../wasm/opcodes.ts';
import { type Access, emitTlbEntry, loadOpcode, MemoryAccess, type SlowAccess, storeOpcode } from '../access.ts';
import { type EmitContext, emitCondition, emitEffect, type Operands } from '../emit.ts';
import { regionExit, runExit } from '../exits.ts';
import { atomicAccess, type RegionImports } from '../imports.ts';
import { fsDirty } from '../interpreter-operands.ts';
import { hartOffset, hartTlbPointers, pageBytes, scratch, tlbKinds } from '../layout.ts';
import { spanRequest } from '../span-lookup.ts';
import { emitCsrAccess } from './csr-access.ts';
import { liveRegisters } from './liveness.ts';
import { type Block, type Instruction, pageOf, type Region } from './region.ts';
import { fieldsOf, mayLeave } from './row-facts.ts';
import { type Span, spansOf } from './spans.ts';
import { longestPaths, type Structure, structureOf } from './structure.ts';

export interface TranslationParts {
  /** `(address: i64, size | kind << 8) -> i32`: the host address, or 0 (see EngineHost.fill). */
  readonly miss: number;
  readonly imports: RegionImports;
  readonly library: EmitContext['library'];
  /** Host address of the code at an offset from the region's entry. */
  readonly hostAt: (offset: number) => number;
}

export const emitRegion = (code: Code, region: Region, parts: TranslationParts): void => {
  new RegionEmitter(code, region, parts).emit();
};

class RegionEmitter {
  readonly #code: Code;
  readonly #region: Region;
  readonly #structure: Structure;
  readonly #parts: TranslationParts;
  readonly #context: EmitContext;
  readonly #hart = 0;
  readonly #entry: number; // i64: virtual address of the region's entry
  readonly #pc: number; // i64: where to go on, once it leaves
  readonly #budget: number; // i32
  readonly #rounding: number; // i32
  readonly #address: number; // i64
  readonly #host: number; // i32
  readonly #readTlb: number;
  readonly #writeTlb: number;
  readonly #executeTlb: number;
  /** Local of each integer register that the region touches. */
  readonly #registers = new Map<number, number>();
  /** Registers whose locals differ from the hart's record at this place in the code. */
  readonly #dirty = new Set<number>();
  readonly #labels = new Map<number, Label>();
  /** From a block, the most steps until the budget is looked at again. */
  readonly #longest: ReadonlyMap<number, number>;
  /** Registers that each block wants in their locals, as bits. */
  readonly #live: ReadonlyMap<number, number>;
  /** Steps of the block under way that are paid for and not begun, this instruction's own included. */
  #unspent = 0;
  #instruction: Instruction | undefined;
  /** That of the present instruction; and for those of the block that were found, the local of the host address. */
  #span: Span | undefined;
  readonly #spanHosts = new Map<Span, number>();
  readonly #spanLocals: number[] = [];
  /** What the block under way has made sure of: mstatus.FS is not off, and dirty; frm is valid and in its local. */
  #floatKnown = { enabled: false, dirty: false, mode: false };

  constructor(code: Code, region: Region, parts: TranslationParts) {
    this.#code = code;
    this.#region = region;
    this.#parts = parts;
    this.#structure = structureOf(region);
    this.#longest = longestPaths(region, this.#structure);
    this.#live = liveRegisters(region, this.#structure);
    const i32 = (): number => code.local('i32');
    const i64 = (): number => code.local('i64');
    this.#entry = i64();
    this.#pc = i64();
    this.#budget = i32();
    this.#rounding = i32();
    this.#address = i64();
    this.#host = i32();
    this.#readTlb = i32();
    this.#writeTlb = i32();
    this.#executeTlb = i32();
    for (const block of region.blocks.values()) for (const instruction of block.instructions) this.#note(instruction);
    const access = new MemoryAccess(
      code,
      {
        hart: this.#hart,
        readTlb: this.#readTlb,
        writeTlb: this.#writeTlb,
        address: this.#address,
        entry: i32(),
        host: this.#host,
        value: i64(),
        operand: i64(),
      },
      this.#slowAccess(),
    );
    this.#context = {
      code,
      operands: this.#operands(),
      access: this.#spanAccess(access),
      imports: parts.imports,
      library: parts.library,
      temporaries: [i64(), i64()],
    };
  }

  /** Gives locals to the registers of an instruction. Reading one that it does not use costs little. */
  #note({ row, word }: Instruction): void {
    const fields = fieldsOf(row);
    const local = (register: number): void => {
      if (register !== 0 && !this.#registers.has(register)) this.#registers.set(register, this.#code.local('i64'));
    };
    if (fields.rs1) local((word >>> 15) & 31);
    if (fields.rs2) local((word >>> 20) & 31);
    if (fields.rd) local((word >>> 7) & 31);
  }

  emit(): void {
    const code = this.#code;
    code.get(this.#hart).memory(op.i64Load, hartOffset.pc).set(this.#entry);
    this.#reload(0);
    this.#tree(0);
    code.ops(op.unreachable);
  }

  /** Takes into locals what is in memory while others run, for going on at a block. */
  #reload(block: number): void {
    const code = this.#code;
    code.i32(0).memory(op.i32Load, scratch.budget).set(this.#budget);
    for (const [local, offset] of [
      [this.#readTlb, hartTlbPointers.read],
      [this.#writeTlb, hartTlbPointers.write],
      [this.#executeTlb, hartTlbPointers.execute],
    ] as const)
      code.get(this.#hart).memory(op.i32Load, offset).set(local);
    const live = this.#live.get(block)!;
    for (const [register, local] of this.#registers)
      if (((live >>> register) & 1) !== 0) {
        code
          .get(this.#hart)
          .memory(op.i64Load, hartOffset.x + register * 8)
          .set(local);
      }
  }

  /** Stores the registers that were written. */
  #flush(): void {
    const code = this.#code;
    for (const register of this.#dirty) {
      code.get(this.#hart).get(this.#registers.get(register)!);
      code.memory(op.i64Store, hartOffset.x + register * 8);
    }
    this.#dirty.clear();
  }

  // Control flow

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

  /** Labels for arriving at a loop from before it; once inside, its own label is the way back. */
  readonly #forward = new Map<number, Label>();

  #block(block: Block): void {
    const code = this.#code;
    const { instructions, terminator } = block;
    const length = instructions.length;
    if (block.offset === 0 || this.#structure.loopHeaders.has(block.offset)) this.#checkBudget(block.offset);
    this.#checkCrossing(block);
    if (length > 0) code.get(this.#budget).i32(length).ops(op.i32Sub).set(this.#budget);
    this.#floatKnown = { enabled: false, dirty: false, mode: false };
    const spans = spansOf(instructions);
    this.#spanHosts.clear();
    const isControl = terminator.kind !== 'next' && terminator.kind !== 'interpret';
    for (const [index, instruction] of instructions.entries()) {
      this.#instruction = instruction;
      this.#unspent = length - index;
      this.#span = spans.get(index);
      if (this.#canLeave(instruction)) this.#flush();
      this.#checkFloat(instruction.row);
      if (isControl && index === length - 1) break;
      emitEffect(this.#context, instruction.row, instruction.row.meaning);
    }
    if (terminator.kind !== 'call') this.#flush();
    switch (terminator.kind) {
      case 'next':
        this.#edge(block.offset, terminator.target);
        return;
      case 'interpret':
        this.#leave(terminator.at, regionExit.interpret);
        return;
      case 'system':
        this.#leaveThroughMachine(terminator.next);
        return;
      case 'jump':
        this.#edge(block.offset, terminator.target);
        return;
      case 'call':
        this.#call(block, terminator.target, terminator.next);
        return;
      case 'indirect':
        emitEffect(this.#context, this.#instruction!.row, this.#instruction!.row.meaning);
        this.#leaveAtPc(terminator.isReturn ? regionExit.return : regionExit.dispatch);
        return;
      case 'branch': {
        const { row } = this.#instruction!;
        if (row.meaning.k !== 'branch') throw new Error(`${row.name} ends a block as a branch and is none`);
        emitCondition(this.#context, row, row.meaning.condition);
        code.if();
        this.#edge(block.offset, terminator.taken);
        code.else();
        this.#edge(block.offset, terminator.next);
        code.end();
        code.ops(op.unreachable);
        return;
      }
    }
  }

  /** Enters the callee, and goes on at `next` when it has come back there. */
  #call(block: Block, target: number | undefined, next: number): void {
    const code = this.#code;
    const { row } = this.#instruction!;
    if (target === undefined) emitEffect(this.#context, row, row.meaning);
    else {
      this.#pushVirtual(target);
      code.set(this.#pc);
      this.#context.operands.setX(() => this.#context.operands.pushNextPc());
    }
    this.#flush();
    if (!this.#structure.isInside(block.offset, next)) {
      this.#leaveAtPc(regionExit.dispatch);
      return;
    }
    this.#storeProgress(() => code.get(this.#pc), 0);
    code.get(this.#hart);
    this.#pushVirtual(next);
    code.i32(this.#parts.hostAt(next)).call(this.#parts.imports.enter).tee(this.#host);
    code.i32(runExit.returned).ops(op.i32Ne).if();
    code.get(this.#host).ops(op.return);
    code.end();
    this.#reload(next);
    this.#checkBudget(next);
    this.#branch(block.offset, next);
  }

  /** Accesses whose span was found cannot. */
  #canLeave({ row }: Instruction): boolean {
    if (!mayLeave(row)) return false;
    const isFound = this.#span !== undefined && this.#spanHosts.has(this.#span);
    return !isFound || (row.usesFloat && !this.#floatKnown.enabled);
  }

  #checkBudget(block: number): void {
    const code = this.#code;
    code.get(this.#budget).i32(this.#longest.get(block)!).ops(op.i32LtS).if();
    this.#leave(block, regionExit.short);
    code.end();
  }

  #edge(from: number, to: number): void {
    if (!this.#structure.isInside(from, to)) {
      this.#leave(to, regionExit.dispatch);
      return;
    }
    this.#checkMapping(from, to);
    this.#branch(from, to);
  }

  /** Goes on with a block of this region. */
  #branch(from: number, to: number): void {
    const { order, mergePoints } = this.#structure;
    const isBack = order.get(to)! <= order.get(from)!;
    if (isBack) this.#code.br(this.#labels.get(to)!);
    else if (mergePoints.has(to)) this.#code.br(this.#forward.get(to) ?? this.#labels.get(to)!);
    else this.#tree(to);
  }

  /** Going on in another page is right only while that page is mapped as it was when it was translated. */
  #checkMapping(from: number, to: number): void {
    const last = this.#region.blocks.get(from)!.instructions.at(-1);
    const end = last === undefined ? from : last.offset + last.length - 1;
    if (pageOf(this.#region, end) === pageOf(this.#region, to)) return;
    this.#unlessMapped(to);
    this.#leave(to, regionExit.dispatch);
    this.#code.end();
  }

  /** The same for a block's first instruction when it ends in another page than it begins in. */
  #checkCrossing({ offset, instructions }: Block): void {
    const first = instructions[0];
    if (first === undefined || pageOf(this.#region, offset) === pageOf(this.#region, offset + first.length - 1)) return;
    this.#unlessMapped(offset + 2);
    this.#leave(offset, regionExit.interpret);
    this.#code.end();
  }

  /** Opens an `if`: the code at an offset is not mapped, or mapped elsewhere. */
  #unlessMapped(offset: number): void {
    const code = this.#code;
    this.#pushVirtual(offset);
    code.set(this.#address);
    emitTlbEntry(code, this.#executeTlb, this.#address);
    code.tee(this.#host).memory(op.i64Load, 0);
    code.get(this.#address).i64Small(-pageBytes).ops(op.i64And, op.i64Ne);
    code.get(this.#host).memory(op.i32Load, 8).get(this.#address).ops(op.i32WrapI64, op.i32Add);
    code.i32(this.#parts.hostAt(offset)).ops(op.i32Ne, op.i32Or).if();
  }

  #pushVirtual(offset: number): void {
    const code = this.#code;
    code.get(this.#entry);
    if (offset !== 0) code.i64Small(offset).ops(op.i64Add);
  }

  /** Stores where to go on, and the budget with what it gets back. */
  #storeProgress(pushPc: () => void, back: number): void {
    const code = this.#code;
    code.get(this.#hart);
    pushPc();
    code.memory(op.i64Store, hartOffset.pc);
    code.i32(0).get(this.#budget);
    if (back !== 0) code.i32(back).ops(op.i32Add);
    code.memory(op.i32Store, scratch.budget);
  }

  /** Goes on at an offset outside; the budget is what it must be there. */
  #leave(offset: number, reason: number, back = 0): void {
    this.#storeProgress(() => this.#pushVirtual(offset), back);
    this.#code.i32(reason).ops(op.return);
  }

  #leaveAtPc(reason: number): void {
    this.#storeProgress(() => this.#code.get(this.#pc), 0);
    this.#code.i32(reason).ops(op.return);
  }

  /** With an i32 on the stack: unless it is 0, the present instruction is for the interpreter. */
  #interpretIf(): void {
    this.#code.if();
    this.#leave(this.#instruction!.offset, regionExit.interpret, this.#unspent);
    this.#code.end();
  }

  // Operands

  #checkFloat(row: Row): void {
    const code = this.#code;
    if (row.usesFloat && !this.#floatKnown.enabled) {
      this.#floatKnown.enabled = true;
      code.get(this.#hart).memory(op.i64Load, hartOffset.mstatus).i64(fsDirty).ops(op.i64And, op.i64Eqz);
      this.#interpretIf();
    }
    if (!row.rounds) return;
    const mode = (this.#instruction!.word >>> 12) & 7;
    if (mode <= 4 || (mode === 7 && this.#floatKnown.mode)) return;
    if (mode === 7) {
      this.#floatKnown.mode = true;
      code.get(this.#hart).memory(op.i32Load, hartOffset.frm).tee(this.#rounding).i32(4).ops(op.i32GtU);
    } else code.i32(1);
    this.#interpretIf();
  }

  #system(name: SystemOp): void {
    const { row, word } = this.#instruction!;
    const source = (word >>> 15) & 31;
    const rd = fieldsOf(row).rd ? (word >>> 7) & 31 : 0;
    const how = csrForms[(word >>> 12) & 3];
    if (name.startsWith('csr') && how !== undefined) {
      const isImmediate = name.endsWith('i');
      const isDone = emitCsrAccess(
        this.#code,
        {
          number: word >>> 20,
          how,
          pushOperand: () => {
            if (isImmediate) this.#code.i64Small(source);
            else this.#context.operands.pushX('rs1');
          },
          writes: how === 'write' || source !== 0,
          rd,
        },
        { hart: this.#hart, value: this.#address, word: this.#host, changed: this.#rounding },
        {
          interpretIf: () => this.#interpretIf(),
          callMachine: () => this.#callMachine(name, rd),
          setRd: () => {
            this.#code.set(this.#registers.get(rd)!);
            this.#dirty.add(rd);
          },
        },
      );
      if (isDone) {
        this.#floatKnown = { enabled: false, dirty: false, mode: false };
        return;
      }
    }
    this.#callMachine(name, rd);
  }

  /** The machine does it, on the hart's record; then the block goes on, unless the machine says otherwise. */
  #callMachine(name: SystemOp, rd: number): void {
    const code = this.#code;
    this.#floatKnown = { enabled: false, dirty: false, mode: false }; // it may write fcsr or mstatus
    const { offset, length } = this.#instruction!;
    const rest = this.#unspent - 1;
    this.#pushMachineCall(name);
    code.if();
    code.i32(runExit.leave).ops(op.return); // pc and budget are in memory
    code.end();
    code.i32(0).memory(op.i32Load, scratch.budget).tee(this.#budget).ops(op.i32Eqz).if();
    this.#leave(offset + length, regionExit.dispatch);
    code.end();
    if (rest !== 0) code.get(this.#budget).i32(rest).ops(op.i32Sub).set(this.#budget);
    if (rd === 0) return;
    code.get(this.#hart).memory(op.i64Load, hartOffset.x + rd * 8);
    code.set(this.#registers.get(rd)!);
  }

  /** An instruction after which the block does not go on. */
  #leaveThroughMachine(next: number): void {
    const { meaning } = this.#instruction!.row;
    if (meaning.k !== 'system') throw new Error('a block ends with the machine and its last instruction is not for it');
    this.#pushMachineCall(meaning.op);
    this.#code.if();
    this.#code.i32(runExit.leave).ops(op.return);
    this.#code.end();
    this.#code.i32(0).memory(op.i32Load, scratch.budget).set(this.#budget);
    this.#leave(next, regionExit.dispatch);
  }

  /** Leaves what `system` says (see EngineHost). */
  #pushMachineCall(name: SystemOp): void {
    const { word, offset, length } = this.#instruction!;
    this.#storeProgress(() => this.#pushVirtual(offset), this.#unspent - 1);
    this.#code.i32(systemOps.indexOf(name)).i32(word).i32(word).i32(length).call(this.#parts.imports.system);
  }

  #slowAccess(): SlowAccess {
    const code = this.#code;
    const fill = (size: number, kind: number): void => {
      code
        .get(this.#address)
        .i32(size | (kind << 8))
        .call(this.#parts.miss)
        .tee(this.#host)
        .ops(op.i32Eqz);
      this.#interpretIf();
      code.get(this.#host);
    };
    return {
      load: (size) => fill(size, tlbKinds.read),
      store: (size) => fill(size, tlbKinds.write),
      atomic: (size, access) => {
        code
          .get(this.#address)
          .i64(BigInt(size - 1))
          .ops(op.i64And)
          .i64(0n)
          .ops(op.i64Ne);
        this.#interpretIf();
        fill(size, access === atomicAccess.loadReserved ? tlbKinds.read : tlbKinds.write);
      },
    };
  }

  /** Plain accesses, by the host address of their span; the first of a span looks for it. */
  #spanAccess(access: MemoryAccess): Access {
    const code = this.#code;
    /** Pushes the host address of the span; gives the present access's distance from it, or undefined without a span. */
    const push = (sizeBytes: number): number | undefined => {
      const span = this.#span;
      if (span === undefined) return undefined;
      const { word, row } = this.#instruction!;
      const distance = smallImmediateOf(word, row.immediate) - span.low;
      const known = this.#spanHosts.get(span);
      if (known === undefined) this.#findSpan(access, span, distance, sizeBytes);
      code.get(this.#spanHosts.get(span)!);
      return distance;
    };
    return {
      load: (size, signed, pushAddress) => {
        const distance = push(size);
        if (distance === undefined) access.load(size, signed, pushAddress);
        else code.memory(loadOpcode(size, signed), distance);
      },
      store: (size, pushAddress, pushValue) => {
        const distance = push(size);
        if (distance === undefined) access.store(size, pushAddress, pushValue);
        else {
          pushValue();
          code.memory(storeOpcode(size), distance);
        }
      },
      atomic: (...given) => access.atomic(...given),
      loadReserved: (...given) => access.loadReserved(...given),
      storeConditional: (...given) => access.storeConditional(...given),
    };
  }

  /** The host address of a span, for its first access, into a local. */
  #findSpan(access: MemoryAccess, span: Span, distance: number, sizeBytes: number): void {
    const code = this.#code;
    const { readSpan, writeSpan } = this.#parts.imports;
    const bytes = span.high - span.low;
    const index = this.#spanHosts.size;
    const local = this.#spanLocals[index] ?? code.local('i32');
    this.#spanLocals[index] = local;
    this.#spanHosts.set(span, local);
    code.get(this.#registers.get(span.base)!);
    if (span.low !== 0) code.i64Small(span.low).ops(op.i64Add);
    access.address(span.isWrite, bytes, () => {
      code
        .get(this.#hart)
        .get(this.#address)
        .i32(spanRequest(bytes, distance, sizeBytes));
      code
        .call(span.isWrite ? writeSpan : readSpan)
        .tee(this.#host)
        .ops(op.i32Eqz);
      this.#interpretIf();
      code.get(this.#host);
    });
    code.set(local);
  }

  #operands(): Operands {
    const code = this.#code;
    const word = (): number => this.#instruction!.word;
    const bits: Record<XField | FField, number> = { rs1: 15, rs2: 20, rs3: 27 };
    const register = (field: XField | FField): number => (word() >>> bits[field]) & 31;
    const rd = (): number => (word() >>> 7) & 31;
    return {
      pushX: (field) => {
        const number = register(field);
        if (number === 0) code.i64(0n);
        else code.get(this.#registers.get(number)!);
      },
      pushF: (field) => {
        code.get(this.#hart).memory(op.i64Load, hartOffset.f + register(field) * 8);
      },
      pushImmediate: (format) => {
        code.i64Small(smallImmediateOf(word(), format));
      },
      pushShift: () => {
        code.i64Small((word() >>> 20) & 63);
      },
      pushRoundingMode: () => {
        const mode = (word() >>> 12) & 7;
        if (mode === 7) code.get(this.#rounding);
        else code.i32(mode);
      },
      pushPc: () => {
        this.#pushVirtual(this.#instruction!.offset);
      },
      pushNextPc: () => {
        const { offset, length } = this.#instruction!;
        this.#pushVirtual(offset + length);
      },
      setX: (push) => {
        push();
        if (rd() === 0) code.ops(op.drop);
        else {
          code.set(this.#registers.get(rd())!);
          this.#dirty.add(rd());
        }
      },
      setF: (push) => {
        code.get(this.#hart);
        push();
        code.memory(op.i64Store, hartOffset.f + rd() * 8);
        if (this.#floatKnown.dirty) return;
        this.#floatKnown.dirty = true;
        code.get(this.#hart).get(this.#hart).memory(op.i64Load, hartOffset.mstatus).i64(fsDirty).ops(op.i64Or);
        code.memory(op.i64Store, hartOffset.mstatus);
      },
      setPc: (push) => {
        push();
        code.set(this.#pc);
      },
      system: (name) => {
        this.#system(name);
      },
    };
  }
}

/** By the two low bits of funct3 (Zicsr). */
const csrForms: readonly (undefined | 'write' | 'set' | 'clear')[] = [undefined, 'write', 'set', 'clear'];
