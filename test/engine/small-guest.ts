/**
 * Small guests for the engine's corners: code laid by the assembler of the random programs, run in every way (ways.ts)
 * to the same states and to one result in a2. Not a test.
 *
 *     machine mode:  physical = virtual                 paged (supervisor mode, Sv39)
 *     code    0x8010_0000, up to 16 pages               0x4000_0000, again at 0x4004_0000
 *     twin    0x8011_0000, up to 16 pages               0x4001_0000, to be mapped in place of code
 *     data    0x8020_0000, 16 pages; the stack's end    0x4010_0000
 *     tables  0x8030_0000                               the last one at 0x401f_f000
 */

import { expect } from 'vitest';
import type { Machine } from '../../vmm/machine/machine.ts';
import { Assembler, Label } from '../oracle/assembler.ts';
import { type Changes, createBench, openMemory, pte, pteOf, S, satpOf, set, writeDouble } from './fixture.ts';
import { checkEqual, type WayName } from './ways.ts';

export const physical = { code: 0x8010_0000, twin: 0x8011_0000, data: 0x8020_0000, tables: 0x8030_0000 } as const;
export const paged = { code: 0x4000_0000, twin: 0x4001_0000, data: 0x4010_0000, window: 0x401f_f000 } as const;
export const aliasBytes = 0x4_0000;
export const stackTop = 0x1_0000;

export const [zero, ra, sp, t0, t1, t2, s0, s1] = [0, 1, 2, 5, 6, 7, 8, 9] as const;
export const [a0, a1, a2, a3, a4, a5, a6, a7] = [10, 11, 12, 13, 14, 15, 16, 17] as const;

export interface SmallGuest {
  /** Lays the code; it begins at the label or else with the first instruction. */
  readonly emit: (asm: Assembler) => Label | undefined;
  /** Lays what begins at `twin`. */
  readonly emitTwin?: (asm: Assembler) => void;
  readonly isPaged?: boolean;
  readonly registers?: Readonly<Record<string, bigint | number>>;
  readonly changes?: Changes;
  /** For a machine with more than a bench has. */
  readonly create?: () => Machine;
  /** What is done to the machine before it runs. */
  readonly prepare?: (machine: Machine, at: (label: Label) => number) => void;
  /** Of hart 0 in the end. */
  readonly result: bigint;
  /** More than enough to come to the end. */
  readonly steps: number;
  readonly strides?: number;
}

/** The guest's last instruction: nothing happens any more. */
export const emitEnd = (asm: Assembler): void => asm.op('jal', { imm: 0n });

/** Runs `emit` a number of times, counted in s1. */
export const emitLoop = (asm: Assembler, times: number, emit: () => void): void => {
  const again = new Label();
  asm.li(s1, BigInt(times));
  asm.bind(again);
  emit();
  asm.addi(s1, s1, -1);
  asm.branch('bne', s1, zero, again);
};

/** A function that saves its link register and s0. */
export const emitFunction = (asm: Assembler, label: Label, body: () => void, link: number = ra): void => {
  asm.bind(label);
  asm.addi(sp, sp, -16);
  asm.store('sd', link, 0, sp);
  asm.store('sd', s0, 8, sp);
  body();
  asm.load('ld', link, 0, sp);
  asm.load('ld', s0, 8, sp);
  asm.addi(sp, sp, 16);
  asm.op('jalr', { rs1: link });
};

export const createSmallGuest = (guest: SmallGuest): Machine => {
  const machine = guest.create?.() ?? createBench(guest.changes);
  const bases = guest.isPaged ? paged : physical;
  const asm = new Assembler(bases.code);
  const start = guest.emit(asm);
  asm.flushLiterals();
  machine.writeRam(physical.code, asm.finish());
  if (guest.emitTwin !== undefined) {
    const twin = new Assembler(bases.twin);
    guest.emitTwin(twin);
    twin.flushLiterals();
    machine.writeRam(physical.twin, twin.finish());
  }
  if (guest.isPaged) layTables(machine);
  for (const hart of machine.harts) {
    set(
      machine,
      {
        pc: start === undefined ? bases.code : asm.addressOf(start),
        sp: bases.data + stackTop - 0x2000 * hart.id,
        mtvec: physical.code + 0xf000,
        ...(guest.isPaged && { ...openMemory, satp: satpOf(physical.tables), privilege: S }),
        mstatus: 0x6000,
        ...guest.registers,
      },
      hart.id,
    );
    hart.setLow('hsmState', 0);
  }
  guest.prepare?.(machine, (label) => asm.addressOf(label));
  return machine;
};

const layTables = (machine: Machine): void => {
  const [root, middle, last] = [0, 1, 2].map((page) => physical.tables + page * 0x1000) as [number, number, number];
  writeDouble(machine, root + 8, pteOf(middle, pte.v));
  writeDouble(machine, middle, pteOf(last, pte.v));
  const map = (page: number, at: number): void => writeDouble(machine, last + 8 * page, pteOf(at, pte.rwxad));
  for (let page = 0; page < 32; page += 1)
    for (const alias of [0, 64]) map(alias + page, physical.code + page * 0x1000);
  for (let page = 0; page < 16; page += 1) map(256 + page, physical.data + page * 0x1000);
  map(511, last);
};

/** Of a page of `code`, counted from 0, as it is in the window. */
export const entryAt = (page: number): number => paged.window + 8 * page;
/** That maps a page of `twin`. */
export const twinEntry = (page: number): bigint => pteOf(physical.twin + page * 0x1000, pte.rwxad);
export const codeEntry = (page: number): bigint => pteOf(physical.code + page * 0x1000, pte.rwxad);

/** Equal states in each way, and the result. */
export const checkSmallGuest = async (guest: SmallGuest): Promise<void> => {
  const strides = guest.strides ?? 8;
  const stride = Math.ceil(guest.steps / strides);
  const machines = await checkEqual({ create: () => createSmallGuest(guest), stride, strides });
  for (const name of Object.keys(machines) as WayName[])
    expect(BigInt.asIntN(64, machines[name].harts[0]!.x(a2)), name).toBe(guest.result);
};

/** A guest that is nothing but its code, which leaves a number after so many steps. */
export const checkCode = (
  result: number,
  steps: number,
  emit: (asm: Assembler) => void,
  rest: Partial<SmallGuest> = {},
): Promise<void> =>
  checkSmallGuest({
    emit: (asm) => {
      emit(asm);
      return undefined;
    },
    result: BigInt(result),
    steps,
    ...rest,
  });
