/** Whatever a program calls its companions, no file outside of the folders where they may be is opened. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Companions } from '../../adapter/dap/companions.ts';
import { form, tag } from '../../adapter/program/dwarf/constants.ts';
import { readElf } from '../../adapter/program/elf.ts';
import { abbreviations, bytes, elfFile, unit } from '../program/damage-writer.ts';

const root = mkdtempSync(join(tmpdir(), 'chronovisor-companions-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const [inside, outside, mapped] = ['inside', 'outside', 'mapped'].map((name) => join(root, name)) as [
  string,
  string,
  string,
];
for (const folder of [inside, outside, mapped, join(inside, 'objects')]) mkdirSync(folder);

/** A split unit whose id is 1, as GCC has it in DWARF 4. */
const splitFile = elfFile([
  { name: '.debug_abbrev.dwo', bytes: abbreviations([tag.compileUnit, false, [0x2131, form.data8]]) },
  { name: '.debug_info.dwo', bytes: bytes((to) => unit(to, 0, () => to.u8(1).u64(1))) },
]);
const debugFile = elfFile([
  { name: '.debug_abbrev', bytes: abbreviations([tag.compileUnit, false]) },
  { name: '.debug_info', bytes: bytes((to) => unit(to, 0, () => to.u8(1))) },
]);
const program = join(inside, 'program');
writeFileSync(program, elfFile([]));
for (const folder of [outside, mapped, join(inside, 'objects')]) writeFileSync(join(folder, 'unit.dwo'), splitFile);
writeFileSync(join(outside, 'secret.dwo'), splitFile);
writeFileSync(join(outside, 'secret.debug'), debugFile);
writeFileSync(join(inside, 'text.dwo'), 'root:x:0:0:');
symlinkSync(join(outside, 'secret.dwo'), join(inside, 'link.dwo'));
symlinkSync(outside, join(inside, 'folder'));
symlinkSync(join(inside, 'objects/unit.dwo'), join(inside, 'near.dwo'));

/** What a companion of the program is asked for by, and whether it is found. */
const checkSplit = (name: string, directory: string, isFound: boolean, said: readonly RegExp[] = []): void => {
  const sentences: string[] = [];
  const companions = new Companions(program, { debug: [], map: [{ from: '/build', to: mapped }] });
  companions.onMissing = (message) => sentences.push(message);
  expect(companions.openSplit({ name, directory, dwoId: 1n }) !== undefined).toBe(isFound);
  const missing = isFound ? [] : [/was not found/];
  expect(sentences).toEqual([...said, ...missing].map((sentence) => expect.stringMatching(sentence)));
  companions.close();
};

describe('a split unit is found', () => {
  test('beside the program by its name', () => checkSplit('objects/unit.dwo', '/src', true));
  test("beside the program by the end of the compiler's path", () => checkSplit('unit.dwo', '/src/objects', true));
  test('where the source map has it', () => checkSplit('unit.dwo', '/build', true));
  test('by a link that leads to one of the folders', () => checkSplit('near.dwo', '/src', true));
});

describe('a split unit is not opened', () => {
  test('by an absolute name outside', () => checkSplit(join(outside, 'secret.dwo'), '/src', false));
  test('by a name that leads upwards', () => checkSplit('../outside/secret.dwo', inside, false));
  test('by a folder that leads upwards', () => checkSplit('secret.dwo', join(inside, '../outside'), false));
  test('by a name that leads upwards from the source map', () =>
    checkSplit('../outside/secret.dwo', '/build/mapped', false));
  test('by a link that leads outside', () => checkSplit('link.dwo', '/src', false));
  test('by a folder that is a link', () => checkSplit('folder/secret.dwo', '/src', false));
  test('by no name', () => checkSplit('', '/src', false));
  test('by a name with a zero byte', () => checkSplit('unit\0.dwo', '/src', false));
  test('by the name of a folder', () => checkSplit('objects', '/src', false));
  test('by the name of the program itself', () => checkSplit('program', '/src', false));
  test('by a name of ten thousand parts', () => checkSplit('a/'.repeat(10_000), '/src', false));
  test('when it is another file, which is said', () =>
    checkSplit('text.dwo', '/src', false, [/text\.dwo is not an ELF file/]));
});

describe('a debug file is not opened', () => {
  const check = (link: string): void => {
    const linked = elfFile([{ name: '.gnu_debuglink', bytes: bytes((to) => to.text(link).add(new Uint8Array(8))) }]);
    const companions = new Companions(program, { debug: [], map: [] });
    const said: string[] = [];
    companions.onMissing = (message) => said.push(message);
    expect(companions.debugFile(readElf(linked, program, 'symbols'))).toBeUndefined();
    expect(said).toEqual([expect.stringMatching(/was not found/)]);
  };
  test('by an absolute name', () => check(join(outside, 'secret.debug')));
  test('by a name that leads upwards', () => check('../outside/secret.debug'));
  test('by a name with a folder', () => check('folder/secret.debug'));
  test('by the name of a folder', () => check('..'));
});

test('a program that is in no folder of this computer has companions in debug folders only', () => {
  const request = { name: 'unit.dwo', directory: '/src', dwoId: 1n };
  expect(new Companions(undefined, { debug: [], map: [] }).openSplit(request)).toBeUndefined();
  const companions = new Companions(undefined, { debug: [join(inside, 'objects')], map: [] });
  expect(companions.openSplit(request)).toBeDefined();
  companions.close();
});
