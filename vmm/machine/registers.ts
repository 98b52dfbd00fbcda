/** Registers by name, as a debugger spells them: x and f registers with their ABI names, pc, privilege, CSRs. */

import { fNames, xNames } from '../isa/register-names.ts';
import { type CsrServices, csrByName } from './csr.ts';
import type { Hart, Privilege } from './hart.ts';

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
const still: CsrServices = { ticks: () => 0, steps: (hart) => hart.steps, timerChanged: () => {} };

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
  else if (name === 'privilege') hart.privilege = Number(value & 3n) as Privilege;
  else csrByName(name)?.write?.(hart, value, still);
};
