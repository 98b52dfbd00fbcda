/**
 * Runs a generated program on QEMU and gives back its log. Needs Debian's qemu-system-misc.
 *
 * Two harts, although the second only waits: with one, QEMU's translator does without atomic operations and reports
 * the load half of an AMO (cause 5 or 13) where the specification wants the store/AMO cause ("Machine Cause Register").
 */

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as layout from './layout.ts';
import type { Program } from './program.ts';

/** The property set of QEMU 7.2's rv64 that is our ISA; 7.2 updates A and D bits itself, unconditionally. */
export const cpu = 'rv64,h=false,v=false,zbc=false,zba=true,zbb=true,zbs=true,sstc=true,debug=false';

interface Message {
  readonly event?: string;
  readonly id?: string;
  readonly error?: { readonly desc: string };
}

export const qemuVersion = async (): Promise<string> => {
  const child = spawn('qemu-system-riscv64', ['--version'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  for await (const part of child.stdout) text += part;
  return /version (\S+)/.exec(text)?.[1] ?? 'unknown';
};

export const runQemu = async (program: Program, timeoutMs = 120_000): Promise<Uint8Array> => {
  const folder = mkdtempSync(join(tmpdir(), 'chronovisor-oracle-'));
  const image = join(folder, 'program.bin');
  const log = join(folder, 'log.bin');
  writeFileSync(image, program.image);
  const child = spawn(
    'qemu-system-riscv64',
    [
      ...[
        '-S',
        '-machine',
        'virt',
        '-cpu',
        cpu,
        '-smp',
        '2',
        '-m',
        `${layout.ramMiB}M`,
        '-bios',
        'none',
        '-kernel',
        image,
      ],
      ...[
        '-display',
        'none',
        '-serial',
        'none',
        '-monitor',
        'none',
        '-qmp',
        'stdio',
        '-action',
        'reboot=shutdown,shutdown=pause',
      ],
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill();
  }, timeoutMs);
  try {
    const messages = lines(child.stdout);
    const send = (command: string, parameters: object = {}) =>
      child.stdin.write(`${JSON.stringify({ execute: command, arguments: parameters, id: command })}\n`);
    // Stopped at first: what happens before the monitor is greeted is told to no one.
    send('qmp_capabilities');
    send('cont');
    await waitFor(messages, ({ event }) => event === 'STOP');
    send('pmemsave', { val: layout.logBase, size: program.logBytes, filename: log });
    await waitFor(messages, ({ id }) => id === 'pmemsave');
    send('quit');
    await ended;
    return new Uint8Array(readFileSync(log));
  } catch (error) {
    throw new Error(
      late
        ? `QEMU must end the program of seed ${program.seed} within ${timeoutMs} ms; it did not. Look for a generated loop.`
        : `QEMU ended early on seed ${program.seed}: ${String(error)}`,
    );
  } finally {
    clearTimeout(timer);
    child.kill();
    await ended;
    rmSync(folder, { recursive: true });
  }
};

async function* lines(stream: NodeJS.ReadableStream): AsyncGenerator<Message> {
  let text = '';
  for await (const part of stream) {
    text += part;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      yield JSON.parse(text.slice(0, end)) as Message;
      text = text.slice(end + 1);
    }
  }
}

const waitFor = async (messages: AsyncGenerator<Message>, wanted: (message: Message) => boolean): Promise<void> => {
  for (;;) {
    const { value, done } = await messages.next();
    if (done) throw new Error('its monitor closed');
    const message = value as Message;
    if (message.error !== undefined) throw new Error(message.error.desc);
    if (wanted(message)) return;
  }
};
