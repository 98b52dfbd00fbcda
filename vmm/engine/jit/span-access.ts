/**
 * Memory access of translated code: plain accesses go by the host address of their span (spans.ts), which the first of
 * them looks for; atomic ones look for themselves.
 */

import type { Code } from '../../wasm/code.ts';
import { op } from '../../wasm/opcodes.ts';
import { type Access, type AccessLocals, loadOpcode, MemoryAccess, type SlowAccess, storeOpcode } from '../access.ts';
import { type CoverageMaps, emitWritten } from '../coverage.ts';
import { regionExit } from '../exits.ts';
import { atomicAccess, type RegionImports } from '../imports.ts';
import { keptPageAt } from '../layout.ts';
import { callFromRegion } from '../region-calls.ts';
import { pushSpanRequest, spanRequest } from '../span-lookup.ts';
import type { Frame } from './frame.ts';
import type { Block, Instruction, Region } from './region.ts';
import { type Span, spansOf } from './spans.ts';
import type { StraightLoop } from './straight-loops.ts';

export interface SpanAccessParts {
  readonly frame: Frame;
  readonly imports: RegionImports;
  /** Consumes an i32; unless it is 0, the present instruction is for the interpreter. */
  readonly interpretIf: () => void;
  /** Steps that the present instruction gets back when the interpreter does it. */
  readonly unspent: () => number;
  readonly coverage: CoverageMaps | undefined;
}

type Size = 1 | 2 | 4 | 8;

/** Where a loop is entered. What it knows holds until it is left, as what a span has found does: a miss that took more away leaves. */
export const emitKeepNone = (code: Code, { keptPages }: StraightLoop): void => {
  for (let index = 0; index < keptPages; index += 1)
    code.i32(0).i64Small(-1).memory(op.i64Store, keptPageAt(index).tag);
};

export class SpanAccess implements Access {
  readonly #parts: SpanAccessParts;
  readonly #single: MemoryAccess;
  #spans: readonly (Span | undefined)[] = [];
  #span: Span | undefined;
  #immediate = 0;
  /** Of the present instruction, from the region's entry. */
  #offset = 0;
  /** For the host addresses of spans, in each block anew; and how many of them this block has taken. */
  readonly #locals: number[] = [];
  #taken = 0;
  /** The loop that the present block is of, if its accesses may stay in their pages. */
  #loop: StraightLoop | undefined;
  /** By loop, how many of its accesses have a kept page of their own so far. */
  readonly #kept = new Map<StraightLoop, number>();

  constructor(parts: SpanAccessParts) {
    const { code, hart, readTlb, writeTlb, address, host } = parts.frame;
    this.#parts = parts;
    let value = 0;
    let operand = 0;
    const locals: AccessLocals = {
      hart,
      readTlb,
      writeTlb,
      address,
      entry: code.local('i32'),
      host,
      // Of atomic accesses, which few regions have.
      get value() {
        if (value === 0) value = code.local('i64');
        return value;
      },
      get operand() {
        if (operand === 0) operand = code.local('i64');
        return operand;
      },
    };
    this.#single = new MemoryAccess(code, locals, this.#slowAccess(), parts.coverage);
  }

  beginBlock(region: Region, block: Block, loop: StraightLoop | undefined): void {
    this.#spans = spansOf(region, block);
    this.#taken = 0;
    this.#loop = loop;
  }

  /** Call before each instruction, with its place in the block. */
  beginInstruction(instruction: Instruction, index: number): void {
    this.#immediate = instruction.is.immediate;
    this.#offset = instruction.offset;
    this.#span = this.#spans[index];
  }

  /** Whether the present instruction's span was found: then its access cannot fail. */
  get isFound(): boolean {
    return this.#span !== undefined && this.#span.host >= 0;
  }

  load(size: Size, signed: boolean, pushAddress: () => void): void {
    const span = this.#span;
    if (span === undefined) this.#single.load(size, signed, pushAddress);
    else {
      this.#pushHost(span, size);
      this.#parts.frame.code.memory(loadOpcode(size, signed), this.#distanceIn(span));
    }
  }

