/**
 * A machine in which random code (random-code.ts) runs on every hart, interrupted by timers. Not a test.
 *
 *     physical                        virtual (Sv39; page of a base)
 *     0x8000_0000  code               0, again at 64;  its twin at 128, again at 192, or where the program maps it
 *     0x8008_0000  its twin           the same with other operands at the places that programs change
 *     0x8010_0000  data, 4 pages      256, again at 320;  parts of it with other rights and neighbours behind (`oddPages`)
 *     0x8018_0000  stacks             384, 16 pages a hart
 *     0x801f_c000  handler in S       508
 *     0x8030_0000  page tables        the last ones of both roots at 510 and 511
 *     0x8040_0000  handler in M
 *
 * Both roots map the same, but that the second begins with the twins. Timer interrupts switch between them. The base is such in
 * one of four that most pages have the addresses at which the engine has them in linear memory, and in two of four in the upper half
 * of all addresses, in one of these at its very end. In one of eight all of it lies at the end of 2 GiB of RAM, where places in
 * linear memory are negative numbers of 32 bits.
 */

import { csr } from '../../vmm/isa/csr-names.ts';
import type { Machine } from '../../vmm/machine/machine.ts';
import { hostOffset, ramBase } from '../../vmm/machine/memory.ts';
import { Assembler, Label } from '../oracle/assembler.ts';
import { floatValue, integerValue } from '../oracle/corners.ts';
import { Random } from '../oracle/random.ts';
import { createBench, M, openMemory, pte, pteOf, ramBytes, S, satpOf, set, U, writeDouble } from './fixture.ts';
import { type Choices, randomCode } from './random-code.ts';
import { register, rootsDiffer } from './random-words.ts';

/** Physical addresses. */
interface Places {
  readonly code: number;
  readonly twin: number;
  readonly data: number;
  readonly stack: number;
  readonly machineHandler: number;
  readonly supervisorHandler: number;
  readonly roots: readonly [number, number];
}

const placesFrom = (first: number): Places => ({
  code: first,
  twin: first + 0x8_0000,
  data: first + 0x10_0000,
  stack: first + 0x18_0000,
  supervisorHandler: first + 0x1f_c000,
  roots: [first + 0x30_0000, first + 0x30_0000 + (rootsDiffer << 12)],
  machineHandler: first + 0x40_0000,
});

const stackBytes = 0x1_0000;
const largeRamBytes = 2 ** 31;

/** Where each table of the last level that is used begins to serve. */
const virtualBases = [0x4000_0000, -0x20_0000, -0x4000_0000, hostOffset(ramBase)] as const;
const codePages = 32;
const aliasBytes = 64 * 0x1000;

interface Kind {
  readonly mode: 'machine' | 'supervisor' | 'user';
  readonly harts: number;
}

const kindFrom = (random: Random): Kind => ({
  mode: random.pick(['machine', 'supervisor', 'supervisor', 'user', 'user']),
  harts: random.pick([1, 1, 1, 2, 3]),
});

