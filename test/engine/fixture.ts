/**
 * A small machine whose memory and registers a test writes at will, and instructions placed and run in it. Not a test.
 * Writing state between steps drops what was cached, as the machine's own inputs do.
 */

import { readFileSync } from 'node:fs';
import { readElf } from '../../adapter/program/elf.ts';
import type { MachineConfiguration } from '../../traces/header.ts';
import { moment } from '../../traces/time.ts';
import { encode, type Operands } from '../../vmm/isa/encode.ts';
import type { Hart } from '../../vmm/machine/hart.ts';
import { privilege } from '../../vmm/machine/hart.ts';
import { Machine } from '../../vmm/machine/machine.ts';
import { hostOffset } from '../../vmm/machine/memory.ts';
import { pokeRegister } from '../../vmm/machine/registers.ts';
import type { RunOptions, Stop } from '../../vmm/machine/stops.ts';
import { inTier } from '../support/tier.ts';

export const { user: U, supervisor: S, machine: M } = privilege;
export const ramBytes = 16 << 20;
export const ramEnd = 0x8000_0000 + ramBytes;

export type Changes = Partial<MachineConfiguration>;

const configurationOf = (changes: Changes): MachineConfiguration => ({
  board: 'virt',
  harts: 1,
  ramBytes,
  bios: 'none',
  timePolicy: 'virtual',
  idlePolicy: 'skip',
  timebaseHz: 10_000_000,
  stepsPerTick: 10,
  quantumSteps: 5000,
  append: '',
  devices: [],
  digestStride: 10_000_000,
  ...changes,
});

const outputs = {
  console: () => undefined,
  entropy: (_device: string, sizeBytes: number, taken: number) =>
    Uint8Array.from({ length: sizeBytes }, (_, index) => (taken + index) * 37),
};

/** A machine in which no hart runs until a test starts it: hart 0 is in M, the others are stopped. */
export const createBench = (changes: Changes = {}): Machine => {
  const machine = inTier(
    new Machine(
      { configuration: configurationOf(changes), placements: [], rom: new Uint8Array(0), disks: new Map() },
      outputs,
    ),
  );
  for (const hart of machine.harts.slice(1)) hart.setLow('hsmState', 1);
  return machine;
};

/** The reset vector: a0 takes the hart's number, then the entry is jumped to. */
const resetVector = (entry: bigint): Uint8Array => {
  const rom = new Uint8Array(32);
  const view = new DataView(rom.buffer);
  for (const [index, word] of [0x0000_0297, 0xf140_2573, 0x0182_b283, 0x0002_8067].entries())
    view.setUint32(index * 4, word, true); // auipc t0, 0; csrr a0, mhartid; ld t0, 24(t0); jr t0
  view.setBigUint64(24, entry, true);
  return rom;
};

/** A machine with one of the guests' ELF files in RAM, at its reset. `file` is under test/guests. */
export const createGuest = (file: string, changes: Changes = {}): Machine => {
  const elf = readElf(new Uint8Array(readFileSync(new URL(`../guests/${file}`, import.meta.url))), file);
  const placements = elf.segments.map(({ physicalAddress, bytes }) => ({ address: Number(physicalAddress), bytes }));
  return inTier(
    new Machine(
      { configuration: configurationOf(changes), placements, rom: resetVector(elf.entry), disks: new Map() },
      outputs,
    ),
  );
};

/** An instruction: a word, or a mnemonic with its operands. */
export type Instruction = number | readonly [name: string, operands?: Operands];

export const wordOf = (instruction: Instruction): number =>
  typeof instruction === 'number' ? instruction : encode(instruction[0], instruction[1]);

/** Lays instructions at a physical address, 16-bit ones as two bytes; gives the address after them. */
export const place = (machine: Machine, address: number, ...code: Instruction[]): number => {
  let at = address;
  for (const word of code.map(wordOf)) {
    const sizeBytes = (word & 3) === 3 ? 4 : 2;
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, word, true);
    machine.writeRam(at, bytes.subarray(0, sizeBytes));
    at += sizeBytes;
  }
  return at;
};

/** Sets registers by name; what was cached for the hart is dropped. */
export const set = (machine: Machine, values: Readonly<Record<string, bigint | number>>, hart = 0): void => {
  for (const [register, value] of Object.entries(values))
    pokeRegister(machine.harts[hart]!, register, BigInt.asUintN(64, BigInt(value)));
  machine.translations.dropHart(hart);
};

export const step = (machine: Machine, steps = 1, options: RunOptions = {}): Stop =>
  machine.run(moment(machine.now + steps), options);

/** Opens all memory to S and U: PMP entry 0 everywhere with every right. */
export const openMemory = { pmpaddr0: (1n << 54n) - 1n, pmpcfg0: 0x1fn } as const;

export const writeDouble = (machine: Machine, address: number, value: bigint): void => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, value), true);
  machine.writeRam(address, bytes);
};
export const readDouble = (machine: Machine, address: number): bigint =>
  machine.memory.view.getBigUint64(hostOffset(address), true);

/** Bits of a page-table entry. */
export const pte = { v: 1, r: 2, w: 4, x: 8, u: 16, g: 32, a: 64, d: 128, rwxad: 0xcf } as const;
export const pteOf = (physical: number, bits: number): bigint => ((BigInt(physical) >> 12n) << 10n) | BigInt(bits);
export const satpOf = (root: number, mode = 8): bigint => (BigInt(mode) << 60n) | (BigInt(root) >> 12n);

/** The trap that a hart in M took last, or `undefined` when its count of traps is still `before`. */
export interface TrapSeen {
  readonly cause: bigint;
  readonly epc: bigint;
  readonly tval: bigint;
}
export const machineTrap = (hart: Hart): TrapSeen => ({
  cause: hart.get('mcause'),
  epc: hart.get('mepc'),
  tval: hart.get('mtval'),
});
