/**
 * Where in memory a place of the source is: the code of a line, the beginning of a function. A stop at a function is where
 * its arguments can be read: at its first instruction where the compiler says where they are there, behind the prologue
 * where it puts them into the frame first (-O0).
 */

import type { DebugInfo } from '../program/debug-info.ts';
import { operation } from '../program/dwarf/constants.ts';
import { blocksAt, expressionAt, framesAt, functionsOf, type ProgramFunction } from '../program/dwarf/functions.ts';
import { type LineRow, lineTableOf } from '../program/dwarf/line-table.ts';
import { type InlinedCall, inlinedCallsOf } from '../program/inlined-calls.ts';
import type { Program } from './program.ts';
import type { Sources } from './sources.ts';

/** Where a call of a function can be looked at. */
export const entryOf = (info: DebugInfo, own: ProgramFunction): bigint => {
  const frame = framesAt(own, own.entryPc).at(-1);
  const parameters = frame === undefined ? [] : blocksAt(frame, own.entryPc).flatMap(({ variables }) => variables);
  const inFrame = parameters.some((one) => one.parameter && expressionAt(one, own.entryPc)?.[0] === operation.fbreg);
  return inFrame ? info.bodyAddress(own) : own.entryPc;
};

/** Linked addresses, and the program that has them. */
export interface CodePlaces {
  readonly program: Program;
  readonly addresses: readonly bigint[];
  /** Of these, where inlined calls begin that are meant by the line that makes them, and the inlined calls around that. */
  readonly sites?: ReadonlyMap<bigint, readonly number[]> | undefined;
}

/** Where a line is in each program that has the file; a line without code means the next one that has any. */
export const linePlaces = (
  sources: Sources,
  path: string,
  line: number,
  column?: number,
): { readonly line: number; readonly places: readonly CodePlaces[] } | undefined => {
  let best: { line: number; places: CodePlaces[] } | undefined;
  for (const program of sources.programs) {
    const found = program.try(() => lineAddresses(program, sources, path, line, column));
    if (found === undefined || (best !== undefined && found.line > best.line)) continue;
    if (best === undefined || found.line < best.line) best = { line: found.line, places: [] };
    best.places.push({ program, addresses: found.addresses, sites: found.sites });
  }
  return best;
};

const lineAddresses = (
  program: Program,
  sources: Sources,
  path: string,
  line: number,
  column: number | undefined,
):
  | { readonly line: number; readonly addresses: readonly bigint[]; readonly sites?: CodePlaces['sites'] }
  | undefined => {
  const { info } = program;
  if (info === undefined) return undefined;
  const sites = sources.compiled(program, path).flatMap((compiled) => callSites(info, compiled, line));
  const calls = sites.filter((call) => column === undefined || call.column === column);
  const rows = rowAddresses(program, info, sources, path, line, column);
  if (calls.length === 0)
    return rows ?? (column === undefined ? undefined : lineAddresses(program, sources, path, line, undefined));
  const addresses = (rows?.line === line ? rows.addresses : []).filter((each) => !isBehindCall(info, each, line));
  return {
    line,
    addresses: [...new Set([...addresses, ...calls.map(({ address }) => address)])],
    sites: new Map(calls.map(({ address, around }) => [address, around])),
  };
};

/** Where inlined calls of a line begin, unless other code of the line leads there. */
export const callSites = (info: DebugInfo, path: string, line: number): readonly InlinedCall[] =>
  inlinedCallsOf(info, path, line).filter(({ address, function: own }) => {
    const before = address === own.entryPc ? undefined : info.lineAt(address - 1n);
    const isLed = before?.line === line && (before.file.path === path || before.file.path.endsWith(`/${path}`));
    return !isLed;
  });

/** Whether code goes on with a line behind a call that the line makes, inlined: it has begun with the call, then. */
const isBehindCall = (info: DebugInfo, address: bigint, line: number): boolean =>
  info.framesAt(address - 1n).some(({ frame }) => frame.call?.line === line) &&
  !info.framesAt(address).some(({ frame }) => frame.call?.line === line);