/** The machine of a seed, at moment 0. */
export const createRandomMachine = (seed: number): Machine => {
  const random = new Random(seed);
  const virtualBase = virtualBases[seed % 4]!;
  const isLarge = seed % 8 === 5;
  const places = placesFrom(isLarge ? ramBase + largeRamBytes - ramBytes : ramBase);
  const virtualPage = (page: number): number => virtualBase + page * 0x1000;
  const { mode, harts } = kindFrom(random);
  const choices: Choices = {
    machineMode: mode === 'machine',
    userMode: mode === 'user',
    changeEvery: random.pick([0, 4, 4, 30, 300]),
    trapEvery: random.pick([3, 20, 100]),
    functions: random.pick([3, 8, 24]),
  };
  const machine = createBench({
    harts,
    quantumSteps: harts === 1 ? 5000 : random.pick([7, 150, 5000]),
    ...(isLarge && { ramBytes: largeRamBytes }),
  });
  const { bytes, entry, patches } = randomCode(random, choices);
  if (bytes.length > codePages * 0x1000) throw new Error(`The code of seed ${seed} is ${bytes.length} bytes long.`);
  const twin = bytes.slice();
  for (const at of patches) twin[at + 3]! ^= 1 + random.below(0x7f); // of `addi` the high bits of its immediate
  machine.writeRam(places.code, bytes);
  machine.writeRam(places.twin, twin);
  for (let offset = 0; offset < 0x4000; offset += 8) writeDouble(machine, places.data + offset, integerValue(random));
  const isUser = mode === 'user';
  for (const index of [0, 1] as const) layTables(machine, random, { places, index, virtualBase, isUser });
  machine.writeRam(places.machineHandler, handler(true, random));
  machine.writeRam(places.supervisorHandler, handler(false, random));
  const byAddress = (page: number, physical: number): number => (mode === 'machine' ? physical : virtualPage(page));
  for (const hart of machine.harts) {
    const own = 0x2000 + hart.id * 0x40;
    writeDouble(machine, places.data + own + 8, BigInt(1 + random.below(50)));
    const registers: Record<string, bigint | number> = {};
    for (let number = 1; number < 32; number += 1) {
      registers[`x${number}`] = integerValue(random);
      registers[`f${number}`] = floatValue(random);
    }
    set(
      machine,
      {
        ...registers,
        [`x${register.data}`]: byAddress(256, places.data) + 0x1000 - 0x400,
        [`x${register.own}`]: byAddress(256, places.data) + own,
        [`x${register.window}`]: virtualPage(510),
        [`x${register.alias}`]: mode === 'machine' ? 0 : aliasBytes,
        [`x${register.top}`]: byAddress(384, places.stack) + (hart.id + 1) * stackBytes,
        ...openMemory,
        mstatus: mode === 'machine' ? 0x6008 : 0x6002,
        mtvec: places.machineHandler,
        stvec: virtualPage(508),
        menvcfg: 1n << 63n,
        mcounteren: 7,
        scounteren: 7,
        ...(mode === 'machine'
          ? { mie: 0x82, mip: 2 } // the handler of this first interrupt sets the timer
          : { mideleg: 0x222, mie: 0x222, medeleg: random.oneIn(3) ? 0 : 0xb1ff, satp: satpOf(places.roots[0]) }),
        stimecmp: 40 + hart.id,
        privilege: { machine: M, supervisor: S, user: U }[mode],
        pc: byAddress(0, places.code) + entry,
      },
      hart.id,
    );
    hart.setLow('hsmState', 0);
  }
  return machine;
};

interface Space {
  readonly places: Places;
  /** Which of the roots it is. */
  readonly index: 0 | 1;
  readonly virtualBase: number;
  readonly isUser: boolean;
}

const layTables = (machine: Machine, random: Random, { places, index, virtualBase, isUser }: Space): void => {
  const root = places.roots[index];
  const [middle, last] = [root + 0x1000, root + 0x2000];
  const place = (shift: number): number => 8 * (Math.floor(virtualBase / 2 ** shift) & 0x1ff);
  writeDouble(machine, root + place(30), pteOf(middle, pte.v));
  writeDouble(machine, middle + place(21), pteOf(last, pte.v));
  const user = isUser ? pte.u : 0;
  const map = (page: number, physical: number, bits: number): void =>
    writeDouble(machine, last + 8 * page, pteOf(physical, bits));
  const fresh = random.oneIn(2) ? pte.rwxad : pte.v | pte.r | pte.w | pte.x;
  for (let page = 0; page < codePages; page += 1)
    for (const alias of [0, 64]) {
      const own = [places.code, places.twin][index]! + page * 0x1000;
      const other = [places.twin, places.code][index]! + page * 0x1000;
      map(alias + page, own, fresh | user);
      map(alias + 128 + page, other, fresh | user);
    }
  for (let page = 0; page < 4; page += 1)
    for (const alias of [256, 320]) map(alias + page, places.data + page * 0x1000, fresh | user);
  for (const [page, { physical, bits }] of oddPages(places, last, { fresh, isUser })) map(page, physical, bits);
  for (let page = 0; page < 48; page += 1) map(384 + page, places.stack + page * 0x1000, fresh | user);
  map(508, places.supervisorHandler, pte.rwxad);
  for (const [window, of] of places.roots.entries()) map(510 + window, of + 0x2000, pte.rwxad | user);
};

