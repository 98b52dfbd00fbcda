/**
 * Files that somebody made to keep a reader busy, to fill its memory or to lead it elsewhere: each is small, and sound enough to
 * be read. A reader that trusts what it reads goes on for ever, fills its memory, or ends with the stack full.
 */
import { hostileFrames } from './damage-hostile-frames.ts';
import { hostileSections } from './damage-hostile-sections.ts';
import { hostileTables } from './damage-hostile-tables.ts';
import { hostileTypes } from './damage-hostile-types.ts';

export const hostileFiles: Readonly<Record<string, () => Uint8Array>> = {
  ...hostileTypes,
  ...hostileTables,
  ...hostileSections,
  ...hostileFrames,
};

/** The names by theme. */
export const hostileThemes = {
  'types and entries': Object.keys(hostileTypes),
  'tables and texts': Object.keys(hostileTables),
  sections: Object.keys(hostileSections),
  'frames and expressions': Object.keys(hostileFrames),
} as const;
