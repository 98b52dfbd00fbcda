/**
 * The request to begin a frame again: back to the first instruction of its function in this very call, from which one can go
 * forwards again. Nothing of the guest is changed, and what has happened since happens again. A `stopped` event with the
 * reason `restart` follows.
 */

import { type Hart, privilege } from '../../vmm/machine/hart.ts';
import { unknownEntry } from './errors.ts';
import type { ViewFrame } from './frames.ts';
import { InstructionStepsBack } from './instruction-steps-back.ts';
import { callEntry } from './line-places.ts';
import { type RequestRow, request, whole } from './request.ts';
import type { Target } from './target.ts';
import type { Motion, Traveller } from './travel.ts';

const registerSp = 2;

/** Where a frame began: the addresses of its function's entry, and whether a hart is there with the frame's stack. */
interface Entry {
  readonly addresses: readonly bigint[];
  readonly here: (hart: Hart) => boolean;
}

const entryOf = ({ programs }: Target, { hart, program, stack, satp }: ViewFrame): Entry | undefined => {
  const unwound = stack && program.try(() => stack.unwound);
  if (stack?.function === undefined || typeof unwound !== 'object') return undefined;
  const isUser = programs.isUser(program);
  const space = satp ?? hart.get('satp');
  return {
    addresses: program.links.places(callEntry(program, stack.function)),
    here: (other) => {
      if (other.id !== hart.id || (other.privilege === privilege.user) !== isUser) return false;
      return other.x(registerSp) === unwound.cfa && (!isUser || other.get('satp') === space);
    },
  };
};

function* restarted(traveller: Traveller, hart: Hart, { addresses, here }: Entry): Motion {
  const isThere = addresses.includes(hart.get('pc')) && here(hart);
  if (isThere) return { reason: 'restart', hart: hart.id };
  const arrival = yield* traveller.backTo(addresses, here);
  return arrival.reason === 'step' ? { reason: 'restart', hart: hart.id } : arrival;
}

/** Without debug information: to the call, or the trap, that the innermost routine is in, and into it. */
function* reentered(target: Target, traveller: Traveller, hart: Hart): Motion {
  const back = yield* new InstructionStepsBack(target, traveller, hart).out();
  if (back.reason !== 'step') return back;
  const arrival = yield* traveller.step(hart);
  return arrival.reason === 'step' ? { reason: 'restart', hart: hart.id } : arrival;
}

export const restartRequests: readonly RequestRow[] = [
  request('restartFrame', { frameId: whole }, (session, { frameId }, call) => {
    const { target, traveller } = session.halted('restartFrame');
    const frame = session.handles.frameOf(frameId);
    const { hart, level } = frame;
    const entry = entryOf(target, frame);
    if (entry === undefined && level > 0) throw unknownEntry();
    const motion = entry === undefined ? reentered(target, traveller, hart) : restarted(traveller, hart, entry);
    const options = { title: 'Going back to where the frame began', thread: hart.id + 1 };
    call.after(() => session.move(motion, { ...options, backwards: true, searches: true, progress: true }));
  }),
];
