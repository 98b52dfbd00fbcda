import { describe, expect, test } from 'vitest';
import type { MachineOptions } from '../../adapter/boot/machine-options.ts';
import { UsageError } from '../../adapter/cli/errors.ts';
import { fitMachineOptions, optionHelp, parseMachineOptions } from '../../adapter/cli/qemu-options.ts';

const words = (line: string): string[] => line.split(' ').filter((word) => word !== '');

/** A line and the part of the result that it is about. */
const check = (line: string, expected: Partial<MachineOptions>): void => {
  expect(parseMachineOptions(words(line))).toMatchObject(expected);
};

const checkError = (line: string, sentence: string): void => {
  let found: unknown;
  try {
    parseMachineOptions(words(line));
  } catch (error) {
    found = error;
  }
  expect(found).toBeInstanceOf(UsageError);
  expect((found as UsageError).message).toBe(sentence);
};

const xv6 =
  '-machine virt -bios none -kernel kernel/kernel -m 128M -smp 3 -nographic -global virtio-mmio.force-legacy=false ' +
  '-drive file=fs.img,if=none,format=raw,id=x0 -device virtio-blk-device,drive=x0,bus=virtio-mmio-bus.0';

describe('a line is taken as it is', () => {
  const machine = {
    harts: 3,
    ramBytes: 128 * 2 ** 20,
    bios: 'none',
    kernel: 'kernel/kernel',
    devices: [{ kind: 'virtio-blk', slot: 0, file: 'fs.img', readOnly: false }],
    virtioLegacy: false,
    console: { kind: 'terminal' },
  } as const;
  test('when it is that of xv6', () => check(xv6, machine));
  test('when it begins with the name of QEMU', () => check(`qemu-system-riscv64 ${xv6}`, machine));
  test('when it begins with a path to QEMU', () => check(`/usr/bin/qemu-system-riscv64 ${xv6}`, machine));
  test('when it says nothing', () =>
    check('', { harts: 1, ramBytes: 128 * 2 ** 20, bios: 'default', append: '', devices: [], virtioLegacy: true }));
  test('when it spells options with two hyphens', () =>
    check('--m 1G --kernel Image', { ramBytes: 2 ** 30, kernel: 'Image' }));
  test('when it boots Linux', () => {
    const line = ['-M', 'virt', '-m', '256', '-kernel', 'Image', '-initrd', 'i.gz', '-append', 'console=ttyS0 panic=1'];
    expect(parseMachineOptions([...line, '-serial', 'mon:stdio', '-display', 'none', '-no-reboot'])).toMatchObject({
      ramBytes: 256 * 2 ** 20,
      kernel: 'Image',
      initrd: 'i.gz',
      append: 'console=ttyS0 panic=1',
      noReboot: true,
    });
  });
  test('when it names firmware', () => check('-bios fw_jump.bin', { bios: { file: 'fw_jump.bin' } }));
});

describe('values are read as QEMU reads them', () => {
  test('sizes', () => check('-m size=0.5G', { ramBytes: 2 ** 29 }));
  test('harts', () => check('-smp cpus=4,maxcpus=4', { harts: 4 }));
  test('harts as cores', () => check('-smp cores=2,threads=2', { harts: 4 }));
  test('processors with features that these have', () => check('-cpu rv64,sstc=on,v=false', { harts: 1 }));
  test('the interface of virtio by its long form', () =>
    check('-global driver=virtio-mmio,property=force-legacy,value=off', { virtioLegacy: false }));
  test('a name with a comma', () =>
    check('-drive if=none,id=d,file=a,,b.img -device virtio-blk-device,drive=d', {
      devices: [{ kind: 'virtio-blk', slot: 7, file: 'a,b.img', readOnly: false }],
    }));
  test('devices without a bus from the last slot down, devices before their drives', () =>
    check(
      '-device virtio-rng-device -device virtio-blk-device,drive=d -drive file=x,if=none,id=d,format=raw,readonly=on',
      {
        devices: [
          { kind: 'virtio-rng', slot: 7 },
          { kind: 'virtio-blk', slot: 6, file: 'x', readOnly: true },
        ],
      },
    ));
  test('the clock', () => check('-rtc base=2000-01-01T00:00:10', { clockSeconds: 946_684_810 }));
  test('steps of 1 ns', () => check('-icount shift=0', { stepsPerTick: 100 }));
  test('steps of 4 ns, with what changes nothing', () => check('-icount 2,align=off,sleep=on', { stepsPerTick: 25 }));
  test('the console', () => check('-serial file:out.txt', { console: { kind: 'file', file: 'out.txt' } }));
  test('files to load', () =>
    check('-device loader,file=a.bin,addr=0x80400000', { loaders: [{ file: 'a.bin', address: 0x8040_0000 }] }));
});

const list = '"chronovisor record --help" lists the options';

