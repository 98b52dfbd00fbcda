import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CoreError } from '../../adapter/core/errors.ts';
import { translatedRanges } from '../../adapter/core/ranges.ts';
import type { ReplaySession } from '../../adapter/session/session.ts';
import { peekTranslate } from '../../vmm/machine/debug-access.ts';
import { type Hart, privilege } from '../../vmm/machine/hart.ts';
import { inRam } from '../../vmm/machine/memory.ts';
import { freshHart, setWord } from '../machine/system-fixture.ts';
import { chronovisor, coreOf, openAt, recordDemo, travel } from './support.ts';

let demo: Awaited<ReturnType<typeof recordDemo>>;
let session: ReplaySession;
beforeAll(async () => {
  demo = await recordDemo();
  session = await openAt(demo.trace);
});
afterAll(() => {
  session.close();
  demo.remove();
});

const page = 4096n;
/** Machine mode, the kernel with its own tables, and user processes. */
const moments = [1000, 1_000_000, 3_513_835, 5_000_000, 12_345_678, 20_000_000];

const ramAt = (hart: Hart, address: bigint): number | undefined => {
  const physical = peekTranslate(hart, address);
  return physical !== undefined && inRam(hart.memory, physical, 1) ? physical : undefined;
};

describe('memory', () => {
  test.each(moments)('is at the addresses that the hart has it at, and nowhere else (moment %d)', (at) => {
    travel(session, at);
    const hart = session.machine.harts[0]!;
    const { file, segments } = coreOf(session.machine);
    const loads = segments.slice(1);
    expect(loads.length).toBeGreaterThan(0);
    const starts = new Set(loads.map(({ virtual }) => virtual));
    for (const { virtual, physical, offset, sizeBytes, memoryBytes } of loads) {
      expect([memoryBytes, offset % 4096]).toEqual([sizeBytes, 0]);
      for (let done = 0; done < sizeBytes; done += 4096) {
        if (ramAt(hart, virtual + BigInt(done)) !== physical + done) throw new Error(`wrong at ${virtual} + ${done}`);
      }
      for (const outside of [virtual - page, virtual + BigInt(sizeBytes)]) {
        const isShown = starts.has(outside) || loads.some((own) => own.virtual + BigInt(own.sizeBytes) === virtual);
        if (!isShown && outside >= 0n) expect(ramAt(hart, outside)).toBeUndefined();
      }
      const shown = Math.min(sizeBytes, 65_536);
      expect(Buffer.compare(file.read(offset, shown), session.machine.readRam(physical, shown)!)).toBe(0);
    }
  });

  test('of a hart in machine mode is RAM as it lies', () => {
    travel(session, 10);
    const { written, segments } = coreOf(session.machine);
    expect(written.addresses).toBe('physical');
    expect(segments.slice(1).map(({ virtual, physical, sizeBytes }) => [virtual, physical, sizeBytes])).toEqual([
      [0x8000_0000n, 0x8000_0000, 128 * 2 ** 20],
    ]);
  });

  test('is RAM as it lies when that is asked for', () => {
    travel(session, 12_345_678);
    expect(coreOf(session.machine).written.addresses).toBe('translated');
    expect(coreOf(session.machine, { physical: true }).written.addresses).toBe('physical');
  });

  test('that is zeros is not written', () => {
    travel(session, 12_345_678);
    const { file, written } = coreOf(session.machine, { physical: true });
    const writtenBytes = file.pieces.reduce((sum, { bytes }) => sum + bytes.length, 0);
    expect(written.sizeBytes).toBeGreaterThan(128 * 2 ** 20);
    expect(writtenBytes).toBeLessThan(8 * 2 ** 20);
  });
});

test('a core file changes nothing of the machine', () => {
  travel(session, 12_345_678);
  // All of it, page tables with their accessed bits and the engine's caches too.
  const state = () => session.hash64(session.machine.memory.u8, 0n);
  const before = state();
  for (const hart of [0, 1]) coreOf(session.machine, { hart });
  expect(state()).toBe(before);
});

