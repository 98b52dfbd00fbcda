/**
 * Requests that set breakpoints and exception filters. A function breakpoint's name is a function, a symbol, a symbol with an
 * offset (`trap_entry+8`) or an address (`0x80000000`). What cannot be set is answered unverified with the reason, so that one
 * wrong condition does not undo the others.
 */

import type { DebugProtocol } from '@vscode/debugprotocol';
import * as v from 'valibot';
import type { Hart } from '../../vmm/machine/hart.ts';
import { InputError } from '../program/input-error.ts';
import type { BreakpointOrigin, BreakpointSpec } from './breakpoints.ts';
import type { Debugger } from './debugger.ts';
import { badAddress, noCode } from './errors.ts';
import { parseHitCondition } from './hit-condition.ts';
import { parseLogMessage } from './log-message.ts';
import { addressOf } from './memory-requests.ts';
import { panicNames, panicSymbol } from './panic-place.ts';
import type { Program } from './program.ts';
import type { Programs } from './programs.ts';
import { afterNames, natural, optional, type RequestRow, request, text, whole } from './request.ts';
import { namesAt, parseCondition } from './scope.ts';
import { type CodePlaces, functionPlaces, linePlaces, locationsIn } from './source-places.ts';
import type { Target } from './target.ts';
import { isFilter, panicFilter, type TrapFilter } from './trap-filters.ts';

const breakpointsMax = 10_000;
const list = <Entries extends v.ObjectEntries>(entries: Entries) =>
  v.pipe(v.array(v.object(entries)), v.maxLength(breakpointsMax));

/** What every kind of breakpoint may have besides its place. */
const when = { condition: optional(text), hitCondition: optional(text), logMessage: optional(text) };

interface Asked {
  readonly name: string;
  readonly condition?: string | null | undefined;
  readonly hitCondition?: string | null | undefined;
  readonly logMessage?: string | null | undefined;
}

const given = (found: string | null | undefined): found is string => found != null && found.trim() !== '';

/**
 * A breakpoint in one or several programs, which its condition has the names of the first of.
 * @throws {InputError} when the condition, hit count or message is wrong
 */
export const specOf = ({ programs }: Target, asked: Asked, places: readonly CodePlaces[]): BreakpointSpec => {
  const { name, condition, hitCondition, logMessage } = asked;
  const [first] = places;
  const names = namesAt(first?.program ?? programs.kernel, first?.addresses[0]);
  const users = places.map(({ program }) => program).filter((program) => programs.isUser(program));
  const addressesNow = () =>
    places.flatMap(({ program, addresses }) => addresses.flatMap((each) => program.links.places(each)));
  return {
    addresses: addressesNow(),
    ...(users.some((program) => programs.isMoving(program)) && { addressesNow }),
    ...(places.some(({ sites }) => sites !== undefined) && { siteAt: siteIn(programs, places) }),
    ...(users.length > 0 && { isIn: (hart) => places.some(({ program }) => program === programs.at(hart)) }),
    name,
    key: JSON.stringify([condition, hitCondition, logMessage]),
    ...(given(condition) && { condition: parseCondition(condition, names) }),
    ...(given(hitCondition) && { hitCondition: parseHitCondition(hitCondition) }),
    ...(given(logMessage) && { log: parseLogMessage(logMessage, names) }),
  };
};

const siteIn =
  (programs: Programs, places: readonly CodePlaces[]) =>
  (hart: Hart): readonly number[] | undefined => {
    const program = programs.at(hart);
    const own = places.find((place) => place.program === program);
    return own?.sites?.get(program.links.linked(hart.get('pc')));
  };

/**
 * Where a name leads in a program: a symbol first, even one that is called like a register; then a function of the source, one
 * of a file (`trap.c::handle`) or one that is static or inlined.
 */
const placesIn = (program: Program, name: string): readonly bigint[] => {
  const functions = program.info && program.try(() => functionPlaces(program, program.info!, name));
  if (functions !== undefined && functions.length > 0) return functions;
  const symbol = program.find(name);
  return symbol === undefined ? [] : [symbol.address];
};

/**
 * Where a name leads: in the first program that has it, or in that which is named before it (`shell!main`); else as an
 * expression of symbols, with the kernel's.
 */
export const placesOf = ({ programs }: Target, name: string): readonly CodePlaces[] => {
  const bare = name.trim().replace(/^\*/, '');
  const [, label, inner] = /^([^!]+)!(.+)$/.exec(bare) ?? [];
  const asked = programs.all.filter((program) => program.label === label);
  for (const program of asked.length > 0 ? asked : programs.all) {
    const addresses = placesIn(program, asked.length > 0 ? inner! : bare);
    if (addresses.length > 0) return [{ program, addresses }];
  }
  const { kernel } = programs;
  const expression = parseCondition(bare, { symbol: (found) => kernel.find(found)?.address });
  const nothing = () => undefined;
  const symbols = (found: string) => kernel.find(found)?.address;
  const address = expression({ register: nothing, variable: nothing, symbol: symbols, type: nothing, read: nothing });
  return [{ program: kernel, addresses: [address] }];
};

type Answer = DebugProtocol.Breakpoint;

