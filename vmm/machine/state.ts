/**
 * A machine's whole state at a moment, with its RAM: taken from a machine, put into one, and compared with one. What comes
 * from a file is judged before it is put anywhere: whatever it holds, a machine that has taken it goes on as a machine does.
 * How it is kept is the trace's; that it is kept compactly, for going back, is timeline/checkpoints.ts's.
 */

import type { StateRecord, TraceState } from '../../traces/states.ts';
import type { Moment } from '../../traces/time.ts';
import {
  dirtyFlags,
  type HartField,
  hartOffset,
  hartStateBytes,
  machineOffset,
  pageBytes,
  pageFlag,
  pageFlagsBase,
  ramOffset,
} from '../engine/layout.ts';
import { allInterrupts, delegableInterrupts, envcfg } from './csr/machine.ts';
import { mstatusKept } from './csr/status.ts';
import { satpModes } from './csr/supervisor.ts';
import { csrRows } from './csr.ts';
import { stateRefused } from './errors.ts';
import { type Machine, machineStateBytes } from './machine.ts';
import { isZeroPage, type MachineMemory } from './memory.ts';

/** RAM as it is now, by what it was at the machine's start: pages that were written since, those of zeros apart. */
export const writtenPages = ({ u8, ramPages }: MachineMemory): number[] => {
  const pages: number[] = [];
  for (let page = 0; page < ramPages; page += 1)
    if ((u8[pageFlagsBase + page]! & pageFlag.changed) !== 0) pages.push(page);
  return pages;
};

/** The present state, to be used before the machine moves. `cursor`: how many inputs of its log it has had. */
export const captureState = (machine: Machine, cursor: number, console: Uint8Array): TraceState => {
  const { memory } = machine;
  const zeroPages: number[] = [];
  const stored: number[] = [];
  for (const page of writtenPages(memory)) (isZeroPage(memory, page) ? zeroPages : stored).push(page);
  return {
    at: machine.now,
    cursor,
    record: machine.save(),
    zeroPages,
    console,
    *pages() {
      for (const index of stored) yield { index, bytes: ramPage(memory, index) };
    },
  };
};

const ramPage = ({ u8 }: MachineMemory, index: number): Uint8Array =>
  u8.subarray(ramOffset + index * pageBytes, ramOffset + (index + 1) * pageBytes);

/**
 * Makes the machine what it was. Pages that the state does not name must hold what they held at the machine's start.
 * @throws {MachineError} when no machine of this kind can be in that state; nothing is changed then
 */
export const loadState = (machine: Machine, state: TraceState): void => {
  const problem = recordProblem(machine, state.at, state.record);
  if (problem !== undefined) throw stateRefused(state.at, problem);
  const { memory } = machine;
  const replace = (index: number): Uint8Array => {
    machine.translations.dropCode(index, true);
    memory.u8[pageFlagsBase + index]! |= dirtyFlags;
    return ramPage(memory, index);
  };
  for (const index of state.zeroPages) replace(index).fill(0);
  for (const { index, bytes } of state.pages()) replace(index).set(bytes);
  machine.restore(state.record);
};

/** How many bytes of entropy devices have had in a state. */
export const entropyTakenIn = ({ record }: TraceState): number =>
  record.machine.length < machineStateBytes ? 0 : viewOf(record.machine).getFloat64(machineOffset.entropyTaken, true);

/** Where the machine differs from a state that is said to be its own; nothing when it does not. */
export const differenceFrom = (machine: Machine, { record, zeroPages, pages }: TraceState): string | undefined => {
  const { memory } = machine;
  const own = machine.save();
  if (!sameNumbers(own.machine, record.machine)) return 'the machine';
  const hart = own.harts.findIndex((bytes, index) => !sameNumbers(bytes, record.harts[index] ?? new Uint8Array()));
  if (hart >= 0) return `hart ${hart}`;
  if (!samePlain(own.wakeups, record.wakeups)) return 'the wake-ups of devices';
  const device = own.devices.find(({ state }, index) => !samePlain(state, record.devices[index]?.state));
  if (device !== undefined) return `device ${device.name}`;
  const unnamed = new Set(writtenPages(memory));
  const pageProblem = (index: number): string => `page ${index} of RAM`;
  for (const index of zeroPages) {
    if (!isZeroPage(memory, index)) return pageProblem(index);
    unnamed.delete(index);
  }
  for (const { index, bytes } of pages()) {
    if (!sameNumbers(ramPage(memory, index), bytes)) return pageProblem(index);
    unnamed.delete(index);
  }
  const missing = unnamed.values().next().value;
  return missing === undefined ? undefined : pageProblem(missing);
};

const sameNumbers = <Numbers extends Uint8Array | Uint32Array>(one: Numbers, other: Numbers): boolean => {
  if (one.length !== other.length) return false;
  for (let index = 0; index < one.length; index += 1) if (one[index] !== other[index]) return false;
  return true;
};

const samePlain = (one: unknown, other: unknown): boolean => {
  if (one instanceof Uint8Array) return other instanceof Uint8Array && sameNumbers(one, other);
  if (one instanceof Uint32Array) return other instanceof Uint32Array && sameNumbers(one, other);
  if (typeof one !== 'object' || one === null || typeof other !== 'object' || other === null) return one === other;
  const [names, others] = [Object.keys(one), Object.keys(other)];
  const value = (of: object, name: string): unknown => (of as Record<string, unknown>)[name];
  return names.length === others.length && names.every((name) => samePlain(value(one, name), value(other, name)));
};

