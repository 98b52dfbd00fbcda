/**
 * Names by their paths, such as `ns::Class::count`, as people and demanglers write them; and types by such names. A path need not
 * begin at the outermost scope.
 */

import type { DebugInfo } from '../debug-info.ts';
import { demangle } from '../demangle/demangle.ts';
import { attribute } from '../dwarf/constants.ts';
import type { Type } from '../types/type.ts';
import type { NamedEntry } from './name-index.ts';
import type { NameKind } from './records.ts';

const tagKinds: Readonly<Record<string, readonly NameKind[]>> = {
  struct: ['structure', 'class'],
  class: ['class', 'structure'],
  union: ['union'],
  enum: ['enumeration'],
};
export const plainKinds: readonly NameKind[] = ['typedef', 'baseType', 'class', 'structure', 'union', 'enumeration'];
/** No more entries of one name are looked at. */
const entriesMax = 1000;

/** `a::Box<b::C, 2>::d` in its parts. */
export const pathOf = (name: string): readonly string[] => {
  const parts: string[] = [];
  let part = '';
  let depth = 0;
  for (let at = 0; at < name.length; at++) {
    if (name[at] === '<') depth += 1;
    else if (name[at] === '>') depth -= 1;
    if (depth === 0 && name.startsWith('::', at)) {
      parts.push(part);
      part = '';
      at += 1;
    } else part += name[at];
  }
  parts.push(part);
  return parts.filter((part) => part !== '');
};

/** What of a name is in the scopes of a path; a path need not begin at the outermost. */
export const named = (info: DebugInfo, path: readonly string[], kinds: readonly NameKind[]): readonly NamedEntry[] => {
  const around = path.slice(0, -1);
  const name = path.at(-1) ?? '';
  const found = [name, ...gccSpelling(name)].flatMap((spelt) => info.names?.find(spelt, kinds) ?? []);
  return found.slice(0, entriesMax).filter((entry) => {
    if (around.length === 0 || endsWith(entry.scope, around)) return true;
    return entry.scope.length === 0 && endsWith(linkageScope(info, entry), around);
  });
};

const endsWith = (scope: readonly string[], around: readonly string[]): boolean =>
  around.every((part, index) => scope[scope.length - around.length + index] === part);

/** A definition outside its namespace or class says where it belongs only by its mangled name. */
const linkageScope = (info: DebugInfo, { offset, inTypes }: NamedEntry): readonly string[] => {
  const entry = info.dwarf.namedEntry(offset, inTypes).withAttribute(attribute.linkageName);
  const mangled = entry?.text(attribute.linkageName);
  return mangled === undefined ? [] : pathOf(demangle(mangled).replace(/\(.*$/s, '')).slice(0, -1);
};

/** GCC calls the template `Box<short, 6>` of everybody else `Box<short int, 6>`. */
const gccSpelling = (name: string): readonly string[] => {
  if (!name.includes('<')) return [];
  const spelt = name
    .replace(/\bunsigned (long|short)\b(?: int\b)?/g, '$1 unsigned int')
    .replace(/\bunsigned\b(?! (?:int|char|__int128)\b)/g, 'unsigned int')
    .replace(/(?<!\blong )\b(long|short)\b(?! (?:int|unsigned|long|double)\b)/g, '$1 int');
  return spelt === name ? [] : [spelt];
};

/** A type by its name, perhaps with its tag: `struct buffer`, `u64`, `ns::Class`. */
export const typeByName = (info: DebugInfo, name: string): Type | undefined => {
  const [, word, rest] = /^(?:(struct|class|union|enum) )?(.*)$/s.exec(name) ?? [];
  const kinds = word === undefined ? plainKinds : tagKinds[word]!;
  for (const { offset, inTypes } of named(info, pathOf(rest ?? ''), kinds)) {
    return info.types.read(info.dwarf.namedEntry(offset, inTypes));
  }
  return undefined;
};

export const hasType = (info: DebugInfo, name: string): boolean => named(info, pathOf(name), plainKinds).length > 0;
