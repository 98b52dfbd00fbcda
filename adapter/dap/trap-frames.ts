/**
 * The user program that a kernel works for, where no call frame information leads through the entry of the trap: its registers
 * by the structure that kernels save them in (saved-places.ts says where that may be), or its pc alone by sepc. Both are
 * guesses and are marked so. No structure of a certain kernel is assumed: where members are, the debug information says.
 */

import { type Hart, privilege } from '../../vmm/machine/hart.ts';
import { littleEndian } from '../program/dwarf/expression.ts';
import type { MachineState } from '../program/dwarf/unwind.ts';
import { type SavedLayout, savedLayout } from '../program/saved-registers.ts';
import { readLinked, type ViewFrame } from './frames.ts';
import type { Program } from './program.ts';
import { type SavedPlace, savedPlaces } from './saved-places.ts';
import type { Target } from './target.ts';

const registerSp = 2;
/** The instruction `ecall` (Privileged 3.3.1), and its size. */
const environmentCall = 0x73n;
const callBytes = 4n;
/** mstatus.SPP: whether the last trap came from the kernel itself (Privileged 4.1.1). */
const statusPrevious = 1n << 8n;

export interface UserState {
  readonly state: MachineState;
  readonly program: Program;
  readonly origin: 'trap frame' | 'sepc';
  /** Whether it made an environment call, behind which the kernel has set it already. */
  readonly isCaller: boolean;
  /** The process's page tables, when they are not those that the hart has now. */
  readonly satp?: bigint | undefined;
}

/**
 * @param outermost the registers of the kernel's last frame that is known: its stack pointer is at the saved registers, or
 *   what entered the kernel has just taken its place below them
 * @param frames those of the kernel, innermost first
 */
export const userState = (
  target: Target,
  hart: Hart,
  outermost: MachineState,
  frames: readonly ViewFrame[],
): UserState | undefined => {
  if (hart.privilege !== privilege.supervisor) return undefined;
  const { kernel } = target.programs;
  const layout = kernel.try(() => kernel.info && savedLayout(kernel.info));
  const sp = outermost.readRegister(registerSp);
  for (const place of layout === undefined ? [] : savedPlaces(target, hart, frames, sp)) {
    const saved = savedState(target, hart, outermost, place, layout!);
    if (saved !== undefined) return saved;
  }
  const pc = hart.get('sepc');
  if ((hart.get('mstatus') & statusPrevious) !== 0n) return undefined;
  const program = target.programs.userAt(hart, pc);
  if (program === undefined) return undefined;
  const state = stateOf(outermost.readMemory, pc, new Map());
  return { state, program, origin: 'sepc', isCaller: isBehindCall(state) };
};

const savedState = (
  target: Target,
  hart: Hart,
  { readMemory }: MachineState,
  { address, satp, isLast }: SavedPlace,
  layout: SavedLayout,
): UserState | undefined => {
  const read = (offset: number): bigint | undefined => {
    const bytes = readMemory(address + BigInt(offset), 8);
    return bytes && littleEndian(bytes);
  };
  const pc = read(layout.pcOffset);
  if (pc === undefined) return undefined;
  const trapped = hart.get('sepc');
  if (isLast === true && pc !== trapped && pc !== trapped + callBytes) return undefined;
  const memory = target.seenFrom(target.program, satp).memory;
  const program = target.programs.userAt(hart, pc, memory);
  if (program === undefined) return undefined;
  const registers = new Map([...layout.registers].map(([number, offset]) => [number, read(offset)] as const));
  const own = target.seenFrom(program, satp);
  const state = stateOf((at, sizeBytes) => readLinked(own, hart, at, sizeBytes), pc, registers);
  return { state, program, origin: 'trap frame', isCaller: isBehindCall(state), satp };
};

const isBehindCall = ({ pc, readMemory }: MachineState): boolean => {
  const before = readMemory(pc - callBytes, Number(callBytes));
  return before !== undefined && littleEndian(before) === environmentCall;
};

const stateOf = (
  readMemory: MachineState['readMemory'],
  pc: bigint,
  registers: ReadonlyMap<number, bigint | undefined>,
): MachineState => ({
  pc,
  readRegister: (number) => (number === 0 ? 0n : registers.get(number)),
  readMemory,
});
