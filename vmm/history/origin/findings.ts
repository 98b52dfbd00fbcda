/**
 * What is looked for, and what was found of it so far: takes the bytes that a step wrote out of the ones that are looked
 * for, makes nodes of them, and looks for what they were made of. It knows flows of bytes, not instructions.
 */

import { disassemble } from '../../isa/disassemble.ts';
import type { Origin, OriginNode } from './answer.ts';
import { type Demand, Demands, type Wanted } from './demands.ts';
import type { ByteFlow, Leaf } from './flow.ts';
import { bytesOf, Graph, wantedOf } from './graph.ts';
import type { Instruction } from './instruction.ts';
import type { LeafSource } from './leaves.ts';
import { follows, keyOf, memoryPlace, neighbours, type Place, partOf } from './place.ts';
import { type StepLog, stepKind } from './steps.ts';

/** A step whose writes are looked at. */
export interface At {
  readonly log: StepLog;
  readonly step: number;
  readonly instruction: Instruction | undefined;
}

/** The operands of a step. */
export type Leaves = (leaf: Leaf) => LeafSource;

export class Findings {
  readonly demands = new Demands();
  readonly graph = new Graph();
  /** Moment of the step that was found last. */
  foundAt: number;
  readonly #computationsMax: number;
  /** What a step was made of is looked for before it, and not in what else it wrote. */
  #before: (() => void)[] = [];

  constructor(from: number, computationsMax: number) {
    this.foundAt = from;
    this.#computationsMax = computationsMax;
  }

  /** The step has been looked at: what it was made of is looked for from here on. */
  stepDone(): void {
    if (this.#before.length === 0) return;
    for (const add of this.#before) add();
    this.#before = [];
  }

  /** Bytes that begin here. */
  origin(at: At, keys: readonly number[], origin: Origin, inputs: readonly Wanted[] = []): void {
    for (const piece of neighbours(keys.filter((key) => this.demands.has(key))))
      this.#node(at, this.#take(piece), { kind: 'origin', origin, inputs });
  }

  /** Takes what is looked for out of what a step wrote: `bytes` says of each where it came from, `values` what it is. */
  write(at: At, keys: readonly number[], bytes: readonly ByteFlow[], values: Wanted['values'], leaves: Leaves): void {
    for (let first = 0; first < keys.length; ) {
      if (!this.demands.has(keys[first]!)) {
        first += 1;
        continue;
      }
      let end = first + 1;
      while (
        end < keys.length &&
        this.demands.has(keys[end]!) &&
        follows(keys[end]!, keys[end - 1]!) &&
        goesOn(bytes[end - 1]!, bytes[end]!, leaves)
      )
        end += 1;
      const demands = this.#take(keys.slice(first, end));
      for (const [index, { key, value }] of demands.entries()) {
        const written = values[first + index];
        if (value !== undefined && written !== undefined && value !== written)
          throw new Error(`byte ${key} was to be ${value}, and the step at ${at.log.from + at.step} left ${written}`);
      }
      this.#found(at, demands, bytes[first]!, leaves);
      first = end;
    }
  }

  /** The pc went on since it was written: what is looked for has the values that it had then. */
  setBack(keys: readonly number[], values: Wanted['values']): void {
    for (const [byte, key] of keys.entries()) {
      const demand = this.demands.take(key);
      for (const { wanted, byte: of } of demand?.wanters ?? []) {
        const before = { place: wanted.place, values: [...wanted.values], found: wanted.found };
        before.values[of] = values[byte];
        this.demands.add(before, of, key, demand!.computations);
      }
    }
  }

  #take(keys: readonly number[]): readonly Demand[] {
    return keys.map((key) => this.demands.take(key)!);
  }

  #found(at: At, demands: readonly Demand[], byte: ByteFlow, leaves: Leaves): void {
    const values = demands.map(({ value }) => value);
    const computations = Math.max(...demands.map((demand) => demand.computations));
    switch (byte.kind) {
      case 'constant':
        this.#node(at, demands, { kind: 'origin', origin: { kind: 'constant', how: constantHow(at) }, inputs: [] });
        return;
      case 'filled':
        this.#node(at, demands, { kind: 'origin', origin: { kind: 'filled' }, inputs: [] });
        return;
      case 'carried': {
        const source = leaves(byte.leaf);
        if ('origin' in source) {
          this.#node(at, demands, { kind: 'origin', origin: source.origin, inputs: [] });
          return;
        }
        const keys = source.keys.slice(byte.byte, byte.byte + demands.length);
        const wanted = wantedOf(placeAt(source, byte.byte, demands.length), values);
        this.#node(at, demands, { kind: 'copy', inputs: [wanted] });
        this.#lookFor(wanted, keys, computations);
        return;
      }
      case 'computed': {
        const sources = [...byte.leaves].map(leaves);
        const known = sources.filter((source) => 'place' in source);
        const inputs = known.map(({ place, value }) => wantedOf(place, bytesOf(value, place.sizeBytes)));
        this.#node(at, demands, { kind: 'compute', inputs });
        // What has one source and a constant is followed, as `lui` and `addi` make one; but no loop's counter for ever.
        if (sources.length !== 1 || known.length !== 1 || computations >= this.#computationsMax) return;
        this.#lookFor(inputs[0]!, known[0]!.keys, computations + 1);
      }
    }
  }

  #lookFor(wanted: Wanted, keys: readonly number[], computations: number): void {
    this.#before.push(() => {
      for (const [byte, key] of keys.entries()) this.demands.add(wanted, byte, key, computations);
    });
  }

  #node(
    at: At,
    demands: readonly Demand[],
    rest: Pick<OriginNode, 'kind' | 'origin'> & { inputs: readonly Wanted[] },
  ): void {
    const { log, step, instruction } = at;
    const moment = log.from + step;
    this.foundAt = moment;
    const pc = log.pcs[step]!;
    const isInterrupt = log.kinds[step] === stepKind.interrupt;
    const access = instruction?.access;
    this.graph.add(demands, {
      moment,
      // What stands behind the last step, or is written between two, is no step's.
      ...(instruction !== undefined && { hart: log.harts[step]!, pc }),
      ...(instruction !== undefined && !isInterrupt && { instruction: disassemble(instruction.raw, pc).text }),
      ...(access && { address: BigInt.asUintN(64, log.rs1[step]! + BigInt(access.offset)) }),
      ...rest,
    });
  }
}

