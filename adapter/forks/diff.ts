/**
 * The first moment at which two recordings differ, and how. Where their digests and inputs say that they are the same is not
 * run; then the interval in which they part is halved until it is one step. What is found is the end of a stretch in which
 * they are equal; if they had parted before and come together again between two digests, that does not show.
 */

import type { StateDigest } from '../../traces/digest.ts';
import { describeEvent, type InputEvent } from '../../traces/events.ts';
import { type Moment, moment } from '../../traces/time.ts';
import { pageBytes, ramOffset } from '../../vmm/engine/layout.ts';
import { Digester } from '../../vmm/machine/digest.ts';
import { ramBase } from '../../vmm/machine/memory.ts';
import { differingFields } from '../../vmm/replay/divergence.ts';
import type { ReplaySession } from '../session/session.ts';

/** One thing that is not the same in both. */
export interface Difference {
  /** Such as `hart 0: a5`, `memory 0x80001000`, `device uart0`. */
  readonly part: string;
  readonly one: string;
  readonly other: string;
}

export type Diff =
  /** Nothing differs, as far as both go; `lengths` says how far that is. */
  | { readonly kind: 'same'; readonly lengths: readonly [number, number] }
  /** They are of different machines, so that their moments cannot be compared. */
  | { readonly kind: 'machines'; readonly differences: readonly Difference[] }
  /** `inputs`: those of this moment, where they differ. */
  | {
      readonly kind: 'states';
      readonly at: number;
      readonly differences: readonly Difference[];
      readonly inputs?: { readonly one: readonly string[]; readonly other: readonly string[] };
    };

const rangesMax = 32;
const shownBytesMax = 16;

/** Both sessions stand where they begin and are moved; they have checkpoints. Yields where it has come to. */
export function* diffRecordings(one: ReplaySession, other: ReplaySession): Generator<Moment, Diff> {
  const machines = machineDifferences(one, other);
  if (machines.length > 0) return { kind: 'machines', differences: machines };
  const end = moment(Math.min(one.trace.until, other.trace.until));
  const start = moment(Math.max(one.trace.start, other.trace.start));
  const pair = new Pair(one, other);
  const bounds = boundsOf(one, other, start, end);
  let equal = bounds.equal;
  yield* pair.goTo(equal);
  if (pair.differ()) {
    if (equal === start) return pair.describe(equal);
    bounds.unequal.unshift(equal); // another version of the machine does otherwise what both say
    equal = start;
    yield* pair.goTo(equal);
    if (pair.differ()) return pair.describe(equal);
  }
  let unequal: Moment | undefined;
  for (const at of bounds.unequal) {
    yield* pair.goTo(at);
    if (pair.differ()) {
      unequal = at;
      break;
    }
    equal = at;
  }
  if (unequal === undefined) return { kind: 'same', lengths: [one.trace.until, other.trace.until] };
  while (unequal - equal > 1) {
    const middle = moment(Math.floor((equal + unequal) / 2));
    yield* pair.goTo(middle);
    if (pair.differ()) unequal = middle;
    else equal = middle;
  }
  yield* pair.goTo(unequal);
  return pair.describe(unequal);
}

const machineDifferences = (one: ReplaySession, other: ReplaySession): Difference[] => {
  const facts = ({ header }: ReplaySession): Map<string, string> => {
    const { digestStride: _, ...machine } = header.machine;
    const rows = Object.entries(machine).map(([name, value]) => [name, JSON.stringify(value)] as const);
    const images = header.images.map(
      ({ role, name, digest }, index) => [`image ${index} (${role} ${name})`, digest] as const,
    );
    return new Map([...rows, ...images]);
  };
  const [first, second] = [facts(one), facts(other)];
  return [...new Set([...first.keys(), ...second.keys()])]
    .filter((part) => first.get(part) !== second.get(part))
    .map((part) => ({ part, one: first.get(part) ?? 'none', other: second.get(part) ?? 'none' }));
};

/** A moment at which, by what the traces say, both are equal still, and those at which they may not be, ascending. */
const boundsOf = (
  one: ReplaySession,
  other: ReplaySession,
  start: Moment,
  end: Moment,
): { equal: Moment; unequal: Moment[] } => {
  const parted = firstInputDifference(one, other);
  const latest = moment(Math.min(parted ?? end, end));
  let equal = start;
  const others = new Map([...other.trace.digests].map((digest) => [digest.at, digest]));
  for (const digest of one.trace.digests) {
    const twin = others.get(digest.at);
    if (twin === undefined || digest.at <= start || digest.at > latest) continue;
    if (!sameDigest(digest, twin)) return { equal, unequal: [digest.at] };
    // The digest of a moment is of the state before its inputs.
    equal = moment(digest.at - 1);
  }
  if (parted === undefined || parted > end) return { equal, unequal: [end] };
  return { equal: moment(Math.max(equal, parted - 1)), unequal: [parted, end] };
};

const sameDigest = (one: StateDigest, other: StateDigest): boolean =>
  one.ram === other.ram &&
  Buffer.compare(one.machine, other.machine) === 0 &&
  one.harts.every((hart, index) => Buffer.compare(hart, other.harts[index] ?? new Uint8Array()) === 0) &&
  one.devices.every(
    ({ name, hash }, index) => other.devices[index]?.name === name && other.devices[index].hash === hash,
  );

