/**
 * Checkpoints of a machine: whole states at moments, page-granular and shared between them. They are an optimisation:
 * dropping any but the first changes no answer, only how fast it comes. When there are too many, those go first that are
 * close together and far from where the person stands or stood (thinning.ts): out of memory where there is a place for them
 * (spill.ts) and they save much, else for good; and of those outside when that is full. Where nobody goes back there are none,
 * and nothing is copied for them.
 */

import type { Moment } from '../../traces/time.ts';
import { pageBytes, pageFlag, pageFlagsBase, ramOffset } from '../engine/layout.ts';
import type { Machine, MachineRecord } from '../machine/machine.ts';
import { isZeroPage } from '../machine/memory.ts';
import { type CarriedState, pageAt, placesOf, type SlabWriter } from './carried-state.ts';
import type { CheckpointDelta } from './checkpoint-delta.ts';
import { PageStore, zeroPage } from './page-store.ts';
import type { Spill } from './spill.ts';
import { leastUseful, RecentStops } from './thinning.ts';

export interface Checkpoint {
  readonly at: Moment;
  /** How many inputs of the log had been applied. */
  readonly cursor: number;
  readonly record: MachineRecord;
  /** Page number in the store of each RAM page; absent when it is not in memory. */
  readonly pages: Int32Array | undefined;
  /** Then where that list is. */
  readonly spilled?: number;
}

export class Checkpoints {
  readonly #machine: Machine;
  readonly #store: PageStore;
  readonly #spill: Spill | undefined;
  readonly #stops = new RecentStops();
  readonly #budgetBytes: number;
  /** Ascending in time; the first is where the timeline begins and stays. */
  readonly #list: Checkpoint[] = [];
  /** What each RAM page held when it was last known; right unless its flag says that it changed. */
  readonly #known: Int32Array;
  /** How many of them are not in memory. */
  #spilled = 0;
  /** Pages of the state that was adopted last. */
  #adopted: Int32Array | undefined;

  /**
   * Takes the first checkpoint. The machine is where the timeline begins, and all of its RAM that is not zero is flagged changed.
   * `budgetBytes`: the others are dropped beyond it; with 0, not even the first is taken.
   */
  constructor(machine: Machine, budgetBytes: number, spill?: Spill) {
    this.#machine = machine;
    this.#spill = spill;
    this.#store = new PageStore(spill);
    this.#budgetBytes = budgetBytes;
    this.#known = new Int32Array(budgetBytes === 0 ? 0 : machine.memory.ramPages).fill(zeroPage);
    this.take(0);
  }

  get count(): number {
    return this.#list.length;
  }

  get sizeBytes(): number {
    return this.#store.sizeBytes + this.inMemory * this.#known.byteLength;
  }

  /** How many are in memory. */
  get inMemory(): number {
    return this.#list.length - this.#spilled;
  }

  get moments(): readonly Moment[] {
    return this.#list.map(({ at }) => at);
  }

