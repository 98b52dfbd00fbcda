/**
 * What a person can give the command line that is wrong: one row each, and in bad-input.golden.txt the sentence that says so.
 * Damaged traces are bad-input-damage.test.ts, forged ones bad-input-forged.test.ts.
 */

import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exitCodes } from '../../adapter/cli/exit-codes.ts';
import { loadXxh64 } from '../../traces/checksum.ts';
import { encodePreamble } from '../../traces/chunk.ts';
import { buildElf } from '../program/elf-builder.ts';
import { golden } from '../replay/golden.ts';
import { expectSentences, runLine } from '../replay/support.ts';

const { check } = golden(join(import.meta.dirname, 'bad-input.golden.txt'));

let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'chronovisor-bad-'));
  const hello = Uint8Array.from(readFileSync(join(import.meta.dirname, '../guests/bare/hello.elf')));
  const patched = (name: string, patch: (view: DataView) => void): void => {
    const bytes = hello.slice();
    patch(new DataView(bytes.buffer));
    file(name, bytes);
  };
  file('hello.elf', hello);
  patched('x86-64.elf', (view) => view.setUint16(0x12, 62, true));
  patched('aarch64.elf', (view) => view.setUint16(0x12, 183, true));
  patched('riscv32.elf', (view) => view.setUint8(4, 1));
  patched('big-endian.elf', (view) => view.setUint8(5, 2));
  patched('object.o', (view) => view.setUint16(0x10, 1, true));
  file('half.elf', hello.slice(0, hello.length >> 1));
  file('start.elf', hello.slice(0, 40));
  file('empty', new Uint8Array());
  file('nothing.elf', buildElf({}));
  const at = 0x8000_0000n;
  file('big.elf', buildElf({ segments: [{ at, bytes: Uint8Array.of(1), memoryBytes: 2n ** 25n }] }));
  file('high.elf', buildElf({ segments: [{ at: 0xffff_ffff_8000_0000n, bytes: Uint8Array.of(1) }] }));
  const twice = [at, at + 2n].map((start) => ({ at: start, bytes: new Uint8Array(4) }));
  file('overlap.elf', buildElf({ segments: twice }));
  file('Image', linuxImage(0x0543_5352, 40 * 2 ** 20));
  file('Image.arm64', linuxImage(0x644d_5241, 4096));
  file('Image.gz', gzipSync(hello).subarray(0, 300));
  file('Image.xz', Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 0));
  file('disk.qcow2', Uint8Array.of(0x51, 0x46, 0x49, 0xfb, 0, 0, 0, 3));
  file('disk.img', new Uint8Array(4096));
  file('tree.dts', Buffer.from('/dts-v1/;'));
  file('tree.dtb', Uint8Array.of(0xd0, 0x0d, 0xfe, 0xed, 0, 0, 0, 72, ...new Uint8Array(64)));
  file('expect.script', Buffer.from('# a dialogue\nwait "login"\nexpect "$"\n'));
  file('escape.script', Buffer.from('send "\\q"\n'));
  file('nothing.script', Buffer.from('send ""\n'));
  file('open.script', Buffer.from('send "root\n'));
  file('long.script', Buffer.from(`wait "${'x'.repeat(100_000)}`));
  mkdirSync(join(folder, 'kernels'));
  mkdirSync(join(folder, 'elsewhere'));
  copyFileSync(join(import.meta.dirname, '../../traces/samples/machine-1-console.chrono'), join(folder, 'good.chrono'));
  const xxh64 = await loadXxh64();
  file('later.chrono', Uint8Array.from([...encodePreamble(9, xxh64), ...new Uint8Array(100)]));
  for (const name of ['missing', 'changed', 'shorter', 'folder']) {
    copyFileSync(join(folder, 'hello.elf'), join(folder, `${name}.elf`));
    await runLine(`record -o FOLDER/${name}.chrono --external -- -bios none -kernel FOLDER/${name}.elf`, folder);
  }
  rmSync(join(folder, 'missing.elf'));
  patched('changed.elf', (view) => view.setUint8(hello.length - 1, 0x7f));
  file('shorter.elf', hello.slice(0, 100));
  rmSync(join(folder, 'folder.elf'));
  mkdirSync(join(folder, 'folder.elf'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, bytes: Uint8Array): void => writeFileSync(join(folder, name), bytes);

const linuxImage = (magic: number, sizeBytes: number): Uint8Array => {
  const bytes = new Uint8Array(4096);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0x08, 0x20_0000n, true);
  view.setBigUint64(0x10, BigInt(sizeBytes), true);
  view.setUint32(0x38, magic, true);
  return bytes;
};

/** FOLDER in a line is the test's folder. */
const refused = (name: string, exitCode: number, line: string): void =>
  test(name, async () => {
    const before = readdirSync(folder);
    const outcome = await runLine(line, folder);
    check(line, outcome);
    expectSentences(outcome.stderr);
    expect([outcome.exitCode, outcome.stdout]).toEqual([exitCode, '']);
    expect(readdirSync(folder), 'nothing is left behind').toEqual(before);
  });

