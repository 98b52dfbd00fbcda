/**
 * From where a request looks at the target: a frame, and the target with names and types as that frame's program has them.
 * Every request that reads an expression or a value goes through here; what names mean there is in scope.ts.
 */

import type { Hart } from '../../vmm/machine/hart.ts';
import type { Names } from '../expressions/parse.ts';
import type { Debugger } from './debugger.ts';
import { stackOf, type ViewFrame } from './frames.ts';
import type { Group } from './handles.ts';
import { namesAt } from './scope.ts';
import type { Target } from './target.ts';

export interface Viewpoint {
  readonly target: Target;
  readonly hart: Hart;
  readonly frame: ViewFrame;
}

/** The innermost frame of a hart: there always is one. */
export const innermostOf = (target: Target, hart: Hart): ViewFrame => {
  for (const frame of stackOf(target, hart)) return frame;
  throw new Error('a hart without a frame');
};

/**
 * The frame that a client names, or the innermost one of the current hart.
 * @throws {DapError} when the number is not one of the present stop
 */
export const viewpointOf = (session: Debugger, target: Target, frameId: number | null | undefined): Viewpoint => {
  const frame =
    frameId == null ? innermostOf(target, session.hartOf(undefined, target)) : session.handles.frameOf(frameId);
  return { target: target.seenFrom(frame.program, frame.satp), hart: frame.hart, frame };
};

/** The target as the program of a group of variables has it. */
export const seenByGroup = (target: Target, group: Group): Target => {
  const frame = 'frame' in group ? group.frame : undefined;
  return target.seenFrom(frame?.program ?? target.programs.at(group.hart), frame?.satp);
};

/** Which names there are in a frame. */
export const namesIn = (frame: ViewFrame): Names => namesAt(frame.program, undefined, frame);
