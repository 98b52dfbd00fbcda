/** What is found to record in folders as people have them. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { splitWords } from '../../../adapter/dap/words.ts';
import { type Candidate, discover } from '../../../extension/src/discovery/candidates.ts';
import { openFolder } from '../../../extension/src/discovery/folder.ts';
import { joinWords } from '../../../extension/src/discovery/shell-words.ts';
import { elf, memoryFolder } from './memory-folder.ts';

type Files = Readonly<Record<string, string | Uint8Array>>;

const first = async (files: Files): Promise<Candidate | undefined> =>
  (await discover(memoryFolder(files))).candidates[0];

/** What is offered first, and its line. */
const check = async (files: Files, expected: Partial<Candidate>) => expect(await first(files)).toMatchObject(expected);

const teaching = `K=kernel
QEMU = qemu-system-riscv64
QEMUGDB = $(shell if $(QEMU) -help | grep -q '^-gdb'; then echo "-gdb tcp::26000"; else echo "-s -p 26000"; fi)
ifndef CPUS
CPUS := 3
endif
QEMUOPTS = -machine virt -bios none -kernel $K/kernel -m 128M -smp $(CPUS) -nographic
QEMUOPTS += -drive file=fs.img,if=none,format=raw,id=x0
QEMUOPTS += -device virtio-blk-device,drive=x0,bus=virtio-mmio-bus.0
qemu: $K/kernel fs.img
	$(QEMU) $(QEMUOPTS)
qemu-gdb: $K/kernel fs.img
	$(QEMU) $(QEMUOPTS) -S $(QEMUGDB)
`;

test('the line of a makefile is a machine', () =>
  check(
    { Makefile: teaching, 'kernel/kernel': elf(), 'fs.img': 'disk' },
    {
      name: 'make qemu',
      place: 'Makefile:11',
      folder: '',
      line:
        '-machine virt -bios none -kernel kernel/kernel -m 128M -smp 3 -nographic ' +
        '-drive file=fs.img,if=none,format=raw,id=x0 -device virtio-blk-device,drive=x0,bus=virtio-mmio-bus.0',
      notes: [],
      missing: [],
    },
  ));

test('lines that differ only in what a debugger wants are one', async () => {
  const { candidates } = await discover(memoryFolder({ Makefile: teaching, 'kernel/kernel': elf(), 'fs.img': 'disk' }));
  expect(candidates.map(({ name }) => name)).toEqual(['make qemu']);
});

test('files that are not there are named', () =>
  check({ Makefile: teaching, 'kernel/kernel': elf() }, { name: 'make qemu', missing: ['fs.img'] }));

test('without what a line needs, kernels are offered before it', async () => {
  const { candidates } = await discover(memoryFolder({ Makefile: teaching, 'out/other': elf() }));
  expect(candidates.map(({ name }) => name)).toEqual(['other', 'make qemu']);
});

test('options that the machine has not are left out and told', () =>
  check(
    { Makefile: 'run:\n\tqemu-system-riscv64 -bios none -kernel k -netdev user,id=n0 -m 8G -s', k: elf() },
    {
      line: '-bios none -kernel k',
      notes: [
        'Left out -netdev user,id=n0: this machine has no network device.',
        expect.stringMatching(/^Left out -m 8G: .*expected from 16M to 2G/),
        expect.stringMatching(/^Left out -s: debug the recording afterwards/),
      ],
    },
  ));

test('a makefile below names its files from where it is', () =>
  check(
    {
      'os/Makefile':
        'MODE := release\nrun: build\n\t@qemu-system-riscv64 -machine virt -bios ../boot/sbi.bin -device loader,file=t/$(MODE)/os.bin,addr=0x80200000',
      'os/t/release/os.bin': 'x',
      'boot/sbi.bin': 'x',
    },
    {
      folder: 'os',
      missing: [],
      line: '-machine virt -bios ../boot/sbi.bin -device loader,file=t/release/os.bin,addr=0x80200000',
    },
  ));

const cargo = `[build]
target = "riscv64gc-unknown-none-elf"
[target.riscv64gc-unknown-none-elf]
rustflags = ['-Clink-arg=-Tkernel.ld']
`;
const built = 'target/riscv64gc-unknown-none-elf/debug/os';

test("Cargo's runner runs what was built last", () =>
  check(
    {
      '.cargo/config.toml': `${cargo}runner = "qemu-system-riscv64 -machine virt -cpu rv64 -smp 4 -bios none -kernel "`,
      [built.replace('debug', 'release')]: elf(),
      [built]: elf(),
    },
    { name: 'cargo run', folder: '', line: `-machine virt -cpu rv64 -smp 4 -bios none -kernel ${built}` },
  ));

