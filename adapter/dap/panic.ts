/**
 * Going to where the guest panics, wherever one is in the recording:
 *
 *     chronovisor/goToPanic  {}  ->  nothing; to where it panics last in all of the recording
 *
 * A `stopped` event with reason `exception` follows. Where the guest never panics, it is told so and one stays where one was.
 */

import type { Breakpoint } from './breakpoints.ts';
import type { Debugger, Launched } from './debugger.ts';
import { noPanic } from './errors.ts';
import { panicSymbol } from './panic-place.ts';
import type { Program } from './program.ts';
import { type RequestRow, request } from './request.ts';
import type { Motion } from './travel.ts';

const panicAddresses = (program: Program): readonly bigint[] => {
  const address = panicSymbol(program)?.address;
  return address === undefined ? [] : program.links.places(address);
};

/** What a stop there is told as: a stop at a panic that was asked for. */
const breakpoint: Breakpoint = { id: 0, origin: 'panic', name: 'panic', key: '', addresses: [], hits: 0 };

/** To the last panic of the recording; to `otherwise` where there is none. */
export function* toLastPanic({ target, traveller }: Launched, otherwise = target.timeline.end): Motion {
  const addresses = panicAddresses(target.program);
  yield* traveller.goTo(target.timeline.end);
  if (addresses.length === 0) return yield* traveller.goTo(otherwise);
  // A machine that is still being recorded may stand at the panic, which is then not behind it.
  const here = target.machine.harts.find((hart) => addresses.includes(hart.get('pc')));
  const found = here === undefined ? yield* traveller.backTo(addresses, () => true) : { reason: 'step', hart: here.id };
  if (found.reason !== 'step' || found.hart === undefined) return yield* traveller.goTo(otherwise);
  return { reason: 'breakpoint', hart: found.hart, breakpoints: [breakpoint], words: [] };
}

function* orTold(session: Debugger, launched: Launched): Motion {
  const { timeline } = launched.target;
  const before = timeline.now;
  const arrival = yield* toLastPanic(launched, before);
  if (arrival.reason !== 'breakpoint') {
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