  store(size: Size, pushAddress: () => void, pushValue: () => void): void {
    const span = this.#span;
    if (span === undefined) this.#single.store(size, pushAddress, pushValue);
    else {
      const { coverage, frame } = this.#parts;
      const { code } = frame;
      this.#pushHost(span, size);
      pushValue();
      code.memory(storeOpcode(size), this.#distanceIn(span));
      if (coverage !== undefined) emitWritten(code, coverage, span.host, this.#distanceIn(span), size);
    }
  }

  atomic(...given: Parameters<Access['atomic']>): void {
    this.#single.atomic(...given);
  }

  loadReserved(...given: Parameters<Access['loadReserved']>): void {
    this.#single.loadReserved(...given);
  }

  storeConditional(...given: Parameters<Access['storeConditional']>): void {
    this.#single.storeConditional(...given);
  }

  /** Of the present instruction's first byte from the span's. */
  #distanceIn(span: Span): number {
    return this.#immediate - span.low;
  }

  /** Leaves the host address of a span. Its first access finds it, and leaves it in a local if there are more to come. */
  #pushHost(span: Span, sizeBytes: number): void {
    const { frame, coverage } = this.#parts;
    const { code } = frame;
    if (span.host >= 0) {
      code.get(span.host);
      return;
    }
    const bytes = span.high - span.low;
    const request = spanRequest(bytes, this.#distanceIn(span), sizeBytes, span.accesses === 1);
    frame.pushRegister(span.base);
    if (span.low !== 0) code.i64Small(span.low).ops(op.i64Add);
    const slow = (): void => this.#lookUp(span.isWrite, request);
    const kept = this.#keptPage(span);
    if (kept === undefined) this.#single.address(span.isWrite, bytes, slow);
    else this.#single.addressInKept(span.isWrite, bytes, keptPageAt(kept), this.#loop!.steps[span.base]! < 0, slow);
    if (span.accesses === 1 && coverage === undefined) return;
    span.host = this.#nextLocal();
    code.tee(span.host);
  }

  #nextLocal(): number {
    const local = this.#locals[this.#taken] ?? this.#parts.frame.code.local('i32');
    this.#locals[this.#taken] = local;
    this.#taken += 1;
    return local;
  }

  /** The number of one for a span, which no other has, if there is one. */
  #keptPage({ base }: Span): number | undefined {
    const loop = this.#loop;
    if (loop?.steps[base] === undefined) return undefined;
    const kept = this.#kept.get(loop) ?? 0;
    if (kept === loop.keptPages) return undefined;
    this.#kept.set(loop, kept + 1);
    return kept;
  }

  /** Leaves what is to be added to `address`, where the span begins of which a request says the rest. */
  #lookUp(isWrite: boolean, request: number): void {
    const { frame, imports, unspent } = this.#parts;
    const { code, hart, address, entry, budget, host } = frame;
    code.get(hart).get(address);
    pushSpanRequest(code, request, this.#offset, unspent()).get(entry).get(budget);
    callFromRegion(code, isWrite ? imports.writeSpan : imports.readSpan);
    code.tee(host).ops(op.i32Eqz).unlikely().if();
    frame.leaveWhereStored(regionExit.interpret);
    code.end();
    code.get(host);
  }

  #slowAccess(): SlowAccess {
    const { frame, interpretIf } = this.#parts;
    const { code, address } = frame;
    const single = (size: number, isWrite: boolean): void => this.#lookUp(isWrite, spanRequest(size, 0, size, true));
    return {
      load: (size) => single(size, false),
      store: (size) => single(size, true),
      atomic: (size, access) => {
        code.get(address).ops(op.i32WrapI64);
        code.i32(size - 1).ops(op.i32And);
        interpretIf();
        single(size, access !== atomicAccess.loadReserved);
      },
    };
  }
}
