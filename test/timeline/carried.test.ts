/** A state that is carried from one machine to another. */

import { expect, test } from 'vitest';
import { captureState } from '../../vmm/machine/state.ts';
import { SlabWriter } from '../../vmm/timeline/carried-state.ts';
import { Checkpoints } from '../../vmm/timeline/checkpoints.ts';
import { createBench, writeDouble } from '../engine/fixture.ts';

test('its pages are among those that a whole state of the other machine names', () => {
  const [one, other] = [createBench(), createBench()];
  const [from, to] = [new Checkpoints(one, 2 ** 28), new Checkpoints(other, 2 ** 28)];
  writeDouble(one, 0x8010_0000, 5n);
  to.restoreCarried(from.carryPresent(0, new SlabWriter('one')), new SlabWriter('other'));
  expect([...captureState(other, 0, new Uint8Array()).pages()].map(({ index }) => index)).toEqual([256]);
});
