/**
 * Evaluating what a person typed: expressions of the source, registers and symbols anywhere, and commands in the debug console. A
 * line that begins with `>` goes to the guest's console, with a line end behind it.
 */

import { isRegister } from '../../vmm/machine/registers.ts';
import { noValue } from '../expressions/errors.ts';
import { bitsOf } from '../expressions/evaluate.ts';
import { evaluateWatch, parseWatch } from '../expressions/watch.ts';
import { statsText } from '../stats/stats-text.ts';
import { checkMoment, goTo, positionOf, statsOf, typeText as typeAtConsole } from './custom-requests.ts';
import type { Debugger } from './debugger.ts';
import { registerText } from './register-variables.ts';
import { type Call, optional, type RequestRow, request, text, whole } from './request.ts';
import { scopeOf } from './scope.ts';
import { isAssignable, openable, type Shown, shownText, surroundings, typeText } from './value-variables.ts';
import { namesIn, viewpointOf } from './viewpoint.ts';

interface Command {
  readonly pattern: RegExp;
  readonly usage: string;
  readonly meaning: string;
  readonly run: (session: Debugger, match: RegExpExecArray, call: Call) => string;
}

const commands: readonly Command[] = [
  {
    pattern: /^moment$/,
    usage: 'moment',
    meaning: 'where you are in the recording',
    run: (session) => String(positionOf(session).moment),
  },
  {
    pattern: /^info$/,
    usage: 'info',
    meaning: 'what is debugged',
    run: (session) => {
      const { target } = session.launched('evaluate');
      const { harts, ramBytes, bios, timePolicy } = target.session.header.machine;
      const { moment, end, live } = positionOf(session);
      return [
        `moment ${moment} of ${end}${live ? ', live' : ''}`,
        `${harts} hart${harts === 1 ? '' : 's'}, ${ramBytes / 2 ** 20} MiB, bios ${bios}, ${timePolicy} time`,
        `${target.program.symbolCount} symbols`,
      ].join('\n');
    },
  },
  {
    pattern: /^stats(\s+reset)?$/,
    usage: 'stats [reset]',
    meaning: 'where the time goes and how much there was of what, since the last reset',
    run: (session, [, reset]) => {
      const stats = statsOf(session, { reset: reset !== undefined });
      return `${statsText(stats)}${stats.sampling ? '' : '\nTime is sampled from now on.'}`;
    },
  },
  {
    pattern: /^go\s+(start|end|\d{1,16})$/,
    usage: 'go MOMENT | start | end',
    meaning: 'go to a moment of the recording',
    run: (session, [, where], call) => {
      const { end } = positionOf(session);
      const value = { start: 0, end }[where!] ?? Number(where);
      const destination = checkMoment(session, value, where!);
      call.after(() => goTo(session, destination));
      return `going to moment ${destination}`;
    },
  },
  {
    pattern: /^>\s?([\s\S]*)$/,
    usage: '> TEXT',
    meaning: "type a line at the guest's console, at the live end",
    run: (session, [, typed]) => {
      typeAtConsole(session, `${typed}\r`);
      return '';
    },
  },
  {
    pattern: /^help$/,
    usage: 'help',
    meaning: 'this list',
    run: () => commands.map(({ usage, meaning }) => `${usage.padEnd(24)} ${meaning}`).join('\n'),
  },
];

const numberText = (value: bigint): string => {
  const signed = BigInt.asIntN(64, value);
  const decimal = signed < 0n && signed > -65_536n ? `${signed}` : `${value}`;
  return value < 10n ? `${value}` : `0x${value.toString(16)} (${decimal})`;
};

export const evaluateRequests: readonly RequestRow[] = [
  request(
    'evaluate',
    { expression: text, context: optional(text), frameId: optional(whole) },
    (session, { expression, context, frameId }, call) => {
      const asked = expression.trim();
      if (context === 'repl' || context == null) {
        for (const { pattern, run } of commands) {
          const match = pattern.exec(asked);
          if (match !== null) return { result: run(session, match, call), variablesReference: 0 };
        }
      }
      const { target: whole } = session.halted('evaluate');
      const { target, hart, frame } = viewpointOf(session, whole, frameId);
      const watch = parseWatch(asked, namesIn(frame));
      const value = evaluateWatch(watch, scopeOf(target, hart, frame));
      const { node, letter } = watch;
      if (value.missing !== undefined) throw noValue(node.spot, value.missing);
      const around = surroundings(target, hart);
      if (value.type !== undefined || value.list !== undefined || letter !== undefined) {
        const path = letter === undefined ? asked : asked.slice(0, asked.lastIndexOf(',')).trim();
        const shown: Shown = { hart, value, path, letter, frame };
        const type = typeText(value);
        return {
          result: shownText(target, shown),
          ...(type !== undefined && { type }),
          ...openable(session, target, shown),
          ...(!isAssignable(value) && { presentationHint: { attributes: ['readOnly'] } }),
        };
      }
      const bits = BigInt.asUintN(64, bitsOf(value, around.read) ?? 0n);
      const symbolic = target.program.symbolic(bits);
      const name = node.kind === 'register' ? node.name : node.kind === 'name' ? node.path.join('::') : '';
      const result =
        isRegister(name) && frame.origin === 'pc'
          ? registerText(target, hart, name)
          : `${numberText(bits)}${symbolic === undefined ? '' : ` ${symbolic}`}`;
      return { result, variablesReference: 0, memoryReference: `0x${bits.toString(16)}` };
    },
  ),
];
