/** Values of Rust on the heap, where its compiler is installed: of a program that runs on this computer and writes its memory down. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { partsOf } from '../../adapter/values/parts.ts';
import { valueText } from '../../adapter/values/text.ts';
import { openStatic, type StaticProgram } from './static-program.ts';
import { memoryOf } from './written-memory.ts';

const hasRust = spawnSync('rustc', ['--version']).status === 0;
const folder = mkdtempSync(join(tmpdir(), 'chronovisor-rust-heap-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!hasRust)('a program of Rust with a heap', () => {
  let program: StaticProgram;
  beforeAll(() => {
    const source = join(import.meta.dirname, '../guests/source/heap.rs');
    const [path, memory] = [join(folder, 'heap'), join(folder, 'memory')];
    const fixed = ['-C', 'panic=abort', '-C', 'relocation-model=static', '-C', 'link-arg=-no-pie'];
    execFileSync('rustc', ['-g', ...fixed, '-o', path, source], { stdio: 'ignore', cwd: folder });
    execFileSync(path, [memory]);
    const bytes = readFileSync(path);
    bytes[0x12] = 243; // RISC-V, as far as its header says
    program = openStatic(path, bytes, memoryOf(readFileSync(memory)));
  }, 120_000);

  const check = (expression: string, expected: string): void => expect(program.show(expression)).toBe(expected);

  test('shows vectors as their elements, and indexes and slices them', () => {
    check('NUMBERS', '[20] {100, 200, 300, 400, 500, 600, 700, 800, ...}');
    check('NUMBERS[19]', '2000');
    check('NUMBERS[1..3]', '[2] {200, 300}');
    check('EMPTY', '[0] {}');
    check('POINTS', '[2] {{x = -1, y = 2}, {x = 3, y = 4}}');
    check('POINTS[1].y', '4');
    check('ROWS', '[3] {[2] {1, 2}, [0] {}, [1] {3}}');
    check('ROWS[0][1]', '2');
  });

  test('shows strings as text', () => {
    check('TEXT', '"this and 200"');
    check('NO_TEXT', '""');
    check('PART', '"and"');
    check('NAMES', '[2] {"one", "größe"}');
    check('NAMES[1]', '"größe"');
    check('TEXT == "this and 200"', '1');
  });

  test('shows what is in options and results', () => {
    check('GOOD', 'Ok("fine")');
    check('BAD', 'Err("not fine")');
    check('GOOD.0', '"fine"');
    check('NESTED', 'Some(None)');
    check('NOTHING', 'None');
  });

  test('shows queues from their first element on, also where they go over the end of their buffer', () => {
    check('QUEUE', '[1] {1}');
    check('QUEUE.len', '1');
    check('RING', '[6] {3, 4, 5, 6, 7, 8}');
    check('RING[0]', '3');
    check('RING[5]', '8');
    check('RING[1..3]', '[2] {4, 5}');
  });

  test('shows what is shared, and how often', () => {
    check('SHARED', 'Some({x = 10, y = 11})');
    check('SHARED.0.y', '11');
    check('*SHARED.0', '{x = 10, y = 11}');
    check('SHARED_NUMBER', 'Some(12)');
    check('*SHARED_NUMBER.0 + 1', '13');
    const shared = program.evaluate('SHARED_NUMBER.0');
    const counts = partsOf(shared, program.scope.read, 0, 10).filter(({ kind }) => kind === 'view');
    const shown = counts.map(({ name, value }) => `${name} ${valueText(value, program.around)}`);
    expect(shown).toEqual(['as u64 12', 'strong {v = {value = 2}}', 'weak {v = {value = 1}}']);
  });

  test('shows what is behind a trait, with its type', () => {
    check('SPEAKS', 'Some(Point {x = 0, y = 77})');
    check('SPEAKS.0.y', '77');
    check('*SPEAKS.0', '{x = 0, y = 77}');
    check('OTHER', 'Some(u8 5)');
  });

  test('shows boxes by where they lead', () => {
    check('BOXED.0.x', '5');
    check('*BOXED.0', '{x = 5, y = 6}');
    check('BOXED_TEXT', 'Some("boxed")');
    check('BOXED_SLICE', 'Some([3] {7, 8, 9})');
    check('BOXED_SLICE.0[2]', '9');
    check('BOXED', 'Some({x = 5, y = 6})');
    check('*TREE.0', 'Node(Leaf(1), Leaf(2))');
    expect(program.show('BOXED.0,x')).toMatch(/^0x[0-9a-f]+$/);
    check('SLICE', '[3] {300, 400, 500}');
    check('SHARED.0.ptr.pointer->value.y', '11');
  });
});
