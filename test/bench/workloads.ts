/** What the benchmark runs: guests of the repository, and Debian's kernel when it was fetched. */

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Mark } from './dialogue.ts';

const guests = resolve(import.meta.dirname, '..', 'test', 'guests'); // as seen from dist/
const debian = resolve(guests, 'debian', '.cache');

/** One run of a machine. Each of its marks ends one row of the table, which is measured from the mark before. */
export interface Workload {
  readonly name: string;
  /** QEMU-OPTIONS, the same for us and for QEMU but for the console's. */
  readonly options: readonly string[];
  readonly marks: readonly Mark[];
}

/** The lines that the guests must print, as the same C code prints them on the host. */
const expectedLines = readFileSync(resolve(guests, 'bench', 'expected.txt'), 'latin1')
  .trim()
  .split('\n');

const machine = (memory: string, kernel: string): readonly string[] => ['-M', 'virt', '-m', memory, '-kernel', kernel];

const bare: readonly Workload[] = expectedLines.map((line) => {
  const name = line.split(':')[0]!;
  return {
    name,
    options: [...machine('128M', resolve(guests, 'bench', `${name}.elf`)), '-bios', 'none'],
    marks: [{ name, text: `${line}\n` }],
  };
});

/** Linux's prompt, as busybox prints it. */
const prompt = '~ # \u001b[6n';

const hashedMiB = 64;
const forks = 300;
/** Of so many zeros. Not computed here: each process that is measured loads this file. */
const zeroHash = '3b6a07d0d404fab4e23b6d34bc6696a6a312dd92821332385e5af7c01c421351';

const linux: Workload = {
  name: 'Linux',
  options: [
    ...machine('256M', resolve(debian, 'Image')),
    ...['-initrd', resolve(debian, 'initrd.cpio.gz'), '-append', 'console=ttyS0'],
  ],
  marks: [
    { name: 'Linux boot', text: prompt, answer: `dd if=/dev/zero bs=1M count=${hashedMiB} 2>/dev/null | sha256sum\n` },
    {
      name: 'Linux sha256sum',
      text: `${zeroHash}  -`,
      answer: `i=0; while [ $i -lt ${forks} ]; do (/bin/true); i=$((i+1)); done; echo forks: $i\n`,
    },
    { name: 'Linux forks', text: `forks: ${forks}\r` },
  ],
};

export const linuxIsThere = existsSync(resolve(debian, 'Image'));
export const workloads: readonly Workload[] = linuxIsThere ? [...bare, linux] : bare;

/** A guest whose first instructions print: what a start costs. */
export const greeter: Workload = {
  name: 'hello',
  options: [...machine('128M', resolve(guests, 'bare', 'hello.elf')), '-bios', 'none'],
  marks: [{ name: 'hello', text: 'hello' }],
};

/** Histories to go back in. */
export const histories: readonly Workload[] = [
  {
    name: 'demo kernel',
    options: [...machine('128M', resolve(guests, 'demo', 'demo.elf')), '-bios', 'none'],
    marks: [{ name: 'demo kernel', text: 'panic: ' }],
  },
  ...(linuxIsThere ? [{ ...linux, name: 'Linux boot', marks: [{ name: 'Linux boot', text: prompt }] }] : []),
];

export const workloadNamed = (name: string): Workload => {
  const found = [...workloads, greeter, ...histories].find((workload) => workload.name === name);
  if (found === undefined) throw new Error(`there is no workload "${name}"`);
  return found;
};