/** All statements of a line, where a breakpoint may be: not just the first of those that follow one another. */
const statementsOf = (info: DebugInfo, path: string, line: number): readonly LineRow[] => {
  const found: LineRow[] = [];
  for (const unit of new Set(info.addressesOf(path, line)?.addresses.map((each) => each.unit))) {
    const table = lineTableOf(unit);
    for (const row of table?.rows() ?? []) {
      const file = row.line === line && row.isStatement ? table!.files[row.file]?.path : undefined;
      if (file !== undefined && (file === path || file.endsWith(`/${path}`))) found.push(row);
    }
  }
  return found;
};

const rowAddresses = (
  program: Program,
  info: DebugInfo,
  sources: Sources,
  path: string,
  line: number,
  column: number | undefined,
) => {
  let best: { line: number; addresses: bigint[] } | undefined;
  for (const compiled of sources.compiled(program, path)) {
    const found = info.addressesOf(compiled, line);
    const rows = (
      column === undefined ? found?.addresses.map(({ row }) => row) : statementsOf(info, compiled, line)
    )?.filter((row) => column === undefined || row.column === column);
    if (
      found === undefined ||
      rows === undefined ||
      rows.length === 0 ||
      (best !== undefined && found.line > best.line)
    )
      continue;
    if (best === undefined || found.line < best.line) best = { line: found.line, addresses: [] };
    best.addresses.push(...rows.map(({ address }) => address));
  }
  if (best === undefined) return undefined;
  const [first] = best.addresses;
  const own = first === undefined ? undefined : info.functionAt(first);
  if (own === undefined || own.entryPc !== first || best.addresses.length > 1) {
    return { line: best.line, addresses: [...new Set(best.addresses)] };
  }
  const address = entryOf(info, own);
  return { line: info.lineAt(address)?.line ?? best.line, addresses: [address] };
};

const linesMax = 10_000;

export interface CodeLocation {
  readonly line: number;
  readonly column?: number;
}

/** The lines of a file that have code, with the columns where statements of theirs begin, within bounds. */
export const locationsIn = (sources: Sources, path: string, first: number, last: number): readonly CodeLocation[] => {
  const found = new Map<string, CodeLocation>();
  for (const program of sources.programs) {
    program.try(() => {
      for (let line = first; line <= last && found.size < linesMax; line++) {
        const next = nextLine(program, sources, path, line);
        if (next === undefined || next.line > last) break;
        ({ line } = next);
        for (const column of next.columns) {
          found.set(`${line}:${column}`, column > 0 ? { line, column } : { line });
        }
      }
    });
  }
  return [...found.values()].sort((one, other) => one.line - other.line || (one.column ?? 0) - (other.column ?? 0));
};

const nextLine = (program: Program, sources: Sources, path: string, line: number) => {
  let best: { line: number; columns: Set<number> } | undefined;
  const { info } = program;
  for (const compiled of info === undefined ? [] : sources.compiled(program, path)) {
    const calls = inlinedCallsOf(info!, compiled, line);
    const rows = info!.addressesOf(compiled, line);
    const found = calls.length > 0 ? line : rows?.line;
    if (found === undefined || (best !== undefined && found > best.line)) continue;
    if (best === undefined || found < best.line) best = { line: found, columns: new Set() };
    for (const row of rows?.line === found ? statementsOf(info!, compiled, found) : []) best.columns.add(row.column);
    for (const { column } of calls) best.columns.add(column);
  }
  return best;
};

/** Where the functions of a name begin, those that are inlined somewhere included. */
export const functionPlaces = (program: Program, info: DebugInfo, name: string): readonly bigint[] => {
  const [, file, bare] = /^(?:'?([^':]+)'?::)?([\w.$]+)$/.exec(name) ?? [];
  if (bare === undefined) return [];
  const symbol = program.find(bare);
  const places = new Set<bigint>();
  for (const named of info.names?.find(bare, ['function', 'inlineFunction']) ?? []) {
    const entry = info.dwarf.namedEntry(named.offset, named.inTypes);
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