/** Behind the data: parts of it and others, by page; what is not here is mapped to nothing. */
const oddPages = (
  { data }: Places,
  last: number,
  { fresh, isUser }: { readonly fresh: number; readonly isUser: boolean },
): Map<number, { readonly physical: number; readonly bits: number }> => {
  const user = isUser ? pte.u : 0;
  const readOnly = (fresh & ~pte.w) | user;
  return new Map([
    [260, { physical: data + 0x1000, bits: fresh | pte.u }],
    [261, { physical: data + 0x2000, bits: readOnly }],
    [262, { physical: data, bits: fresh | user }],
    [264, { physical: data + 0x3000, bits: fresh | (pte.u ^ user) }],
    [265, { physical: clintPageOfTime, bits: fresh | user }],
    [266, { physical: data + 0x2000, bits: pte.v | pte.x | user }],
    [267, { physical: data + 0x3000, bits: fresh | user }],
    [268, { physical: last, bits: readOnly }],
  ]);
};
const clintPageOfTime = 0x0200_b000;

/** After an exception the next instruction, which is 4 bytes on; after an interrupt another timer, and another root. */
const handler = (inM: boolean, random: Random): Uint8Array => {
  const asm = new Assembler(0);
  const { handler: work } = register;
  const other = 29;
  const isInterrupt = new Label();
  const names = inM
    ? { cause: csr.mcause, epc: csr.mepc, ip: csr.mip }
    : { cause: csr.scause, epc: csr.sepc, ip: csr.sip };
  asm.readCsr(work, names.cause);
  asm.branch('blt', work, 0, isInterrupt);
  asm.op('lui', { rd: work, imm: random.pick([0x2000n, 0x4000n, 0x6000n]) }); // FS, which programs put to 0
  asm.csr('csrrs', 0, inM ? csr.mstatus : csr.sstatus, work);
  if (random.oneIn(3)) asm.csrImmediate('csrrwi', 0, csr.frm, random.below(8));
  asm.readCsr(work, names.epc);
  asm.addi(work, work, 4);
  asm.writeCsr(names.epc, work);
  if (!inM && random.oneIn(2)) emitSwitch(asm);
  asm.op(inM ? 'mret' : 'sret');
  asm.bind(isInterrupt);
  const ticks = 1 + random.below(random.pick([40, 700, 2000]));
  if (inM) {
    asm.writeCsr(csr.mscratch, other);
    asm.op('lui', { rd: other, imm: 0x0200_4000n });
    asm.readCsr(work, csr.mhartid);
    asm.op('sh3add', { rd: other, rs1: work, rs2: other });
    asm.readCsr(work, csr.time);
    asm.addi(work, work, ticks);
    asm.store('sd', work, 0, other);
    asm.readCsr(other, csr.mscratch);
  } else {
    asm.readCsr(work, csr.time);
    asm.addi(work, work, ticks);
    asm.writeCsr(csr.stimecmp, work);
  }
  asm.writeCsr(names.ip, 0);
  if (!inM && random.oneIn(2)) emitSwitch(asm);
  asm.op(inM ? 'mret' : 'sret');
  return asm.finish();
};

/** To the other root. */
const emitSwitch = (asm: Assembler): void => {
  const [work, other] = [register.handler, 29];
  asm.writeCsr(csr.sscratch, other);
  asm.readCsr(work, csr.satp);
  asm.addi(other, 0, rootsDiffer);
  asm.op('xor', { rd: work, rs1: work, rs2: other });
  asm.writeCsr(csr.satp, work);
  asm.readCsr(other, csr.sscratch);
};
