/**
 * What the views ask the adapter, by name and shape. Only types come from the adapter: at run time it is another process,
 * perhaps of another version, so that whoever asks expects to be refused.
 */

import type { ConsoleAnswer, ConsoleChunk } from '../../../adapter/dap/console-chunks.ts';
import type { GoToArguments, Position, TypeArguments } from '../../../adapter/dap/custom-requests.ts';
import type { TimelineEvent } from '../../../adapter/dap/timeline.ts';
import type { FindEventAnswer, TimelineAnswer, TimelineArguments } from '../../../adapter/dap/timeline-requests.ts';

export type {
  ConsoleAnswer,
  ConsoleChunk,
  FindEventAnswer,
  Position,
  TimelineAnswer,
  TimelineArguments,
  TimelineEvent,
};

export interface FindEventArguments {
  readonly kind: TimelineEvent['kind'];
  readonly cause?: number;
  readonly interrupt?: boolean;
  readonly hart?: number;
  readonly from: number;
  readonly to: number;
  readonly last?: boolean;
}

/** What answers a question about the history. */
export interface AnswerItem {
  /** Absent where the answer is no moment, such as a count. */
  readonly moment?: number;
  readonly hart?: number;
  readonly label: string;
  readonly detail?: string;
  readonly place?: string;
  /** How often, where that is what was asked. */
  readonly count?: number;
}

/** The event `chronovisor/answer`; items come in parts. */
export interface AnswerBody {
  readonly id: number | string;
  readonly items: readonly AnswerItem[];
  /** From 0 to 1, where it is known. */
  readonly progress?: number;
  readonly done: boolean;
  readonly cancelled?: boolean;
  readonly error?: string;
}

export interface Bookmark {
  readonly id: number;
  readonly at: number;
  readonly note: string;
}

/** A timeline of the session: the one that was launched, or a fork. */
export interface Fork {
  readonly id: number;
  readonly name: string;
  /** Where it comes from; absent for the one that was launched. */
  readonly parent?: number;
  readonly at?: number;
}

export interface AskArguments {
  readonly question: string;
  readonly arguments: object;
  /** The moment that is asked from; by default where the machine stands. */
  readonly at?: number;
}

export type BookmarkArguments =
  | { readonly action: 'list' }
  | { readonly action: 'add'; readonly moment: number; readonly note: string }
  | { readonly action: 'edit'; readonly id: number; readonly note: string }
  | { readonly action: 'remove'; readonly id: number };

export interface ForkArguments {
  readonly moment?: number;
  readonly name?: string;
}

/** Of the protocol's `readMemory`, what is looked at. */
export interface ReadMemoryAnswer {
  readonly address: string;
  /** In base64; absent, or shorter than was asked, where there is no memory. */
  readonly data?: string;
}

/** Of the protocol's `evaluate`, what is looked at. */
export interface EvaluateAnswer {
  readonly result: string;
  /** The memory that it is about, when it is about any. */
  readonly memoryReference?: string;
}

/** Each request with what it takes and what it answers. */
export interface Requests {
  'chronovisor/position': [args: Record<string, never>, answer: Position];
  'chronovisor/goTo': [args: GoToArguments, answer: unknown];
  'chronovisor/type': [args: TypeArguments, answer: unknown];
  'chronovisor/timeline': [args: TimelineArguments, answer: TimelineAnswer];
  'chronovisor/findEvent': [args: FindEventArguments, answer: FindEventAnswer];
  'chronovisor/console': [args: { readonly from?: number; readonly to?: number }, answer: ConsoleAnswer];
  readMemory: [args: { readonly memoryReference: string; readonly count: number }, answer: ReadMemoryAnswer];
  evaluate: [
    args: { readonly expression: string; readonly context: 'watch'; readonly frameId?: number },
    answer: EvaluateAnswer,
  ];
  'chronovisor/ask': [args: AskArguments, answer: unknown];
  'chronovisor/cancelAsk': [args: { readonly id: number | string }, answer: unknown];
  'chronovisor/bookmarks': [args: BookmarkArguments, answer: unknown];
  'chronovisor/forks': [args: Record<string, never>, answer: unknown];
  'chronovisor/fork': [args: ForkArguments, answer: unknown];
  'chronovisor/switchFork': [args: { readonly id: number }, answer: unknown];
  'chronovisor/compareForks': [args: { readonly one: number; readonly other: number }, answer: unknown];
  'chronovisor/deleteFork': [args: { readonly id: number }, answer: unknown];
}

/** What of VS Code's debug session is needed. */
export interface Asked {
  customRequest(command: string, args?: object): Thenable<unknown>;
}

export const ask = <Command extends keyof Requests>(
  session: Asked,
  command: Command,
  args: Requests[Command][0],
): Promise<Requests[Command][1]> =>
  Promise.resolve(session.customRequest(command, args)) as Promise<Requests[Command][1]>;

/** A sentence for a person about a request that was refused. */
export const refusalOf = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error);
  return /^The request \S+ is not known/.test(text) ? 'Not available in this version' : text;
};
