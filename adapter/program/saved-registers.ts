/**
 * The structure that a kernel saves registers in when a trap is entered, and what it saved when the trap interrupted the kernel
 * itself: where no call frame information leads through the entry, they are what the stack goes on with. Of the structure only
 * the name is known here; where its members are, the debug information says. What a trap interrupted in a user program is not
 * told here.
 */

import { xNames } from '../../vmm/isa/register-names.ts';
import type { DebugInfo } from './debug-info.ts';
import { littleEndian } from './dwarf/expression.ts';
import type { MachineState } from './dwarf/unwind.ts';
import { stripped } from './types/type.ts';

/** Linux's, and what others call it. */
export const savedStructureNames = ['pt_regs', 'trapframe', 'trap_frame', 'TrapFrame', 'TrapContext', 'trap_context'];
const pcNames = ['epc', 'sepc', 'pc'];
const registerSp = 2;
/** Stacks keep this alignment, so entries round the size of the structure up to it (RISC-V psABI, "Integer Calling Convention"). */
const stackAlignment = 16n;

export interface SavedLayout {
  readonly sizeBytes: number;
  readonly pcOffset: number;
  /** Where each register is, by number. */
  readonly registers: ReadonlyMap<number, number>;
}

/**
 * The registers at the moment of the trap, when the stack pointer of a frame is at such a structure: the one that it holds must
 * then be right above the structure. That is so where the entry took the room from the stack that it interrupted.
 */
export const savedRegisters = (info: DebugInfo, state: MachineState): MachineState | undefined => {
  const sp = state.readRegister(registerSp);
  const layout = sp === undefined ? undefined : savedLayout(info);
  const bytes = sp === undefined || layout === undefined ? undefined : state.readMemory(sp, layout.sizeBytes);
  if (sp === undefined || layout === undefined || bytes === undefined) return undefined;
  const wordAt = (offset: number): bigint => littleEndian(bytes.subarray(offset, offset + 8));
  const registers = new Map([[0, 0n], ...[...layout.registers].map(([number, at]) => [number, wordAt(at)] as const)]);
  const above = (registers.get(registerSp) ?? 0n) - sp - BigInt(layout.sizeBytes);
  if (above < 0n || above >= stackAlignment) return undefined;
  return {
    pc: wordAt(layout.pcOffset),
    readRegister: (number) => registers.get(number),
    readMemory: (address, sizeBytes) => state.readMemory(address, sizeBytes),
  };
};

const layouts = new WeakMap<DebugInfo, SavedLayout | 'none'>();

/** Where a kernel's structure has the registers; nothing when it has none of a name that is known. */
export const savedLayout = (info: DebugInfo): SavedLayout | undefined => {
  let layout = layouts.get(info);
  if (layout === undefined) {
    const found = readLayout(info);
    // The names of a large kernel are collected in the background: until then, that there is none is not known.
    if (found === undefined && info.names === undefined) return undefined;
    layout = found ?? 'none';
    layouts.set(info, layout);
  }
  return layout === 'none' ? undefined : layout;
};

const readLayout = (info: DebugInfo): SavedLayout | undefined => {
  for (const name of savedStructureNames) {
    const type = stripped(info.type(name, ['structure']));
    if (type?.kind !== 'structure' || type.sizeBytes === undefined) continue;
    const offsets = new Map(type.members.map((member) => [member.name ?? '', member.offsetBits / 8]));
    const pcOffset = pcNames.map((own) => offsets.get(own)).find((offset) => offset !== undefined);
    const all32 = type.members.find(
      ({ type: own }) => own?.kind === 'array' && own.dimensions[0]?.count === xNames.length,
    );
    const registers = xNames.flatMap((own, number) => {
      const named = offsets.get(own) ?? (own === 's0' ? offsets.get('fp') : undefined);
      const offset = named ?? (all32 && all32.offsetBits / 8 + 8 * number);
      return offset === undefined || number === 0 ? [] : [[number, offset] as const];
    });
    const all = [pcOffset ?? -1, ...registers.map(([, offset]) => offset)];
    const isInside = all.every((offset) => offset >= 0 && offset + 8 <= type.sizeBytes!);
    if (pcOffset !== undefined && isInside)
      return { sizeBytes: type.sizeBytes, pcOffset, registers: new Map(registers) };
  }
  return undefined;
};
