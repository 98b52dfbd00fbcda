/** A recording of the demo kernel, opened at any moment, and core files of it kept in memory. Not a test. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { runCli } from '../../adapter/cli/cli.ts';
import { type CoreRequest, type CoreWritten, writeCoreOf } from '../../adapter/core/core.ts';
import type { CoreSink } from '../../adapter/core/core-file.ts';
import { openRecording } from '../../adapter/session/replay.ts';
import { denseCheckpoints, type ReplaySession } from '../../adapter/session/session.ts';
import { moment } from '../../traces/time.ts';
import type { Machine } from '../../vmm/machine/machine.ts';

export const demoElf = join(import.meta.dirname, '../guests/demo/demo.elf');

/** Runs a command line. */
export const chronovisor = async (line: string) => {
  const texts = [new PassThrough(), new PassThrough()].map((stream) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    return { stream: stream as unknown as NodeJS.WriteStream, text: () => Buffer.concat(chunks).toString() };
  });
  const [stdout, stderr] = texts as [(typeof texts)[0], (typeof texts)[0]];
  const stdin = new PassThrough().end() as unknown as NodeJS.ReadStream;
  const host = { stdin, stdout: stdout.stream, stderr: stderr.stream, debug: false, exitCode: 0 };
  const exitCode = await runCli(line.split(' '), host);
  return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
};

/** A folder with `demo.chrono`. */
export const recordDemo = async (): Promise<{ folder: string; trace: string; remove: () => void }> => {
  const folder = mkdtempSync(join(tmpdir(), 'chronovisor-core-'));
  const trace = join(folder, 'demo.chrono');
  await chronovisor(`record -o ${trace} -- -M virt -m 128M -smp 2 -nographic -bios none -kernel ${demoElf}`);
  return { folder, trace, remove: () => rmSync(folder, { recursive: true, force: true }) };
};

export const openAt = (file: string): Promise<ReplaySession> =>
  openRecording({ file, verify: false, checkpoints: denseCheckpoints, console: () => {} });

export const travel = ({ timeline }: ReplaySession, to: number): void => {
  for (const _ of timeline.travel(moment(to)));
};

/** A core file in memory: what was written where, and how long it is. */
export class MemorySink implements CoreSink {
  readonly pieces: { at: number; bytes: Uint8Array }[] = [];
  sizeBytes = 0;

  write(at: number, bytes: Uint8Array): void {
    this.pieces.push({ at, bytes: bytes.slice() });
  }
  end(sizeBytes: number): void {
    this.sizeBytes = sizeBytes;
  }

  /** What a reader of the file would read. */
  read(at: number, sizeBytes: number): Uint8Array {
    const found = new Uint8Array(sizeBytes);
    for (const piece of this.pieces) {
      const from = Math.max(at, piece.at);
      const to = Math.min(at + sizeBytes, piece.at + piece.bytes.length);
      if (from < to) found.set(piece.bytes.subarray(from - piece.at, to - piece.at), from - at);
    }
    return found;
  }
}

export interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly virtual: bigint;
  readonly physical: number;
  readonly sizeBytes: number;
  readonly memoryBytes: number;
}

export const coreOf = (
  machine: Machine,
  request: Partial<CoreRequest> = {},
): { file: MemorySink; written: CoreWritten; segments: readonly Segment[] } => {
  const file = new MemorySink();
  const written = writeCoreOf(machine, { hart: 0, physical: false, command: 'demo', ...request }, file);
  const header = new DataView(file.read(0, 64).buffer);
  const count = header.getUint16(0x38, true);
  const table = new DataView(file.read(64, 56 * count).buffer);
  const segments = Array.from({ length: count }, (_, index) => {
    const at = 56 * index;
    const word = (number: number) => table.getBigUint64(at + 8 * number, true);
    return {
      type: table.getUint32(at, true),
      offset: Number(word(1)),
      virtual: word(2),
      physical: Number(word(3)),
      sizeBytes: Number(word(4)),
      memoryBytes: Number(word(5)),
    };
  });
  return { file, written, segments };
};