export const keysOf = (place: Place): readonly number[] =>
  Array.from({ length: place.sizeBytes }, (_, byte) => keyOf(place, byte));

/** All eight bytes as they are in one operand. */
export const carried = (leaf: Leaf): readonly ByteFlow[] =>
  Array.from({ length: 8 }, (_, byte) => ({ kind: 'carried', leaf, byte }));

export const unknownBytes: Wanted['values'] = new Array<undefined>(8).fill(undefined);

/** Whether two neighbouring bytes of a result are one piece of what they came from. */
const goesOn = (before: ByteFlow, byte: ByteFlow, leaves: Leaves): boolean => {
  if (before.kind === 'computed') return byte.kind === 'computed' && sameLeaves(before.leaves, byte.leaves);
  if (before.kind !== 'carried') return byte.kind === before.kind;
  if (byte.kind !== 'carried' || byte.leaf !== before.leaf || byte.byte !== before.byte + 1) return false;
  const source = leaves(byte.leaf);
  return 'origin' in source || follows(source.keys[byte.byte]!, source.keys[before.byte]!);
};

const sameLeaves = (one: ReadonlySet<Leaf>, other: ReadonlySet<Leaf>): boolean =>
  one === other || (one.size === other.size && [...one].every((leaf) => other.has(leaf)));

/** Bytes of an operand; memory that crosses a page may lie in two places. */
const placeAt = ({ place, keys }: Extract<LeafSource, { place: Place }>, byte: number, sizeBytes: number): Place =>
  place.kind === 'memory' ? memoryPlace(keys[byte]!, sizeBytes) : partOf(place, byte, sizeBytes);

const constantHow = ({ instruction }: At): Extract<Origin, { kind: 'constant' }>['how'] => {
  const row = instruction!.row.name;
  if (instruction!.jumps) return 'link';
  if (row === 'auipc') return 'address';
  return row.startsWith('sc.') ? 'result' : 'immediate';
};
