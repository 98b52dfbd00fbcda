/**
 * The entry around another one, which debug information says only by its order: found by walking down from the unit's own
 * entry. It passes over whatever is not around the entry, and takes as long as a unit has entries in its outer levels.
 */

import type { Entry } from './entry.ts';

const depthMax = 64;

export const parentOf = (entry: Entry): Entry | undefined => {
  let around = entry.unit.root;
  for (let depth = 0; depth < depthMax; depth++) {
    let inner: Entry | undefined;
    for (const child of around.children()) {
      if (child.offset === entry.offset) return around;
      if (child.offset > entry.offset) break;
      inner = child;
    }
    if (inner === undefined) return undefined;
    around = inner;
  }
  return undefined;
};
