/**
 * A stretch of the history, step by step: for each step which hart made it, its instruction with the values that it read
 * and left, and where it accessed memory; between them what devices, inputs and the firmware inside the VMM did.
 * It is filled by recorder.ts and read backwards.
 */

import type { InputEvent } from '../../../traces/events.ts';
import type { DmaSource } from '../../devices/device.ts';
import { type Instruction, instructionOf } from './instruction.ts';

export const stepKind = { instruction: 0, exception: 1, interrupt: 2 } as const;

/** What a few steps have besides the columns. */
export interface StepExtra {
  /** Physical addresses of an access that crosses a page, byte by byte. */
  readonly addresses?: readonly number[];
  /** What an atomic found in memory, zero-extended. */
  readonly old?: bigint;
  /** A register file's third operand. */
  readonly rs3?: bigint;
  /** A CSR that an instruction wrote: what it is now. */
  readonly csrAfter?: bigint;
  /** The serial port's receiver and what waited for it, before a step that may take from it. */
  readonly typedWaiting?: number;
  /** `cause` and the privilege that it went to. */
  readonly trap?: { readonly cause: number; readonly to: number };
  /** Harts that the firmware inside the VMM started in this step. */
  readonly started?: readonly number[];
  /** The firmware inside the VMM took an environment call with these numbers. */
  readonly call?: { readonly extension: bigint; readonly functionId: bigint };
}

/** An input that is applied before a step; `index` in the whole log. */
export interface StepInput {
  readonly step: number;
  readonly index: number;
  readonly event: InputEvent;
}

/** A write to RAM that no instruction made, before or within a step. */
export interface ForeignWrite {
  readonly step: number;
  readonly by: 'device' | 'other' | 'walk';
  readonly address: number;
  readonly sizeBytes: number;
  readonly device?: string;
  readonly source?: DmaSource;
}

export class StepLog {
  /** Moment of the first step. */
  readonly from: number;
  length = 0;
  readonly harts: Uint8Array;
  readonly kinds: Uint8Array;
  readonly words: Uint32Array;
  readonly pcs: BigUint64Array;
  readonly rs1: BigUint64Array;
  readonly rs2: BigUint64Array;
  /** The register that was written, after the step. */
  readonly results: BigUint64Array;
  /** Physical address of the first byte of an access; -1 when there is none. */
  readonly addresses: Float64Array;
  readonly extras = new Map<number, StepExtra>();
  /** In the order in which they came. */
  readonly foreign: ForeignWrite[] = [];
  /** Those of its moments but the first, and of the moment behind the last step. */
  readonly inputs: StepInput[] = [];
  /** Where each hart stands behind the last step. */
  readonly endPcs: bigint[] = [];

  constructor(from: number, capacity: number) {
    this.from = from;
    this.harts = new Uint8Array(capacity);
    this.kinds = new Uint8Array(capacity);
    this.words = new Uint32Array(capacity);
    this.pcs = new BigUint64Array(capacity);
    this.rs1 = new BigUint64Array(capacity);
    this.rs2 = new BigUint64Array(capacity);
    this.results = new BigUint64Array(capacity);
    this.addresses = new Float64Array(capacity);
  }

  /** The instruction of a step that is no interrupt; `undefined` also when there was none to be had. */
  instruction(step: number): Instruction | undefined {
    return instructionOf(this.words[step]!);
  }

  /** Physical addresses of the bytes that a step accessed. */
  bytesAt(step: number, sizeBytes: number): readonly number[] {
    const first = this.addresses[step]!;
    return this.extras.get(step)?.addresses ?? Array.from({ length: sizeBytes }, (_, byte) => first + byte);
  }
}
