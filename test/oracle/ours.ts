/**
 * Runs a generated program on this project's machine and gives back its log.
 */

import { moment } from '../../traces/time.ts';
import { encode } from '../../vmm/isa/encode.ts';
import { Machine } from '../../vmm/machine/machine.ts';
import { inTier } from '../support/tier.ts';
import * as layout from './layout.ts';
import type { Program } from './program.ts';

/** Steps after which a program that has not ended is taken to hang; a slot takes about ten, the sums 40,000 a block. */
const stepsAnExecution = 2000;

export const runOurs = (program: Program): Uint8Array => {
  const limit = 1_000_000 + program.executions * stepsAnExecution;
  const machine = runImage(program.image, limit, `The program of seed ${program.seed}`);
  return Uint8Array.from(machine.readRam(layout.logBase, program.logBytes)!);
};

/** The machine after it ran an image at 0x8000_0000 to the end, by way of the finisher. */
export const runImage = (image: Uint8Array, stepsMax: number, what = 'The program'): Machine => {
  const machine = inTier(
    new Machine(
      {
        configuration: {
          board: 'virt',
          harts: 1,
          ramBytes: layout.ramMiB << 20,
          bios: 'none',
          timePolicy: 'virtual',
          idlePolicy: 'skip',
          timebaseHz: 10_000_000,
          stepsPerTick: 10,
          quantumSteps: 5000,
          append: '',
          devices: [],
          digestStride: 10_000_000,
        },
        placements: [{ address: layout.codeBase, bytes: image }],
        rom: jumpTo(layout.codeBase),
        disks: new Map(),
      },
      { console: () => undefined, entropy: (_device, sizeBytes) => new Uint8Array(sizeBytes) },
    ),
  );
  const stop = machine.run(moment(stepsMax));
  if (stop.reason !== 'power')
    throw new Error(
      `${what} must end within ${stepsMax} steps; found stop "${stop.reason}" at step ${machine.now}, ` +
        `pc 0x${machine.harts[0]!.get('pc').toString(16)}. Look for a trap in a handler or a loop.`,
    );
  return machine;
};

/** A boot ROM that goes to RAM's start: lui, addi would sign-extend, so it is built by shifting. */
const jumpTo = (address: number): Uint8Array => {
  const rom = new Uint8Array(16);
  const view = new DataView(rom.buffer);
  const words = [
    encode('addi', { rd: 5, imm: 1n }),
    encode('slli', { rd: 5, rs1: 5, shamt: Math.log2(address) }),
    encode('jalr', { rs1: 5 }),
  ];
  for (const [index, word] of words.entries()) view.setUint32(index * 4, word, true);
  return rom;
};
