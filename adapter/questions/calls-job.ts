/**
 * What seats do for `calls`: find where a function is entered and where each call comes back to its caller, by the return address
 * and the stack pointer that it was entered with. A call that is still under way at the end of an interval is told as open.
 */

import type { Moment } from '../../traces/time.ts';
import { type Hart, privilege } from '../../vmm/machine/hart.ts';
import type { Program } from '../dap/program.ts';
import { scopeOf } from '../dap/scope.ts';
import type { Target } from '../dap/target.ts';
import { frameShown, shownText, surroundings } from '../dap/value-variables.ts';
import { innermostOf } from '../dap/viewpoint.ts';
import type { Job } from '../farm/job.ts';
import type { Seat } from '../farm/seat.ts';
import type { ProgramFunction } from '../program/dwarf/functions.ts';
import { isComposite, sizeOf, stripped } from '../program/types/type.ts';
import { valueText } from '../values/text.ts';
import { littleBytes, type Value } from '../values/value.ts';
import type { CallItem, NamedValue } from './answer.ts';
import { noFunction } from './errors.ts';
import { codeNamed, placeAt } from './places.ts';

/** Where a call comes back to: two calls at one time differ in it. */
export interface Landing {
  readonly key: string;
  readonly ra: string;
}

export interface CallFound {
  readonly item: CallItem;
  readonly landing: Landing;
  /** Whether it may still come back. */
  readonly isOpen: boolean;
}

interface CalledFunction {
  readonly program: Program;
  readonly own: ProgramFunction | undefined;
  /** Linked, as the next one is: where it is entered, and where its arguments can be read. */
  readonly entry: bigint;
  readonly body: bigint;
}

/** @throws {InputError} when there is no such function */
export const functionsNamed = (target: Target, name: string): readonly CalledFunction[] => {
  const found = codeNamed(target, name).flatMap(({ program, addresses }) =>
    addresses.map((body): CalledFunction => {
      const own = program.try(() => program.info?.functionAt(body));
      return { program, own, entry: own?.entryPc ?? body, body };
    }),
  );
  if (found.length === 0) throw noFunction(name);
  return found;
};

const [registerRa, registerSp, registerA0, floatA0] = [1, 2, 10, 10];

/** A place in an address space: processes have one another's addresses, the kernel's are the same everywhere. */
const landingOf = (hart: Hart, ra: bigint, sp: bigint): Landing => {
  const space = hart.privilege === privilege.user ? hart.get('satp') : 0n;
  return { key: `${space} ${ra} ${sp}`, ra: `0x${ra.toString(16)}` };
};

/** Stops at addresses of the functions, and at where their calls come back to. */
class Stops {
  readonly #target: Target;
  readonly #addresses: Set<bigint>;

  constructor(target: Target, addresses: Iterable<bigint>) {
    this.#target = target;
    this.#addresses = new Set(addresses);
    this.#arm();
  }

  add(address: bigint): void {
    if (this.#addresses.has(address)) return;
    this.#addresses.add(address);
    this.#arm();
  }

  #arm(): void {
    this.#target.machine.engine.arm(this.#addresses);
  }
}

interface Call {
  item: CallItem;
  readonly landing: Landing;
  readonly called: CalledFunction;
  isOpen: boolean;
  hasArguments: boolean;
}