/** The moment of the first input that is not in both; nothing when all are. */
const firstInputDifference = (one: ReplaySession, other: ReplaySession): Moment | undefined => {
  const [first, second] = [one.trace.events, other.trace.events];
  const skip = ({ trace }: ReplaySession, start: Moment): number => trace.events.indexOf(start);
  const start = moment(Math.max(one.trace.start, other.trace.start));
  let [here, there] = [skip(one, start), skip(other, start)];
  for (; here < first.count && there < second.count; here += 1, there += 1) {
    const [event, twin] = [first.get(here), second.get(there)];
    if (inputText(event) !== inputText(twin)) return moment(Math.min(event.at, twin.at));
  }
  if (here < first.count) return first.get(here).at;
  return there < second.count ? second.get(there).at : undefined;
};

const inputText = (event: InputEvent): string =>
  JSON.stringify(event, (_, value: unknown) => {
    if (typeof value === 'bigint') return `${value}`;
    return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value;
  });

class Pair {
  readonly #sessions: readonly [ReplaySession, ReplaySession];
  readonly #digesters: readonly [Digester, Digester];

  constructor(one: ReplaySession, other: ReplaySession) {
    this.#sessions = [one, other];
    this.#digesters = [new Digester(one.machine, one.hash64), new Digester(other.machine, other.hash64)];
  }

  /** Both, behind the inputs of that moment. */
  *goTo(at: Moment): Generator<Moment> {
    for (const { timeline } of this.#sessions) {
      yield* timeline.travel(at);
      timeline.checkpoints.take(timeline.cursor);
    }
  }

  differ(): boolean {
    const [one, other] = this.#digesters.map((digester) => digester.digest()) as [StateDigest, StateDigest];
    return one.at !== other.at || !sameDigest(one, other);
  }

  describe(at: Moment): Diff {
    const [one, other] = this.#sessions;
    const inputs = this.#sessions.map(({ trace }) => {
      const found: string[] = [];
      for (
        let index = trace.events.indexOf(at);
        index < trace.events.count && trace.events.get(index).at === at;
        index += 1
      )
        found.push(describeEvent(trace.events.get(index)));
      return found;
    }) as [string[], string[]];
    const [records, others] = [one.machine.save(), other.machine.save()];
    const differences: Difference[] = differingFields(records, others).map(({ name, expected, found }) => ({
      part: name,
      one: expected,
      other: found,
    }));
    differences.push(...memoryDifferences(one, other));
    for (const [index, { name, state }] of records.devices.entries()) {
      const [text, twin] = [plainText(state), plainText(others.devices[index]!.state)];
      if (text !== twin) differences.push({ part: `device ${name}`, ...parting(text, twin) });
    }
    const isOfInputs = inputs[0].join('\n') !== inputs[1].join('\n');
    return { kind: 'states', at, differences, ...(isOfInputs && { inputs: { one: inputs[0], other: inputs[1] } }) };
  }
}

/** Ranges of RAM that differ, gaps of less than eight bytes included. */
const memoryDifferences = (one: ReplaySession, other: ReplaySession): Difference[] => {
  const [first, second] = [one.machine.memory, other.machine.memory];
  const ranges: { from: number; to: number }[] = [];
  for (let page = 0; page < first.ramPages && ranges.length <= rangesMax; page += 1) {
    const start = ramOffset + page * pageBytes;
    const [here, there] = [first.u8.subarray(start, start + pageBytes), second.u8.subarray(start, start + pageBytes)];
    if (Buffer.compare(here, there) === 0) continue;
    for (let index = 0; index < pageBytes; index += 1) {
      if (here[index] === there[index]) continue;
      const at = page * pageBytes + index;
      const last = ranges.at(-1);
      if (last !== undefined && at - last.to < 8) last.to = at + 1;
      else ranges.push({ from: at, to: at + 1 });
    }
  }
  const shown = ranges.slice(0, rangesMax).map(({ from, to }) => {
    const bytes = ({ machine }: ReplaySession): string => {
      const found = machine.memory.u8.subarray(ramOffset + from, ramOffset + Math.min(to, from + shownBytesMax));
      return `${[...found].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')}${to - from > shownBytesMax ? ' ...' : ''}`;
    };
    const size = to - from === 1 ? '1 byte' : `${to - from} bytes`;
    return { part: `memory 0x${(ramBase + from).toString(16)} (${size})`, one: bytes(one), other: bytes(other) };
  });
  if (ranges.length > rangesMax) shown.push({ part: 'more memory', one: 'differs', other: 'too' });
  return shown;
};

const plainText = (state: unknown): string =>
  JSON.stringify(state, (_, value: unknown) => {
    if (typeof value === 'bigint') return `0x${value.toString(16)}`;
    return value instanceof Uint8Array || value instanceof Uint32Array ? [...value].join(' ') : value;
  });

/** Two texts from shortly before they part. */
const parting = (one: string, other: string): { one: string; other: string } => {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at += 1;
  const from = Math.max(0, one.lastIndexOf('"', at) - 24);
  return { one: one.slice(from, from + 60), other: other.slice(from, from + 60) };
};
