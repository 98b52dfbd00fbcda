/** Checkpoints outside of memory: every moment is what it was, whatever is lost there; and the file that they are in. */

import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { SpillFile } from '../../adapter/host/spill-file.ts';
import { loadXxh64 } from '../../traces/checksum.ts';
import { moment } from '../../traces/time.ts';
import { ramOffset } from '../../vmm/engine/layout.ts';
import type { Machine } from '../../vmm/machine/machine.ts';
import { SlabWriter } from '../../vmm/timeline/carried-state.ts';
import type { Spill } from '../../vmm/timeline/spill.ts';
import type { Timeline } from '../../vmm/timeline/timeline.ts';
import { runOf } from '../history/fixture.ts';
import { randomNumbers } from '../replay/support.ts';

const folder = mkdtempSync(join(tmpdir(), 'chronovisor-spill-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const end = 300_000;

/** Blocks in memory; `isLost` is asked at each reading, `isFull` at each writing. */
class Blocks implements Spill {
  readonly stepsMin = 2_000;
  readonly blocks = new Map<number, Uint8Array>();
  reads = 0;
  #next = 0;
  readonly #isLost: () => boolean;
  readonly #isFull: () => boolean;

  constructor(isLost: () => boolean = () => false, isFull: () => boolean = () => false) {
    this.#isLost = isLost;
    this.#isFull = isFull;
  }
  put(bytes: Uint8Array): number | undefined {
    if (this.#isFull()) return undefined;
    this.blocks.set(this.#next, bytes.slice());
    return this.#next++;
  }
  get(block: number): Uint8Array | undefined {
    this.reads += 1;
    if (this.#isLost()) this.blocks.delete(block);
    return this.blocks.get(block);
  }
  drop(block: number): void {
    this.blocks.delete(block);
  }
}

/** So many bytes at most. */
class Room extends Blocks {
  readonly #bytesMax: number;

  constructor(bytesMax: number) {
    super();
    this.#bytesMax = bytesMax;
  }
  override put(bytes: Uint8Array): number | undefined {
    const taken = [...this.blocks.values()].reduce((sum, { length }) => sum + length, 0);
    return taken + bytes.length > this.#bytesMax ? undefined : super.put(bytes);
  }
}

const timelineOf = async (guest: string, checkpointBudgetBytes: number, spill?: Spill): Promise<Timeline> =>
  (await runOf(guest, end, false, { checkpointStride: 5_000, checkpointBudgetBytes, spill })).timeline;

const hash64 = await loadXxh64();
const stateOf = (machine: Machine) => {
  const { u8, ramBytes } = machine.memory;
  return { ...machine.save(), ram: hash64(u8.subarray(ramOffset, ramOffset + ramBytes), 0n) };
};

const seeds = randomNumbers(1);
const ways: readonly (readonly [string, () => Blocks])[] = [
  ['nothing is lost', () => new Blocks()],
  ['a third of it is lost', () => new Blocks(() => seeds(3) === 0)],
  ['all of it is lost', () => new Blocks(() => true)],
  ['there is room now and then', () => new Blocks(undefined, () => seeds(2) === 0)],
  ['there is never room', () => new Blocks(undefined, () => true)],
];

test('a place that is full keeps checkpoints from all of the history', async () => {
  const steps = 2_000_000;
  const options = { checkpointStride: 5_000, checkpointBudgetBytes: 3 * 2 ** 20, spill: new Room(6 * 2 ** 20) };
  const { timeline } = await runOf('demo/demo.elf', steps, false, options);
  timeline.seek(moment(steps));
  const { moments } = timeline.checkpoints;
  const gaps = moments.slice(1).map((at, index) => at - moments[index]!);
  expect(Math.max(...gaps)).toBeLessThan((4 * steps) / moments.length);
});

describe.each(ways)('when %s', (_, make) => {
  test.each(['demo/demo.elf', 'bench/spaces.elf'])('each moment of %s is what it was', async (guest) => {
    const whole = await timelineOf(guest, 2 ** 28);
    const spill = make();
    // The first checkpoint and a few more; of 64 MiB of RAM the list of pages alone has 64 KiB.
    const few = await timelineOf(guest, whole.checkpoints.sizeBytes + 2 ** 20, spill);
    whole.seek(moment(end));
    few.seek(moment(end));
    const random = randomNumbers(7);
    for (let place = 0; place < 30; place += 1) {
      const at = moment(random(few.end));
      whole.seek(at);
      few.seek(at);
      expect([few.now, stateOf(few.machine)]).toEqual([whole.now, stateOf(whole.machine)]);
    }
    expect(few.checkpoints.inMemory).toBeLessThan(whole.checkpoints.inMemory);
  });
});

test('with room outside nothing but the nearest is run again', async () => {
  const spill = new Blocks();
  const few = await timelineOf('demo/demo.elf', 3 * 2 ** 20, spill);
  few.seek(moment(end));
  const { checkpoints, machine } = few;
  expect(checkpoints.count).toBeGreaterThan(40);
  expect(checkpoints.inMemory).toBeLessThan(checkpoints.count);
  for (let at = 250_000; at > 0; at -= 24_000) {
    const before = machine.stepsMade;
    few.seek(moment(at));
    expect(machine.stepsMade - before).toBeLessThan(15_000);
  }
  expect(spill.reads).toBeGreaterThan(0);
});

test('what was outside is carried to another timeline, or one before it when it is lost', async () => {
  let isLost = false;
  const few = await timelineOf('demo/demo.elf', 3 * 2 ** 20, new Blocks(() => isLost));
  const other = await timelineOf('demo/demo.elf', 2 ** 28);
  const [writer, taker] = [new SlabWriter('one'), new SlabWriter('other')];
  few.seek(moment(end));
  const { checkpoints } = few;
  const carry = (at: number): number => {
    const state = checkpoints.carry(checkpoints.before(moment(at)), writer);
    other.adopt(state, taker);
    const adopted = stateOf(other.machine);
    few.seek(state.at);
    expect(adopted).toEqual(stateOf(few.machine));
    return state.at;
  };
  const spilled = checkpoints.moments.filter((at) => checkpoints.before(at).pages === undefined);
  expect(carry(spilled.at(-1)!)).toBe(spilled.at(-1));
  isLost = true;
  expect(carry(spilled[0]!)).toBeLessThan(spilled[0]!);
});

test('the present state is carried, also when what of it was outside is lost', async () => {
  let isLost = false;
  const few = await timelineOf('demo/demo.elf', 3 * 2 ** 20, new Blocks(() => isLost));
  const other = await timelineOf('demo/demo.elf', 2 ** 28);
  few.seek(moment(end));
  const { checkpoints } = few;
  const spilled = checkpoints.moments.filter((at) => checkpoints.before(at).pages === undefined);
  few.seek(spilled[Math.floor(spilled.length / 2)]!);
  const { count } = checkpoints;
  isLost = true;
  other.adopt(few.carry(new SlabWriter('one')), new SlabWriter('other'));
  expect([other.now, stateOf(other.machine)]).toEqual([few.now, stateOf(few.machine)]);
  expect(checkpoints.count).toBe(count);
});

test('all that was outside is dropped with the checkpoints', async () => {
  const spill = new Blocks();
  const { checkpoints, seek } = await timelineOf('demo/demo.elf', 3 * 2 ** 20, spill).then((timeline) => ({
    checkpoints: timeline.checkpoints,
    seek: (to: number) => timeline.seek(moment(to)),
  }));
  seek(end);
  expect(spill.blocks.size).toBeGreaterThan(10);
  checkpoints.dropBefore(moment(end));
  expect([checkpoints.count, spill.blocks.size]).toEqual([1, 0]);
});

describe('the file', () => {
  const bytes = (seed: number, length = 10_000): Uint8Array => {
    const random = randomNumbers(seed);
    return Uint8Array.from({ length }, () => random(256));
  };

  test('gives what it took, in room that is used again, within its bound', () => {
    const file = new SpillFile(join(folder, 'one'), 100_000);
    const blocks = [1, 2, 3, 4].map((seed) => file.put(bytes(seed))!);
    for (const [index, block] of blocks.entries())
      expect(Buffer.from(file.get(block)!)).toEqual(Buffer.from(bytes(index + 1)));
    const { sizeBytes } = file;
    file.drop(blocks[1]!);
    expect(file.get(blocks[1]!)).toBeUndefined();
    const again = file.put(bytes(5, 9_000))!;
    expect(file.sizeBytes).toBe(sizeBytes);
    expect(Buffer.from(file.get(again)!)).toEqual(Buffer.from(bytes(5, 9_000)));
    expect(file.put(bytes(6, 90_000))).toBeUndefined();
    file.close();
    expect(file.get(blocks[0]!)).toBeUndefined();
    expect(file.put(bytes(1))).toBeUndefined();
  });

  test('leaves nothing behind', () => {
    const file = new SpillFile(join(folder, 'two'));
    file.put(bytes(1));
    file.close();
    file.close();
    expect(readdirSync(join(folder, 'two'))).toEqual([]);
  });

  test('is not made before it is used, and a folder that cannot be made is a full one', () => {
    new SpillFile(join(folder, 'three')).close();
    expect(existsSync(join(folder, 'three'))).toBe(false);
    expect(new SpillFile('/dev/null/nowhere').put(bytes(1))).toBeUndefined();
  });
});