const setAll = <Item extends Asked>(
  session: Debugger,
  origin: BreakpointOrigin,
  items: readonly Item[],
  placesOfItem: (item: Item) => readonly CodePlaces[],
): Answer[] => {
  const { target } = session.launched('setBreakpoints');
  const outcomes = items.map((item): BreakpointSpec | InputError => {
    try {
      const places = placesOfItem(item);
      if (places.some(({ addresses }) => addresses.some((address) => address % 2n !== 0n))) {
        throw badAddress(item.name);
      }
      return specOf(target, item, places);
    } catch (error) {
      if (error instanceof InputError) return error;
      throw error;
    }
  });
  const set = session.breakpoints.set(
    origin,
    outcomes.filter((outcome): outcome is BreakpointSpec => !(outcome instanceof InputError)),
  );
  let next = 0;
  return outcomes.map((outcome): Answer => {
    if (outcome instanceof InputError) {
      return { id: session.breakpoints.nextId(), verified: false, message: outcome.message, reason: 'failed' };
    }
    const { id, addresses } = set[next++]!;
    return { id, verified: true, instructionReference: `0x${addresses[0]!.toString(16)}` };
  });
};

interface AskedLine extends Omit<Asked, 'name'> {
  readonly line: number;
  readonly column?: number | null | undefined;
}

/** Breakpoints on lines of a file; each answer says the line that has code. */
const setLines = (session: Debugger, path: string, asked: readonly AskedLine[]) => {
  const { programs, sources } = session.launched('setBreakpoints').target;
  const lines = asked.map(({ line, column }) => linePlaces(sources, path, line, column ?? undefined));
  const items = asked.map((item, index) => ({ ...item, index, name: `${path}:${item.line}` }));
  const answers = setAll(session, `source:${path}`, items, ({ index, name }) => {
    const found = lines[index]!;
    if (found === undefined) {
      throw noCode(
        name,
        programs.all.some(({ info }) => info !== undefined),
      );
    }
    return found.places;
  });
  return answers.map((answer, index) => ({
    ...answer,
    line: lines[index]?.line ?? asked[index]!.line,
    source: { path },
  }));
};

interface FilterOption {
  readonly filterId: string;
  readonly condition?: string | null | undefined;
}

const setFilters = (session: Debugger, options: readonly FilterOption[]): Answer[] => {
  const { target } = session.launched('setExceptionBreakpoints');
  const accepted: TrapFilter[] = [];
  session.breakpoints.set('panic', []);
  const answers = options.map(({ filterId, condition }): Answer => {
    if (filterId === panicFilter) {
      const symbol = panicSymbol(target.program);
      if (symbol === undefined) return { verified: false, message: `The program has no symbol ${panicNames}` };
      const places = [{ program: target.program, addresses: [symbol.address] }];
      return setAll(session, 'panic', [{ name: symbol.name, condition }], () => places)[0]!;
    }
    if (!isFilter(filterId)) return { verified: false, message: `There is no filter ${filterId.slice(0, 100)}` };
    try {
      accepted.push({
        filter: filterId,
        ...(given(condition) && { condition: parseCondition(condition, namesAt(target.program)) }),
      });
      return { verified: true };
    } catch (error) {
      if (error instanceof InputError) return { verified: false, message: error.message };
      throw error;
    }
  });
  session.filters.set(accepted);
  return answers;
};

const hasBreakpoints = (args: unknown): boolean =>
  typeof args === 'object' &&
  args !== null &&
  'breakpoints' in args &&
  Array.isArray(args.breakpoints) &&
  args.breakpoints.length > 0;

export const breakpointRequests: readonly RequestRow[] = [
  request(
    'setBreakpoints',
    {
      source: optional(v.object({ path: optional(text) })),
      breakpoints: optional(list({ line: natural, column: optional(natural), ...when })),
    },
    (session, { source, breakpoints }) => ({ breakpoints: setLines(session, source?.path ?? '', breakpoints ?? []) }),
  ),
  request(
    'breakpointLocations',
    { source: v.object({ path: optional(text) }), line: natural, endLine: optional(natural) },
    (session, { source, line, endLine }) => {
      const { sources } = session.launched('breakpointLocations').target;
      return { breakpoints: locationsIn(sources, source.path ?? '', line, endLine ?? line) };
    },
  ),
  afterNames(
    request('setFunctionBreakpoints', { breakpoints: list({ name: text, ...when }) }, (session, { breakpoints }) => {
      const { target } = session.launched('setFunctionBreakpoints');
      return { breakpoints: setAll(session, 'function', breakpoints, ({ name }) => placesOf(target, name)) };
    }),
    // Clients send an empty list at each launch, which shall not wait.
    hasBreakpoints,
  ),
  request(
    'setInstructionBreakpoints',
    { breakpoints: list({ instructionReference: text, offset: optional(whole), ...when }) },
    (session, { breakpoints }) => {
      const { program } = session.launched('setInstructionBreakpoints').target;
      const items = breakpoints.map((item) => ({ ...item, name: item.instructionReference }));
      const place = ({ instructionReference, offset }: (typeof items)[number]) => [
        { program, addresses: [addressOf(instructionReference, offset ?? 0)] },
      ];
      return { breakpoints: setAll(session, 'instruction', items, place) };
    },
  ),
  request(
    'setExceptionBreakpoints',
    {
      filters: optional(v.array(text)),
      filterOptions: optional(list({ filterId: text, condition: optional(text) })),
    },
    (session, { filters, filterOptions }) => {
      const options = [...(filters ?? []).map((filterId) => ({ filterId })), ...(filterOptions ?? [])];
      return { breakpoints: setFilters(session, options) };
    },
  ),
];
