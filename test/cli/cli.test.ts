import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../../adapter/cli/cli.ts';
import { exitCodes } from '../../adapter/cli/exit-codes.ts';
import { brotli, FileSink, FileSource } from '../../adapter/host/files.ts';
import { openTrace } from '../../traces/reader.ts';
import { TraceWriter } from '../../traces/writer.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'chronovisor-cli-'));
  for (const name of ['hello', 'exit42', 'echo', 'timer']) {
    copyFileSync(join(import.meta.dirname, `../guests/bare/${name}.elf`), join(folder, `${name}.elf`));
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line whose words FOLDER/... lie in the test's folder, with a pipe as stdin. */
const run = async (line: string, input: Readable = Readable.from([])): Promise<Outcome> => {
  const collect = (): { stream: NodeJS.WriteStream; text: () => string } => {
    const stream = new PassThrough();
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    return { stream: stream as unknown as NodeJS.WriteStream, text: () => Buffer.concat(chunks).toString('latin1') };
  };
  const [stdout, stderr] = [collect(), collect()];
  const exitCode = await runCli(
    (line === '' ? [] : line.split(' ')).map((word) => word.replace('FOLDER', folder)),
    {
      stdin: input as unknown as NodeJS.ReadStream,
      stdout: stdout.stream,
      stderr: stderr.stream,
      debug: false,
      exitCode: exitCodes.ok,
    },
  );
  const shown = (text: string): string => text.replaceAll(folder, 'FOLDER');
  return { exitCode, stdout: shown(stdout.text()), stderr: shown(stderr.text()) };
};

const check = async (line: string, expected: Partial<Outcome>, input?: Readable): Promise<void> => {
  expect(await run(line, input)).toMatchObject(expected);
};

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return name;
};

describe('a run', () => {
  test('prints what the guest prints and ends with its code', () =>
    check('run -- -M virt -bios none -kernel FOLDER/exit42.elf', { exitCode: 42, stdout: '', stderr: '' }));
  test('types what comes through a pipe', () =>
    check(
      'run -- -bios none -kernel FOLDER/echo.elf',
      { exitCode: 0, stdout: 'echo: type, q ends\nab\n\nbye\n' },
      Readable.from([Buffer.from('ab\nq')]),
    ));
  test('ends when the guest waits and the pipe has ended', () =>
    check('run -- -bios none -kernel FOLDER/echo.elf', {
      exitCode: 0,
      stderr: 'chronovisor: the guest only waits for input after 270 steps, and there is none.\n',
    }));
  test('types what a file holds', () => {
    file('typed.txt', 'hi\nq');
    return check('run --input FOLDER/typed.txt -- -bios none -kernel FOLDER/echo.elf', {
      exitCode: 0,
      stdout: 'echo: type, q ends\nhi\n\nbye\n',
    });
  });
  test('follows a script', () => {
    file('script.txt', 'wait "ends"\nsend "xyz"\nwait "z"\nsend "q"');
    return check('run --script FOLDER/script.txt -- -bios none -kernel FOLDER/echo.elf', {
      exitCode: 0,
      stdout: 'echo: type, q ends\nxyz\nbye\n',
    });
  });
  test('ends where a script says quit', () => {
    file('quit.txt', 'wait "echo"\nquit');
    return check('run --script FOLDER/quit.txt -- -bios none -kernel FOLDER/echo.elf', { exitCode: 0 });
  });
  test('says which line of a script was not met', () => {
    file('unmet.txt', '# comment\nwait "never"');
    return check('run --script FOLDER/unmet.txt -- -bios none -kernel FOLDER/hello.elf', {
      exitCode: exitCodes.scriptUnfinished,
      stderr: 'chronovisor: the script still waits for "never" (line 2).\n',
    });
  });
  test('ends at the moment that was asked for', () =>
    check('run --until 20 -- -bios none -kernel FOLDER/timer.elf', {
      exitCode: 0,
      stderr: 'chronovisor: the run came to its moment after 20 steps.\n',
    }));
  test('puts the console into a file', async () => {
    await check('run -- -bios none -kernel FOLDER/hello.elf -serial file:FOLDER/out.txt', { exitCode: 0, stdout: '' });
    expect(readFileSync(join(folder, 'out.txt'), 'utf8')).toBe('hello\n');
  });
});

