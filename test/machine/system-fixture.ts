/** A hart on a small memory, services that remember what they were told, and system instructions in one line. Not a test. */

import { csrNumber } from '../../vmm/isa/csr-names.ts';
import { type SystemOp, systemOps } from '../../vmm/isa/meaning.ts';
import { resetHart } from '../../vmm/machine/csr/reset.ts';
import { Hart, type Privilege, privilege } from '../../vmm/machine/hart.ts';
import { createMemory, hostOffset, ramBase } from '../../vmm/machine/memory.ts';
import { executeSystem, type HartServices } from '../../vmm/machine/system.ts';

const memory = createMemory(1 << 20);
export const { user: U, supervisor: S, machine: M } = privilege;
export const home = 0x8000_0100n;

/** A fresh hart in M at `home`, RAM cleared. */
export const freshHart = (id = 0): Hart => {
  memory.u8.fill(0, hostOffset(ramBase), hostOffset(ramBase) + memory.ramBytes);
  const hart = new Hart(memory, id);
  for (const field of ['steps', 'traps', 'cycleOffset', 'instretOffset'] as const) hart.set(field, 0n);
  resetHart(hart, home);
  return hart;
};

export const at = (hart: Hart, level: Privilege): Hart => {
  hart.setLow('privilege', level);
  return hart;
};

export const setWord = (address: number, value: bigint): void => {
  memory.view.setBigUint64(hostOffset(address), value, true);
};
export const wordAt = (address: number): bigint => memory.view.getBigUint64(hostOffset(address), true);

export interface TestServices extends HartServices {
  told: string[];
  stepCount: number;
  tickCount: number;
}

export const freshServices = (): TestServices => {
  const services: TestServices = {
    told: [],
    stepCount: 100,
    tickCount: 5000,
    ticks: () => services.tickCount,
    steps: () => services.stepCount,
    dropTranslations: (hart) => {
      services.told.push(`drop ${hart.id}`);
    },
    timerChanged: (hart) => {
      services.told.push(`timer ${hart.id}`);
    },
  };
  return services;
};

/** Executes one system instruction at hart.pc as the engine would: pc moves on when the answer is 0. */
export const execute = (hart: Hart, op: SystemOp, word: number, services: HartServices = freshServices()): 0 | 1 => {
  const outcome = executeSystem(hart, systemOps.indexOf(op), word, word, 4, services);
  if (outcome === 0) hart.set('pc', hart.get('pc') + 4n);
  return outcome;
};

type CsrOp = 'csrrw' | 'csrrs' | 'csrrc' | 'csrrwi' | 'csrrsi' | 'csrrci';
const funct3 = { csrrw: 1, csrrs: 2, csrrc: 3, csrrwi: 5, csrrsi: 6, csrrci: 7 } as const;

export const csrWord = (op: CsrOp, csr: string | number, rd: number, source: number): number => {
  const number = typeof csr === 'number' ? csr : csrNumber(csr)!;
  return ((number << 20) | (source << 15) | (funct3[op] << 12) | (rd << 7) | 0x73) >>> 0;
};

const rd = 5;
const rs1 = 6;

/** What an access gave: the old value in rd, or the cause of the trap it raised. */
export type Outcome = bigint | { trap: bigint };

export const access = (
  hart: Hart,
  op: 'csrrw' | 'csrrs' | 'csrrc',
  csr: string | number,
  operand: bigint,
  services: HartServices = freshServices(),
): Outcome => {
  hart.setX(rs1, operand);
  const traps = hart.count('traps');
  execute(hart, op, csrWord(op, csr, rd, rs1), services);
  if (hart.count('traps') === traps) return hart.x(rd);
  return { trap: hart.privilege === M ? hart.get('mcause') : hart.get('scause') };
};

/** Reads with csrrs rd, csr, x0. */
export const readOf = (hart: Hart, csr: string | number, services: HartServices = freshServices()): Outcome => {
  const traps = hart.count('traps');
  execute(hart, 'csrrs', csrWord('csrrs', csr, rd, 0), services);
  if (hart.count('traps') === traps) return hart.x(rd);
  return { trap: hart.privilege === M ? hart.get('mcause') : hart.get('scause') };
};

export const illegal = { trap: 2n } as const;
