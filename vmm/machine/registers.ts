/** Registers by name, as a debugger spells them: x and f registers with their ABI names, pc, privilege, CSRs. */

import { type CsrServices, csrByName } from './csr.ts';
import type { Hart, Privilege } from './hart.ts';

/** ABI names of x0 to x31 (calling convention, "Integer Register Convention"). */
// biome-ignore format: two rows of sixteen
export const xNames: readonly string[] = [
  'zero', 'ra', 'sp', 'gp', 'tp', 't0', 't1', 't2', 's0', 's1', 'a0', 'a1', 'a2', 'a3', 'a4', 'a5',
  'a6', 'a7', 's2', 's3', 's4', 's5', 's6', 's7', 's8', 's9', 's10', 's11', 't3', 't4', 't5', 't6',
];

/** ABI names of f0 to f31 ("Floating-point Register Convention"). */
// biome-ignore format: two rows of sixteen
export const fNames: readonly string[] = [
  'ft0', 'ft1', 'ft2', 'ft3', 'ft4', 'ft5', 'ft6', 'ft7', 'fs0', 'fs1', 'fa0', 'fa1', 'fa2', 'fa3', 'fa4', 'fa5',
  'fa6', 'fa7', 'fs2', 'fs3', 'fs4', 'fs5', 'fs6', 'fs7', 'fs8', 'fs9', 'fs10', 'fs11', 'ft8', 'ft9', 'ft10', 'ft11',
];

const xByName = new Map<string, number>([
  ...xNames.map((name, index) => [name, index] as const),
  ...xNames.map((_, index) => [`x${index}`, index] as const),
  ['fp', 8],
]);
const fByName = new Map<string, number>([
  ...fNames.map((name, index) => [name, index] as const),
  ...fNames.map((_, index) => [`f${index}`, index] as const),
]);

/** For peeking and poking between steps, where counters and timers are not what is asked for. */
const still: CsrServices = { ticks: () => 0, steps: (hart) => hart.count('steps'), timerChanged: () => {} };

/** The value, unsigned, or `undefined` when no register has this name. `ticks`: the guest's clock, for `time`. */
export const peekRegister = (hart: Hart, name: string, ticks = 0): bigint | undefined => {
  const x = xByName.get(name);
  if (x !== undefined) return hart.x(x);
  const f = fByName.get(name);
  if (f !== undefined) return hart.f(f);
  if (name === 'pc') return hart.get('pc');
  if (name === 'privilege') return BigInt(hart.privilege);
  return csrByName(name)?.read(hart, { ...still, ticks: () => ticks });
};

export const isRegister = (name: string): boolean =>
  xByName.has(name) || fByName.has(name) || name === 'pc' || name === 'privilege' || csrByName(name) !== undefined;

/** Writes a register as software with every right would: CSRs keep what is legal of the value. */
export const pokeRegister = (hart: Hart, name: string, value: bigint): void => {
  const x = xByName.get(name);
  const f = fByName.get(name);
  if (x !== undefined) hart.setX(x, value);
  else if (f !== undefined) hart.setF(f, value);
  else if (name === 'pc') hart.set('pc', value & ~1n);
  else if (name === 'privilege') hart.setLow('privilege', Number(value & 3n) as Privilege);
  else csrByName(name)?.write?.(hart, value, still);
};
