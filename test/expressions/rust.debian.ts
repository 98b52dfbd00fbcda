/** Expressions and values of Rust, where its compiler is installed: built for this computer, whose layout is RISC-V's too. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStatic, type StaticProgram } from './static-program.ts';

const hasRust = spawnSync('rustc', ['--version']).status === 0;
const folder = mkdtempSync(join(tmpdir(), 'chronovisor-rust-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!hasRust)('a program of Rust', () => {
  let program: StaticProgram;
  beforeAll(() => {
    const source = join(import.meta.dirname, '../guests/source/values.rs');
    const path = join(folder, 'values');
    const link = ['-nostartfiles', '-static', '-no-pie', '-Wl,-e,0', '-nostdlib'].flatMap((word) => [
      '-C',
      `link-arg=${word}`,
    ]);
    const words = ['-g', '-C', 'panic=abort', '-C', 'relocation-model=static', ...link, '-o', path, source];
    execFileSync('rustc', words, { stdio: 'ignore', cwd: folder });
    const bytes = readFileSync(path);
    bytes[0x12] = 243; // RISC-V, as far as its header says
    program = openStatic(path, bytes);
  }, 60_000);

  const check = (expression: string, expected: string): void => expect(program.show(expression)).toBe(expected);

  test('shows enums by the variant that they are', () => {
    check('CIRCLE', 'Circle(1.5)');
    check('RECTANGLE', 'Rectangle {width = 3, height = 4}');
    check('NOTHING', 'Nothing');
    check('NONE', 'None');
    check('OK', 'Ok(7)');
    check('ERR', 'Err("broken")');
    check('LEVEL', 'High');
    check('LOW == Level::Low', '1');
    check('ARRAY', '[3] {Some(1), None, Some(3)}');
  });

  test('has fields of variants, tuples and references', () => {
    check('RECTANGLE.height * 2', '8');
    check('CIRCLE.0', '1.5');
    check('SOME.0.x', '-1');
    check('POINTER.y', '2');
    check('TUPLE', "(1, (true, 223 'ß'), (2.5))");
    check('TUPLE.1.0', 'true');
    check('TUPLE.2.0 as i32', '2');
    check('UNIT', '()');
    check('inner::DEPTH', '3');
  });

  test('shows slices and texts, and indexes them', () => {
    check('TEXT', '"größe \\"x\\"\\n"');
    check('SLICE', '[3] {10, 20, 30}');
    check('SLICE[1] + 1', '21');
    check('SLICE[1..]', '[2] {20, 30}');
    check('SLICE,x', '[3] {0xa, 0x14, 0x1e}');
    check('ERR.0 == "broken"', '1');
    check('*(&POINT as *const i32)', '-1');
  });
});
