/** Indexes of names kept on disk: the same answers or none, whatever happened to the files. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { cacheFolder } from '../../adapter/host/folders.ts';
import { DebugInfo } from '../../adapter/program/debug-info.ts';
import { NameCache, nameKey } from '../../adapter/program/names/cache.ts';
import { NameIndex } from '../../adapter/program/names/name-index.ts';
import { scanNames } from '../../adapter/program/names/scan.ts';

const folder = mkdtempSync(join(tmpdir(), 'chronovisor-names-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const guest = (name: string): Uint8Array => readFileSync(join(import.meta.dirname, '../guests/source', name));
const original = guest('classes-O1-5.elf');
const open = (bytes: Uint8Array): DebugInfo => new DebugInfo(bytes, 'classes.elf');
const keyOf = (bytes: Uint8Array): string => {
  const { elf, sections } = open(bytes);
  return nameKey(elf, sections.buildId)!;
};
const index = NameIndex.of([scanNames(open(original).dwarf).arrays()]);
const key = keyOf(original);
let made = 0;
const newCache = (options = {}): NameCache => new NameCache(join(folder, `${made++}`), options);

test('an index that was kept gives the same answers', () => {
  const cache = newCache();
  expect(cache.read(key)).toBeUndefined();
  cache.write(key, index);
  const kept = cache.read(key)!;
  expect([...kept]).toEqual([...index]);
  expect(kept.search('e')).toEqual(index.search('e'));
  for (const { name } of index) expect(kept.find(name)).toEqual(index.find(name));
});

test('an index that is cut off or changed anywhere is not used, and it is said', () => {
  const said: string[] = [];
  const cache = newCache({ log: (line: string) => said.push(line) });
  cache.write(key, index);
  const file = join(cache.folder, `${key}.names`);
  const whole = readFileSync(file);
  const check = (bytes: Uint8Array): void => {
    writeFileSync(file, bytes);
    const before = said.length;
    const found = cache.read(key);
    // The words of the header that are not used say nothing.
    if (found !== undefined) expect([...found]).toEqual([...index]);
    else expect(said.length).toBe(before + 1);
  };
  for (const length of [0, 1, 63, 64, 127, 128, whole.length / 2, whole.length - 8, whole.length - 1]) {
    check(whole.subarray(0, length));
    expect(cache.read(key)).toBeUndefined();
  }
  for (let at = 0; at < whole.length; at += at < 256 ? 1 : 61) {
    const changed = Buffer.from(whole);
    changed[at] = changed[at]! ^ 0x10;
    check(changed);
    if (at >= 64) expect(cache.read(key)).toBeUndefined();
  }
  check(Buffer.concat([whole, Buffer.alloc(8)]));
  writeFileSync(file, whole);
  expect(cache.read(key)).toBeDefined();
});

test('an index is not used for other debug information under the same build-id', () => {
  const { elf } = open(original);
  const info = elf.sections.find(({ name }) => name === '.debug_info')!;
  const changed = Uint8Array.from(original);
  changed[info.bytes.byteOffset - original.byteOffset + 100]! ^= 1;
  expect(keyOf(changed)).not.toBe(key);
  expect(keyOf(guest('shapes-O2-5.elf'))).not.toBe(key);
  expect(nameKey(elf, undefined)).toBeUndefined();
  const cache = newCache();
  cache.write(key, index);
  writeFileSync(join(cache.folder, `${keyOf(changed)}.names`), readFileSync(join(cache.folder, `${key}.names`)));
  expect(cache.read(keyOf(changed))).toBeUndefined();
});

test('the cache keeps what was used last, and nothing unfinished', () => {
  const cache = newCache({ filesMax: 3 });
  const names = ['a', 'b', 'c', 'd', 'e'];
  for (const [age, name] of names.entries()) {
    cache.write(name, index);
    const used = new Date(Date.UTC(2020, 0, 1, age));
    utimesSync(join(cache.folder, `${name}.names`), used, used);
  }
  writeFileSync(join(cache.folder, 'old.names.1.tmp'), 'x');
  utimesSync(join(cache.folder, 'old.names.1.tmp'), new Date(0), new Date(0));
  writeFileSync(join(cache.folder, 'other.txt'), 'not ours');
  expect(cache.read('c')).toBeDefined();
  cache.write('f', index);
  expect(readdirSync(cache.folder).sort()).toEqual(['c.names', 'e.names', 'f.names', 'other.txt']);
  const small = newCache({ bytesMax: 1 });
  small.write('a', index);
  small.write('b', index);
  expect(readdirSync(small.folder)).toHaveLength(1);
});

test('a folder that cannot be written to keeps nothing, and it is said', () => {
  const said: string[] = [];
  writeFileSync(join(folder, 'file'), '');
  const cache = new NameCache(join(folder, 'file'), { log: (line) => said.push(line) });
  cache.write(key, index);
  expect(cache.read(key)).toBeUndefined();
  expect(said.length).toBeGreaterThan(0);
  expect(existsSync(join(folder, 'file'))).toBe(true);
});

describe('the folder of caches', () => {
  const check = (environment: Record<string, string>, platform: string, expected: string | undefined) =>
    expect(cacheFolder({ environment, platform, home: '/home/x' })).toBe(expected);

  test('is what the environment says', () => check({ CHRONOVISOR_CACHE: '/c' }, 'linux', '/c'));
  test('is nowhere when the environment says nothing', () => check({ CHRONOVISOR_CACHE: '' }, 'linux', undefined));
  test('is in XDG_CACHE_HOME', () => check({ XDG_CACHE_HOME: '/xdg' }, 'linux', '/xdg/chronovisor'));
  test('is not in a relative XDG_CACHE_HOME', () =>
    check({ XDG_CACHE_HOME: 'xdg' }, 'linux', '/home/x/.cache/chronovisor'));
  test('is in Library/Caches of macOS', () => check({}, 'darwin', '/home/x/Library/Caches/chronovisor'));
  test('is in the home folder elsewhere', () => check({}, 'linux', '/home/x/.cache/chronovisor'));
});
