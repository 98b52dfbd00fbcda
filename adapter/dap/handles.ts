/**
 * Numbers that stand for frames and for groups of variables while the machine stands still. DAP wants numbers; after the
 * next motion they mean nothing any more.
 */

import type { Hart } from '../../vmm/machine/hart.ts';
import { unknownFrame, unknownReference } from './errors.ts';
import type { ViewFrame } from './frames.ts';
import type { CallTarget } from './line-steps.ts';
import type { CodePlaces } from './source-places.ts';
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
  readonly #calls = new Map<number, CallTarget>();
  readonly #code = new Map<number, readonly CodePlaces[]>();

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

  /** A call that can be stepped into. */
  call(call: CallTarget): number {
    this.#calls.set(this.#next, call);
    return this.#next++;
  }

  /** Code that can be gone to. */
  code(places: readonly CodePlaces[]): number {
    this.#code.set(this.#next, places);
    return this.#next++;
  }

  /** @throws {DapError} when the number is not one of the present stop */
  callOf(id: number): CallTarget {
    const call = this.#calls.get(id);
    if (call === undefined) throw unknownReference(id);
    return call;
  }

  /** @throws {DapError} when the number is not one of the present stop */
  codeOf(id: number): readonly CodePlaces[] {
    const places = this.#code.get(id);
    if (places === undefined) throw unknownReference(id);
    return places;
  }

  /** The machine moves. Numbers go on, so that an old one is never taken for a new one. */
  forget(): void {
    this.#frames.clear();
    this.#groups.clear();
    this.#calls.clear();
    this.#code.clear();
  }
}
