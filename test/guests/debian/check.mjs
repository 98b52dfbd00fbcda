// Boots the fetched kernel on QEMU up to the shell's prompt, tries the drivers, and powers off: the proof that the
// files in the cache are what the tests of our own machine may rely on.
//
//   node check.mjs [CACHE-FOLDER]

import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cache = process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '.cache');
const LIMIT_MS = 180_000;

// What is waited for, and what is typed then. The last entry is waited for, and nothing is typed after it.
const DIALOGUE = [
  ['chronovisor: ready', ''],
  ['~ # ', 'uname -m; lsmod | cut -d" " -f1 | sort | xargs\n'],
  ['failover net_failover virtio_blk virtio_mmio virtio_net virtio_rng', ''],
  ['~ # ', 'cat /proc/interrupts | grep -c virtio\n'],
  ['~ # ', 'poweroff -f\n'],
  ['reboot: Power down', ''],
];

const options =
  '-M virt -m 256M -nographic -append console=ttyS0 -device virtio-rng-device -device virtio-net-device,netdev=n -netdev user,id=n';
const qemu = spawn(
  'qemu-system-riscv64',
  [...options.split(' '), '-kernel', join(cache, 'Image'), '-initrd', join(cache, 'initrd.cpio.gz')],
  { stdio: ['pipe', 'pipe', 'inherit'] },
);
const limit = setTimeout(() => qemu.kill(), LIMIT_MS);

let unread = '';
let turn = 0;
qemu.stdout.setEncoding('latin1');
qemu.stdout.on('data', (text) => {
  process.stdout.write(text);
  unread += text;
  for (let at; turn < DIALOGUE.length; turn++) {
    const [wanted, reply] = DIALOGUE[turn];
    at = unread.indexOf(wanted);
    if (at < 0) return;
    unread = unread.slice(at + wanted.length);
    qemu.stdin.write(reply);
  }
});

qemu.on('exit', (code) => {
  clearTimeout(limit);
  if (turn === DIALOGUE.length && code === 0) {
    console.log('\ncheck.mjs: the guest booted, answered and powered off');
  } else {
    console.error(
      `\ncheck.mjs: expected ${JSON.stringify(DIALOGUE[turn]?.[0] ?? 'exit code 0')}; QEMU ended with ${code}`,
    );
    process.exitCode = 1;
  }
});
