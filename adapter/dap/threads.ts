/** Requests about harts: threads, their stacks and what is in scope there, and the trap that a hart stands behind. */

import type { DebugProtocol } from '@vscode/debugprotocol';
import { type Hart, privilege } from '../../vmm/machine/hart.ts';
import type { SourceLine } from '../program/debug-info.ts';
import type { StackFrame } from '../program/stack.ts';
import type { Debugger } from './debugger.ts';
import { isGuessed, stackOf, type ViewFrame } from './frames.ts';
import type { Group } from './handles.ts';
import { panicWords } from './panic-place.ts';
import type { Program } from './program.ts';
import { natural, optional, type RequestRow, request, whole } from './request.ts';
import { frameBlocks } from './scope.ts';
import type { Target } from './target.ts';
import { lastTrap, lastTrapWords } from './trap-filters.ts';
import { causeWords, idOf, trapCause } from './trap-words.ts';

export const modeNames = ['U-mode', 'S-mode', 'reserved mode', 'M-mode'] as const;

export const modeName = (hart: Hart): string => modeNames[hart.privilege];

const threadName = (hart: Hart): string => {
  if (hart.low('hsmState') !== 0) return `hart ${hart.id} (not started)`;
  return `hart ${hart.id} (${modeName(hart)}${hart.low('waiting') === 0 ? '' : ', waiting'})`;
};

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** What makes a frame other than a call of the kernel that is known for certain. */
const note = ({ programs }: Target, { placed, origin, program, interrupted }: ViewFrame): string => {
  const words = program === programs.kernel ? [] : [program.label];
  if (placed?.frame.inlined === true) words.push('inlined');
  else if (interrupted) words.push(`interrupted${origin === 'call frame information' ? '' : `, by its ${origin}`}`);
  else if (isGuessed(origin)) words.push(`guessed by ${origin}`);
  return words.length === 0 ? '' : ` [${words.join(', ')}]`;
};

const frameOf = (session: Debugger, target: Target, frame: ViewFrame): DebugProtocol.StackFrame => {
  const { sources } = target;
  const { pc, placed, stack, program } = frame;
  // Where a caller is, is its call, not what comes after it.
  const source = placed === undefined ? stack && program.try(() => lineOf(program, stack)) : placed.source;
  return {
    id: session.handles.frame(frame),
    name: `${placed?.frame.name || (program.symbolic(pc) ?? hex(pc))}${note(target, frame)}`,
    ...(source !== undefined && { source: sources.describe(source.file.path) }),
    line: source?.line ?? 0,
    column: source?.column ?? 0,
    instructionPointerReference: hex(pc),
    // VS Code folds frames that are subtle or of a deemphasized source into "Show 5 More", unless they are said to be normal. Who
    // debugs a kernel wants its callers, guessed or without a source; the name says which are guessed.
    presentationHint: 'normal',
  };
};

/** The line of code that is in no function of the debug information, as in assembly. */
const lineOf = ({ info }: Program, stack: StackFrame): SourceLine | undefined => info?.lineAt(stack.lookupPc);

export const threadRequests: readonly RequestRow[] = [
  request('threads', {}, (session) => {
    const harts = session.isLaunched ? session.launched('threads').target.machine.harts : [];
    return { threads: harts.map((hart) => ({ id: hart.id + 1, name: threadName(hart) })) };
  }),
  request(
    'stackTrace',
    { threadId: whole, startFrame: optional(natural), levels: optional(natural) },
    (session, { threadId, startFrame, levels }) => {
      const { target } = session.halted('stackTrace');
      const frames = [...stackOf(target, target.hart(threadId))];
      const first = startFrame ?? 0;
      const end = (levels ?? 0) > 0 ? first + levels! : frames.length;
      return {
        stackFrames: frames.slice(first, end).map((frame) => frameOf(session, target, frame)),
        totalFrames: frames.length,
      };
    },
  ),
  request('scopes', { frameId: whole }, (session, { frameId }) => {
    const { target: kernel } = session.halted('scopes');
    const frame = session.handles.frameOf(frameId);
    const target = kernel.seenFrom(frame.program, frame.satp);
    const { hart } = frame;
    const scope = (name: string, group: Group, hint?: string) => ({
      name,
      variablesReference: session.handles.group(group),
      expensive: false,
      ...(hint !== undefined && { presentationHint: hint }),
    });
    const variables = frameBlocks(target, frame).flatMap((block) => block.variables);
    const isCaller = frame.origin !== 'pc';
    return {
      scopes: [
        ...(variables.some(({ parameter }) => parameter)
          ? [scope('Arguments', { kind: 'arguments', hart, frame }, 'arguments')]
          : []),
        ...(variables.some(({ parameter }) => !parameter)
          ? [scope('Locals', { kind: 'locals', hart, frame }, 'locals')]
          : []),
        isCaller
          ? scope('Registers', { kind: 'restored', hart, frame }, 'registers')
          : scope('Registers', { kind: 'registers', hart }, 'registers'),
        scope('Trap', { kind: 'trap', hart }),
        scope('CSRs', { kind: 'csrs', hart }),
        ...(isCaller ? [] : [scope('Floating point', { kind: 'float', hart })]),
        scope('Position', { kind: 'position', hart }),
      ],
    };
  }),
  request('exceptionInfo', { threadId: whole }, (session, { threadId }) => {
    const { target } = session.halted('exceptionInfo');
    const hart = target.hart(threadId);
    const last = session.lastArrival;
    if ((last?.reason === 'breakpoint' || last?.reason === 'guest') && last.words.length > 0) {
      const exceptionId = last.reason === 'guest' ? 'guest stop' : 'data breakpoint';
      return { exceptionId, description: last.words.join('; '), breakMode: 'always' };
    }
    if (last?.reason === 'breakpoint') {
      return { exceptionId: 'guest panic', description: panicWords(target, hart), breakMode: 'always' };
    }
    const place = (address: bigint) => target.programs.describe(hart, address);
    const { cause, epc, value, from } = lastTrap(hart);
    const words = causeWords(trapCause(cause));
    return {
      exceptionId: words,
      description: lastTrapWords(hart, place),
      breakMode: 'always',
      details: {
        message: `${words}, from ${modeNames[from]} into ${modeName(hart)}`,
        typeName: idOf(trapCause(cause)),
        evaluateName: hart.privilege === privilege.machine ? '$mcause' : '$scause',
        stackTrace: [`cause ${hex(cause)} (${words})`, `epc ${place(epc)}`, `tval ${place(value)}`].join('\n'),
      },
    };
  }),
];