describe('a recording', () => {
  test.each(['virtual', 'host'])('with %s time is verified, and replays what the guest printed', async (time) => {
    const trace = `FOLDER/timer-${time}.chrono`;
    await check(`record -o ${trace} --time ${time} --digest-stride 50 -- -bios none -kernel FOLDER/timer.elf`, {
      exitCode: 0,
      stdout: '..........\n',
    });
    const verified = await run(`verify ${trace}`);
    expect(verified.stderr).toBe('');
    expect(verified.stdout).toMatch(/^verified: 280 steps, [56] digests, all equal\.\n$/);
    await check(`replay ${trace} --console`, { exitCode: 0, stdout: '..........\n' });
  });

  test('is verified for programs in lines of JSON', async () => {
    await run('record -o FOLDER/lines.chrono -- -bios none -kernel FOLDER/timer.elf');
    const { stdout, exitCode } = await run('verify FOLDER/lines.chrono --json');
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect([exitCode, lines.at(-1)]).toEqual([
      0,
      { verified: true, steps: 280, digests: expect.any(Number), note: '' },
    ]);
    for (const { done } of lines.slice(0, -1)) expect(done).toBeLessThanOrEqual(1);
  });

  test('without outside input is the same each time', async () => {
    for (const name of ['one', 'two'])
      await run(`record -o FOLDER/${name}.chrono -- -bios none -kernel FOLDER/timer.elf`);
    expect(readFileSync(join(folder, 'one.chrono'))).toEqual(readFileSync(join(folder, 'two.chrono')));
  });

  test('holds what was typed and when', async () => {
    file('typed.txt', 'hi\nq');
    await run('record -o FOLDER/echo.chrono --input FOLDER/typed.txt -- -bios none -kernel FOLDER/echo.elf');
    const { stdout } = await run('info FOLDER/echo.chrono --events');
    expect(stdout).toContain('the console receives "hi\\n"');
    expect(stdout).toContain('inputs       2 serial\n');
    await check('replay FOLDER/echo.chrono --console', { stdout: 'echo: type, q ends\nhi\n\nbye\n' });
    const summary = JSON.parse((await run('info FOLDER/echo.chrono --json')).stdout);
    expect(summary).toMatchObject({ complete: true, end: { reason: 'poweroff', exitCode: 0 }, events: { serial: 2 } });
  });

  test('has the same digest at a moment as the run that is stopped there', async () => {
    await run('record -o FOLDER/long.chrono -- -bios none -kernel FOLDER/timer.elf');
    await run('record -o FOLDER/short.chrono --until 100 -- -bios none -kernel FOLDER/timer.elf');
    const long = await run('replay FOLDER/long.chrono --until 100 --digest');
    expect(long.stdout).toMatch(/^moment +100\n/);
    expect(await run('replay FOLDER/short.chrono --digest')).toEqual(long);
  });

  test('has the same digest at a moment however many were compared on the way', async () => {
    await run('record -o FOLDER/seldom.chrono -- -bios none -kernel FOLDER/timer.elf');
    await run('record -o FOLDER/often.chrono --digest-stride 30 -- -bios none -kernel FOLDER/timer.elf');
    const seldom = await run('replay FOLDER/seldom.chrono --until 100 --digest');
    expect(seldom.stdout).toMatch(/^ram +(?!0+$)[0-9a-f]{16}$/m);
    expect(await run('replay FOLDER/often.chrono --until 100 --digest')).toEqual(seldom);
  });

  test('without its images needs them beside it, and the same ones', async () => {
    await run('record -o FOLDER/external.chrono --external -- -bios none -kernel FOLDER/exit42.elf');
    await check('verify FOLDER/external.chrono', { exitCode: 0 });
    const original = readFileSync(join(folder, 'exit42.elf'));
    writeFileSync(join(folder, 'exit42.elf'), 'other');
    const other = await run('verify FOLDER/external.chrono');
    rmSync(join(folder, 'exit42.elf'));
    const missing = await run('verify FOLDER/external.chrono');
    writeFileSync(join(folder, 'exit42.elf'), original);
    expect([other.exitCode, missing.exitCode]).toEqual([exitCodes.badInput, exitCodes.badInput]);
    expect(other.stderr).toMatch(
      /^chronovisor: The image exit42.elf is not the one that was recorded: expected sha256:/,
    );
    expect(missing.stderr).toBe(
      'chronovisor: The kernel image exit42.elf is not in the trace: expected it beside the trace, found no such file. ' +
        'Say where it is with --images FOLDER, or record without --external.\n',
    );
  });
});

