// Writes a newc cpio archive on standard output: the initramfs of the Debian guest.
// It is built from an unpacked kernel package and busybox, and not by cpio(1): an archive that says its own owners,
// modes and times is the same bytes on every machine, and can hold /dev/console without being root.
//
//   node initramfs.mjs UNPACKED-PACKAGES INIT-SCRIPT >initrd.cpio
//
// Layout of the newc format: Linux, Documentation/driver-api/early-userspace/buffer-format.rst.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeSync } from 'node:fs';
import { basename, join } from 'node:path';

// Drivers that /init loads. Debian builds virtio itself, its PCI transport, the console and ns16550a into the kernel,
// but not these. What they depend on is added.
const AUTOLOAD = ['virtio_mmio', 'virtio_blk', 'virtio-rng', 'virtio_net'];

const DIRECTORY = 0o040000;
const FILE = 0o100000;
const SYMLINK = 0o120000;
const CHARACTER_DEVICE = 0o020000;

const [root, initScript] = process.argv.slice(2);
if (root === undefined || initScript === undefined) {
  throw new Error('expected two arguments: the folder of unpacked packages, and the init script');
}
writeAll(
  process.stdout.fd,
  archive([...skeleton(), ...modules(), { path: 'init', mode: FILE | 0o755, data: readFileSync(initScript) }]),
);

function skeleton() {
  const busybox = firstThatExists([join(root, 'usr/bin/busybox'), join(root, 'bin/busybox')]);
  const folders = ['bin', 'dev', 'etc', 'lib', 'mnt', 'proc', 'root', 'sys', 'tmp'];
  return [
    ...folders.map((path) => ({ path, mode: DIRECTORY | 0o755 })),
    // The kernel opens /dev/console for /init before anything is mounted.
    { path: 'dev/console', mode: CHARACTER_DEVICE | 0o600, device: [5, 1] },
    { path: 'bin/busybox', mode: FILE | 0o755, data: readFileSync(busybox) },
    { path: 'bin/sh', mode: SYMLINK | 0o777, data: Buffer.from('busybox') },
  ];
}

// The wanted modules and all they depend on, uncompressed so that insmod takes them too, with a modules.dep.
function modules() {
  const base = join(root, 'usr/lib/modules');
  const release = readdirSync(base)[0];
  if (release === undefined) throw new Error(`expected one kernel release below ${base}, found none`);
  const available = new Map(
    readdirSync(join(base, release), { recursive: true })
      .filter((path) => /\.ko(\.xz)?$/.test(path))
      .map((path) => [moduleName(path), path]),
  );

  const taken = new Map();
  const take = (name) => {
    if (taken.has(name)) return;
    const path = available.get(name);
    if (path === undefined) throw new Error(`the kernel package has no module ${name}; is it built in by now?`);
    const file = join(base, release, path);
    const data = path.endsWith('.xz') ? execFileSync('xz', ['-dc', file], { maxBuffer: 1 << 28 }) : readFileSync(file);
    const module = { path: path.replace(/\.xz$/, ''), data, needs: dependencies(data) };
    taken.set(name, module);
    module.needs.forEach(take);
  };
  AUTOLOAD.map(moduleName).forEach(take);

  const all = [...taken.values()];
  const modulesDep = all.map((m) => `${m.path}: ${closure(m, taken).join(' ')}`.trimEnd());
  const folder = `lib/modules/${release}`;
  const folders = new Set(['lib/modules', folder]);
  for (const { path } of all) {
    const parts = path.split('/').slice(0, -1);
    for (const i of parts.keys()) folders.add(`${folder}/${parts.slice(0, i + 1).join('/')}`);
  }
  return [
    ...[...folders].map((path) => ({ path, mode: DIRECTORY | 0o755 })),
    ...all.map(({ path, data }) => ({ path: `${folder}/${path}`, mode: FILE | 0o644, data })),
    { path: `${folder}/modules.dep`, mode: FILE | 0o644, data: Buffer.from(`${modulesDep.join('\n')}\n`) },
    { path: 'lib/modules/autoload', mode: FILE | 0o644, data: Buffer.from(`${AUTOLOAD.join('\n')}\n`) },
  ];
}

// The line of .modinfo that names what a module needs. depmod(8) would ask the symbol tables; the kernel's build has
// already written the answer here.
function dependencies(data) {
  const list = /\0depends=([^\0]*)\0/.exec(data.toString('latin1'))?.[1] ?? '';
  return list
    .split(',')
    .filter((name) => name !== '')
    .map(moduleName);
}

// modprobe(8) loads a line's dependencies from the last to the first, so the nearest comes first.
function closure(module, taken, seen = new Set()) {
  for (const name of module.needs) {
    const needed = taken.get(name);
    seen.delete(needed.path);
    seen.add(needed.path);
    closure(needed, taken, seen);
  }
  return [...seen];
}

// A module's file may have dashes where its name has underscores.
function moduleName(path) {
  return basename(path)
    .replace(/\.ko(\.xz)?$/, '')
    .replaceAll('-', '_');
}

function archive(entries) {
  const trailer = { path: 'TRAILER!!!', mode: 0 };
  return Buffer.concat([...entries, trailer].map((entry, index) => member(entry, index + 1)));
}

// One member: a header of thirteen 8-digit hexadecimal fields, the name, the data, each padded to 4 bytes.
function member({ path, mode, data = Buffer.alloc(0), device = [0, 0] }, inode) {
  const name = Buffer.from(`${path}\0`);
  const links = (mode & 0o170000) === DIRECTORY ? 2 : 1;
  //              ino    mode  uid gid nlink  mtime filesize     dev   rdev       namesize     check
  const fields = [inode, mode, 0, 0, links, 0, data.length, 0, 0, ...device, name.length, 0];
  const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`);
  return Buffer.concat([padded(Buffer.concat([header, name])), padded(data)]);
}

function padded(bytes) {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

function firstThatExists(paths) {
  for (const path of paths) {
    try {
      readFileSync(path);
      return path;
    } catch {
      // The next one, then.
    }
  }
  throw new Error(`found none of ${paths.join(', ')}`);
}

// A pipe takes as much as it has room for; what is left follows.
function writeAll(fd, bytes) {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}
