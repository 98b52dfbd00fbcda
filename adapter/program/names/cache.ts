/**
 * Indexes of names kept on disk, one file a program, so that a kernel's debug information is scanned once and not at each
 * launch. Whatever is missing, damaged or of another version is made again.
 */

import { FileCache } from '../../host/file-cache.ts';
import { sha256 } from '../../host/hashes.ts';
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

export class NameCache {
  readonly #files: FileCache;

  constructor(folder: string, options: NameCacheOptions = {}) {
    this.#files = new FileCache(folder, { extension: '.names', filesMax: 16, bytesMax: 512 * 2 ** 20, ...options });
  }

  get folder(): string {
    return this.#files.folder;
  }

  /** The index that was kept for a key; nothing when there is none that can be used. */
  read(key: string): NameIndex | undefined {
    return this.#files.read(key, (bytes) => NameIndex.deserialise(bytes, key));
  }

  /** Keeps an index; a folder that cannot be written to keeps nothing. */
  write(key: string, index: NameIndex): void {
    this.#files.write(key, index.serialise(key));
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
  const hash = sha256().update(`${product}\0${buildId}\0`);
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
