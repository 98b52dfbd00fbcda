/** Requests about harts: threads, their stacks (of one frame), and the trap that a hart stands behind. */

import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Hart } from '../../vmm/machine/hart.ts';
import type { Debugger } from './debugger.ts';
import { natural, optional, type RequestRow, request, whole } from './request.ts';
import type { Target } from './target.ts';
import { lastTrap, lastTrapWords } from './trap-filters.ts';
import { causeWords, trapCause } from './trap-words.ts';

export const modeName = (hart: Hart): string => ['U-mode', 'S-mode', 'reserved mode', 'M-mode'][hart.privilege]!;

const threadName = (hart: Hart): string => {
  if (hart.low('hsmState') !== 0) return `hart ${hart.id} (not started)`;
  return `hart ${hart.id} (${modeName(hart)}${hart.low('waiting') === 0 ? '' : ', waiting'})`;
};

const frameOf = (session: Debugger, { program }: Target, hart: Hart): DebugProtocol.StackFrame => {
  const pc = hart.get('pc');
  return {
    id: session.handles.frame(hart),
    name: program.symbolic(pc) ?? `0x${pc.toString(16)}`,
    line: 0,
    column: 0,
    instructionPointerReference: `0x${pc.toString(16)}`,
  };
};

export const threadRequests: readonly RequestRow[] = [
  request('threads', {}, (session) => {
    const harts = session.isLaunched ? session.launched('threads').target.machine.harts : [];
    return { threads: harts.map((hart) => ({ id: hart.id + 1, name: threadName(hart) })) };
  }),
  request('stackTrace', { threadId: whole, startFrame: optional(natural) }, (session, { threadId, startFrame }) => {
    const { target } = session.halted('stackTrace');
    const hart = target.hart(threadId);
    return { stackFrames: (startFrame ?? 0) > 0 ? [] : [frameOf(session, target, hart)], totalFrames: 1 };
  }),
  request('scopes', { frameId: whole }, (session, { frameId }) => {
    session.halted('scopes');
    const hart = session.handles.hartOfFrame(frameId);
    const scope = (name: string, kind: 'registers' | 'csrs' | 'float' | 'trap' | 'position', hint?: string) => ({
      name,
      variablesReference: session.handles.group({ kind, hart }),
      expensive: false,
      ...(hint !== undefined && { presentationHint: hint }),
    });
    return {
      scopes: [
        scope('Registers', 'registers', 'registers'),
        scope('Trap', 'trap'),
        scope('CSRs', 'csrs'),
        scope('Floating point', 'float'),
        scope('Position', 'position'),
      ],
    };
  }),
  request('exceptionInfo', { threadId: whole }, (session, { threadId }) => {
    const { target } = session.halted('exceptionInfo');
    const hart = target.hart(threadId);
    if (session.lastArrival?.reason === 'breakpoint') {
      return { exceptionId: 'guest panic', description: 'The guest panics', breakMode: 'always' };
    }
    return {
      exceptionId: causeWords(trapCause(lastTrap(hart).cause)),
      description: lastTrapWords(hart, (address) => target.program.describe(address)),
      breakMode: 'always',
    };
  }),
];
