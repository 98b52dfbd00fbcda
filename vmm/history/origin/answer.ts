/**
 * The answer to "where did this value come from": a graph of the steps that moved it, from the bytes that were asked about
 * back to where each of them began. Plain data, but for its big integers.
 *
 * A node is a step and some bytes that it wrote. Its inputs are what these bytes were made of, as they were before the
 * step; each can be asked about itself at the node's moment. `from` says which nodes wrote the bytes of an input; where
 * it says nothing, the input was not followed.
 */

import type { Place } from './place.ts';

export type Origin =
  /**
   * Said by the instruction: an immediate, its own address or the next one's, or whether sc succeeded; or computed from
   * nothing but constants.
   */
  | { readonly kind: 'constant'; readonly how: 'immediate' | 'address' | 'link' | 'result' | 'computed' }
  /** Zeros or a sign beside a narrower value. */
  | { readonly kind: 'filled' }
  /** A byte of what was loaded before the first step. */
  | { readonly kind: 'image'; readonly name: string; readonly offset: number }
  /** RAM that was zero at the beginning and was never written. */
  | { readonly kind: 'untouched' }
  | { readonly kind: 'rom'; readonly offset: number }
  /** A register as it was before the first step. */
  | { readonly kind: 'reset' }
  | { readonly kind: 'disk'; readonly device: string; readonly sector: number; readonly offset: number }
  | { readonly kind: 'entropy'; readonly device: string; readonly offset: number }
  /** A character that arrived at the serial port: byte `offset` of input `input`, which has the moment `typedAt`. */
  | {
      readonly kind: 'typed';
      readonly input: number;
      readonly offset: number;
      readonly character: number;
      readonly typedAt: number;
    }
  | { readonly kind: 'clock'; readonly register: string }
  | { readonly kind: 'trap'; readonly cause: number; readonly interrupt: boolean }
  /** A CSR that is a view of much. */
  | { readonly kind: 'csr'; readonly name: string }
  /** A register of a device was read. */
  | { readonly kind: 'device'; readonly device: string; readonly offset: number }
  /** A device wrote something of its own, such as the ring of a queue. */
  | { readonly kind: 'dma'; readonly device: string }
  /** The firmware inside the VMM answered a call. */
  | { readonly kind: 'firmware'; readonly extension: bigint; readonly functionId: bigint }
  /** A person wrote it in the debugger: byte `offset` of input `input`. */
  | { readonly kind: 'person'; readonly input: number; readonly offset: number }
  /** A walk of the page tables set bit A or D. */
  | { readonly kind: 'walk' };

/** Bytes [offset, offset + sizeBytes) of an input, or of the question, are those of a node from `nodeOffset` on. */
export interface Link {
  readonly offset: number;
  readonly sizeBytes: number;
  readonly node: number;
  readonly nodeOffset: number;
}

export interface Input {
  readonly place: Place;
  /** Of up to eight bytes, as far as they are known. */
  readonly value?: bigint;
  readonly from: readonly Link[];
}

export interface OriginNode {
  readonly id: number;
  /** `open`: looked for so far back and not found; `moment` is where the search stopped. */
  readonly kind: 'copy' | 'compute' | 'origin' | 'open';
  readonly place: Place;
  readonly value?: bigint;
  /** Of the step that wrote it; the state at this moment is the one before the step. */
  readonly moment: number;
  readonly hart?: number;
  readonly pc?: bigint;
  readonly instruction?: string;
  /** Virtual address of the access, of a node whose instruction has one. */
  readonly address?: bigint;
  readonly origin?: Origin;
  readonly inputs: readonly Input[];
}

export interface OriginAnswer {
  readonly question: Input & { readonly moment: number };
  /** By `id`. Later nodes are earlier in time. */
  readonly nodes: readonly OriginNode[];
  /** Whether every byte was followed to its beginning or to a computation. */
  readonly complete: boolean;
  /** How many steps were looked at one by one, passed watching memory, and passed looking for registers. */
  readonly work: { readonly singleSteps: number; readonly watchedSteps: number; readonly scannedSteps: number };
}
