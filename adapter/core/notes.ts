/**
 * The notes of a core file: each hart as a thread with its registers, what the registers are, and what gdb has no word for.
 * gABI, "Note Section"; the layouts of `elf_prstatus` and `elf_prpsinfo` are those of Linux for 64-bit RISC-V.
 */

import type { Hart } from '../../vmm/machine/hart.ts';
import { controlRegisters, floatRegisters, generalRegisters, targetDescription } from './registers.ts';

/** What the notes say besides registers. */
export interface CoreFacts {
  readonly moment: number;
  /** The guest's clock. */
  readonly ticks: number;
  /** The hart that memory is shown for; the debugger shows it first. */
  readonly hart: number;
  readonly addresses: 'physical' | 'translated';
  /** What was recorded: gdb says it as the command that the core is of. */
  readonly command: string;
}

/** `own` is none of those that others give a meaning without looking at the name. */
const noteType = {
  status: 1,
  floatRegisters: 2,
  process: 3,
  csrs: 0x900,
  description: 0xff00_0000,
  own: 0x4348,
} as const;

const status = { sizeBytes: 376, pidAt: 32, registersAt: 112, floatValidAt: 368 } as const;
const process = { sizeBytes: 136, pidAt: 24, nameAt: 40, nameBytes: 16, argumentsAt: 56, argumentsBytes: 80 } as const;

/** Threads have the numbers of harts, counted from 1: gdb takes 0 for no thread. */
const threadOf = (hart: Hart): number => hart.id + 1;

export const coreNotes = (harts: readonly Hart[], facts: CoreFacts): Uint8Array => {
  // The first thread is the one that a debugger selects.
  const ordered = [...harts].sort((one, other) => Number(other.id === facts.hart) - Number(one.id === facts.hart));
  const [first] = ordered;
  return joined([
    note('CORE', noteType.process, processNote(first === undefined ? 1 : threadOf(first), facts.command)),
    ...ordered.flatMap((hart) => [
      note('CORE', noteType.status, statusNote(hart)),
      note('CORE', noteType.floatRegisters, floatRegisters(hart)),
      note('GDB', noteType.csrs, controlRegisters(hart, facts.ticks)),
    ]),
    note('GDB', noteType.description, text(`${targetDescription()}\0`)),
    note('Chronovisor', noteType.own, text(ownText(harts, facts))),
  ]);
};

const statusNote = (hart: Hart): Uint8Array => {
  const bytes = new Uint8Array(status.sizeBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(status.pidAt, threadOf(hart), true);
  bytes.set(generalRegisters(hart), status.registersAt);
  view.setUint32(status.floatValidAt, 1, true);
  return bytes;
};

const processNote = (thread: number, command: string): Uint8Array => {
  const bytes = new Uint8Array(process.sizeBytes);
  new DataView(bytes.buffer).setUint32(process.pidAt, thread, true);
  bytes.set(text('chronovisor').subarray(0, process.nameBytes - 1), process.nameAt);
  bytes.set(text(command).subarray(0, process.argumentsBytes - 1), process.argumentsAt);
  return bytes;
};

/** JSON, a line, for programs that read the note: gdb knows no mode of a hart and no moment. */
const ownText = (harts: readonly Hart[], { moment, hart, addresses }: CoreFacts): string =>
  JSON.stringify({
    moment,
    hart,
    addresses,
    harts: harts.map(({ id, privilege }) => ({ hart: id, thread: id + 1, mode: modes[privilege] })),
  });

const modes = { 0: 'U', 1: 'S', 3: 'M' } as const;

const note = (name: string, type: number, description: Uint8Array): Uint8Array => {
  const nameBytes = text(`${name}\0`);
  const header = new Uint8Array(12);
  const view = new DataView(header.buffer);
  view.setUint32(0, nameBytes.length, true);
  view.setUint32(4, description.length, true);
  view.setUint32(8, type, true);
  return joined([header, padded(nameBytes), padded(description)]);
};

const text = (characters: string): Uint8Array => new TextEncoder().encode(characters);

const padded = (bytes: Uint8Array): Uint8Array => {
  const whole = new Uint8Array((bytes.length + 3) & -4);
  whole.set(bytes);
  return whole;
};

const joined = (parts: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};