export const callsJob: Job<{ readonly function: string }, readonly CallFound[]> = {
  name: 'calls',
  *work(seat, { function: name }, interval) {
    const { target } = seat;
    const { machine, timeline } = target;
    const called = functionsNamed(target, name);
    const placesFor = (kind: 'entry' | 'body') =>
      new Map(called.flatMap((one) => one.program.links.places(one[kind]).map((address) => [address, one] as const)));
    const [entries, bodies] = [placesFor('entry'), placesFor('body')];
    const stops = new Stops(target, [...entries.keys(), ...bodies.keys()]);
    const calls: Call[] = [];
    const open = new Map<string, Call>();
    yield* seat.scan(
      interval,
      () => ({ armed: true }),
      (event) => {
        if (event.reason !== 'breakpoint') return false;
        const hart = machine.harts[event.hart]!;
        const { pc } = event;
        const sp = hart.x(registerSp);
        const landing = landingOf(hart, pc, sp);
        const ended = open.get(landing.key);
        if (ended !== undefined) {
          open.delete(landing.key);
          ended.isOpen = false;
          ended.item = { ...ended.item, returned: returned(target, hart, timeline.now, ended.called) };
        }
        const entered = entries.get(pc);
        if (entered !== undefined && isRunBy(target, hart, entered.program)) {
          const back = landingOf(hart, hart.x(registerRa), sp);
          const place = placeAt(target, hart, timeline.now, pc);
          const item: CallItem = { kind: 'call', ...place, function: entered.own?.name || name, arguments: [] };
          const call: Call = { item, landing: back, called: entered, isOpen: true, hasArguments: false };
          calls.push(call);
          // A call that is to come back to the same place means that the one before never came back.
          const before = open.get(back.key);
          if (before !== undefined) before.isOpen = false;
          open.set(back.key, call);
          stops.add(hart.x(registerRa));
        }
        if (bodies.has(pc)) {
          const call = calls.findLast((one) => one.item.hart === hart.id && !one.hasArguments);
          if (call !== undefined) {
            call.hasArguments = true;
            call.item = { ...call.item, arguments: argumentsIn(target, hart) };
          }
        }
        return false;
      },
    );
    return calls.map(({ item, landing, isOpen }) => ({ item, landing, isOpen }));
  },
};

const isRunBy = (target: Target, hart: Hart, program: Program): boolean =>
  !target.programs.isUser(program) || target.programs.at(hart) === program;

/** By debug information; without it, the registers that arguments are passed in first. */
const argumentsIn = (whole: Target, hart: Hart): readonly NamedValue[] => {
  const frame = innermostOf(whole, hart);
  const target = whole.seenFrom(frame.program, frame.satp);
  if (frame.stack === undefined)
    return ['a0', 'a1', 'a2', 'a3'].map((name) => ({
      name,
      value: `0x${(target.register(hart, name) ?? 0n).toString(16)}`,
    }));
  return frameShown(target, frame, true).map((shown) => ({ name: shown.name, value: shownText(target, shown) }));
};

const returned = (
  whole: Target,
  hart: Hart,
  moment: Moment,
  { program, own }: CalledFunction,
): NonNullable<CallItem['returned']> => {
  if (own === undefined) return { moment, value: `0x${hart.x(registerA0).toString(16)}` };
  const value = program.try(() => resultText(whole.seenFrom(program), hart, own));
  return { moment, ...(value !== undefined && { value }) };
};

/** Nothing for a function without a result, and for a small structure, whose registers depend on its members (psABI, 2.1). */
const resultText = (target: Target, hart: Hart, own: ProgramFunction): string | undefined => {
  const { info } = target.program;
  const type = info?.types.typeOf(own.entry);
  const size = sizeOf(type);
  if (type === undefined || size === undefined || size === 0) return undefined;
  const kind = stripped(type);
  const a0 = hart.x(registerA0);
  let value: Value;
  if (size > 16) value = { type, address: a0 };
  else if (size > 8 || isComposite(kind)) return undefined;
  else if (kind?.kind === 'base' && kind.encoding === 'float')
    value = { type, bytes: littleBytes(hart.f(floatA0), size) };
  else value = { type, bytes: littleBytes(a0, size) };
  return valueText(value, { ...surroundings(target, hart), read: scopeOf(target, hart).read });
};

export interface ReturnsPlan {
  readonly function: string;
  readonly landings: readonly Landing[];
}

/** By the key of the landing: the first time in an interval that somebody comes there. */
export type ReturnsFound = Readonly<Record<string, NonNullable<CallItem['returned']>>>;

export const returnsJob: Job<ReturnsPlan, ReturnsFound> = {
  name: 'returns',
  *work(seat: Seat, { function: name, landings }, interval) {
    const { target } = seat;
    const { machine, timeline } = target;
    const [called] = functionsNamed(target, name);
    const wanted = new Set(landings.map(({ key }) => key));
    const found: Record<string, NonNullable<CallItem['returned']>> = {};
    machine.engine.arm(landings.map(({ ra }) => BigInt(ra)));
    yield* seat.scan(
      interval,
      () => ({ armed: true }),
      (event) => {
        if (event.reason !== 'breakpoint') return false;
        const hart = machine.harts[event.hart]!;
        const { key } = landingOf(hart, event.pc, hart.x(registerSp));
        if (wanted.delete(key)) found[key] = returned(target, hart, timeline.now, called!);
        return wanted.size === 0;
      },
    );
    return found;
  },
};
