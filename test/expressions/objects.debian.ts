/**
 * Objects of C++ that were made when a program ran: virtual bases, and what a pointer to a base points to. The program runs on this
 * computer and writes its memory down; gdb says what is right.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { partsOf } from '../../adapter/values/parts.ts';
import { valueText } from '../../adapter/values/text.ts';
import { openStatic, type StaticProgram } from './static-program.ts';
import { memoryOf } from './written-memory.ts';

const folder = mkdtempSync(join(tmpdir(), 'chronovisor-objects-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const programs: Record<string, StaticProgram> = {};
const versions = ['-gdwarf-4', '-gdwarf-5'];
beforeAll(() => {
  const source = join(import.meta.dirname, '../guests/source/objects.cc');
  for (const version of versions) {
    const [path, memory] = [join(folder, `objects${version}`), join(folder, 'memory')];
    execFileSync('g++', ['-g', version, '-O0', '-static', '-no-pie', '-o', path, source], { cwd: folder });
    execFileSync(path, [memory]);
    const bytes = readFileSync(path);
    bytes[0x12] = 243; // RISC-V, as far as its header says
    programs[version] = openStatic(path, bytes, memoryOf(readFileSync(memory)));
  }
}, 120_000);

/** What gdb says of a program that has run up to its end. */
const gdb = (version: string, expressions: readonly string[]): readonly string[] => {
  const asked = expressions.flatMap((expression) => ['-ex', `output ${expression}`, '-ex', 'echo \\n']);
  const words = ['-nx', '-batch', '-ex', 'set debuginfod enabled off', '-ex', 'set startup-with-shell off'];
  const run = ['-ex', 'break fclose', '-ex', `run ${join(folder, 'other')}`, '-ex', 'set print object on'];
  const output = execFileSync('gdb', [...words, join(folder, `objects${version}`), ...run, ...asked], {
    encoding: 'utf8',
  });
  return output.trimEnd().split('\n').slice(-expressions.length);
};

const numbers = ['bottom.root', 'bottom.left', 'bottom.right', 'bottom.bottom', 'right_part->right', 'right_part->root']
  .concat([
    'root_part->root',
    '((zoo::Root)bottom).root',
    '((zoo::Right)bottom).right',
    '((zoo::Root *)right_part)->root',
  ])
  .concat([
    '(zoo::Root *)&bottom == root_part',
    '(zoo::Right *)&bottom == right_part',
    '(zoo::Root *)right_part == root_part',
  ])
  .concat(['dog.age', 'pet->legs', 'bottom.limit', 'bottom.made', 'right_part->made']);

test.each(versions)('members of virtual bases and of classes are what gdb says (%s)', (version) => {
  const expected = gdb(version, numbers).map((text) => ({ true: '1', false: '0' })[text] ?? text);
  expect(numbers.map((expression) => programs[version]!.show(expression))).toEqual(expected);
});

test.each(versions)('a pointer to a base says which object it is in, as gdb does (%s)', (version) => {
  const pointers = ['pet', 'tag', 'caged', 'right_part', 'root_part', 'beast'];
  const [, ...answers] = gdb(version, ['1', ...pointers]);
  for (const [index, name] of pointers.entries()) {
    const [, type, address] = /^\(zoo::(.*?) \*\) (0x[0-9a-f]+)/.exec(answers[index]!)!;
    const { around, scope, evaluate, show } = programs[version]!;
    const whole = partsOf(evaluate(name), scope.read, 0, 10).find(({ kind }) => kind === 'view');
    if (name === 'beast')
      expect([type, whole, show(name)]).toEqual(['Animal', undefined, expect.not.stringContaining(' in ')]);
    else {
      expect(whole?.name.replace('short int', 'short')).toBe(`as ${type}`);
      expect(`0x${whole?.value.address?.toString(16)}`).toBe(address);
      expect(valueText(evaluate(whole!.path('')!), around)).toBe(valueText(whole!.value, around));
      expect(show(name).replace('short int', 'short')).toMatch(new RegExp(` in ${type}$`));
    }
  }
});

test('a null pointer is in no object, and a class without virtual functions is no part', () => {
  const { scope, evaluate, show } = programs['-gdwarf-5']!;
  expect(show('nobody')).toBe('0x0');
  expect(partsOf(evaluate('&plain'), scope.read, 0, 10).map(({ kind }) => kind)).toEqual(['member']);
});
