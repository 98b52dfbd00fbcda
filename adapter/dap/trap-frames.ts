/**
 * The user program that a kernel works for, where no call frame information leads through the entry of the trap: its registers
 * by the structure that kernels save them in, of which only the name is known here, or its pc alone by sepc. Both are guesses
 * and are marked so. No structure of a certain kernel is assumed: where members are, the debug information says.
 */

import { xNames } from '../../vmm/isa/register-names.ts';
import { type Hart, privilege } from '../../vmm/machine/hart.ts';
import { littleEndian } from '../program/dwarf/expression.ts';
import type { MachineState } from '../program/dwarf/unwind.ts';
import type { Program } from './program.ts';
import type { Target } from './target.ts';

/** Linux, xv6, and what others call it. */
const structureNames = ['pt_regs', 'trapframe', 'trap_frame', 'TrapFrame', 'TrapContext', 'trap_context'];
const pcNames = ['epc', 'sepc', 'pc'];
const registerSp = 2;
/** The instruction `ecall` (Privileged 3.3.1). */
const environmentCall = 0x73n;
/** mstatus.SPP: whether the last trap came from the kernel itself (Privileged 4.1.1). */
const statusPrevious = 1n << 8n;

export interface UserState {
  readonly state: MachineState;
  readonly program: Program;
  readonly origin: 'trap frame' | 'sepc';
  /** Whether it made an environment call, behind which the kernel has set it already. */
  readonly isCaller: boolean;
}

/**
 * @param outermost the registers of the kernel's last frame that is known: its stack pointer is at the saved registers, or
 *   what entered the kernel has just taken its place below them
 */
export const userState = (target: Target, hart: Hart, outermost: MachineState): UserState | undefined => {
  if (hart.privilege !== privilege.supervisor) return undefined;
  const sp = outermost.readRegister(registerSp);
  const saved = sp === undefined ? undefined : savedState(target, hart, outermost, sp);
  if (saved !== undefined) return saved;
  const pc = hart.get('sepc');
  if ((hart.get('mstatus') & statusPrevious) !== 0n) return undefined;
  const program = target.programs.userAt(hart, pc);
  if (program === undefined) return undefined;
  const state = stateOf(outermost, pc, new Map());
  return { state, program, origin: 'sepc', isCaller: isBehindCall(state) };
};

const savedState = (target: Target, hart: Hart, inner: MachineState, address: bigint): UserState | undefined => {
  const offsets = savedOffsets(target.programs.kernel);
  if (offsets === undefined) return undefined;
  const read = (offset: number | undefined): bigint | undefined => {
    const bytes = offset === undefined ? undefined : inner.readMemory(address + BigInt(offset), 8);
    return bytes && littleEndian(bytes);
  };
  const pc = read(offsets.pc);
  const program = pc === undefined ? undefined : target.programs.userAt(hart, pc);
  if (pc === undefined || program === undefined) return undefined;
  const registers = new Map([...offsets.registers].map(([number, offset]) => [number, read(offset)] as const));
  const state = stateOf(inner, pc, registers);
  return { state, program, origin: 'trap frame', isCaller: isBehindCall(state) };
};

const isBehindCall = ({ pc, readMemory }: MachineState): boolean => {
  const before = readMemory(pc - 4n, 4);
  return before !== undefined && littleEndian(before) === environmentCall;
};

const stateOf = (
  inner: MachineState,
  pc: bigint,
  registers: ReadonlyMap<number, bigint | undefined>,
): MachineState => ({
  pc,
  readRegister: (number) => (number === 0 ? 0n : registers.get(number)),
  readMemory: (address, sizeBytes) => inner.readMemory(address, sizeBytes),
});

interface SavedOffsets {
  readonly pc: number;
  readonly registers: ReadonlyMap<number, number>;
}

const known = new WeakMap<Program, SavedOffsets | 'none'>();

/** Where a kernel's structure has the registers; nothing when it has none of a name that is known. */
const savedOffsets = (kernel: Program): SavedOffsets | undefined => {
  let found = known.get(kernel);
  // Names of a large kernel are collected in the background: until then, nobody knows.
  if (found === undefined && kernel.info !== undefined && kernel.info.names === undefined) return undefined;
  if (found === undefined) {
    found = kernel.try(() => readOffsets(kernel)) ?? 'none';
    known.set(kernel, found);
  }
  return found === 'none' ? undefined : found;
};

const readOffsets = (kernel: Program): SavedOffsets | undefined => {
  for (const name of structureNames) {
    const type = kernel.info?.type(name, ['structure']);
    if (type?.kind !== 'structure') continue;
    let pc: number | undefined;
    const registers = new Map<number, number>();
    for (const { name: member = '', offsetBits, type: memberType } of type.members) {
      const number = member === 'fp' ? 8 : xNames.indexOf(member);
      if (pcNames.includes(member)) pc ??= offsetBits / 8;
      else if (number > 0) registers.set(number, offsetBits / 8);
      else if (memberType?.kind === 'array' && memberType.dimensions[0]?.count === 32) {
        for (let each = 1; each < 32; each++) registers.set(each, offsetBits / 8 + 8 * each);
      }
    }
    if (pc !== undefined) return { pc, registers };
  }
  return undefined;
};
