/**
 * Two machines side by side at one moment after the other: whether they are the same there, and in what they differ. Where to
 * look is said by whoever has the pair: diff.ts for two recordings, compare.ts for two timelines of a session.
 */

import type { StateDigest } from '../../traces/digest.ts';
import { describeEvent } from '../../traces/events.ts';
import { type Moment, moment } from '../../traces/time.ts';
import { pageBytes, ramOffset } from '../../vmm/engine/layout.ts';
import { Digester, type Hash64 } from '../../vmm/machine/digest.ts';
import type { Machine } from '../../vmm/machine/machine.ts';
import { ramBase } from '../../vmm/machine/memory.ts';
import { differingFields } from '../../vmm/replay/divergence.ts';
import type { Timeline } from '../../vmm/timeline/timeline.ts';
import { inputsAt } from './inputs.ts';

/** One of the two. It is moved, and has checkpoints; nobody else takes digests of its machine. */
export interface Side {
  readonly machine: Machine;
  readonly timeline: Timeline;
  readonly hash64: Hash64;
}

/** One thing that is not the same in both. */
export interface Difference {
  /** Such as `hart 0: a5`, `memory 0x80001000`, `device uart0`. */
  readonly part: string;
  readonly one: string;
  readonly other: string;
}

export interface StatesDiffer {
  readonly kind: 'states';
  readonly at: number;
  readonly differences: readonly Difference[];
  /** Those of this moment, where they differ. */
  readonly inputs?: { readonly one: readonly string[]; readonly other: readonly string[] };
}

const rangesMax = 32;
const shownBytesMax = 16;

export class Pair {
  readonly #sides: readonly [Side, Side];
  readonly #digesters: readonly [Digester, Digester];

  constructor(one: Side, other: Side) {
    this.#sides = [one, other];
    this.#digesters = [new Digester(one.machine, one.hash64, 'nh'), new Digester(other.machine, other.hash64, 'nh')];
  }

  /** Both, behind the inputs of that moment. */
  *goTo(at: Moment): Generator<Moment> {
    for (const { timeline } of this.#sides) {
      yield* timeline.travel(at);
      timeline.checkpoints.take(timeline.cursor);
    }
  }

  differ(): boolean {
    const [one, other] = this.#digesters.map((digester) => digester.digest()) as [StateDigest, StateDigest];
    return one.at !== other.at || !sameDigest(one, other);
  }

  /**
   * The first moment found at which they differ, where they stand then; nothing when they never do.
   * @param equal a moment at which they do not
   * @param later those at which they may, ascending; between the last that is equal and the first that is not it is halved
   */
  *part(equal: Moment, later: Iterable<Moment>): Generator<Moment, Moment | undefined> {
    let last = equal;
    for (const at of later) {
      yield* this.goTo(at);
      if (this.differ()) return yield* this.#halve(last, at);
      last = at;
    }
    return undefined;
  }

  *#halve(equal: Moment, unequal: Moment): Generator<Moment, Moment> {
    let [low, high] = [equal, unequal];
    while (high - low > 1) {
      const middle = moment(Math.floor((low + high) / 2));
      yield* this.goTo(middle);
      if (this.differ()) high = middle;
      else low = middle;
    }
    yield* this.goTo(high);
    return high;
  }

  /** In what they differ where they stand. */
  describe(at: Moment): StatesDiffer {
    const [one, other] = this.#sides;
    const inputs = this.#sides.map(({ timeline }) => inputsAt(timeline.log, at).map(describeEvent)) as [
      string[],
      string[],
    ];
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
const memoryDifferences = (one: Side, other: Side): Difference[] => {
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
    const bytes = ({ machine }: Side): string => {
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

/** Of one moment. */
export const sameDigest = (one: StateDigest, other: StateDigest): boolean =>
  one.ram === other.ram &&
  Buffer.compare(one.machine, other.machine) === 0 &&
  one.harts.every((hart, index) => Buffer.compare(hart, other.harts[index] ?? new Uint8Array()) === 0) &&
  one.devices.every(
    ({ name, hash }, index) => other.devices[index]?.name === name && other.devices[index].hash === hash,
  );
