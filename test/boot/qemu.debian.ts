/** The outside answer to where things lie: QEMU's own list of what it put into memory (`info roms`). */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootImage } from '../../adapter/boot/boot.ts';
import { describeMachine, virtualPolicy } from '../../adapter/boot/configuration.ts';
import { parseMachineOptions } from '../../adapter/cli/qemu-options.ts';

const firmware = '/usr/lib/riscv64-linux-gnu/opensbi/generic';
const bare = join(import.meta.dirname, '../guests/bare');
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'chronovisor-boot-'));
  writeFileSync(join(folder, 'raw.bin'), new Uint8Array(3_000_000).fill(0x13));
  writeFileSync(join(folder, 'initrd'), new Uint8Array(100_000).fill(0x42));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const romFields = { start: 0x1018, dtb: 0x1020, next: 0x1038, mode: 0x1040 };

const qemu = (words: readonly string[]) => {
  const extra = ['-display', 'none', '-serial', 'null', '-S', '-monitor', 'stdio'];
  const rom = Object.values(romFields).map((address) => `xp /1xg ${address}\n`);
  const input = `info roms\n${rom.join('')}quit\n`;
  const text = execFileSync('qemu-system-riscv64', [...words, ...extra], { input, encoding: 'utf8', timeout: 60_000 });
  const regions = [...text.matchAll(/^addr=([0-9a-f]+) size=0x[0-9a-f]+ mem=ram/gm)];
  const values = [...text.matchAll(/^00000000000010[0-9a-f]{2}: 0x([0-9a-f]+)/gm)].map((match) =>
    Number(`0x${match[1]}`),
  );
  return {
    placed: regions.map(([, at]) => Number(`0x${at}`)),
    rom: Object.fromEntries(Object.keys(romFields).map((name, index) => [name, values[index]])),
  };
};

const ours = (words: readonly string[]) => {
  const { configuration, images } = describeMachine(parseMachineOptions(words), virtualPolicy, (_, file) =>
    readFileSync(file),
  );
  const { placements, rom } = bootImage(configuration, images);
  const view = new DataView(rom.buffer, rom.byteOffset);
  return {
    placed: placements.map(({ address }) => address).sort((a, b) => a - b),
    rom: Object.fromEntries(
      Object.entries(romFields).map(([name, address]) => [name, Number(view.getBigUint64(address - 0x1000, true))]),
    ),
  };
};

const check = (line: string): void => {
  const words = line.replaceAll('FW', firmware).replaceAll('BARE', bare).replaceAll('TMP', folder).split(' ');
  expect(ours(words)).toEqual(qemu(words));
};

describe('RAM and boot ROM are as in QEMU', () => {
  test('for a raw kernel without firmware', () => check('-M virt -bios none -kernel TMP/raw.bin -m 64M'));
  test('for an ELF without firmware', () => check('-M virt -bios none -kernel BARE/hello.elf'));
  test('for raw firmware, a raw kernel and an initial RAM disk', () =>
    check('-M virt -bios FW/fw_dynamic.bin -kernel TMP/raw.bin -initrd TMP/initrd -m 32M -append quiet'));
  test('for an initial RAM disk in much RAM', () =>
    check('-M virt -bios FW/fw_jump.bin -kernel TMP/raw.bin -initrd TMP/initrd -m 1G'));
  test('for ELF firmware and an ELF kernel', () => check('-M virt -bios FW/fw_dynamic.elf -kernel BARE/smode-sbi.elf'));
  test('for firmware of more than 2 MiB', () => check('-M virt -bios TMP/raw.bin -kernel TMP/raw.bin'));
  test('for firmware alone', () => check('-M virt -bios FW/fw_jump.bin -m 2G'));
});
