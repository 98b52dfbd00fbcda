/** What the thread that replays a trace in the background is asked, and what it says on its way. */

import type { Moment } from '../../traces/time.ts';
import type { CarriedState } from '../../vmm/timeline/carried-state.ts';
import type { CheckpointDelta } from '../../vmm/timeline/checkpoint-delta.ts';
import type { RecordingCopy } from '../session/copy.ts';

export interface HistoryTask {
  /** The trace, and where images are that it does not hold. */
  readonly file: string;
  readonly imageFolders: readonly string[];
  /** One word of shared memory: while it is not 0, the thread waits. */
  readonly waits: Int32Array;
  /** Steps between two states that are told. */
  readonly checkpointSteps: number;
  /** A recording that is being made, in place of the file: its trace, a state of it, and the moment from which on it is indexed. */
  readonly copy?: { readonly bytes: RecordingCopy; readonly state: CarriedState; readonly from: Moment };
  /** Absent when the index is there and only states are wanted. */
  readonly index?: {
    readonly intervalSteps: number;
    /** A multiple of that. */
    readonly segmentSteps: number;
  };
}

export type HistoryMessage =
  | { readonly kind: 'segment'; readonly bytes: Uint8Array<ArrayBuffer> } // see packSegment
  | { readonly kind: 'checkpoint'; readonly delta: CheckpointDelta }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly message: string };
