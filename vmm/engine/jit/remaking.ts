/**
 * Registers that each turn of a loop writes before it reads them are not carried from turn to turn: only who looks at them on a way
 * out would need them, and V8 had to move each of them all the time. A way out makes their values again (P. Briggs,
 * K. Cooper, L. Torczon, "Rematerialization", PLDI 1992), by the instructions that made them in the turn before, from what
 * other registers still hold. In the first turn they are what they were before the loop, and stored where it is entered.
 */

import type { Decoded } from './decoded.ts';
import type { Block, Region } from './region.ts';
import { signExtendedAfter } from './sign-extension.ts';
import type { ByBlock } from './structure.ts';

/** How a value is made: it is a register's, or what an instruction makes of such values. */
export type Making =
  | { readonly register: number }
  | { readonly is: Decoded; readonly rs1: Making | undefined; readonly rs2: Making | undefined };

/** A place in a loop from which it may be left. */
export interface WayOut {
  /** Registers, as bits, that are to be made again. */
  readonly registers: number;
  readonly makings: readonly { readonly register: number; readonly making: Making }[];
  /** Steps that the turn has paid for. */
  readonly spent: number;
}

export interface Remaking {
  /** Registers, as bits, that are not carried. */
  readonly uncarried: number;
  /** Where the header begins, before its steps are paid for. */
  readonly begin: WayOut;
  /** By place of an instruction in the region: before it. None where all registers have their values. */
  readonly before: ReadonlyMap<number, WayOut>;
}

/** Instructions that make one value, at most. */
const makingMax = 16;

export const remakingIn = (region: Region, blocks: readonly Block[], signExtended: ByBlock): Remaking | undefined =>
  new Turn(region, blocks, signExtended).find();

/** A value before any turn is that of its register, by number; the others are numbered behind. */
const registers = 32;
const zero = 0;

class Turn {
  readonly #region: Region;
  readonly #blocks: readonly Block[];
  readonly #signExtended: ByBlock;
  /** By value: the instruction that makes it of others, or undefined if nothing can do it again. */
  readonly #is: (Decoded | undefined)[] = new Array(registers).fill(undefined);
  readonly #rs1: number[] = new Array(registers).fill(zero);
  readonly #rs2: number[] = new Array(registers).fill(zero);
  /** By value: registers, as bits, that have it. */
  readonly #holders: number[] = Array.from({ length: registers }, (_, register) => 1 << register);
  /** By register: its value. */
  readonly #values: number[] = Array.from({ length: registers }, (_, register) => register);
  #instructionsLeft = 0;

  constructor(region: Region, blocks: readonly Block[], signExtended: ByBlock) {
    this.#region = region;
    this.#blocks = blocks;
    this.#signExtended = signExtended;
  }

  find(): Remaking | undefined {
    let reads = 0;
    let writes = 0;
    this.#each((is) => {
      reads |= is.reads & ~writes;
      writes |= is.writes;
    });
    let uncarried = writes & ~reads;
    if (uncarried === 0) return undefined;
    this.#each((is, signExtended) => this.#apply(is, signExtended));
    const values = this.#values.slice();
    // One that cannot be made again is carried, and others may be made from it.
    for (;;) {
      const before = new Map<number, WayOut>();
      const begin = this.#wayOut(uncarried, 0);
      let missing = uncarried & ~begin.registers;
      let lost = uncarried;
      let spent = 0;
      for (const block of this.#blocks) {
        spent += block.count;
        this.#eachOf(block, (is, signExtended, at) => {
          const isLast = at === block.first + block.count - 1;
          if (lost !== 0 && (is.facts.mayLeave || isLast)) {
            const way = this.#wayOut(lost, spent);
            before.set(at, way);
            missing |= lost & ~way.registers;
          }
          this.#apply(is, signExtended);
          lost &= ~is.writes;
        });
      }
      if (missing === 0) return { uncarried, begin, before };
      uncarried &= ~missing;
      if (uncarried === 0) return undefined;
      this.#goBack(values);
    }
  }

  #each(take: (is: Decoded, signExtended: number, at: number) => void): void {
    for (const block of this.#blocks) this.#eachOf(block, take);
  }

  #eachOf({ index, first, count }: Block, take: (is: Decoded, signExtended: number, at: number) => void): void {
    let signExtended = this.#signExtended[index]!;
    for (let at = first; at < first + count; at += 1) {
      const { is } = this.#region.instructions[at]!;
      take(is, signExtended, at);
      signExtended = signExtendedAfter(signExtended, is);
    }
  }

  #apply(is: Decoded, signExtended: number): void {
    if (is.writes === 0) return;
    const { rd } = is;
    const value = this.#valueAfter(is, signExtended);
    this.#holders[this.#values[rd]!]! &= ~(1 << rd);
    this.#holders[value]! |= 1 << rd;
    this.#values[rd] = value;
  }

  #valueAfter(is: Decoded, signExtended: number): number {
    const { word, rs1, copies, facts, row, immediate } = is;
    if (copies > 0) return this.#values[copies]!;
    if (row.name === 'addiw' && immediate === 0 && ((signExtended >>> rs1) & 1) !== 0) return this.#values[rs1]!;
    this.#is.push(facts.isPlain ? is : undefined);
    this.#rs1.push(this.#values[rs1]!);
    this.#rs2.push(this.#values[(word >>> 20) & 31]!);
    this.#holders.push(0);
    return this.#is.length - 1;
  }

  /** To where a turn begins. */
  #goBack(values: readonly number[]): void {
    this.#holders.fill(0);
    for (let register = 0; register < registers; register += 1) {
      this.#values[register] = values[register]!;
      this.#holders[values[register]!]! |= 1 << register;
    }
  }

  /** Which of these registers can be made again from the others, and how. */
  #wayOut(lost: number, spent: number): WayOut {
    const makings: { register: number; making: Making }[] = [];
    let made = 0;
    for (let rest = lost; rest !== 0; rest &= rest - 1) {
      const register = 31 - Math.clz32(rest & -rest);
      this.#instructionsLeft = makingMax;
      const making = this.#making(this.#values[register]!, lost);
      if (making === undefined) continue;
      makings.push({ register, making });
      made |= 1 << register;
    }
    return { registers: made, makings, spent };
  }

  #making(value: number, lost: number): Making | undefined {
    const holders = this.#holders[value]! & ~lost;
    if (holders !== 0) return { register: 31 - Math.clz32(holders & -holders) };
    const is = this.#is[value];
    if (is === undefined || --this.#instructionsLeft < 0) return undefined;
    const rs1 = is.facts.rs1 ? this.#making(this.#rs1[value]!, lost) : undefined;
    if (is.facts.rs1 && rs1 === undefined) return undefined;
    const rs2 = is.facts.rs2 ? this.#making(this.#rs2[value]!, lost) : undefined;
    if (is.facts.rs2 && rs2 === undefined) return undefined;
    return { is, rs1, rs2 };
  }
}