const { usage, badInput } = exitCodes;
const record = 'record -o FOLDER/out.chrono --';

describe('a kernel is refused when it', () => {
  const kernel = (name: string, image: string, options = ''): void =>
    refused(name, badInput, `${record} -bios none ${options}-kernel FOLDER/${image}`);
  kernel('is not there', 'none.elf');
  kernel('is a folder', 'kernels');
  kernel('lies in a file', 'hello.elf/kernel');
  kernel('is empty', 'empty');
  kernel('is for x86-64', 'x86-64.elf');
  kernel('is for AArch64', 'aarch64.elf');
  kernel('is for 32 bits', 'riscv32.elf');
  kernel('is for another byte order', 'big-endian.elf');
  kernel('is an object file', 'object.o');
  kernel('is cut off in the middle', 'half.elf');
  kernel('is cut off in its header', 'start.elf');
  kernel('has nothing to load', 'nothing.elf');
  kernel('has segments that overlap', 'overlap.elf');
  kernel('is linked for virtual addresses', 'high.elf');
  kernel('has more memory than there is', 'big.elf', '-m 16M ');
  kernel('is a Linux Image that has more memory than there is', 'Image', '-m 16M ');
  kernel('is a Linux Image for AArch64', 'Image.arm64');
  kernel('is compressed and cut off', 'Image.gz');
  kernel('is compressed by something else', 'Image.xz');
  kernel('is a disk', 'disk.qcow2');
  kernel('is a device tree', 'tree.dtb');
});

describe('an image is refused when it', () => {
  const image = (name: string, options: string): void => refused(name, badInput, `${record} ${options}`);
  const hello = '-bios none -kernel FOLDER/hello.elf';
  image('is firmware for x86-64', '-bios FOLDER/x86-64.elf -kernel FOLDER/hello.elf');
  image('is firmware that is not there', '-bios FOLDER/fw.bin -kernel FOLDER/hello.elf');
  image('is an initial RAM disk that is not there', `${hello} -initrd FOLDER/initrd.gz`);
  image('is an initial RAM disk without a kernel', '-bios FOLDER/hello.elf -initrd FOLDER/disk.img');
  image('is the source of a device tree', `${hello} -dtb FOLDER/tree.dts`);
  image('is a device tree that is damaged', `${hello} -dtb FOLDER/tree.dtb`);
  image(
    'is a disk that is not there',
    `${hello} -drive file=FOLDER/fs.img,if=none,id=x -device virtio-blk-device,drive=x`,
  );
  image('is a disk that is empty', `${hello} -drive file=FOLDER/empty,if=none,id=x -device virtio-blk-device,drive=x`);
  image('is a QCOW2 disk', `${hello} -drive file=FOLDER/disk.qcow2,if=none,id=x -device virtio-blk-device,drive=x`);
  image('is raw and has no address', `${hello} -device loader,file=FOLDER/disk.img`);
  image('is loaded over the kernel', `${hello} -device loader,file=FOLDER/disk.img,addr=0x80000000`);
  image('is loaded beyond RAM', `${hello} -device loader,file=FOLDER/disk.img,addr=0x88000000`);
  image('is none at all', '-bios none');
  image('is none at all, for the firmware inside', '-m 128M');
});

describe('an option is refused when it', () => {
  const option = (name: string, options: string): void => refused(name, usage, `${record} ${options}`);
  const disk = '-drive file=FOLDER/disk.img,if=none,id=x';
  option('is misspelt', '-kernal FOLDER/hello.elf');
  option('is unknown', '-frobnicate');
  option("is QEMU's debugger", '-S -s');
  option("is QEMU's log", '-d in_asm');
  option("is QEMU's network", '-netdev user,id=n');
  option('has no value', '-kernel');
  option('is a word of its own', 'hello.elf');
  option('is another board', '-M sifive_u');
  option('is a feature of the board that there is not', '-M virt,aia=aplic');
  option('is a property of the board that there is not', '-M virt,colour=red');
  option('is another processor', '-cpu sifive-u54');
  option('is a processor with vectors', '-cpu rv64,v=true');
  option('is a processor without floating point', '-cpu rv64,d=false');
  option('asks for no hart', '-smp 0');
  option('asks for nine harts', '-smp 9');
  option('asks for half a hart', '-smp 1.5');
  option('asks for 5 GiB of RAM', '-m 5G');
  option('asks for 1 KiB of RAM', '-m 1K');
  option('asks for much RAM', '-m much');
  option('asks for part of a page', '-m 16777217b');
  option(
    'puts two devices into one slot',
    `${disk} -device virtio-blk-device,drive=x,bus=virtio-mmio-bus.1 -device virtio-rng-device,bus=virtio-mmio-bus.1`,
  );
  option('asks for the ninth slot', '-device virtio-rng-device,bus=virtio-mmio-bus.8');
  option('adds a ninth device', Array.from({ length: 9 }, () => '-device virtio-rng-device').join(' '));
  option('is a device that there is not', '-device virtio-gpu-device');
  option('is a device for another bus', '-device virtio-blk-pci,drive=x');
  option('names a drive that is not there', `${disk} -device virtio-blk-device,drive=y`);
  option('gives two drives one name', `${disk} ${disk}`);
  option('is a drive without a file', '-drive if=none,id=x');
  option('is a drive of another format', '-drive file=FOLDER/disk.img,if=none,id=x,format=vmdk');
  option('is a drive on a bus of its own', '-drive file=FOLDER/disk.img,if=ide');
  option('sets what no device has', '-global virtio-net.mq=on');
  option('asks for a display', '-display gtk');
  option('puts the console onto the network', '-serial tcp::4444');
  option('is a date that is none', '-rtc base=yesterday');
});

