/** Indices of pages, ascending, as they lie in a chunk: of each, unsigned LEB128, how far it is from the page behind the one before. */

import { ColumnReader } from './columns.ts';

/** Pages one behind the other, of which digests have thousands, are packed so many at once: each is a zero. */
const pagesAtOnce = 64;

/** `pages`: below 2^31, ascending. Throws a plain `Error` where it meets one that does not; it passes over those inside of a run. */
export const packPages = (pages: Uint32Array): Uint8Array => {
  const bytes = new Uint8Array(pages.length * 5);
  let at = 0;
  for (let index = 0, next = 0; index < pages.length; index += 1) {
    // As they ascend, all between are there.
    for (; pages[index + pagesAtOnce] === next + pagesAtOnce; next += pagesAtOnce) {
      index += pagesAtOnce;
      at += pagesAtOnce;
    }
    const page = pages[index]!;
    let rest = page - next;
    if (rest < 0) throw new Error(`page ${page} where ${next} or a later one can be`);
    for (; rest >= 0x80; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80;
    bytes[at++] = rest;
    next = page + 1;
  }
  return bytes.slice(0, at);
};

/** Its inverse. Throws a plain `Error` with a phrase for a page that is none of `pagesMax`, or for what is no number. */
export const unpackPages = (bytes: Uint8Array, pagesMax: number): number[] => {
  const reader = new ColumnReader(bytes);
  const pages: number[] = [];
  for (let next = 0; !reader.done; ) {
    const page = next + reader.unsigned();
    if (page >= pagesMax) throw new Error(`page ${page} of ${pagesMax}`);
    pages.push(page);
    next = page + 1;
  }
  return pages;
};
