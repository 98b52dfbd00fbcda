/**
 * Where a kernel has saved the registers of the user program that it works for, as far as its structures and variables say: at
 * the stack pointer of its outermost frame, where sscratch points, or where a variable of its functions or of all of it leads,
 * itself or by the structure of a process. Only names are known here, of no certain kernel; where members are, the debug information says.
 */

import type { Hart } from '../../vmm/machine/hart.ts';
import { savedStructureNames } from '../program/saved-registers.ts';
import { type CompositeType, isComposite, stripped, type Type } from '../program/types/type.ts';
import { globalValue } from '../values/globals.ts';
import { elementOf, lengthOf, memberOf, numberOf, type ReadMemory, targetOf, type Value } from '../values/value.ts';
import { readLinked, type ViewFrame } from './frames.ts';
import { frameBlocks, frameValue } from './scope.ts';
import type { Target } from './target.ts';

/** What variables are called that lead to such a structure. */
const variableNames = /^(p|proc|process|task|thread|current|curproc|tf|frame|trap_?frame|regs|ctx|context|cx)$/;
/** What the root of a process's page tables is called in its structure: an address, a page number behind a mode, or a satp. */
const rootNames = /^(satp|page_?table|page_?dir|pgdir|pgtbl|root)$/;
/** Variables of the whole kernel: the process that runs, and what each hart runs, by its number. */
const globalNames = ['current', 'curproc', 'current_process', 'current_task'];
const hartsName = 'cpus';
const framesMax = 32;
const pageBytes = 4096n;
const modeShift = 60n;
const modeSv39 = 8n;

export interface SavedPlace {
  readonly address: bigint;
  /** The process's page tables, when the kernel has others. */
  readonly satp?: bigint;
  /** Whether it is there for the last trap alone, whose pc sepc still has. */
  readonly isLast?: boolean;
}

/** @param frames of the kernel, innermost first */
export function* savedPlaces(
  target: Target,
  hart: Hart,
  frames: readonly ViewFrame[],
  sp: bigint | undefined,
): Generator<SavedPlace> {
  if (sp !== undefined) yield { address: sp };
  yield { address: hart.get('sscratch'), isLast: true };
  for (const frame of frames.slice(-framesMax).reverse()) {
    for (const { variables } of frameBlocks(target, frame)) {
      for (const variable of variables.filter(({ name }) => variableNames.test(name))) {
        const found = frame.program.try(() => placeOf(target, hart, frameValue(target, frame, variable)));
        if (found !== undefined) yield found;
      }
    }
  }
  const { kernel } = target.programs;
  for (const value of kernel.try(() => running(target, hart)) ?? []) {
    const found = kernel.try(() => placeOf(target, hart, value));
    if (found !== undefined) yield found;
  }
}

/** What the kernel's own variables say runs on a hart. */
const running = (target: Target, hart: Hart): readonly Value[] => {
  const { info } = target.programs.kernel;
  const read = reader(target, hart);
  const named = (name: string) => info && globalValue(info, read, [name]);
  const harts = named(hartsName);
  const own = harts && hart.id < (lengthOf(harts) ?? 0) ? elementOf(harts, hart.id) : undefined;
  const type = stripped(own?.type);
  const members = isComposite(type) ? type.members.filter(({ name }) => variableNames.test(name ?? '')) : [];
  const all = [...members.map((member) => memberOf(own!, member, read)), ...globalNames.map(named)];
  return all.filter((value) => value !== undefined);
};

const reader =
  (target: Target, hart: Hart): ReadMemory =>
  (address, sizeBytes) =>
    readLinked(target, hart, address, sizeBytes);

const placeOf = (target: Target, hart: Hart, value: Value): SavedPlace | undefined => {
  const read = reader(target, hart);
  const inner = led(value, read);
  const type = stripped(inner.type);
  if (!isComposite(type)) return undefined;
  if (isSaved(type)) return inner.address === undefined ? undefined : { address: inner.address };
  for (const member of type.members) {
    const saved = typeLedTo(member.type);
    if (saved === undefined || !isSaved(saved)) continue;
    const { address } = led(memberOf(inner, member, read), read);
    const satp = rootOf(hart, inner, type, read);
    if (address !== undefined) return { address, ...(satp !== undefined && satp !== hart.get('satp') && { satp }) };
  }
  return undefined;
};

const isSaved = ({ name }: CompositeType): boolean => savedStructureNames.includes(name ?? '');

/** What a value is, or what it points to. */
const led = (value: Value, read: ReadMemory): Value =>
  stripped(value.type)?.kind === 'pointer' && value.missing === undefined ? targetOf(value, read) : value;

const typeLedTo = (type: Type | undefined): CompositeType | undefined => {
  const own = stripped(type);
  const found = own?.kind === 'pointer' ? stripped(own.target) : own;
  return isComposite(found) ? found : undefined;
};

const rootOf = (hart: Hart, process: Value, { members }: CompositeType, read: ReadMemory): bigint | undefined => {
  const member = members.find(({ name }) => rootNames.test(name ?? ''));
  const root = member && numberOf(memberOf(process, member, read), read);
  if (typeof root !== 'bigint' || root === 0n) return undefined;
  if (root >> modeShift !== 0n) return root;
  const mode = hart.get('satp') >> modeShift || modeSv39;
  return root % pageBytes === 0n ? (mode << modeShift) | (root / pageBytes) : undefined;
};
