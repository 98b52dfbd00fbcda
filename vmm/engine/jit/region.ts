/**
 * A region: the code that is translated as one function. It has one entry and the basic blocks that direct branches and
 * jumps reach from there, and those where calls come back to. Returns, system instructions that change the flow
 * and pages without a mapping end it. Offsets are in bytes from the region's entry; they may be negative.
 *
 * Indirect jumps of the entry's page all go to one block of the region's own, the hub, which goes on to those places of
 * the page that such jumps were seen to go to. So a program's jumps from each of its cases to each other make one loop.
 */

import { pageBytes, pageShift } from '../layout.ts';
import { type Decoded, decodedOf } from './decoded.ts';

export interface Instruction {
  readonly offset: number;
  readonly is: Decoded;
  /** The machine is asked when its address is one of these. */
  readonly stops: readonly bigint[] | undefined;
}

/** How a block ends. The last instruction is that which it is about, but for `next`, `interpret` and `hub`. */
export type Ending =
  | 'branch' // to `target` or `next`
  | 'jump' // without a link, to `target`
  | 'call' // the same with a link; comes back to `next`
  | 'indirect' // jalr without a link
  | 'hub'
  | 'next' // runs into the block at `target`
  | 'system' // the machine takes control elsewhere
  | 'interpret'; // before an instruction at `target` that is not translated

export interface Block {
  /** Its place among the region's blocks. */
  readonly index: number;
  readonly offset: number;
  /** Its instructions are so many of the region's, from this one. */
  readonly first: number;
  readonly count: number;
  readonly ending: Ending;
  readonly target: number;
  /** Whether a call goes where a register says: it has no target. */
  readonly isIndirect: boolean;
  /** Offset behind its last instruction. */
  readonly next: number;
  readonly isReturn: boolean;
  /** The region's blocks where control goes on, by index; -1 where it has none. For a branch first the next, then the target. */
  readonly successors: readonly number[];
  /** Integer registers, as bits: those that it reads before it writes them, all that it writes, and those that get 64 bits at once. */
  readonly reads: number;
  readonly writes: number;
  readonly wide: number;
  /** How many of its instructions access memory by a register and their immediate alone. */
  readonly accesses: number;
  /** Whether it calls or has something for the machine. */
  readonly isLoud: boolean;
}

/** All objects of a kind have the same shape, and most of what is known of them is small integers: see structure.ts. */
export interface Region {
  /** Of the entry, in its page. */
  readonly pageOffset: number;
  /** The entry is the first. */
  readonly blocks: readonly Block[];
  readonly instructions: readonly Instruction[];
  /** Those for which its module must have something. */
  readonly needy: readonly Instruction[];
  /** Where the hub goes: offsets, each the beginning of one of its successors. */
  readonly hubTargets: readonly number[];
}

/** The page of an offset, counted from the entry's. */
export const pageOf = ({ pageOffset }: Pick<Region, 'pageOffset'>, offset: number): number =>
  (pageOffset + offset) >> pageShift;

/** The instruction at an offset, signed if it has 32 bits; or undefined where some of it is not mapped. */
export type ReadCode = (offset: number) => number | undefined;

/** TurboFan's time grows faster than a function's size. */
const blocksMax = 50;
const instructionsMax = 400;

export interface RegionParts {
  readonly read: ReadCode;
  /** Whether control was lately seen at an offset. What was not seen is left out: errors and the like, which would be half of the code. */
  readonly wasSeen: (offset: number) => boolean;
  /** Of indirect jumps, in the entry's page. */
  readonly jumpTargets: () => number[];
  /** At which addresses the machine is to be asked at the instruction at an offset; absent when it is nowhere. */
  readonly stopsAt: ((offset: number) => readonly bigint[] | undefined) | undefined;
}

/** Undefined when not even the first instruction can be translated. */
export const findRegion = (pageOffset: number, parts: RegionParts): Region | undefined =>
  new RegionFinder(pageOffset, parts).find();

/** An instruction while it is not known yet which blocks there are. */
interface Place extends Instruction {
  /** Whether it is of the region. */
  isWalked: boolean;
  /** The block that begins there; -1 when none does. */
  block: number;
  /** What is behind it in memory, once it is walked, if control may go on there and that can be translated. */
  following: Place | undefined;
}

const noBlock = -1;
/** Offset of the hub: odd, where no code is. */
const hub = 1;

