import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bootImage } from '../../adapter/boot/boot.ts';
import { describeMachine, virtualPolicy } from '../../adapter/boot/configuration.ts';
import { parseMachineOptions } from '../../adapter/cli/qemu-options.ts';
import { moment } from '../../traces/time.ts';
import { Machine } from '../../vmm/machine/machine.ts';
import type { Stop } from '../../vmm/machine/stops.ts';

/** A line of options, what the guest prints, and how it ends. */
const check = (line: string, printed: string, exitCode: number): void => {
  const options = parseMachineOptions(line.split(' '));
  const read = (_: string, file: string): Uint8Array => readFileSync(join(import.meta.dirname, '../guests/bare', file));
  const { configuration, images } = describeMachine(options, virtualPolicy, read);
  let console = '';
  const machine = new Machine(bootImage(configuration, images), {
    console: (bytes) => {
      console += Buffer.from(bytes).toString('latin1');
    },
    entropy: (_, sizeBytes) => new Uint8Array(sizeBytes),
  });
  const stop: Stop = machine.run(moment(5_000_000));
  expect({ console, stop }).toEqual({ console: printed, stop: { reason: 'power', action: 'off', exitCode } });
};

describe("a line of QEMU's options starts", () => {
  test('a guest in M-mode', () => check('-machine virt -bios none -kernel hello.elf -nographic', 'hello\n', 0));
  test('a guest that ends with a code', () => check('-M virt -bios none -kernel exit42.elf', '', 42));
  test('a guest as firmware', () => check('-M virt -bios hello.elf -m 16M', 'hello\n', 0));
  test('a guest with a timer', () => check('-M virt -bios none -kernel timer.elf -smp 2', '..........\n', 0));
});
