/**
 * Going to where the guest panics, wherever one is in the recording:
 *
 *     chronovisor/goToPanic  {}  ->  nothing; to the last call of `panic` in all of the recording
 *
 * A `stopped` event with reason `goto` follows. Where the guest never panics, it is told so and one stays where one was.
 */

import type { Debugger, Launched } from './debugger.ts';
import { noPanic } from './errors.ts';
import type { Program } from './program.ts';
import { type RequestRow, request } from './request.ts';
import { panicSymbol } from './trap-filters.ts';
import type { Motion } from './travel.ts';

const panicAddresses = (program: Program): readonly bigint[] => {
  const address = program.find(panicSymbol)?.address;
  return address === undefined ? [] : program.links.places(address);
};

/** To the last panic of the recording; to `otherwise` where there is none. */
export function* toLastPanic({ target, traveller }: Launched, otherwise = target.timeline.end): Motion {
  yield* traveller.goTo(target.timeline.end);
  const addresses = panicAddresses(target.program);
  const found = addresses.length === 0 ? undefined : yield* traveller.backTo(addresses, () => true);
  if (found?.reason === 'step') return { reason: 'goto', hart: found.hart };
  return yield* traveller.goTo(otherwise);
}

function* orTold(session: Debugger, launched: Launched): Motion {
  const { timeline } = launched.target;
  const before = timeline.now;
  const arrival = yield* toLastPanic(launched, before);
  if (timeline.now === before) {
    session.send('output', { category: 'console', output: 'The guest never panics in this recording.\n' });
  }
  return arrival;
}

export const panicRequests: readonly RequestRow[] = [
  request('chronovisor/goToPanic', {}, (session, _, call) => {
    const launched = session.halted('chronovisor/goToPanic');
    if (panicAddresses(launched.target.program).length === 0) throw noPanic();
    const options = { title: 'Searching for a panic', backwards: true, progress: true };
    call.after(() => session.move(orTold(session, launched), options));
  }),
];
