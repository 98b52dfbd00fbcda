/**
 * Numbers that stand for frames and for groups of variables while the machine stands still. DAP wants numbers; after the
 * next motion they mean nothing any more.
 */

import type { Hart } from '../../vmm/machine/hart.ts';
import { unknownFrame, unknownReference } from './errors.ts';
import type { ViewFrame } from './frames.ts';
import type { Shown } from './value-variables.ts';

/** What can be opened in the variables view. */
export type Group =
  | { readonly kind: 'registers' | 'csrs' | 'float' | 'trap' | 'position'; readonly hart: Hart }
  | { readonly kind: 'fields'; readonly hart: Hart; readonly register: string }
  /** What a caller's registers were; what nobody has saved is not known. */
  | { readonly kind: 'restored'; readonly hart: Hart; readonly frame: ViewFrame }
  | { readonly kind: 'arguments' | 'locals'; readonly hart: Hart; readonly frame: ViewFrame }
  /** What a value consists of. */
  | ({ readonly kind: 'parts' } & Shown);

/** Frames and groups have numbers of their own kinds in DAP; here they share one sequence, so that none is mistaken. */
export class Handles {
  #next = 1;
  readonly #frames = new Map<number, ViewFrame>();
  readonly #groups = new Map<number, Group>();

  frame(frame: ViewFrame): number {
    this.#frames.set(this.#next, frame);
    return this.#next++;
  }

  group(group: Group): number {
    this.#groups.set(this.#next, group);
    return this.#next++;
  }

  /** @throws {DapError} when the number is not one of the present stop */
  frameOf(id: number): ViewFrame {
    const frame = this.#frames.get(id);
    if (frame === undefined) throw unknownFrame(id);
    return frame;
  }

  /** @throws {DapError} when the number is not one of the present stop */
  groupOf(reference: number): Group {
    const group = this.#groups.get(reference);
    if (group === undefined) throw unknownReference(reference);
    return group;
  }

  /** The machine moves. Numbers go on, so that an old one is never taken for a new one. */
  forget(): void {
    this.#frames.clear();
    this.#groups.clear();
  }
}
