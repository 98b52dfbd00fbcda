/**
 * Where in memory a place of the source is: the code of a line, the beginning of a function. A stop at a function is where
 * its arguments can be read: at its first instruction where the compiler says where they are there, behind the prologue
 * where it puts them into the frame first (-O0).
 */

import type { DebugInfo } from '../program/debug-info.ts';
import { operation } from '../program/dwarf/constants.ts';
import { blocksAt, expressionAt, framesAt, functionsOf, type ProgramFunction } from '../program/dwarf/functions.ts';
import type { Program } from './program.ts';
import type { Sources } from './sources.ts';

/** Where a call of a function can be looked at. */
export const entryOf = (info: DebugInfo, own: ProgramFunction): bigint => {
  const frame = framesAt(own, own.entryPc).at(-1);
  const parameters = frame === undefined ? [] : blocksAt(frame, own.entryPc).flatMap(({ variables }) => variables);
  const inFrame = parameters.some((one) => one.parameter && expressionAt(one, own.entryPc)?.[0] === operation.fbreg);
  return inFrame ? info.bodyAddress(own) : own.entryPc;
};

/** Where a line is; a line without code means the next one that has any. */
export const linePlaces = (
  program: Program,
  sources: Sources,
  path: string,
  line: number,
): { readonly line: number; readonly addresses: readonly bigint[] } | undefined =>
  program.try(() => {
    const { info } = program;
    if (info === undefined) return undefined;
    let best: { line: number; addresses: bigint[] } | undefined;
    for (const compiled of sources.compiled(path)) {
      const found = info.addressesOf(compiled, line);
      if (found === undefined || (best !== undefined && found.line > best.line)) continue;
      if (best === undefined || found.line < best.line) best = { line: found.line, addresses: [] };
      best.addresses.push(...found.addresses.map(({ row }) => row.address));
    }
    if (best === undefined) return undefined;
    const [first] = best.addresses;
    const own = first === undefined ? undefined : info.functionAt(first);
    if (own === undefined || own.entryPc !== first || best.addresses.length > 1) {
      return { line: best.line, addresses: [...new Set(best.addresses)] };
    }
    const address = entryOf(info, own);
    return { line: info.lineAt(address)?.line ?? best.line, addresses: [address] };
  });

const linesMax = 10_000;

/** The lines of a file that have code, within bounds. */
export const locationsIn = (program: Program, sources: Sources, path: string, first: number, last: number) => {
  const found: { line: number }[] = [];
  for (let line = first; line <= last && found.length < linesMax; ) {
    const next = program.try(() => nextLine(program, sources, path, line));
    if (next === undefined || next > last) break;
    found.push({ line: next });
    line = next + 1;
  }
  return found;
};

const nextLine = (program: Program, sources: Sources, path: string, line: number): number | undefined => {
  const lines = sources.compiled(path).map((compiled) => program.info?.addressesOf(compiled, line)?.line);
  const known = lines.filter((found): found is number => found !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
};

/** Where the functions of a name begin, those that are inlined somewhere included. */
export const functionPlaces = (program: Program, info: DebugInfo, name: string): readonly bigint[] => {
  const [, file, bare] = /^(?:'?([^':]+)'?::)?([\w.$]+)$/.exec(name) ?? [];
  if (bare === undefined) return [];
  const symbol = program.find(bare);
  const places = new Set<bigint>();
  for (const named of info.names?.find(bare, ['function', 'inlineFunction']) ?? []) {
    const entry = info.dwarf.entryAt(named.offset, named.inTypes);
    const path = entry.unit.root.name;
    if (file !== undefined && path !== file && path?.endsWith(`/${file}`) !== true) continue;
    for (const own of functionsOf(info.dwarf.complete(entry.unit))) {
      if (own.name === bare || own.entry.name === bare) places.add(entryOf(info, own));
    }
  }
  if (places.size === 0 && symbol !== undefined && file === undefined) {
    const start = info.describedAddress(symbol.address);
    const own = info.functionAt(start);
    if (own?.entryPc === start) places.add(entryOf(info, own));
  }
  return [...places];
};
