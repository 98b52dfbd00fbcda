/** Values of Rust on the heap, where its compiler is installed: of a program that runs on this computer and writes its memory down. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MemoryPart, openStatic, type StaticProgram } from './static-program.ts';

const hasRust = spawnSync('rustc', ['--version']).status === 0;
const folder = mkdtempSync(join(tmpdir(), 'chronovisor-rust-heap-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const partsOf = (file: Buffer): readonly MemoryPart[] => {
  const parts: MemoryPart[] = [];
  for (let at = 0; at < file.length; ) {
    const [address, sizeBytes] = [file.readBigUInt64LE(at), Number(file.readBigUInt64LE(at + 8))];
    parts.push({ address, bytes: file.subarray(at + 16, at + 16 + sizeBytes) });
    at += 16 + sizeBytes;
  }
  return parts;
};

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
    program = openStatic(path, bytes, partsOf(readFileSync(memory)));
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
    check('QUEUE.len', '1');
    expect(program.show('SPEAKS')).toMatch(/^Some\(\{pointer = 0x[0-9a-f]+, vtable = 0x[0-9a-f]+/);
  });
});