class RegionFinder {
  readonly #pageOffset: number;
  readonly #parts: RegionParts;
  readonly #places = new Map<number, Place>();
  /** Where blocks begin. */
  readonly #leaders: Place[] = [];
  #walked = 0;
  /** Of the hub, once there is an indirect jump. */
  #targets: readonly number[] = [];
  readonly #instructions: Place[] = [];
  readonly #needy: Place[] = [];

  constructor(pageOffset: number, parts: RegionParts) {
    this.#pageOffset = pageOffset;
    this.#parts = parts;
  }

  find(): Region | undefined {
    this.#lead(0);
    for (let next = 0; next < this.#leaders.length; next += 1) this.#walk(this.#leaders[next]!);
    if (this.#leaders.length === 0) return undefined;
    const blocks: Block[] = [];
    for (let index = 0; index < this.#leaders.length; index += 1) blocks.push(this.#blockAt(this.#leaders[index]!));
    const hubTargets: number[] = [];
    if (this.#targets.length > 0) {
      const successors: number[] = [];
      for (const target of this.#targets) {
        const block = this.#blockOf(target);
        if (block === noBlock || blocks[block]!.count === 0) continue;
        hubTargets.push(target);
        successors.push(block);
      }
      blocks.push(blockOf([], blocks.length, hub, 0, 'hub', hub, false, hub, false, successors));
    }
    const [instructions, needy] = [this.#instructions, this.#needy];
    return { pageOffset: this.#pageOffset, blocks, instructions, needy, hubTargets };
  }

  #at(offset: number): Place | undefined {
    const found = this.#places.get(offset);
    if (found !== undefined) return found;
    const raw = this.#parts.read(offset);
    const is = raw === undefined ? undefined : decodedOf(raw);
    if (is === undefined) return undefined;
    const stops = this.#parts.stopsAt?.(offset);
    const place: Place = { offset, is, stops, isWalked: false, block: noBlock, following: undefined };
    this.#places.set(offset, place);
    return place;
  }

  /** The block that begins at an offset. */
  #blockOf(offset: number): number {
    const place = this.#places.get(offset);
    return place === undefined ? noBlock : place.block;
  }

  /** A block is to begin at an offset, if there is room for it. */
  #lead(offset: number): void {
    if (this.#leaders.length >= blocksMax || this.#walked >= instructionsMax) return;
    const place = this.#at(offset);
    if (place === undefined || place.block !== noBlock) return;
    place.block = this.#leaders.length;
    this.#leaders.push(place);
  }

  #leadToSeen(offset: number): void {
    if (this.#parts.wasSeen(offset)) this.#lead(offset);
  }

  /** Takes in instructions up to where control parts or comes to what is of the region already. */
  #walk(start: Place): void {
    let previous: Place | undefined;
    for (let place: Place | undefined = start; place !== undefined && !place.isWalked; ) {
      place.isWalked = true;
      this.#walked += 1;
      const next = place.offset + place.is.length;
      if (place.is.flow !== 'on') {
        this.#leadAfter(place, previous, next);
        return;
      }
      const following = this.#at(next);
      // What began in the middle of an instruction runs into other code here, which is to be of one block only.
      if (following?.isWalked === true) this.#lead(next);
      place.following = following?.isWalked === true && following.block === noBlock ? undefined : following;
      // A block is in one page; only its first instruction may begin in another.
      if (this.#inPage(next) === 0 || this.#crossesPage(following) || this.#walked >= instructionsMax) {
        this.#lead(next);
        return;
      }
      previous = place;
      place = following;
    }
  }

  #leadAfter(place: Place, previous: Place | undefined, next: number): void {
    const { is } = place;
    if (is.flow === 'system') return;
    if (is.flow === 'branch') {
      this.#leadToSeen(next);
      this.#leadToSeen(targetOf(place, previous));
      return;
    }
    if (is.rd !== 0) {
      this.#leadToSeen(next); // where the callee comes back to, if it does
      return;
    }
    const target = targetOf(place, previous);
    if (target !== unknown) this.#lead(target);
    else if (this.#goesToHub(place, place.offset) && this.#targets.length === 0) {
      this.#targets = this.#parts.jumpTargets();
      for (const jumped of this.#targets) this.#leadToSeen(jumped);
    }
  }

  #blockAt(start: Place): Block {
    const first = this.#instructions.length;
    let previous: Place | undefined;
    let place: Place | undefined = start;
    while (place?.isWalked === true) {
      this.#instructions.push(place);
      if (place.is.hasNeeds) this.#needy.push(place);
      const next: number = place.offset + place.is.length;
      if (place.is.flow !== 'on') return this.#parted(start, first, place, previous, next);
      previous = place;
      place = place.following;
      if (place !== undefined && place.block !== noBlock)
        return this.#ended(start, first, next, 'next', next, false, false, [place.block]);
    }
    // The region is full, and another one may begin here; or the instruction is not for translated code at all.
    const next = previous === undefined ? start.offset : previous.offset + previous.is.length;
    const isFull = previous !== undefined && this.#at(next) !== undefined;
    return this.#ended(start, first, next, isFull ? 'next' : 'interpret', next, false, false, isFull ? [noBlock] : []);
  }

  /** A block whose last instruction says where control goes. */
  #parted(start: Place, first: number, place: Place, previous: Place | undefined, next: number): Block {
    const { is } = place;
    if (is.flow === 'system') return this.#ended(start, first, next, 'system', next, false, false, []);
    const target = targetOf(place, previous);
    const isIndirect = target === unknown;
    const after = this.#blockOf(next);
    if (is.flow === 'branch')
      return this.#ended(start, first, next, 'branch', target, false, false, [after, this.#blockOf(target)]);
    if (is.rd !== 0) return this.#ended(start, first, next, 'call', target, isIndirect, false, [after]);
    if (!isIndirect) return this.#ended(start, first, next, 'jump', target, false, false, [this.#blockOf(target)]);
    const toHub = this.#targets.length > 0 && this.#goesToHub(place, start.offset);
    const successors = toHub ? [this.#leaders.length] : [];
    return this.#ended(start, first, next, 'indirect', target, true, isReturn(is), successors);
  }

  #ended(
    start: Place,
    first: number,
    next: number,
    ending: Ending,
    target: number,
    isIndirect: boolean,
    isReturn: boolean,
    successors: readonly number[],
  ): Block {
    const { block, offset } = start;
    return blockOf(this.#instructions, block, offset, first, ending, target, isIndirect, next, isReturn, successors);
  }

  #goesToHub({ is }: Place, offset: number): boolean {
    return is.rd === 0 && !isReturn(is) && pageOf({ pageOffset: this.#pageOffset }, offset) === 0;
  }

  #inPage(offset: number): number {
    return (this.#pageOffset + offset) & (pageBytes - 1);
  }

  /** Whether an instruction begins in one page and ends in the next. */
  #crossesPage(place: Place | undefined): boolean {
    return place !== undefined && this.#inPage(place.offset) + place.is.length > pageBytes;
  }
}

/** Made in one place, so that V8 knows one kind of them. Its instructions are those from `first` to the end. */
const blockOf = (
  instructions: readonly Instruction[],
  index: number,
  offset: number,
  first: number,
  ending: Ending,
  target: number,
  isIndirect: boolean,
  next: number,
  isReturn: boolean,
  successors: readonly number[],
): Block => {
  let reads = 0;
  let writes = 0;
  let wide = 0;
  let accesses = 0;
  let isLoud = ending === 'call';
  for (let at = first; at < instructions.length; at += 1) {
    const { is } = instructions[at]!;
    reads |= is.reads & ~writes;
    writes |= is.writes;
    if (!is.widens && is.copies < 0) wide |= is.writes;
    if (is.readBytes + is.writeBytes !== 0 && is.rs1 !== 0) accesses += 1;
    if (is.isSystem) isLoud = true;
  }
  const count = instructions.length - first;
  return {
    index,
    offset,
    first,
    count,
    ending,
    target,
    isIndirect,
    next,
    isReturn,
    successors,
    reads,
    writes,
    wide,
    accesses,
    isLoud,
  };
};

/** No target: odd, where no code is. */
const unknown = 3;
/**
 * The target of a pair is nearer than that: offsets have 32 bits, with an offset in a page, and behind the pair there may
 * be jumps of 1 MiB, one a block (2.5.1).
 */
const farthest = 2 ** 31 - 2 ** 26;

/** Where a branch or jump goes, if that is known: by itself, or as a pair of `auipc` and `jalr`, the usual far call and tail call. */
const targetOf = ({ offset, is }: Instruction, previous: Instruction | undefined): number => {
  if (is.row.immediate !== 'I') return offset + is.immediate; // of branches and jal
  if (previous === undefined || !previous.is.isAuipc || previous.is.rd !== is.rs1) return unknown;
  const distance = previous.offset + previous.is.immediate + is.immediate;
  return Math.abs(distance) < farthest ? distance & ~1 : unknown;
};

/** Jumps to ra and t0 are returns (unprivileged specification, "Unconditional Jumps"). */
const isReturn = ({ rs1 }: Decoded): boolean => (rs1 & 0b11011) === 1;
