/**
 * The registers of a core file: which ones gdb is told of, and the bytes that hold them. The layout of the general and the
 * floating-point ones is that of Linux for RISC-V (`user_regs_struct`, `__riscv_d_ext_state`), which gdb also takes for
 * machines without a system; that of the CSRs is the order of the description.
 */

import { fNames, xNames } from '../../vmm/isa/register-names.ts';
import { csrRows } from '../../vmm/machine/csr.ts';
import type { Hart } from '../../vmm/machine/hart.ts';
import { peekRegister } from '../../vmm/machine/registers.ts';

const wordBytes = 8;
/** gdb's own numbers: x0 to x31, pc, f0 to f31, then a CSR each. A CSR of a core file is found by this number. */
const gdbNumber = { pc: 32, f0: 33, csr0: 65 } as const;

/** The pc stands where x0, which holds nothing, would. */
export const generalRegisters = (hart: Hart): Uint8Array =>
  words([hart.get('pc'), ...xNames.slice(1).map((_, index) => hart.x(index + 1))]);

export const floatRegisters = (hart: Hart): Uint8Array =>
  words([...fNames.map((_, index) => hart.f(index)), peekRegister(hart, 'fcsr') ?? 0n]);

/** @param ticks the guest's clock, for the register `time` */
export const controlRegisters = (hart: Hart, ticks: number): Uint8Array =>
  words(csrRows.map(({ name }) => peekRegister(hart, name, ticks) ?? 0n));

const words = (values: readonly bigint[]): Uint8Array => {
  const bytes = new Uint8Array(wordBytes * values.length);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) view.setBigUint64(wordBytes * index, value, true);
  return bytes;
};

/** The registers in the words of gdb (Debugging with GDB, "RISC-V Features"). Without it gdb asks for no CSR. */
export const targetDescription = (): string => {
  const feature = (name: string, registers: readonly string[]): string =>
    `<feature name="org.gnu.gdb.riscv.${name}">${registers.join('')}</feature>`;
  const register = (name: string, type: string, number: number): string =>
    `<reg name="${name}" bitsize="64" type="${type}" regnum="${number}"/>`;
  return [
    '<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd"><target><architecture>riscv:rv64</architecture>',
    // The processes of a system have no CSRs: gdb would not read them.
    '<osabi>none</osabi>',
    feature('cpu', [
      ...xNames.map((name, index) => register(name, 'int', index)),
      register('pc', 'code_ptr', gdbNumber.pc),
    ]),
    feature(
      'fpu',
      fNames.map((name, index) => register(name, 'ieee_double', gdbNumber.f0 + index)),
    ),
    feature(
      'csr',
      csrRows.map(({ name, number }) => register(name, 'int', gdbNumber.csr0 + number)),
    ),
    '</target>',
  ].join('');
};
