/**
 * Names of C++ as compilers mangle them, back into those that people wrote. Written after the Itanium C++ ABI, 5.1 ("External
 * Names"); the text is that of binutils' c++filt. Names are bounded in length and depth; what is no such name gives nothing.
 */

import { expressionsOf } from './itanium-expressions.ts';
import { namesOf } from './itanium-names.ts';
import { typesOf } from './itanium-types.ts';
import { join, printNode, Unbounded } from './node.ts';
import { Reader, Unreadable } from './reader.ts';

const nameBytesMax = 16_384;

/** The name behind `_Z`; nothing when the text is no mangled name. */
export const demangleItanium = (mangled: string): string | undefined => {
  if (mangled.length > nameBytesMax) return undefined;
  const prefix = /^_{1,3}Z/.exec(mangled);
  const global = /^_GLOBAL_([._$])_([ID])_/.exec(mangled);
  if (global !== null) {
    const inside = demangleItanium(mangled.slice(global[0].length)) ?? mangled.slice(global[0].length);
    return `global ${global[2] === 'I' ? 'constructors' : 'destructors'} keyed to ${inside}`;
  }
  if (prefix === null) return undefined;
  const reader = new Reader(mangled);
  reader.names = namesOf(reader);
  reader.types = typesOf(reader);
  reader.expressions = expressionsOf(reader);
  reader.at = prefix[0].length;
  try {
    let found = reader.names.encoding();
    // GCC's clones: `.part.0`, `.constprop.1`.
    for (let clone = reader.match(clonePattern); clone !== undefined; clone = reader.match(clonePattern)) {
      found = join(found, ` [clone ${clone}]`);
    }
    if (reader.at < mangled.length) return undefined;
    return printNode(found);
  } catch (error) {
    if (error instanceof Unreadable || error instanceof Unbounded || error instanceof RangeError) return undefined;
    throw error;
  }
};

const clonePattern = /\.[a-zA-Z_]+(?:\.\d+)*|(?:\.\d+)+/y;
