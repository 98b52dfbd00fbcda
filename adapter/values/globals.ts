/**
 * The names of a program outside its functions: variables, constants and functions, found by a path such as
 * `ns::Class::count` or by the file that they are in. It knows no frame; memory is read as its caller says.
 */

import type { DebugInfo } from '../program/debug-info.ts';
import { attribute, language, tag } from '../program/dwarf/constants.ts';
import type { Entry } from '../program/dwarf/entry.ts';
import { evaluateLocation } from '../program/dwarf/expression.ts';
import type { DwarfFile } from '../program/dwarf/file.ts';
import { expressionAt, variableOf } from '../program/dwarf/functions.ts';
import { parentOf } from '../program/dwarf/parent.ts';
import type { NamedEntry } from '../program/names/name-index.ts';
import { named, pathOf, plainKinds } from '../program/names/paths.ts';
import type { NameKind } from '../program/names/records.ts';
import type { Type } from '../program/types/type.ts';
import { numberValue, type ReadMemory, type Value } from './value.ts';

const valueKinds: readonly NameKind[] = ['variable', 'enumerator', 'function'];
const functionKinds: readonly NameKind[] = ['function', 'inlineFunction'];
const nestingMax = 32;

export const hasGlobal = (info: DebugInfo, path: readonly string[]): boolean =>
  named(info, path, valueKinds).length > 0 ||
  (path.length > 1 && (named(info, path.slice(0, -1), functionKinds).length > 0 || isStaticMember(info, path)));

const isStaticMember = (info: DebugInfo, path: readonly string[]): boolean =>
  named(info, path.slice(0, -1), plainKinds).length > 0;

/** A variable, constant or function outside functions, or one kept by a function between its calls. */
export const globalValue = (
  info: DebugInfo,
  read: ReadMemory,
  wanted: readonly string[],
  file?: string,
): Value | undefined => {
  const path = pathOf(wanted.join('::'));
  let missing: Value | undefined;
  for (const found of named(info, path, valueKinds)) {
    const entry = info.dwarf.namedEntry(found.offset, found.inTypes);
    if (!isOfFile(entry, file)) continue;
    const value = entryValue(info, read, found, entry);
    if (value !== undefined && value.missing === undefined) return value;
    missing ??= value;
  }
  return (path.length > 1 ? inner(info, read, path, file) : undefined) ?? missing;
};

const isOfFile = ({ unit }: Entry, file: string | undefined): boolean => {
  const path = unit.root.name;
  return file === undefined || path === file || path?.endsWith(`/${file}`) === true;
};

/** `function::variable`, or a static member whose definition has no scope of its own. */
const inner = (info: DebugInfo, read: ReadMemory, path: readonly string[], file?: string): Value | undefined => {
  const around = path.slice(0, -1);
  for (const { offset, inTypes } of named(info, around, [...functionKinds, ...plainKinds])) {
    const entry = info.dwarf.namedEntry(offset, inTypes);
    const found = isOfFile(entry, file) ? innerEntry(entry, path.at(-1)!, 0) : undefined;
    const value = found && variableEntry(info, read, found);
    if (value !== undefined) return value;
  }
  return undefined;
};

const innerEntry = (entry: Entry, name: string, depth: number): Entry | undefined => {
  for (const child of entry.children()) {
    if ((child.tag === tag.variable || child.tag === tag.member) && child.fullName === name) return child;
    const found = child.tag === tag.lexicalBlock && depth < nestingMax ? innerEntry(child, name, depth + 1) : undefined;
    if (found !== undefined) return found;
  }
  const origin = entry.reference(attribute.abstractOrigin);
  return origin === undefined || depth > nestingMax ? undefined : innerEntry(origin, name, depth + 1);
};

const entryValue = (info: DebugInfo, read: ReadMemory, { kind }: NamedEntry, entry: Entry): Value | undefined => {
  switch (kind) {
    case 'enumerator': {
      const { constant } = variableOf(entry);
      if (typeof constant !== 'bigint') return undefined;
      const type = enumerationOf(info, entry);
      // In C an enumerator is an int where it is one (C11 6.4.4.3); in C++ and Rust it is of its type.
      const isInt = isC(entry.unit.language) && BigInt.asIntN(32, constant) === constant;
      return numberValue(constant, type, type === undefined || isInt);
    }
    case 'function': {
      const address = entry.address(attribute.lowPc);
      return address === undefined ? undefined : { type: info.types.read(entry), address };
    }
    default:
      return variableEntry(info, read, entry);
  }
};

const enumerations = new WeakMap<DwarfFile, Map<number, Type | undefined>>();

/** The enumeration that an enumerator is in, which is asked for again and again by conditions. */
const enumerationOf = (info: DebugInfo, entry: Entry): Type | undefined => {
  const { file, header } = entry.unit;
  const known = enumerations.get(file) ?? new Map<number, Type | undefined>();
  enumerations.set(file, known);
  const inTypes = header.section === file.section('.debug_types');
  const key = inTypes ? -1 - entry.offset : entry.offset;
  if (!known.has(key)) {
    const around = parentOf(entry);
    known.set(key, around?.tag === tag.enumerationType ? info.types.read(around) : undefined);
  }
  return known.get(key);
};

const isC = (number: number): boolean => language.c.includes(number as never);

const variableEntry = (info: DebugInfo, readMemory: ReadMemory, entry: Entry): Value | undefined => {
  const variable = variableOf(entry);
  const type = info.types.typeOf(entry);
  const { constant } = variable;
  if (variable.locations === undefined && constant !== undefined) {
    return typeof constant === 'bigint' ? numberValue(constant, type) : { type, bytes: constant };
  }
  const expression = expressionAt(variable, 0n);
  if (expression === undefined) return undefined;
  const context = { readRegister: () => undefined, readMemory, cfa: () => undefined, frameBase: () => undefined };
  const location = evaluateLocation(expression, entry.unit, context);
  if (location.kind !== 'pieces') return { type, missing: location.why };
  const place = location.pieces[0]?.place;
  return place?.kind === 'memory' ? { type, address: place.address } : undefined;
};
