/** The kernels and firmware that these tests run, as words of a command line, and what is typed at them. Not a test. */

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

const found = (file: string, remedy: string): string => {
  if (!existsSync(file)) throw new Error(`${file} is missing: ${remedy}`);
  return file;
};

const fetched = (name: string): string =>
  found(resolve(import.meta.dirname, '../guests/debian/.cache', name), 'run "sh test/guests/debian/fetch.sh"');

/** Debian's kernel with busybox, and how its console is called. */
export const linuxImages = (): string => `-kernel ${fetched('Image')} -initrd ${fetched('initrd.cpio.gz')}`;
export const linux = (options = ''): string =>
  `-M virt -m 256M -nographic ${linuxImages()} -append console=ttyS0${options === '' ? '' : ` ${options}`}`;

export const openSbi = (kind: 'fw_dynamic' | 'fw_jump'): string =>
  found(`/usr/lib/riscv64-linux-gnu/opensbi/generic/${kind}.bin`, "install Debian's opensbi");

export const uBoot = (kind: 'qemu-riscv64' | 'qemu-riscv64_smode'): string =>
  found(`/usr/lib/u-boot/${kind}/u-boot.bin`, "install Debian's u-boot-qemu");

export const bareGuest = (name: string): string => resolve(import.meta.dirname, `../guests/bare/${name}.elf`);
export const demoGuest = (): string => resolve(import.meta.dirname, '../guests/demo/demo.elf');

export const shellPrompt = '~ # ';

/** Commands, each once the shell asks for one, and the power switched off. */
export const shellScript = (commands: readonly string[]): string =>
  [...commands, 'poweroff -f'].map((command) => script(shellPrompt, `${command}\n`)).join('') + script('Power down');

/** Waits for a text and then, if given, sends another. */
export const script = (wait: string, send?: string): string =>
  `wait ${JSON.stringify(wait)}\n${send === undefined ? '' : `send ${JSON.stringify(send)}\n`}`;

/** Something of everything: files, processes, a shell that computes, and forks that fault their pages in. */
export const shellCommands: readonly string[] = [
  'ls /',
  'uname -a',
  'cat /proc/cpuinfo',
  'i=0; while [ $i -lt 200 ]; do i=$((i+1)); done; echo "sum $i"',
  'for n in 1 2 3; do (echo "child $n"; true | cat); done',
  'seq 1 2000 | sort -rn | head -n 1',
];

/** What those print. */
export const shellAnswers: readonly string[] = [
  'bin   dev   etc   init',
  'riscv64 GNU/Linux\r\n',
  'mmu\t\t: sv57',
  'sum 200\r\n',
  'child 1\r\nchild 2\r\nchild 3\r\n',
  '2000\r\n',
  'reboot: Power down',
];