describe('page tables', () => {
  const root = 0x8001_0000;
  const tableAt = (physical: number, bits: number): bigint => ((BigInt(physical) >> 12n) << 10n) | BigInt(bits);
  const hartWith = (mode: number, entries: readonly (readonly [address: number, entry: bigint])[]): Hart => {
    const hart = freshHart();
    hart.setLow('privilege', privilege.supervisor);
    hart.set('pmpaddr0', (1n << 54n) - 1n);
    hart.set('pmpcfg0', 0x1fn);
    hart.set('satp', (BigInt(mode) << 60n) | (BigInt(root) >> 12n));
    for (const [address, entry] of entries) setWord(address, entry);
    return hart;
  };
  const [valid, read, execute, user] = [1, 2, 8, 16];

  test('of pages side by side are one range, and what is beyond RAM is left out of a large page', () => {
    const gibibyte = hartWith(8, [[root + 8 * 2, tableAt(0x8000_0000, valid | read)]]);
    const { ramBytes } = gibibyte.memory;
    expect(translatedRanges(gibibyte)).toEqual([{ virtual: 0x8000_0000n, physical: 0x8000_0000, sizeBytes: ramBytes }]);
  });
  test('show what only the user may read, or nobody', () => {
    const [second, third] = [root + 4096, root + 8192];
    const hart = hartWith(8, [
      [root + 8 * 511, tableAt(second, valid)],
      [second, tableAt(third, valid)],
      [third, tableAt(root, valid | read | user)],
      [third + 8, tableAt(root + 4096, valid | execute)],
      [third + 16, tableAt(root, valid | execute | user)],
      [third + 24, tableAt(root, 0)],
    ]);
    const start = 2n ** 64n - 2n ** 30n;
    expect(translatedRanges(hart)).toEqual([
      { virtual: start, physical: root, sizeBytes: 8192 },
      { virtual: start + 8192n, physical: root, sizeBytes: 4096 },
    ]);
  });
  test('whose root is outside RAM show nothing', () => {
    const hart = hartWith(10, []);
    hart.set('satp', (10n << 60n) | 1n);
    expect(translatedRanges(hart)).toEqual([]);
  });
  test('that name themselves everywhere are an error', () => {
    const entries = Array.from({ length: 512 }, (_, index) => [root + 8 * index, tableAt(root, valid)] as const);
    expect(() => translatedRanges(hartWith(10, entries))).toThrow(CoreError);
  });
});

describe('the command', () => {
  const core = (words: string) => chronovisor(`core ${demo.trace} -o ${demo.folder}/out.core ${words}`.trim());
  const out = () => join(demo.folder, 'out.core');

  test.each([
    ['--at start', /^moment 0: 2 harts, physical addresses of hart 0 in 1 range; /],
    ['--at 12345678 --hart 1', /^moment 12,345,678: 2 harts, physical addresses of hart 1 in 1 range; /],
    ['--at 12.345678M', /^moment 12,345,678: 2 harts, translated addresses of hart 0 in \d+ ranges; /],
    ['', /^moment [\d,]+: 2 harts, translated addresses of hart 0 in \d+ ranges; /],
  ])('writes a file and says what is in it (%s)', async (words, said) => {
    expect(await core(words)).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringMatching(said) });
    const bytes = readFileSync(out());
    expect([bytes.subarray(0, 4).toString('latin1'), bytes.readUInt16LE(0x10)]).toEqual(['\x7fELF', 4]);
  });

  const checkError = async (words: string, exitCode: number, said: string) => {
    writeFileSync(out(), 'as it was');
    const outcome = await core(words);
    expect([outcome.exitCode, outcome.stderr]).toEqual([exitCode, expect.stringContaining(said)]);
    expect(readFileSync(out(), 'utf8')).toBe('as it was');
  };
  test('refuses a hart that is not there', () =>
    checkError('--hart 2', 65, 'There is no hart 2: expected a hart from 0 to 1, found 2.'));
  test('refuses a moment behind the end', () =>
    checkError('--at 1G', 65, 'The recording does not come to this moment: expected a moment from 0 to '));
  test('refuses what is no moment', () => checkError('--at noon', 64, 'noon'));
  test('refuses to overwrite the trace', async () => {
    const sizeBytes = statSync(demo.trace).size;
    const outcome = await chronovisor(`core ${demo.trace} -o ${demo.trace}`);
    expect([outcome.exitCode, outcome.stderr]).toEqual([
      65,
      expect.stringContaining('The core file would overwrite the trace'),
    ]);
    expect(statSync(demo.trace).size).toBe(sizeBytes);
  });
  test('leaves no file where none can be written', async () => {
    const outcome = await chronovisor(`core ${demo.trace} -o ${demo.folder}/none/out.core --at start`);
    expect([outcome.exitCode, outcome.stderr]).toEqual([65, expect.stringContaining('cannot be written')]);
    expect(existsSync(join(demo.folder, 'none'))).toBe(false);
  });
});
