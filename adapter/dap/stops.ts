/** What the client is told when a motion has ended: why, in a word that it knows and in words for people. */

import type { DebugProtocol } from '@vscode/debugprotocol';
import { machineBase, machineOffset } from '../../vmm/engine/layout.ts';
import type { Hart } from '../../vmm/machine/hart.ts';
import type { Machine } from '../../vmm/machine/machine.ts';
import { DivergenceError } from '../../vmm/replay/divergence.ts';
import type { CallSite } from './line-places.ts';
import { panicWords } from './panic-place.ts';
import type { Target } from './target.ts';
import { lastTrapWords } from './trap-filters.ts';
import type { Arrival } from './travel.ts';

export type StoppedBody = DebugProtocol.StoppedEvent['body'];

/** The hart that is about to make a step, or made the last one. */
export const currentHart = (machine: Machine): Hart =>
  machine.harts[machine.memory.i32[(machineBase + machineOffset.currentHart) >>> 2]!]!;

/** `thread`: what the person asked for, to be looked at where the motion itself names no hart. */
export const stoppedBody = (target: Target, arrival: Arrival, thread: number | undefined): StoppedBody => {
  const hart = 'hart' in arrival && arrival.hart !== undefined ? arrival.hart + 1 : undefined;
  const threadId = hart ?? thread ?? currentHart(target.machine).id + 1;
  return { threadId, allThreadsStopped: true, ...reasonOf(target, arrival) };
};

/**
 * A stop as VS Code needs to be told of it. It turns to a stopped frame, which fills its views, only where the frame has
 * source text or the reason is this one; for this one it opens the disassembly, too. This is
 * for stops where the source is not known. The true reason is in the description, and nothing that VS Code does for other
 * reasons works without source text.
 */
export const asInstructionStop = (body: StoppedBody): StoppedBody => ({
  ...body,
  reason: 'instruction breakpoint',
  description: body.description ?? `Paused on ${body.reason}`,
});

/** Whether the place of a stop has a source file on this computer. */
export const hasSource = ({ programs, sources, machine }: Target, { threadId }: StoppedBody): boolean => {
  const hart = machine.harts[(threadId ?? 1) - 1];
  const program = hart && programs.at(hart);
  const pc = hart?.get('pc');
  const info = program?.info;
  if (program === undefined || pc === undefined || info === undefined) return false;
  const line = program.try(() => info.lineAt(program.links.linked(pc)));
  return line !== undefined && sources.locate(line.file.path) !== undefined;
};

type Reason = Pick<StoppedBody, 'reason' | 'description' | 'text' | 'hitBreakpointIds'>;

const reasonOf = (target: Target, arrival: Arrival): Reason => {
  switch (arrival.reason) {
    case 'start':
      return { reason: 'pause', description: 'Reached the start of the recording' };
    case 'end':
      return { reason: 'pause', description: endWords(target) };
    case 'power':
      return { reason: 'pause', description: endWords(target), text: powerWords(arrival.action, arrival.exitCode) };
    case 'trap': {
      const hart = target.machine.harts[arrival.hart]!;
      const words = lastTrapWords(hart, (address) => target.programs.describe(hart, address));
      return { reason: 'exception', description: `Paused on ${words}`, text: words };
    }
    case 'breakpoint':
      return { ...breakpointReason(target, arrival), ...(arrival.words.length > 0 && textOf(arrival.words)) };
    case 'guest':
      return {
        reason: 'guest stop',
        description: `Paused where ${arrival.words.join('; ')}`,
        ...textOf(arrival.words),
      };
    case 'unmoved':
      return { reason: 'pause', description: 'This hart has made no step before this moment' };
    case 'step':
      if (arrival.trapped === true) {
        const hart = target.machine.harts[arrival.hart]!;
        const words = lastTrapWords(hart, (address) => target.programs.describe(hart, address));
        return { reason: 'step', description: `Paused after ${words}` };
      }
      return { reason: 'step', ...(atEdge(target) ?? {}) };
    case 'pause':
      return { reason: 'pause', description: 'Paused', ...(atEdge(target) ?? {}) };
    case 'goto':
    case 'restart':
      return { reason: arrival.reason, ...(atEdge(target) ?? {}) };
  }
};

const textOf = (words: readonly string[]) => ({ text: words.join('\n') });

/** A step or a jump that ended at an end of the recording says so. */
const atEdge = ({ timeline, session }: Target): Pick<StoppedBody, 'description'> | undefined => {
  if (timeline.now === timeline.start) return { description: 'At the start of the recording' };
  return timeline.now === timeline.end && session.kind === 'replay'
    ? { description: 'At the end of the recording' }
    : undefined;
};

const breakpointReason = (
  target: Target,
  { hart, breakpoints }: Extract<Arrival, { reason: 'breakpoint' }>,
): Reason => {
  const hitBreakpointIds = breakpoints.map(({ id }) => id);
  const panic = breakpoints.find(({ origin }) => origin === 'panic');
  if (panic !== undefined)
    return {
      reason: 'exception',
      description: 'Paused on guest panic',
      text: panicWords(target, target.machine.harts[hart]!),
    };
  const first = breakpoints[0]?.origin ?? 'instruction';
  const origin = first.startsWith('source:') ? 'breakpoint' : `${first} breakpoint`;
  return { reason: origin, description: `Paused on ${origin}`, hitBreakpointIds };
};

const endWords = ({ session }: Target): string =>
  session.kind === 'replay' && !session.trace.complete
    ? 'Reached the end of the recording, which was cut off here'
    : 'Reached the end of the recording';

export const powerWords = (action: 'off' | 'reset', exitCode: number): string =>
  action === 'off' ? `The guest powered off with exit code ${exitCode}` : 'The guest asked for a reset';

/** A motion that could not go on, such as a replay that differs from its recording. */
export const stoppedAfterError = (target: Target, error: unknown): StoppedBody => ({
  reason: 'exception',
  description: error instanceof DivergenceError ? 'Paused on divergence' : 'Paused on an error',
  text: error instanceof Error ? error.message : String(error),
  threadId: currentHart(target.machine).id + 1,
  allThreadsStopped: true,
});

/** A breakpoint on a line that calls an inlined function shows that line, not what it calls. */
export const siteOf = (
  target: Target,
  { hart: id, breakpoints }: Extract<Arrival, { reason: 'breakpoint' }>,
): CallSite | undefined => {
  const hart = target.machine.harts[id]!;
  for (const { siteAt } of breakpoints) {
    const inlined = siteAt?.(hart);
    if (inlined !== undefined) return { hart: id, moment: target.timeline.now, inlined };
  }
  return undefined;
};
