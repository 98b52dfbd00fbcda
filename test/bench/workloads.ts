/** What the benchmark runs: guests of the repository, and Debian's kernel when it was fetched. */

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

const guests = resolve(import.meta.dirname, '..', 'test', 'guests'); // as seen from dist/
const debian = resolve(guests, 'debian', '.cache');

export interface Workload {
  readonly name: string;
  /** QEMU-OPTIONS, the same for us and for QEMU. */
  readonly options: readonly string[];
  /** The run is over when the console ends with this, or when the guest switches itself off. */
  readonly until?: string;
  readonly runs: number;
}

const bare = (name: string, file: string): Workload => ({
  name,
  options: ['-M', 'virt', '-m', '128M', '-bios', 'none', '-kernel', resolve(guests, file), '-nographic'],
  runs: 5,
});

export const workloads: readonly Workload[] = [
  bare('register loop', 'bare/loop.elf'),
  bare('memory loop', 'bare/memloop.elf'),
  bare('demo kernel', 'demo/demo.elf'),
];

/** Linux's prompt, as busybox prints it. */
const prompt = '~ # \u001b[6n';

export const linuxBoot: Workload | undefined = existsSync(resolve(debian, 'Image'))
  ? {
      name: 'Linux boot to shell',
      options: [
        ...['-M', 'virt', '-m', '256M', '-kernel', resolve(debian, 'Image')],
        ...['-initrd', resolve(debian, 'initrd.cpio.gz'), '-append', 'console=ttyS0', '-nographic'],
      ],
      until: prompt,
      runs: 3,
    }
  : undefined;
