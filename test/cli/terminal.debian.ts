/** The command line at a real terminal, which util-linux's `script` makes. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const bare = resolve(import.meta.dirname, '../guests/bare');
let folder = '';
let program = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'chronovisor-terminal-'));
  program = join(folder, 'chronovisor.mjs');
  await build({
    entryPoints: [resolve(import.meta.dirname, '../../adapter/cli/main.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'silent',
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Types each key sequence once the text before it has come; gives all that the terminal showed, and the exit code. */
const converse = (line: string, dialogue: readonly (readonly [shown: string, keys: string])[]) =>
  new Promise<{ shown: string; exitCode: number | null; after: string }>((done) => {
    const command = `node ${program} ${line.replaceAll('BARE', bare)}; code=$?; stty -a; exit $code`;
    const child = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
    let shown = '';
    let at = 0;
    const pending = [...dialogue];
    child.stdout.on('data', (chunk: Buffer) => {
      shown += chunk.toString('latin1');
      for (let next = pending[0]; next !== undefined && shown.indexOf(next[0], at) >= 0; next = pending[0]) {
        at = shown.indexOf(next[0], at) + next[0].length;
        child.stdin.write(Buffer.from(next[1], 'latin1'));
        pending.shift();
      }
    });
    child.on('close', (exitCode) => {
      const settings = shown.indexOf('speed');
      done({ shown: shown.slice(0, settings), exitCode, after: shown.slice(settings) });
    });
  });

describe('at a terminal', () => {
  test('keys go to the guest, and Ctrl-A x leaves it', async () => {
    const { shown, exitCode, after } = await converse('run -- -bios none -kernel BARE/echo.elf', [
      ['q ends', 'ab'],
      ['ab', '\x03'],
      ['\x03', '\x01x'],
    ]);
    expect(shown).toContain('chronovisor: the run was ended after');
    expect(exitCode).toBe(0);
    expect(after).toMatch(/[^-]icanon/);
    expect(after).toMatch(/[^-]echo /);
  });

  test("the guest's code is the exit code, and the terminal is as before", async () => {
    const { exitCode, after } = await converse('run -- -bios none -kernel BARE/exit42.elf', []);
    expect(exitCode).toBe(42);
    expect(after).toMatch(/[^-]icanon/);
  });
});