test('a replay that differs from its recording says where first', async () => {
  const name = join(folder, 'good.chrono');
  await run('record -o FOLDER/good.chrono --digest-stride 50 -- -bios none -kernel FOLDER/timer.elf');
  const source = new FileSource('the trace', name);
  const trace = await openTrace(source, brotli);
  const sink = new FileSink('the trace', join(folder, 'bad.chrono'));
  const writer = await TraceWriter.create(sink, trace.header, [trace.image(0)], brotli);
  for (const digest of trace.digests) {
    const [hart] = digest.harts;
    hart![5 * 8]! ^= 1; // t0 is x5
    writer.digest(digest);
  }
  writer.end({ at: trace.until, reason: 'poweroff', exitCode: 0 });
  source.close();
  const { exitCode, stderr } = await run('verify FOLDER/bad.chrono');
  expect(exitCode).toBe(exitCodes.divergence);
  expect(stderr).toMatch(
    /^chronovisor: The replay differs from its recording at moment 50, first in hart 0: t0: expected 0x[0-9a-f]{16}, found 0x/,
  );
});

test('a debug session is served on the two streams', async () => {
  const body = JSON.stringify({
    seq: 1,
    type: 'request',
    command: 'initialize',
    arguments: { adapterID: 'chronovisor' },
  });
  const { exitCode, stdout } = await run(
    'dap',
    Readable.from([Buffer.from(`Content-Length: ${body.length}\r\n\r\n${body}`)]),
  );
  expect(exitCode).toBe(0);
  expect(stdout).toContain('"supportsStepBack":true');
});

describe('what is wrong is said in a sentence with its exit code', () => {
  const checkError = (line: string, exitCode: number, sentence: string): Promise<void> =>
    check(line, { exitCode, stdout: '', stderr: `chronovisor: ${sentence}\n` });

  test('for an option that the machine does not have', () =>
    checkError(
      'run -- -M virt -kernal x',
      exitCodes.usage,
      'The machine has no option -kernal: expected perhaps -kernel, found -kernal. "chronovisor record --help" lists the options.',
    ));
  test("for the machine's options without --", () =>
    checkError(
      'run -machine virt',
      exitCodes.usage,
      "Unknown option '-machine'. The machine's options come behind \"--\": chronovisor record -o run.chrono -- -machine virt ...; --help lists the options.",
    ));
  test('for a command that there is not', () =>
    checkError(
      'replai x',
      exitCodes.usage,
      "Unknown command 'replai' (Did you mean replay?). --help lists the options.",
    ));
  test('for a moment that is none', () =>
    checkError(
      'replay x --until soon',
      exitCodes.usage,
      "Option '--until <moment>' argument 'soon' is invalid. It must be a whole number such as 250000, 250k or 1.5M. --help lists the options.",
    ));
  test('for a kernel that is not there', () =>
    checkError(
      'run -- -kernel FOLDER/none',
      exitCodes.badInput,
      'The kernel FOLDER/none cannot be read: expected a file that may be read, found nothing of that name. Check the name and the folder.',
    ));
  test('for a trace that is none', () =>
    checkError(
      'verify FOLDER/hello.elf',
      exitCodes.badInput,
      'This is not a Chronovisor trace: expected the bytes 89 43 48 52 4e 0d 0a 1a at the start, found 7f 45 4c 46 02 01 01 00. ' +
        'Name a .chrono file; if it is one, a transfer in text mode may have changed it: copy it in binary mode.',
    ));
  test('for a recording that would overwrite its kernel', async () => {
    await checkError(
      'record -o FOLDER/hello.elf -- -bios none -kernel FOLDER/hello.elf',
      exitCodes.badInput,
      'The recording would overwrite the kernel FOLDER/hello.elf: expected a file of its own for the recording, ' +
        'found the same file. Name another one with -o.',
    );
  });
  test('for a script with an error, before anything runs', () => {
    file('bad.txt', 'expect "x"');
    return checkError(
      'run --script FOLDER/bad.txt -- -bios none -kernel FOLDER/hello.elf',
      exitCodes.badInput,
      'Line 1 of the script cannot be understood: expected wait "text", send "text" or quit, found expect "x". ' +
        'A script has lines such as: wait "login: ", send "root\\n", quit, and # for comments.',
    );
  });
});

describe('help', () => {
  test('of the program has the exit codes', async () => {
    const { exitCode, stdout } = await run('--help');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/66 +a replay differs from its recording/);
  });
  test("of record has the machine's options", async () => {
    const { exitCode, stdout } = await run('record --help');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/-smp N +how many harts, 1 to 8/);
  });
  test('comes on stderr when there is no command', async () => {
    const { exitCode, stdout, stderr } = await run('');
    expect([exitCode, stdout]).toEqual([exitCodes.usage, '']);
    expect(stderr).toMatch(/^Usage: chronovisor/);
  });
});
