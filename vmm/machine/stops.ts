/** What a run of a machine may stop for, and what it then says. */

import type { Hart } from './hart.ts';
import type { WatchedAccess, WatchRange } from './translations.ts';

export interface RunOptions {
  /** Stop where the engine's breakpoint filter hits, before the instruction, also at the present moment. */
  readonly armed?: boolean;
  /**
   * Asked there whether to stop, once for each step that is about to be made; always, if absent. It looks at the machine, which
   * is as it is after a stop, and changes nothing. Not to stop costs what a call does.
   */
  readonly stopsAt?: (hart: Hart) => boolean;
  /** Stop after every trap and interrupt that is entered. */
  readonly traps?: boolean;
  /** Stop after every return from one, by sret or mret. */
  readonly returns?: boolean;
  /** Stop after every step that gives satp another value. */
  readonly spaces?: boolean;
  /** Stop after every step that prints. */
  readonly prints?: boolean;
  /** Stop after every access to one of these ranges of RAM. Asked for again at each portion, so it may be a getter. */
  readonly watch?: readonly WatchRange[];
}

export type Stop =
  | { readonly reason: 'until' } // arrived
  | { readonly reason: 'breakpoint'; readonly hart: number; readonly pc: bigint } // filter candidate, not executed yet
  | { readonly reason: 'trap'; readonly hart: number; readonly interrupt: boolean } // just entered
  | { readonly reason: 'return' | 'space' | 'console'; readonly hart: number } // that hart just did it, or made a device do it
  | WatchStop
  | { readonly reason: 'idle'; readonly untilTicks: number | undefined } // every hart waits; until then, if no input comes
  | { readonly reason: 'requested' }
  | { readonly reason: 'power'; readonly action: 'off' | 'reset'; readonly exitCode: number };

/** Accesses that were watched for were just made, with that hart running. */
export interface WatchStop {
  readonly reason: 'watch';
  readonly hart: number;
  readonly accesses: readonly WatchedAccess[];
  /** Of the instruction that made one of them; nothing when devices made them all, between steps. */
  readonly pc: bigint | undefined;
}
