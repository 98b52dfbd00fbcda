/**
 * Indexes of names kept on disk, one file a program, so that a kernel's debug information is scanned once and not at each
 * launch. The folder is a cache: whatever is missing, damaged or of another version is made again, and it never grows beyond
 * bounds. Several sessions may use it at once: a file appears whole, under its name, or not at all.
 */

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { product } from '../../session/product.ts';
import { type Elf, sectionType } from '../elf.ts';
import { NameIndex } from './name-index.ts';

export interface NameCacheOptions {
  /** How much is kept; the index of a kernel takes some 25 MB. */
  readonly filesMax?: number;
  readonly bytesMax?: number;
  /** Where a developer reads why an index was made again. */
  readonly log?: (line: string) => void;
}

const extension = '.names';
const temporary = '.tmp';
/** A file that was being written so long ago belongs to a process that died. */
const abandonedMs = 3_600_000;

export class NameCache {
  readonly folder: string;
  readonly #filesMax: number;
  readonly #bytesMax: number;
  readonly #log: (line: string) => void;

  constructor(folder: string, { filesMax = 16, bytesMax = 512 * 2 ** 20, log = () => {} }: NameCacheOptions = {}) {
    this.folder = folder;
    this.#filesMax = filesMax;
    this.#bytesMax = bytesMax;
    this.#log = log;
  }

  /** The index that was kept for a key; nothing when there is none that can be used. */
  read(key: string): NameIndex | undefined {
    const file = this.#fileOf(key);
    try {
      if (statSync(file, { throwIfNoEntry: false }) === undefined) return undefined;
      const index = NameIndex.deserialise(readFileSync(file), key);
      if (index === undefined) this.#log(`${file} is damaged or of another version; it is made again`);
      else utimesSync(file, new Date(), new Date()); // what is used is kept longest
      return index;
    } catch (error) {
      this.#log(`${file} cannot be read: ${String(error)}; the index is made again`);
      return undefined;
    }
  }

  /** Keeps an index; a folder that cannot be written to keeps nothing. */
  write(key: string, index: NameIndex): void {
    const file = this.#fileOf(key);
    const unfinished = `${file}.${process.pid}${temporary}`;
    try {
      mkdirSync(this.folder, { recursive: true });
      try {
        writeFileSync(unfinished, index.serialise(key));
        renameSync(unfinished, file);
      } finally {
        rmSync(unfinished, { force: true });
      }
      this.#shrink();
    } catch (error) {
      this.#log(`${file} cannot be written: ${String(error)}`);
    }
  }

  #fileOf(key: string): string {
    return join(this.folder, `${key}${extension}`);
  }

  /** Drops what was not used for longest, until the rest is within bounds. */
  #shrink(): void {
    const now = Date.now();
    const kept: { file: string; usedMs: number; sizeBytes: number }[] = [];
    for (const name of readdirSync(this.folder)) {
      const file = join(this.folder, name);
      const found = statSync(file, { throwIfNoEntry: false });
      if (found === undefined) continue; // another session was quicker
      if (name.endsWith(extension)) kept.push({ file, usedMs: found.mtimeMs, sizeBytes: found.size });
      else if (name.endsWith(temporary) && now - found.mtimeMs > abandonedMs) rmSync(file, { force: true });
    }
    kept.sort((a, b) => b.usedMs - a.usedMs);
    let bytes = 0;
    for (const [index, { file, sizeBytes }] of kept.entries()) {
      bytes += sizeBytes;
      if (index > 0 && (index >= this.#filesMax || bytes > this.#bytesMax)) rmSync(file, { force: true });
    }
  }
}

/** What a scan reads of the sections of names, besides .debug_info. */
const keyedSections = /^\.z?debug_(info|types|abbrev|str|str_offsets)(\.dwo)?$/;
const samples = 32;
const sampleBytes = 4096;

/**
 * What an index is kept under: the build-id, the sections' sizes and samples of them, for debug information may be changed
 * (compressed, split off, `dwz`) under the same build-id; and the version of this program. Nothing without a build-id.
 */
export const nameKey = (elf: Elf, buildId: string | undefined): string | undefined => {
  if (buildId === undefined || buildId === '') return undefined;
  const hash = createHash('sha256').update(`${product}\0${buildId}\0`);
  for (const section of elf.sections) {
    if (!keyedSections.test(section.name) || section.type === sectionType.nobits) continue;
    const sizeBytes = Number(section.sizeBytes);
    hash.update(`${section.name}\0${sizeBytes}\0`);
    for (let sample = 0; sample < samples; sample++) {
      const start = Math.floor((Math.max(0, sizeBytes - sampleBytes) * sample) / (samples - 1));
      hash.update(section.part(start, Math.min(sampleBytes, sizeBytes - start)));
    }
  }
  return hash.digest('hex');
};
