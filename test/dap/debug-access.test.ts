/** Looking at memory through page tables that are laid out by hand, in a machine that has not made a step. */
import { describe, expect, test } from 'vitest';
import { virtualPolicy } from '../../adapter/boot/configuration.ts';
import { parseMachineOptions } from '../../adapter/cli/qemu-options.ts';
import { createRecording } from '../../adapter/session/record.ts';
import { noCheckpoints } from '../../adapter/session/session.ts';
import { peekTranslate } from '../../vmm/machine/debug-access.ts';
import { privilege } from '../../vmm/machine/hart.ts';
import { pokeRegister } from '../../vmm/machine/registers.ts';
import { bareElf } from './fixture.ts';

const [root, target] = [0x8080_0000, 0x8000_0000];
const permission = { v: 1n, r: 2n, w: 4n, x: 8n, u: 16n, a: 64n };

/** A gigapage at virtual address 0 with these bits, PMP open, and the hart in S-mode or another. */
const gigapage = async (bits: bigint, mode: 0 | 1 | 3 = privilege.supervisor) => {
  const { machine } = await createRecording({
    options: parseMachineOptions(['-m', '32M', '-bios', 'none', '-kernel', bareElf('hello')]),
    policy: virtualPolicy,
    checkpoints: noCheckpoints,
    console: () => {},
  });
  const hart = machine.harts[0]!;
  pokeRegister(hart, 'pmpaddr0', (1n << 54n) - 1n);
  pokeRegister(hart, 'pmpcfg0', 0x0fn);
  pokeRegister(hart, 'satp', (8n << 60n) | BigInt(root / 4096));
  hart.setLow('privilege', mode);
  const entry = new Uint8Array(8);
  new DataView(entry.buffer).setBigUint64(0, (BigInt(target / 4096) << 10n) | bits, true);
  machine.writeRam(root, entry);
  return { machine, hart };
};

const check = async (bits: bigint, mode: 0 | 1 | 3, expected: number | undefined): Promise<void> => {
  const { machine, hart } = await gigapage(bits, mode);
  const before = machine.readRam(root, 4096);
  expect(peekTranslate(hart, 0x1234n)).toBe(expected);
  expect(machine.readRam(root, 4096)).toEqual(before);
};

const { v, r, w, x, u, a } = permission;
describe('looking through page tables', () => {
  test('leaves the accessed bit clear where it is clear', () =>
    check(v | r | w, privilege.supervisor, target + 0x1234));
  test('leaves the accessed bit set where it is set', () => check(v | r | a, privilege.supervisor, target + 0x1234));
  test('sees user pages from the kernel without SUM', () => check(v | r | u, privilege.supervisor, target + 0x1234));
  test('sees the kernel from user mode', () => check(v | r, privilege.user, target + 0x1234));
  test('sees pages that are only executable', () => check(v | x, privilege.supervisor, target + 0x1234));
  test('sees user pages that are only executable', () => check(v | x | u, privilege.supervisor, target + 0x1234));
  test('does not translate in M-mode', () => check(v | r, privilege.machine, 0x1234));
  test('finds nothing where nothing is mapped', () => check(0n, privilege.supervisor, undefined));
});