describe('what the machine does not have is refused by name', () => {
  test('an option that nobody has, with the nearest one', () =>
    checkError('-kernal x', `The machine has no option -kernal: expected perhaps -kernel, found -kernal. ${list}.`));
  test('an option that is like no other', () =>
    checkError(
      '-frobnicate',
      `The machine has no option -frobnicate: expected an option of qemu-system-riscv64 -M virt, found -frobnicate. ${list}.`,
    ));
  test('steps of which a tick of the clock has no whole number', () =>
    checkError(
      '-icount shift=3',
      'The value of -icount shift= is not one that the machine has: expected from 0 to 2, found 3. ' +
        'Leave it out: a step takes 1 ns then; time is counted in steps in any case.',
    ));
  test("QEMU's own debugger", () =>
    checkError(
      '-s -S',
      "The option -s is QEMU's and not this machine's: expected options of the machine alone, found -s. " +
        'Leave it out: debug the recording afterwards, as often as you like, with "chronovisor dap".',
    ));
  test('another board', () =>
    checkError(
      '-M sifive_u',
      'The value of -M is not one that the machine has: expected virt, found sifive_u. ' +
        'Build the kernel for the virt board, and say -machine virt.',
    ));
  test('another interrupt controller', () =>
    checkError(
      '-machine virt,aclint=on',
      'The value of -machine virt,aclint= is not one that the machine has: expected off, found on. ' +
        'Leave it out: the board has a CLINT and a PLIC.',
    ));
  test('more harts than eight', () =>
    checkError(
      '-smp 9',
      `The value of -smp is not one that the machine has: expected a whole number from 1 to 8, found "9". ${list}.`,
    ));
  test('too little RAM', () =>
    checkError(
      '-m 8M',
      'The value of -m is not one that the machine has: expected from 16M to 2G, in whole pages of 4096 bytes, found 8M. ' +
        'Give the machine another size of RAM.',
    ));
  test('vector instructions', () =>
    checkError(
      '-cpu rv64,v=true',
      'The value of -cpu v= is not one that the machine has: expected false, found true. Build the kernel without it.',
    ));
  test('a drive that is not there', () =>
    checkError(
      '-device virtio-blk-device,drive=x1',
      'A device names a drive that is not there: expected a -drive option with this id, found "x1". ' +
        'Add -drive file=FILE,if=none,format=raw,id=x1.',
    ));
  test('a disk on a bus that the board has not', () =>
    checkError(
      '-device virtio-blk-pci,drive=x0',
      'The value of -device is not one that the machine has: expected virtio-blk-device, virtio-rng-device, loader, ' +
        'found virtio-blk-pci. Say virtio-blk-device.',
    ));
  test('a disk of another format', () =>
    checkError(
      '-drive file=a.qcow2,if=none,format=qcow2,id=d',
      'The value of -drive format= is not one that the machine has: expected raw, found qcow2. ' +
        'Convert it: qemu-img convert -O raw a.qcow2 disk.img.',
    ));
  test('two devices in one slot', () =>
    checkError(
      '-device virtio-rng-device,bus=virtio-mmio-bus.1 -device virtio-rng-device,bus=virtio-mmio-bus.1',
      'There is no slot for -device virtio-rng-device: expected virtio-mmio-bus.1 to be free, ' +
        'found two devices that ask for it. Give one of them another bus, virtio-mmio-bus.0 to .7.',
    ));
  test('an option without its value', () =>
    checkError(
      '-kernel',
      `The option -kernel has no value: expected -kernel FILE, found the end of the command line. ${list}.`,
    ));
  test('a word that belongs to no option', () =>
    checkError(
      'disk.img',
      "A word among the machine's options belongs to none of them: expected each option to begin with - and to have " +
        'at most one value, found "disk.img". Name a disk with -drive and a kernel with -kernel, and quote values that have spaces.',
    ));
});

test('whatever the words are, the outcome is a machine or a UsageError', () => {
  const vocabulary = [
    ...optionHelp().flatMap(([spelling]) => spelling.split(/[ ,]+/)),
    '-smp',
    '0',
    '=',
    ',,',
    'x=',
    '\0',
    '-',
    '1e9',
  ];
  let seed = 7;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 0x1_0000_0000) * below);
  };
  for (let round = 0; round < 5000; round++) {
    const line = Array.from({ length: random(6) }, () => vocabulary[random(vocabulary.length)]!);
    try {
      parseMachineOptions(line);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
    }
  }
});

describe('a line that is made to fit', () => {
  /** What is left of it, and of what is left out the words. */
  const checkFit = (line: string, kept: string, leftOut: readonly string[]): void => {
    const fitted = fitMachineOptions(words(line));
    expect(fitted.words.join(' ')).toBe(kept);
    expect(fitted.leftOut.map(({ words: own }) => own.join(' '))).toEqual(leftOut);
  };

  test('stays as it is where all of it is known', () => checkFit(xv6, xv6, []));
  test('loses what another machine has, with its value', () =>
    checkFit('-netdev user,id=n -kernel k -s -S', '-kernel k', ['-netdev user,id=n', '-s', '-S']));
  test('loses what nobody knows', () =>
    checkFit('--no-such thing -kernel k stray', '-kernel k', ['--no-such thing', 'stray']));
  test('loses a value that the machine cannot have', () => checkFit('-m 8G -smp 2', '-smp 2', ['-m 8G']));
  test('loses an option without its value', () => checkFit('-smp 2 -kernel', '-smp 2', ['-kernel']));
  test('keeps a device whose drive comes later', () => {
    const line = '-device virtio-blk-device,drive=x -drive file=f,if=none,id=x';
    checkFit(line, line, []);
  });
  test('says why', () =>
    expect(fitMachineOptions(['-netdev', 'user']).leftOut[0]!.why).toBe('this machine has no network device'));
  test('keeps the interface of a disk that old lines name', () =>
    check('-drive file=f,if=none,id=x -device virtio-blk-device,scsi=off,drive=x', {
      devices: [{ kind: 'virtio-blk', slot: 7, file: 'f', readOnly: false }],
    }));
});
