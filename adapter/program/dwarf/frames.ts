/**
 * Call frame information (.debug_frame and .eh_frame): how the caller's registers are found from those of a frame. It gives
 * the row of rules at a pc; `unwind.ts` applies it. DWARF 5 chapter 6.4; for .eh_frame the LSB, "Exception Frames".
 */

import { Cursor, type SectionData } from '../cursor.ts';
import { once } from '../once.ts';
import { countUpTo } from '../sorted.ts';
import { type CommonInformation, type FrameRow, RowProgram } from './frame-rows.ts';

export type { CfaRule, FrameRow, RegisterRule } from './frame-rows.ts';

interface FrameDescription {
  readonly low: bigint;
  readonly high: bigint;
  readonly common: CommonInformation;
  readonly start: number;
  readonly end: number;
}

/** DW_EH_PE: how .eh_frame writes addresses. */
const pointer = { absolute: 0x00, omit: 0xff, relative: 0x10, indirect: 0x80 } as const;

export class FrameTable {
  readonly #section: SectionData;
  readonly #isEh: boolean;
  /** Where the section lies in memory: addresses in .eh_frame are relative to that. */
  readonly #sectionAddress: bigint;
  readonly #common = new Map<number, CommonInformation>();
  readonly #all: () => readonly FrameDescription[];

  /** @param sectionAddress for .eh_frame, where it lies; undefined for .debug_frame */
  constructor(section: SectionData, sectionAddress?: bigint) {
    this.#section = section;
    this.#isEh = sectionAddress !== undefined;
    this.#sectionAddress = sectionAddress ?? 0n;
    this.#all = once(() => this.#readAll());
  }

