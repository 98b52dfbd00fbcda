/**
 * Requests that name places to go to: the calls that a line makes, to step into one of them, and the executions of a line. The
 * guest's pc is never set: to "go to" a line is to run to its next execution, or back to the last one, which the protocol has no
 * request for:
 *
 *     chronovisor/goToLast  {threadId, source, line, column?}  ->  nothing; back to the last execution of the line
 *
 * A `stopped` event follows, with reason `goto`, or at the end or start of the recording where there is none.
 */

import type { DebugProtocol } from '@vscode/debugprotocol';
import * as v from 'valibot';
import type { Hart } from '../../vmm/machine/hart.ts';
import { inlinedCallsOf } from '../program/inlined-calls.ts';
import { callsOf } from './calls.ts';
import type { Debugger } from './debugger.ts';
import { noCode } from './errors.ts';
import type { ViewFrame } from './frames.ts';
import type { CallTarget } from './line-steps.ts';
import { natural, optional, type RequestRow, request, text, whole } from './request.ts';
import { type CodePlaces, linePlaces } from './source-places.ts';
import type { Target } from './target.ts';
import type { Arrival, Motion } from './travel.ts';
import type { Watch } from './watches.ts';

interface NamedCall {
  readonly label: string;
  readonly line: number;
  readonly column?: number;
  readonly target: CallTarget;
}

/** The calls of the line that a frame is at, those that were inlined too. */
const callsOfLine = (target: Target, { hart, program, stack, placed, state }: ViewFrame): readonly NamedCall[] => {
  const { info } = program;
  const source = placed?.source;
  if (info === undefined || stack?.function === undefined || source === undefined) return [];
  const own = stack.function;
  const chainOf = (address: bigint) =>
    info
      .framesAt(address)
      .slice(0, -1)
      .map(({ frame }) => frame.entry.offset)
      .reverse();
  const depth = info
    .framesAt(stack.lookupPc)
    .findIndex(({ frame }) => frame.entry.offset === placed?.frame.entry.offset);
  const chain = chainOf(state.pc);
  const shown = chain.slice(0, chain.length - Math.max(0, depth)).join();
  const direct = callsOf(target, hart, program, own).flatMap(({ at, target: aim }): NamedCall[] => {
    const line = info.lineAt(at);
    if (line?.line !== source.line || line.file.path !== source.file.path || chainOf(at).join() !== shown) return [];
    const label = aim === undefined ? 'the function that a pointer leads to' : (program.symbolic(aim) ?? hex(aim));
    return [{ label, line: line.line, column: line.column, target: { at } }];
  });
  const inlined = inlinedCallsOf(info, source.file.path, source.line)
    .filter((call) => call.function === own && call.around.join() === shown)
    .map(({ name, line, column, address, entry }) => ({
      label: `${name} [inlined]`,
      line,
      column,
      target: { at: address, inlined: entry.offset },
    }));
  return [...direct, ...inlined].sort((one, other) => (one.target.at < other.target.at ? -1 : 1));
};

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** Where a hart is at one of some places of the programs that they are of. */
const watchOf = ({ programs }: Target, places: readonly CodePlaces[], hart: Hart): Watch => ({
  addresses: places.flatMap(({ program, addresses }) => addresses.flatMap((each) => program.links.places(each))),
  here: (other) => other.id === hart.id && places.some(({ program }) => program === programs.at(other)),
});

function* asGoto(motion: Motion): Motion {
  const arrival: Arrival = yield* motion;
  return arrival.reason === 'step' ? { reason: 'goto', hart: arrival.hart } : arrival;
}

const place = { source: v.object({ path: optional(text) }), line: natural, column: optional(natural) };

/** @throws {DapError} when the line has no code */
const placesOf = (session: Debugger, path: string, line: number, column: number | undefined) => {
  const { programs, sources } = session.launched('gotoTargets').target;
  const found = linePlaces(sources, path, line, column);
  const hasInfo = programs.all.some(({ info }) => info !== undefined);
  if (found === undefined) throw noCode(`${path}:${line}`, hasInfo);
  return found;
};

export const targetRequests: readonly RequestRow[] = [
  request('stepInTargets', { frameId: whole }, (session, { frameId }) => {
    const { target } = session.halted('stepInTargets');
    const frame = session.handles.frameOf(frameId);
    const calls = frame.program.try(() => callsOfLine(target, frame)) ?? [];
    return {
      targets: calls.map(({ target: call, ...words }): DebugProtocol.StepInTarget => {
        return { id: session.handles.call(call), ...words };
      }),
    };
  }),
  request('gotoTargets', place, (session, { source, line, column }) => {
    const path = source.path ?? '';
    const found = placesOf(session, path, line, column ?? undefined);
    const [first] = found.places.flatMap(({ addresses }) => addresses);
    const id = session.handles.code(found.places);
    const label = `the next execution of line ${found.line}`;
    const reference = first === undefined ? {} : { instructionPointerReference: hex(first) };
    return { targets: [{ id, label, line: found.line, ...reference }] };
  }),
  request('goto', { threadId: whole, targetId: whole }, (session, { threadId, targetId }, call) => {
    const { target, traveller } = session.halted('goto');
    const hart = target.hart(threadId);
    const watch = watchOf(target, session.handles.codeOf(targetId), hart);
    call.after(() => session.move(asGoto(traveller.forward(watch)), { title: 'Running to a line', thread: threadId }));
  }),
  request(
    'chronovisor/goToLast',
    { threadId: whole, ...place },
    (session, { threadId, source, line, column }, call) => {
      const { target, traveller } = session.halted('chronovisor/goToLast');
      const hart = target.hart(threadId);
      const { addresses, here } = watchOf(
        target,
        placesOf(session, source.path ?? '', line, column ?? undefined).places,
        hart,
      );
      const options = {
        title: 'Searching backwards',
        thread: threadId,
        backwards: true,
        searches: true,
        progress: true,
      };
      call.after(() => session.move(asGoto(traveller.backTo(addresses, here)), options));
    },
  ),
];