describe('a command line is refused when it', () => {
  const line = (name: string, exitCode: number, words: string): void => refused(name, exitCode, words);
  const hello = '-- -bios none -kernel FOLDER/hello.elf';
  line('has no output', usage, `record ${hello}`);
  line('has a command that there is not', usage, 'recrod');
  line('has an option of ours that there is not', usage, 'verify --fast FOLDER/good.chrono');
  line('has no trace', usage, 'verify');
  line('has two traces', usage, 'verify FOLDER/good.chrono FOLDER/good.chrono');
  line('has a time policy that there is not', usage, `record -o FOLDER/out.chrono --time lunar ${hello}`);
  line('has a digest stride of 0', usage, `record -o FOLDER/out.chrono --digest-stride 0 ${hello}`);
  line('has a moment that is none', usage, 'replay --until -1 FOLDER/good.chrono');
  line('has a moment beyond 2^53', usage, 'replay --until 99999999G FOLDER/good.chrono');
  line('writes where nothing may be written', badInput, `record -o FOLDER/none/out.chrono ${hello}`);
  line('writes to a folder', badInput, `record -o FOLDER/kernels ${hello}`);
  line('writes to its kernel', badInput, `record -o FOLDER/hello.elf ${hello}`);
  line('writes to its kernel by another way', badInput, `record -o FOLDER/kernels/../hello.elf ${hello}`);
  line('writes its console to a folder', badInput, `record -o FOLDER/out.chrono ${hello} -serial file:FOLDER/kernels`);
  line('has a script that is not there', badInput, `record -o FOLDER/out.chrono --script FOLDER/none ${hello}`);
  line('has a script with a bad word', badInput, `record -o FOLDER/out.chrono --script FOLDER/expect.script ${hello}`);
  line(
    'has a script with a bad escape',
    badInput,
    `record -o FOLDER/out.chrono --script FOLDER/escape.script ${hello}`,
  );
  line(
    'has a script that sends nothing',
    badInput,
    `record -o FOLDER/out.chrono --script FOLDER/nothing.script ${hello}`,
  );
  line('has a script with an open text', badInput, `record -o FOLDER/out.chrono --script FOLDER/open.script ${hello}`);
  line(
    'has a script with a line without end',
    badInput,
    `record -o FOLDER/out.chrono --script FOLDER/long.script ${hello}`,
  );
  line('has an input that is not there', badInput, `record -o FOLDER/out.chrono --input FOLDER/none ${hello}`);
  line('has a trace as its kernel', badInput, `${record} -bios none -kernel FOLDER/good.chrono`);
});

describe('a trace is refused when it', () => {
  const trace = (name: string, words: string): void => refused(name, badInput, words);
  trace('is not there', 'verify FOLDER/none.chrono');
  trace('is a folder', 'info FOLDER/kernels');
  trace('is a kernel', 'verify FOLDER/hello.elf');
  trace('is empty', 'info FOLDER/empty');
  trace('is of a later version', 'info FOLDER/later.chrono');
  trace('needs a kernel that is not there', 'verify FOLDER/missing.chrono');
  trace('needs a kernel that is not there either', 'verify FOLDER/missing.chrono --images FOLDER/elsewhere');
  trace('needs a kernel that has changed', 'verify FOLDER/changed.chrono');
  trace('needs a kernel that was cut off', 'replay FOLDER/shorter.chrono');
  trace('needs a kernel that has become a folder', 'replay FOLDER/folder.chrono');
});

test('a recording that is refused leaves the file of an earlier one alone', async () => {
  const { length } = readFileSync(join(folder, 'good.chrono'));
  for (const options of ['-bios none', '-smp 9', '-bios none -kernel FOLDER/half.elf']) {
    const { exitCode } = await runLine(`record -o FOLDER/good.chrono -- ${options}`, folder);
    expect([usage, badInput]).toContain(exitCode);
    expect(readFileSync(join(folder, 'good.chrono')).length).toBe(length);
  }
});