  /** The last checkpoint at or before a moment. */
  before(at: Moment): Checkpoint {
    if (this.#list.length === 0) throw new Error('there are no checkpoints to go back to: their budget is 0');
    return this.#list[this.#indexBefore(at)]!;
  }

  #indexBefore(at: Moment): number {
    let low = 0;
    let high = this.#list.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.#list[middle]!.at <= at) low = middle;
      else high = middle;
    }
    return low;
  }

  /** Keeps the present state, unless there is a checkpoint of this moment already. */
  take(cursor: number): void {
    if (this.#budgetBytes === 0) return;
    const at = this.#machine.now;
    const index = this.#list.length === 0 ? -1 : this.#indexBefore(at);
    if (index >= 0 && this.#list[index]!.at === at) return;
    this.#rememberChangedPages();
    const pages = this.#known.slice();
    for (const page of pages) this.#store.hold(page);
    this.#list.splice(index + 1, 0, { at, cursor, record: this.#machine.save(), pages });
    this.#thin();
  }

  /** A person stands at the present moment: what is near it is kept longer than what is far. */
  noteStop(): void {
    this.#stops.add(this.#machine.now);
  }

  /** Keeps the pages of the first checkpoint for good, and gives their numbers. */
  holdFirst(): Int32Array {
    const pages = this.#list[0]!.pages!;
    for (const page of pages) this.#store.hold(page);
    return pages;
  }

  /** Drops the checkpoints before a moment: from there on the timeline has no past. */
  dropBefore(at: Moment): void {
    while (this.#list.length > 1 && this.#list[0]!.at < at) this.#drop(0);
  }

  /** What a page of a checkpoint holds, by its number. */
  contents(page: number): Uint8Array {
    return this.#store.get(page);
  }
  isZero(page: number): boolean {
    return page === zeroPage;
  }

  #drop(index: number): void {
    const checkpoint = this.#list[index]!;
    this.#list.splice(index, 1);
    if (checkpoint.pages !== undefined) {
      for (const page of checkpoint.pages) this.#store.release(page);
      return;
    }
    this.#spilled -= 1;
    for (const page of this.#tableOf(checkpoint) ?? []) this.#store.releaseCold(page);
    this.#spill!.drop(checkpoint.spilled!);
  }

  /** Page numbers of a checkpoint; nothing when they are lost. */
  #tableOf({ pages, spilled }: Checkpoint): Int32Array | undefined {
    if (pages !== undefined) return pages;
    const bytes = this.#spill!.get(spilled!);
    return bytes?.length === this.#known.byteLength ? new Int32Array(bytes.slice().buffer) : undefined;
  }

  /** Moves a checkpoint out of memory. @returns whether there was room for it */
  #spillOut(index: number): boolean {
    const { pages, ...rest } = this.#list[index]!;
    if (pages === undefined || this.#spill === undefined) return false;
    const spilled = this.#spill.put(new Uint8Array(pages.buffer, pages.byteOffset, pages.byteLength));
    if (spilled === undefined) return false;
    if (!this.#store.cool(pages)) {
      this.#spill.drop(spilled);
      return false;
    }
    this.#list[index] = { ...rest, pages: undefined, spilled };
    this.#spilled += 1;
    return true;
  }

  /**
   * Takes the state that another machine of the same history was in. Called with each change to it in order, from
   * moment 0 on.
   */
  adopt({ at, cursor, record, pages, contents }: CheckpointDelta): void {
    if (this.#budgetBytes === 0) return;
    if (this.#adopted === undefined) {
      this.#adopted = this.#list[0]!.pages!.slice();
      for (const page of this.#adopted) this.#store.hold(page);
    }
    const adopted = this.#adopted;
    for (const [index, page] of pages.entries()) {
      this.#store.release(adopted[page]!);
      const bytes = contents.subarray(index * pageBytes, (index + 1) * pageBytes);
      adopted[page] = isZero(bytes) ? zeroPage : this.#store.add(bytes);
    }
    const index = this.#indexBefore(at);
    if (this.#list[index]!.at === at) return;
    const own = adopted.slice();
    for (const page of own) this.#store.hold(page);
    this.#list.splice(index + 1, 0, { at, cursor, record, pages: own });
    this.#thin();
  }

  #rememberChangedPages(): void {
    const { u8, ramPages } = this.#machine.memory;
    for (let page = 0; page < ramPages; page += 1) {
      const flags = u8[pageFlagsBase + page]!;
      if ((flags & pageFlag.dirtySinceCheckpoint) === 0) continue;
      u8[pageFlagsBase + page] = flags & ~pageFlag.dirtySinceCheckpoint;
      this.#rememberPage(page);
    }
    this.#machine.translations.dropWrites();
  }

  #rememberPage(page: number): void {
    const { memory } = this.#machine;
    const start = ramOffset + page * pageBytes;
    this.#store.release(this.#known[page]!);
    this.#known[page] = isZeroPage(memory, page)
      ? zeroPage
      : this.#store.add(memory.u8.subarray(start, start + pageBytes));
  }

  /**
   * Makes the machine what it was.
   * @returns false when it was not in memory and is lost: then it is no more, nothing else has changed, and one before it will do
   */
  restore(checkpoint: Checkpoint): boolean {
    const { u8 } = this.#machine.memory;
    const changes = this.#changesTo(checkpoint);
    if (changes === undefined) {
      this.#drop(this.#list.indexOf(checkpoint));
      return false;
    }
    for (const { page, wanted, bytes } of changes) {
      const flags = u8[pageFlagsBase + page]!;
      const start = ramOffset + page * pageBytes;
      // Another machine's copy of the same page: translated code of it stays.
      if (!isSame(u8, start, bytes)) {
        this.#machine.translations.dropCode(page, true);
        u8.set(bytes, start);
      }
      this.#store.hold(wanted);
      this.#store.release(this.#known[page]!);
      this.#known[page] = wanted;
      u8[pageFlagsBase + page] =
        (flags & ~pageFlag.dirtySinceCheckpoint) | pageFlag.dirtySinceDigest | pageFlag.changed;
    }
    this.#machine.restore(checkpoint.record);
    return true;
  }

  /** The pages that are others now, with what they held; nothing when that is lost. */
  #changesTo(checkpoint: Checkpoint): { page: number; wanted: number; bytes: Uint8Array }[] | undefined {
    const { u8, ramPages } = this.#machine.memory;
    const pages = this.#tableOf(checkpoint);
    if (pages === undefined) return undefined;
    const changes: { page: number; wanted: number; bytes: Uint8Array }[] = [];
    for (let page = 0; page < ramPages; page += 1) {
      const flags = u8[pageFlagsBase + page]!;
      const wanted = pages[page]!;
      if ((flags & pageFlag.dirtySinceCheckpoint) === 0 && this.#known[page] === wanted) continue;
      const bytes = this.#store.find(wanted);
      if (bytes === undefined) return undefined;
      changes.push({ page, wanted, bytes });
    }
    return changes;
  }

  /**
   * A checkpoint as it is carried to another timeline, or one before it when that is lost. The same writer each time: pages that it
   * knows are not copied.
   */
  carry(checkpoint: Checkpoint, writer: SlabWriter): CarriedState {
    const { at, cursor, record } = checkpoint;
    const bytes = this.#contentsOf(checkpoint);
    if (bytes !== undefined) return { at, cursor, record, ...writer.write(bytes) };
    this.#drop(this.#list.indexOf(checkpoint));
    return this.carry(this.before(at), writer);
  }

  /** By RAM page, nothing for one of zeros; nothing at all when it is lost. */
  #contentsOf(checkpoint: Checkpoint): (Uint8Array | undefined)[] | undefined {
    const bytes: (Uint8Array | undefined)[] = [];
    for (const page of this.#tableOf(checkpoint) ?? [noPage]) {
      const found = page === noPage ? undefined : this.#store.find(page);
      if (found === undefined) return undefined;
      bytes.push(page === zeroPage ? undefined : found);
    }
    return bytes;
  }

  /** The present state, carried. There must be a budget. */
  carryPresent(cursor: number, writer: SlabWriter): CarriedState {
    this.#rememberChangedPages();
    const { now } = this.#machine;
    const bytes: (Uint8Array | undefined)[] = [];
    for (const [page, known] of this.#known.entries()) {
      let found = known === zeroPage ? undefined : this.#store.find(known);
      if (known !== zeroPage && found === undefined) {
        this.#rememberPage(page); // it was outside and is lost, but this is the present
        found = this.#store.get(this.#known[page]!);
      }
      bytes.push(found);
    }
    return { at: now, cursor, record: this.#machine.save(), ...writer.write(bytes) };
  }

  /** Makes the machine what another one was, without a checkpoint of that. Pages that it has already are not touched. */
  restoreCarried(state: CarriedState, writer: SlabWriter): void {
    const { u8, ramPages } = this.#machine.memory;
    const placeAt = placesOf(state);
    for (let page = 0; page < ramPages; page += 1) {
      const flags = u8[pageFlagsBase + page]!;
      const known = this.#known[page]!;
      const place = placeAt(page);
      if ((flags & pageFlag.dirtySinceCheckpoint) === 0) {
        const bytes = known === zeroPage ? undefined : this.#store.find(known);
        const own = bytes && writer.placeOf(bytes);
        const isKnown = known === zeroPage || own !== undefined;
        if (isKnown && own?.slab.name === place?.slab.name && own?.page === place?.page) continue;
      }
      this.#machine.translations.dropCode(page, true);
      let wanted: number = zeroPage;
      if (place !== undefined) {
        const bytes = pageAt(place);
        writer.note(bytes, place);
        wanted = this.#store.keep(bytes);
      }
      u8.set(this.#store.get(wanted), ramOffset + page * pageBytes);
      this.#store.release(known);
      this.#known[page] = wanted;
      u8[pageFlagsBase + page] =
        (flags & ~pageFlag.dirtySinceCheckpoint) | pageFlag.dirtySinceDigest | pageFlag.changed;
    }
    this.#machine.restore(state.record);
  }

  /** Moves checkpoints out or drops them until those in memory fit into the budget. */
  #thin(): void {
    while (this.inMemory > 2 && this.sizeBytes > this.#budgetBytes) {
      const index = this.#leastUseful(({ pages }) => pages !== undefined);
      if (index === undefined) return;
      const gap = this.#list[index + 1]!.at - this.#list[index - 1]!.at;
      if (this.#spill === undefined || gap <= this.#spill.stepsMin) this.#drop(index);
      // Where there is no room outside, one of those there may be the least useful of all, and leave some.
      else if (!this.#spillOut(index)) this.#drop(this.#leastUseful(() => true) ?? index);
    }
  }

  #leastUseful(isMeant: (checkpoint: Checkpoint) => boolean): number | undefined {
    const { moments } = this;
    const stops = [this.#machine.now, ...this.#stops.list];
    return leastUseful({ moments, stops, isCandidate: (index) => isMeant(this.#list[index]!) });
  }
}

const noPage = -1;

const isSame = (memory: Uint8Array, start: number, bytes: Uint8Array): boolean => {
  for (let index = 0; index < pageBytes; index += 1) if (memory[start + index] !== bytes[index]) return false;
  return true;
};

const isZero = (bytes: Uint8Array): boolean => {
  for (const byte of bytes) if (byte !== 0) return false;
  return true;
};