/** What makes a record one that no machine of this kind can have; nothing when there is none. */
const recordProblem = (machine: Machine, at: Moment, record: StateRecord): string | undefined => {
  const { devices } = machine.board;
  const counts = [record.harts.length, record.wakeups.length, record.devices.length];
  const expected = [machine.harts.length, devices.length, devices.length];
  if (counts.join() !== expected.join()) {
    return `${counts[0]} harts, ${counts[1]} wake-ups and ${counts[2]} devices in place of ${expected.join(', ')}`;
  }
  const ofMachine = machineProblem(record.machine, at, machine.harts.length);
  if (ofMachine !== undefined) return ofMachine;
  for (const [id, bytes] of record.harts.entries()) {
    const found = hartProblem(bytes, at);
    if (found !== undefined) return `hart ${id}: ${found}`;
  }
  for (const [index, { name, state }] of record.devices.entries()) {
    const device = devices[index]!;
    if (name !== device.name) return `device ${name} in place of ${device.name}`;
    const found = device.shape(state);
    if (found !== undefined) return `${name}: ${found}`;
  }
  return undefined;
};

const machineProblem = (bytes: Uint8Array, at: Moment, harts: number): string | undefined => {
  if (bytes.length !== machineStateBytes) return `a machine of ${bytes.length} bytes in place of ${machineStateBytes}`;
  const view = viewOf(bytes);
  const count = (field: keyof typeof machineOffset): number => view.getFloat64(machineOffset[field], true);
  const word = (field: keyof typeof machineOffset): number => view.getUint32(machineOffset[field], true);
  if (count('now') !== at) return `the moment ${count('now')} in place of ${at}`;
  for (const field of ['clockTicks', 'clockMoment', 'quantumEnd', 'entropyTaken'] as const) {
    if (!isCount(count(field))) return `${field}: ${count(field)} in place of a whole number below 2^53`;
  }
  if (count('clockMoment') > at) return `a clock that is set later, at ${count('clockMoment')}`;
  if (word('currentHart') >= harts) return `hart ${word('currentHart')} of ${harts} as the present one`;
  if (word('stopped') > 2) return `${word('stopped')} in place of running, off or reset`;
  return undefined;
};

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

/** What software cannot put into these fields, of those that are not plain storage. */
const hartRules: readonly (readonly [HartField, 4 | 8, (value: bigint) => boolean])[] = [
  ['x', 8, (value) => value === 0n], // x0
  ['pc', 8, (value) => (value & 1n) === 0n],
  ['privilege', 4, (value) => value === 0n || value === 1n || value === 3n],
  ['waiting', 4, (value) => value <= 1n],
  ['hsmState', 4, (value) => value <= 1n],
  ['fflags', 4, (value) => value < 32n],
  ['frm', 4, (value) => value < 8n],
  ['mstatus', 8, (value) => (value & ~BigInt(mstatusKept)) === 0n && ((value >> 11n) & 3n) !== 2n],
  ['satp', 8, (value) => [satpModes.bare, satpModes.sv39, satpModes.sv48, satpModes.sv57].includes(satpMode(value))],
  ['mtvec', 8, (value) => (value & 3n) < 2n],
  ['stvec', 8, (value) => (value & 3n) < 2n],
  ['mideleg', 8, (value) => (value & ~delegableInterrupts) === 0n],
  ['mie', 8, (value) => (value & ~allInterrupts) === 0n],
  ['menvcfg', 8, (value) => (value & ~(envcfg.fiom | envcfg.stce)) === 0n],
  ['mcountinhibit', 8, (value) => value < 8n],
  ['mip', 8, (value) => value <= 0xffffn],
  ['lines', 8, (value) => value <= 0xffffn],
];

type SatpMode = (typeof satpModes)[keyof typeof satpModes];
const satpMode = (value: bigint): SatpMode => Number(value >> 60n) as SatpMode;

const hartProblem = (bytes: Uint8Array, at: Moment): string | undefined => {
  if (bytes.length !== hartStateBytes) return `${bytes.length} bytes in place of ${hartStateBytes}`;
  const view = viewOf(bytes);
  const long = (field: HartField): bigint => view.getBigUint64(hartOffset[field], true);
  for (const [field, sizeBytes, isLegal] of hartRules) {
    const value = sizeBytes === 8 ? long(field) : BigInt(view.getUint32(hartOffset[field], true));
    if (!isLegal(value)) return `0x${value.toString(16)} in place of a legal ${field}`;
  }
  for (const { name, cell } of csrRows) {
    if (cell === undefined || (long(cell.field) & ~cell.mask) === 0n) continue;
    return `0x${long(cell.field).toString(16)} in place of a legal ${name}`;
  }
  for (const field of ['steps', 'traps'] as const) {
    const value = view.getFloat64(hartOffset[field], true);
    if (!isCount(value) || value > at) return `${value} ${field} by the moment ${at}`;
  }
  return undefined;
};

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
