/**
 * A section of a file on disk whose bytes are read page by page, when they are asked for (`SectionData.load`). Pages that
 * were never read take no memory: the host gives memory to a page when it is written to for the first time. The memory is
 * shared, so that threads can read it, too; a page that they read must have been loaded before.
 */

import { sharedBytes } from '../../host/threads.ts';
import { type SectionData, sectionData } from '../cursor.ts';
import type { Section } from '../elf.ts';

/** A smaller section is read faster than it is kept account of. */
export const sparseBytesMin = 16 * 2 ** 20;

/** A page of the host's memory, or of its file cache. */
const pageBytes = 4096;

export const sparseSection = (file: string, { name, sizeBytes, readInto }: Section): SectionData => {
  const size = Number(sizeBytes);
  const bytes = sharedBytes(size);
  const isLoaded = new Uint8Array(Math.ceil(size / pageBytes));
  const load = (start: number, end: number): void => {
    const last = Math.ceil(end / pageBytes);
    for (let page = Math.floor(start / pageBytes); page < last; ) {
      if (isLoaded[page] === 1) {
        page++;
        continue;
      }
      const first = page;
      while (page < last && isLoaded[page] === 0) page++;
      readInto(first * pageBytes, bytes.subarray(first * pageBytes, page * pageBytes));
      isLoaded.fill(1, first, page);
    }
  };
  return { ...sectionData(file, name, bytes), load };
};