test("Cargo's runner may be a list with comments", () =>
  check(
    {
      '.cargo/config': `${cargo}runner = [\n  "qemu-system-riscv64", # the program\n  "-machine", "virt",\n  # "-s",\n  "-kernel",\n]`,
      [built]: elf(),
    },
    { line: `-machine virt -kernel ${built}` },
  ));

test("Cargo's runner may be for every target without a system", () =>
  check(
    {
      '.cargo/config.toml': `[build]\ntarget = "kernel.json"\n[target.'cfg(target_os = "none")']\nrunner = """\n  qemu-system-riscv64 \\\\\n  -machine virt \\\\\n  -kernel\n"""`,
      'target/kernel/debug/os': elf(),
    },
    { line: '-machine virt -kernel target/kernel/debug/os' },
  ));

test("the packages of a workspace are built in the workspace's folder", () =>
  check(
    {
      'kernel/.cargo/config.toml': `${cargo}runner = "qemu-system-riscv64 -machine virt -kernel"`,
      [built]: elf(),
    },
    { folder: 'kernel', line: `-machine virt -kernel ../${built}` },
  ));

test('a kernel that is not built yet is said to be missing', () =>
  check(
    { '.cargo/config.toml': `${cargo}runner = "qemu-system-riscv64 -machine virt -kernel"` },
    { line: '-machine virt', notes: [expect.stringContaining('Build it first')], hasKernel: false },
  ));

test("Zig's run command is what is written out, and the kernel that was built", () =>
  check(
    {
      'build.zig': `const run = b.addSystemCommand(&.{
    "qemu-system-riscv64", "-machine", "virt",
});
run.addArgs(&.{ "-bios", "none", "-m", "64M" });
run.addArg("-kernel");
run.addArtifactArg(kernel);
run_step.dependOn(&run.step);`,
      'zig-out/bin/kernel': elf(),
    },
    { name: 'zig build run', place: 'build.zig:1', line: '-machine virt -bios none -m 64M -kernel zig-out/bin/kernel' },
  ));

test("Zig's words may be a constant", () =>
  check(
    {
      'build.zig':
        'const argv = [_][]const u8{\n  "qemu-system-riscv64",\n  "-serial", "mon:stdio",\n  "-kernel", "k.elf",\n};',
      'k.elf': elf(),
    },
    { line: '-serial mon:stdio -kernel k.elf' },
  ));

test("a script's variables are known, and its arguments are none", () =>
  check(
    {
      'scripts/run.sh':
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell that puts the value in
        '#!/bin/sh\nset -e\nQEMU=qemu-system-riscv64\nOPTS="-machine virt -m ${MEM:-64M}"\n$QEMU $OPTS -bios none \\\n  -kernel build/k "$@"\n',
      'build/k': elf(),
    },
    { name: 'run.sh', place: 'scripts/run.sh:5', folder: '', line: '-machine virt -m 64M -bios none -kernel build/k' },
  ));

test('kernels alone run in machine mode or behind firmware, as their entry says; the newest is first', async () => {
  const files = {
    user: elf({ entry: 0x1_0000n }),
    host: elf({ machine: 62 }),
    old: elf(),
    'main.o': elf(),
    high: elf({ entry: 0xffff_ffff_8020_0000n }),
  };
  const { candidates } = await discover(memoryFolder(files));
  expect(candidates.map(({ line }) => line)).toEqual([
    '-m 128M -nographic -kernel high',
    '-m 128M -nographic -bios none -kernel old',
  ]);
});

test('recordings are listed, the newest first', async () => {
  const { recordings } = await discover(memoryFolder({ 'a.chrono': '1', 'b/c.chrono': '2' }));
  expect(recordings).toEqual(['b/c.chrono', 'a.chrono']);
});

test('an empty folder has nothing', async () =>
  expect(await discover(memoryFolder({}))).toEqual({ candidates: [], recordings: [] }));

test('a line that is offered is read as the same words', () => {
  const words = ['-append', `it's "a" $b \\ c`, '-device', 'virtio-rng-device', ''];
  expect(splitWords(joinWords(words))).toEqual(words);
});

test('a folder on disk is looked through without hidden folders and without following links', async () => {
  const root = mkdtempSync(join(tmpdir(), 'chronovisor-folder-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const folder of ['.git', '.cargo', 'a/b/c/d/e/f', 'node_modules'])
    mkdirSync(join(root, folder), { recursive: true });
  for (const file of ['.git/k', '.cargo/config', 'a/k', 'a/b/c/d/e/f/k', 'node_modules/k', 'k'])
    writeFileSync(join(root, file), 'text');
  const folder = openFolder(root);
  expect((await folder.files()).toSorted()).toEqual(['.cargo/config', 'a/k', 'k']);
  expect(await folder.status('a')).toBeUndefined();
  expect(new TextDecoder().decode(await folder.read('k', 2))).toBe('te');
  expect(await folder.read('missing', 2)).toBeUndefined();
});
