/**
 * Where calls begin that a compiler has inlined, by the line that makes them: of such a line there may be no code but what was
 * inlined, and nothing about it in the line table.
 */

import type { DebugInfo } from './debug-info.ts';
import { attribute, tag } from './dwarf/constants.ts';
import type { Entry } from './dwarf/entry.ts';
import { functionsOf, type ProgramFunction } from './dwarf/functions.ts';
import { lineTableOf } from './dwarf/line-table.ts';
import { rangesOf } from './dwarf/lists.ts';
import type { Unit } from './dwarf/unit.ts';

export interface InlinedCall {
  readonly entry: Entry;
  readonly name: string;
  readonly function: ProgramFunction;
  /** Where its code begins. */
  readonly address: bigint;
  /** The inlined calls that it is made in, outermost first, by the offsets of their entries. */
  readonly around: readonly number[];
  readonly line: number;
  readonly column: number;
}

const nestingMax = 256;
const known = new WeakMap<Unit, ReadonlyMap<string, readonly InlinedCall[]>>();

/** The calls that a line makes, in the order of their addresses, as far as they are in units with code of the file near it. */
export const inlinedCallsOf = (info: DebugInfo, path: string, line: number): readonly InlinedCall[] => {
  const units = new Set(info.addressesOf(path, line)?.addresses.map(({ unit }) => unit));
  const found: InlinedCall[] = [];
  for (const unit of units) {
    const table = lineTableOf(unit);
    for (const [number, file] of (table?.files ?? []).entries()) {
      if (file.path !== path && !file.path.endsWith(`/${path}`)) continue;
      found.push(...(callsIn(unit).get(`${number}:${line}`) ?? []));
    }
  }
  return found.sort((one, other) => (one.address < other.address ? -1 : 1));
};

const callsIn = (unit: Unit): ReadonlyMap<string, readonly InlinedCall[]> => {
  let calls = known.get(unit);
  if (calls === undefined) {
    const made = new Map<string, InlinedCall[]>();
    for (const own of functionsOf(unit)) collect(own.entry, own, [], made, 0);
    calls = made;
    known.set(unit, calls);
  }
  return calls;
};

const collect = (
  parent: Entry,
  own: ProgramFunction,
  around: readonly number[],
  made: Map<string, InlinedCall[]>,
  depth: number,
): void => {
  if (depth > nestingMax) return;
  for (const entry of parent.children()) {
    if (entry.tag === tag.lexicalBlock) collect(entry, own, around, made, depth + 1);
    if (entry.tag !== tag.inlinedSubroutine) continue;
    const address = entry.address(attribute.entryPc) ?? entry.address(attribute.lowPc) ?? rangesOf(entry)[0]?.low;
    const line = entry.count(attribute.callLine) ?? 0;
    if (address !== undefined && line > 0) {
      const key = `${entry.count(attribute.callFile) ?? 0}:${line}`;
      const column = entry.count(attribute.callColumn) ?? 0;
      const call = { entry, name: entry.fullName ?? '', function: own, address, around, line, column };
      const same = made.get(key);
      if (same === undefined) made.set(key, [call]);
      else same.push(call);
    }
    collect(entry, own, [...around, entry.offset], made, depth + 1);
  }
};
