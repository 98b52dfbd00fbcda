/** A hart as it leaves reset (Privileged 3.4). What the specification leaves open is zero. */

import { hartStateBytes } from '../../engine/layout.ts';
import { type Hart, privilege } from '../hart.ts';

export const noReservation = 0xffff_ffff_ffff_ffffn;
/** A comparison that never comes true, so that switching Sstc on raises nothing. */
export const neverTicks = 0xffff_ffff_ffff_ffffn;

/**
 * What a hart has done so far is history, which a reset does not undo; mcycle and minstret just go on. Lines are driven by others:
 * whoever changes a timer's compare sees to it that they are driven anew.
 */
const kept = ['steps', 'traps', 'cycleOffset', 'instretOffset', 'lines'] as const;

export const resetHart = (hart: Hart, pc: bigint): void => {
  const history = kept.map((field) => hart.get(field));
  hart.memory.u8.fill(0, hart.base, hart.base + hartStateBytes);
  kept.forEach((field, index) => {
    hart.set(field, history[index]!);
  });
  hart.privilege = privilege.machine;
  hart.set('pc', pc);
  hart.set('reservation', noReservation);
  hart.set('stimecmp', neverTicks);
};
