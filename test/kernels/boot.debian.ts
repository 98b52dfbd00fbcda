/** Kernels and firmware that other people wrote, end to end: booted, talked to, recorded and verified. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { brotli, FileSource } from '../../adapter/host/files.ts';
import { describeEvent } from '../../traces/events.ts';
import { openTrace } from '../../traces/reader.ts';
import { type CommandLine, createCommandLine } from './command-line.ts';
import { linux, openSbi, script, shellAnswers, shellCommands, shellScript, uBoot } from './guests.ts';
import { type Case, checkRecording } from './recording.ts';
import { stateText } from './sessions.ts';

const timeoutMs = 600_000;

let cli: CommandLine;
beforeAll(async () => {
  cli = await createCommandLine();
});
afterAll(() => cli.remove());

const check = (given: Case) => checkRecording(cli, given);

describe('Linux boots to its shell and answers', { timeout: timeoutMs }, () => {
  const dialogue = { script: shellScript(shellCommands), prints: shellAnswers };

  test('on the built-in SBI', () => check({ name: 'linux-virtual', machine: linux(), ...dialogue }));

  test('the same each time, in every state and every input', async () => {
    cli.file('again.script', dialogue.script);
    const contents = async (name: string): Promise<readonly string[]> => {
      await cli.run(`record -o ${name} --script again.script --until 300M --digest-stride 10M -- ${linux()}`);
      return contentsOf(join(cli.folder, name));
    };
    const [one, two] = [await contents('one.chrono'), await contents('two.chrono')];
    expect(one.length).toBeGreaterThan(30);
    expect(one).toEqual(two);
  });

  test("with its clock following the host's", async () => {
    const facts = await check({ name: 'linux-host', machine: linux(), options: '--time host', ...dialogue });
    expect(facts.events.clock).toBeGreaterThan(0);
  });

  test('on four harts', () =>
    check({
      name: 'linux-smp4',
      machine: linux('-smp 4'),
      ...dialogue,
      prints: ['smp: Brought up 1 node, 4 CPUs', ...shellAnswers],
    }));

  for (const kind of ['fw_dynamic', 'fw_jump'] as const)
    test(`through OpenSBI's ${kind}`, () =>
      check({
        name: `linux-${kind}`,
        machine: linux(`-bios ${openSbi(kind)}`),
        ...dialogue,
        prints: ['OpenSBI v', 'Run /init as init process', ...shellAnswers],
      }));
});

describe('Linux writes to a disk and reads it back', { timeout: timeoutMs }, () => {
  const disk = Uint8Array.from({ length: 256 * 1024 }, (_, index) => (index * 2654435761) >>> 24);
  const written = Buffer.from('chronovisor\n'.repeat(4096)).subarray(0, 32 * 1024);
  const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');
  const commands = [
    'md5sum /dev/vda',
    'yes chronovisor | dd of=/dev/vda bs=4096 count=8 seek=4 iflag=fullblock conv=fsync 2>/dev/null && echo written',
    'echo 3 > /proc/sys/vm/drop_caches; dd if=/dev/vda bs=4096 count=8 skip=4 2>/dev/null | md5sum',
    'dd if=/dev/hwrng bs=64 count=4 2>/dev/null | wc -c; cat /sys/class/misc/hw_random/rng_current',
  ];
  const prints = [`${md5(disk)}  /dev/vda`, 'written\r\n', `${md5(written)}  -`, '256\r\nvirtio_rng.', 'Power down'];
  const drive = '-drive file=disk.img,if=none,format=raw,id=x0 -device virtio-blk-device,drive=x0';
  const rng = '-device virtio-rng-device';

  const checkDisk = async (given: Pick<Case, 'name' | 'machine' | 'options'>): Promise<void> => {
    cli.file('disk.img', disk);
    await check({ ...given, script: shellScript(commands), prints });
    expect(md5(readFileSync(join(cli.folder, 'disk.img'))), 'the image itself stays as it was').toBe(md5(disk));
  };

  test('through the legacy transport', () =>
    checkDisk({ name: 'linux-disk-legacy', machine: `${linux()} ${drive} ${rng}` }));

  test('through the modern transport, with entropy from the host', () =>
    checkDisk({
      name: 'linux-disk-modern',
      machine: `${linux('-global virtio-mmio.force-legacy=false')} ${drive},bus=virtio-mmio-bus.0 ${rng}`,
      options: '--time host',
    }));
});

describe("U-Boot reaches its prompt and answers 'version'", { timeout: timeoutMs }, () => {
  const dialogue = {
    script: `${script('=> ', 'version\n')}${script('U-Boot 20')}${script('=> ')}quit\n`,
    prints: ['=> version', 'U-Boot 20', '=> '],
    options: '--until 3G',
  };
  const smode = `-kernel ${uBoot('qemu-riscv64_smode')}`;

  test('in machine mode', () =>
    check({
      name: 'uboot-machine',
      machine: `-M virt -m 256M -nographic -bios ${uBoot('qemu-riscv64')}`,
      ...dialogue,
    }));
  test('in supervisor mode on OpenSBI', () =>
    check({
      name: 'uboot-opensbi',
      machine: `-M virt -m 256M -nographic -bios ${openSbi('fw_dynamic')} ${smode}`,
      ...dialogue,
    }));
  test('in supervisor mode on the built-in SBI', () =>
    check({ name: 'uboot-builtin', machine: `-M virt -m 256M -nographic ${smode}`, ...dialogue }));
});

/** The file itself differs from run to run: it is flushed by the host's clock. */
const contentsOf = async (file: string): Promise<readonly string[]> => {
  const source = new FileSource('the trace', file);
  const { events, digests } = await openTrace(source, brotli);
  const states = Array.from({ length: digests.count }, (_, index) => stateText(digests.get(index)));
  const inputs = [...events].map((event) => `${event.at} ${describeEvent(event)}`);
  source.close();
  return [...inputs, ...states];
};