  /** The row at a pc; nothing when no description covers it. @throws {ProgramError} when the section is damaged */
  at(pc: bigint): FrameRow | undefined {
    const description = this.#find(pc);
    if (description === undefined) return undefined;
    const { common } = description;
    const program = new RowProgram(common, description.low, pc, (cursor) => this.#address(cursor, common));
    const { instructions } = common;
    program.run(new Cursor(this.#section, instructions.offset, instructions.end));
    program.rememberInitial();
    program.run(new Cursor(this.#section, description.start, description.end));
    return program.row();
  }

  /** From where to where the description of a pc holds. */
  rangeAt(pc: bigint): { readonly low: bigint; readonly high: bigint } | undefined {
    const found = this.#find(pc);
    return found === undefined ? undefined : { low: found.low, high: found.high };
  }

  get size(): number {
    return this.#all().length;
  }

  #find(pc: bigint): FrameDescription | undefined {
    const all = this.#all();
    const end = countUpTo(all.length, (index) => all[index]!.low, pc);
    for (let index = end - 1; index >= 0 && index >= end - 8; index--) {
      if (pc < all[index]!.high) return all[index];
    }
    return undefined;
  }

  #readAll(): readonly FrameDescription[] {
    const found: FrameDescription[] = [];
    const cursor = new Cursor(this.#section);
    while (cursor.left >= 4) {
      const start = cursor.offset;
      const entry = this.#entry(cursor);
      if (entry === undefined) {
        if (this.#isEh) break; // a length of 0 ends .eh_frame
        continue;
      }
      cursor.offset = entry.end;
      if (entry.isCommon) continue;
      const body = new Cursor(this.#section, entry.body, entry.end);
      const common = this.#commonAt(entry.commonAt, start);
      const low = this.#address(body, common);
      const length = this.#plain(body, common);
      if (common.hasAugmentation) body.skip(body.uleb());
      // A function that the linker dropped stands at 0.
      if (length > 0n && low !== 0n) {
        found.push({ low, high: low + length, common, start: body.offset, end: entry.end });
      }
    }
    return found.sort((a, b) => (a.low < b.low ? -1 : a.low > b.low ? 1 : 0));
  }

  /** The frame of an entry: where its body is, and which common information it names. */
  #entry(cursor: Cursor) {
    const start = cursor.offset;
    let length: number = cursor.u32();
    let offsetBytes: 4 | 8 = 4;
    if (length === 0xffff_ffff) {
      length = cursor.sized(8);
      offsetBytes = 8;
    }
    if (length === 0) return undefined;
    if (length > cursor.left) throw cursor.damaged(`a length up to ${cursor.left}`, `${length}`, start);
    const end = cursor.offset + length;
    const idAt = cursor.offset;
    const id = new Cursor(this.#section, idAt, end).unsigned(this.#isEh ? 4 : offsetBytes);
    const allOnes = offsetBytes === 8 ? 0xffff_ffff_ffff_ffffn : 0xffff_ffffn;
    const isCommon = this.#isEh ? id === 0n : id === allOnes;
    // .eh_frame counts back from here, .debug_frame from the section's start.
    const commonAt = this.#isEh ? idAt - Number(id) : Number(id);
    return { isCommon, commonAt, body: idAt + (this.#isEh ? 4 : offsetBytes), end };
  }

  #commonAt(offset: number, from: number): CommonInformation {
    const known = this.#common.get(offset);
    if (known !== undefined) return known;
    const outer = new Cursor(this.#section, from);
    if (!(offset >= 0 && offset < this.#section.bytes.length)) {
      throw outer.damaged('the place of common information', `${offset}`);
    }
    const entry = this.#entry(new Cursor(this.#section, offset));
    if (entry?.isCommon !== true) throw outer.damaged('the place of common information', `0x${offset.toString(16)}`);
    const common = this.#readCommon(new Cursor(this.#section, entry.body, entry.end));
    this.#common.set(offset, common);
    return common;
  }

  #readCommon(cursor: Cursor): CommonInformation {
    const at = cursor.offset;
    const version = cursor.u8();
    if (version !== 1 && version !== 3 && version !== 4) {
      throw cursor.damaged('common information of version 1, 3 or 4', `${version}`, at);
    }
    const augmentation = cursor.text();
    let addressBytes = 8;
    if (version === 4) {
      addressBytes = cursor.u8();
      cursor.skip(1); // segment selector size
    }
    const codeAlignment = cursor.uleb();
    const dataAlignment = cursor.sleb64();
    const returnRegister = version === 1 ? cursor.u8() : cursor.uleb();
    let addressEncoding: number = pointer.absolute;
    const hasAugmentation = augmentation.startsWith('z');
    if (hasAugmentation) {
      const data = new Cursor(this.#section, cursor.offset, cursor.end);
      const length = data.uleb();
      cursor.offset = data.offset + length;
      if (cursor.offset > cursor.end) throw cursor.damaged('augmentation within the entry', `${length} bytes`, at);
      for (const letter of augmentation.slice(1)) {
        if (letter === 'R') addressEncoding = data.u8();
        else if (letter === 'L') data.skip(1);
        else if (letter === 'P') skipPointer(data, data.u8());
      }
    } else if (augmentation !== '' && augmentation !== 'S') {
      // Of those without data, S alone says nothing about the layout: .cfi_signal_frame in .debug_frame.
      throw cursor.damaged('an augmentation that begins with z, S, or none', augmentation, at);
    }
    return {
      codeAlignment,
      dataAlignment,
      returnRegister,
      instructions: cursor,
      addressEncoding,
      hasAugmentation,
      signal: augmentation.includes('S'),
      addressBytes,
    };
  }

  /** An address as the entry's encoding writes it. */
  #address(cursor: Cursor, common: CommonInformation): bigint {
    const place = this.#sectionAddress + BigInt(cursor.offset);
    const value = this.#plain(cursor, common, true);
    if (!this.#isEh || (common.addressEncoding & 0x70) !== pointer.relative) return value;
    return BigInt.asUintN(64, value + place);
  }

  /** The number alone: a length, or an address before it is made absolute. */
  #plain(cursor: Cursor, { addressEncoding, addressBytes }: CommonInformation, mayBeSigned = false): bigint {
    if (!this.#isEh) return cursor.unsigned(addressBytes);
    const at = cursor.offset;
    const signed = mayBeSigned && (addressEncoding & 0x08) !== 0;
    const take = (sizeBytes: number) => (signed ? cursor.signed(sizeBytes) : cursor.unsigned(sizeBytes));
    switch (addressEncoding & 0x07) {
      case 0:
        return take(addressBytes);
      case 1:
        return (addressEncoding & 0x08) === 0 ? cursor.uleb64() : cursor.sleb64();
      case 2:
        return take(2);
      case 3:
        return take(4);
      case 4:
        return take(8);
      default:
        throw cursor.damaged('an encoding of pointers', `0x${addressEncoding.toString(16)}`, at);
    }
  }
}

const skipPointer = (cursor: Cursor, encoding: number): void => {
  if (encoding === pointer.omit) return;
  const sizeBytes = { 0: 8, 2: 2, 3: 4, 4: 8 }[encoding & 0x07];
  if (sizeBytes === undefined) cursor.skipLeb();
  else cursor.skip(sizeBytes);
};
