/**
 * A file of this process alone for what does not fit into memory: compressed blocks, no larger together than a bound. It is removed
 * when it is closed, at the process's exit, and where the system lets an open file have no name, at once. A disk that is full or
 * a file that is damaged loses blocks and says so by giving none.
 */

import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { constants, deflateSync, inflateSync } from 'node:zlib';
import type { Spill } from '../../vmm/timeline/spill.ts';

interface Extent {
  readonly at: number;
  readonly sizeBytes: number;
  readonly plainBytes: number;
}

const extension = '.spill';
const defaultBytesMax = 4 * 2 ** 30;
/** A file that was not written to for so long belongs to a process that died where files keep their names. */
const abandonedMs = 7 * 24 * 3_600_000;
let files = 0;

export class SpillFile implements Spill {
  /** What is run in about the time that reading takes. */
  readonly stepsMin = 32_000_000;
  readonly #folder: string;
  readonly #bytesMax: number;
  #file: number | undefined;
  #name: string | undefined;
  /** Set when the disk has refused something: nothing more is written. */
  #isFull = false;
  readonly #blocks = new Map<number, Extent>();
  #next = 0;
  /** Room in the middle of the file, and its end. */
  #holes: Extent[] = [];
  #end = 0;
  readonly #remove = (): void => this.close();

  constructor(folder: string, bytesMax = defaultBytesMax) {
    this.#folder = folder;
    this.#bytesMax = bytesMax;
  }

  /** Bytes of the file. */
  get sizeBytes(): number {
    return this.#end;
  }

  put(bytes: Uint8Array): number | undefined {
    if (this.#isFull) return undefined;
    const packed = deflateSync(bytes, { level: constants.Z_BEST_SPEED });
    const at = this.#roomFor(packed.length);
    if (at === undefined) return undefined;
    try {
      this.#file ??= this.#open();
      for (let done = 0; done < packed.length; )
        done += writeSync(this.#file, packed, done, packed.length - done, at + done);
    } catch {
      this.#isFull = true;
      return undefined;
    }
    const block = this.#next++;
    this.#blocks.set(block, { at, sizeBytes: packed.length, plainBytes: bytes.length });
    return block;
  }

  get(block: number): Uint8Array | undefined {
    const extent = this.#blocks.get(block);
    if (extent === undefined || this.#file === undefined) return undefined;
    const packed = new Uint8Array(extent.sizeBytes);
    try {
      if (readSync(this.#file, packed, 0, packed.length, extent.at) !== packed.length) return undefined;
      const bytes = inflateSync(packed, { maxOutputLength: extent.plainBytes }); // checks its Adler-32
      return bytes.length === extent.plainBytes ? bytes : undefined;
    } catch {
      return undefined;
    }
  }

  drop(block: number): void {
    const extent = this.#blocks.get(block);
    if (extent === undefined) return;
    this.#blocks.delete(block);
    this.#holes.push(extent);
    if (this.#blocks.size > 0) return;
    this.#holes = [];
    this.#end = 0;
  }

  /** The first hole that is large enough, or the end. */
  #roomFor(sizeBytes: number): number | undefined {
    const index = this.#holes.findIndex((hole) => hole.sizeBytes >= sizeBytes);
    const hole = this.#holes[index];
    if (hole !== undefined) {
      const rest = { ...hole, at: hole.at + sizeBytes, sizeBytes: hole.sizeBytes - sizeBytes };
      this.#holes.splice(index, 1, ...(rest.sizeBytes > 4096 ? [rest] : []));
      return hole.at;
    }
    if (this.#end + sizeBytes > this.#bytesMax) return undefined;
    this.#end += sizeBytes;
    return this.#end - sizeBytes;
  }

  #open(): number {
    mkdirSync(this.#folder, { recursive: true });
    this.#removeAbandoned();
    const name = join(this.#folder, `${process.pid}-${++files}-${Date.now()}${extension}`);
    const file = openSync(name, 'wx+', 0o600);
    try {
      unlinkSync(name);
    } catch {
      this.#name = name;
      process.once('exit', this.#remove);
    }
    return file;
  }

  #removeAbandoned(): void {
    for (const name of readdirSync(this.#folder)) {
      const file = join(this.#folder, name);
      const found = statSync(file, { throwIfNoEntry: false });
      if (found === undefined || !name.endsWith(extension) || Date.now() - found.mtimeMs < abandonedMs) continue;
      rmSync(file, { force: true });
    }
  }

  /** Idempotent; all blocks are lost. */
  close(): void {
    if (this.#file === undefined) return;
    closeSync(this.#file);
    this.#file = undefined;
    this.#isFull = true;
    process.off('exit', this.#remove);
    if (this.#name !== undefined) rmSync(this.#name, { force: true });
  }
}
