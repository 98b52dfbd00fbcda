/** Which of the engine's tiers a test's machine uses; the same tests are run on each. */

import type { Machine } from '../../vmm/machine/machine.ts';

/** CHRONOVISOR_TIER=eager translates at the first arrival, =interpret never; otherwise what is hot is translated. */
export const inTier = (machine: Machine): Machine => {
  const tier = process.env.CHRONOVISOR_TIER;
  if (tier === 'eager') machine.engine.translateEagerly();
  if (tier === 'interpret') machine.engine.translating = false;
  return machine;
};
