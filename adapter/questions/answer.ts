/** What a question is answered with: plain data, one item for each thing that happened. How an item looks as text is text.ts's. */

/**
 * Where in the history and in the program something happened: the step that did it is the one at this moment, so that the state of
 * the next moment is the first that has it.
 */
export interface Place {
  readonly moment: number;
  readonly hart: number;
  /** In hexadecimal digits; nothing when a device did it between steps, or an input. */
  readonly pc?: string;
  readonly mode?: 'U' | 'S' | 'M';
  /** `usertrap+0x1c` */
  readonly symbol?: string;
  readonly source?: { readonly path: string; readonly line: number };
  /** Of a program that is not the kernel. */
  readonly program?: string;
}

export interface NamedValue {
  readonly name: string;
  readonly value: string;
}

export interface WriteItem extends Place {
  readonly kind: 'write';
  /** Of the whole that was asked for, as its type shows it, or bytes. */
  readonly before: string;
  readonly after: string;
}

/** The step changed what the address means: which physical page, in hexadecimal digits, or none. */
export interface MappingItem extends Place {
  readonly kind: 'mapping';
  readonly before?: string;
  readonly after?: string;
}

export interface ExecutionItem extends Place {
  readonly kind: 'execution';
}

export interface CountItem {
  readonly kind: 'count';
  readonly count: number;
}

export interface CallItem extends Place {
  readonly kind: 'call';
  readonly function: string;
  readonly arguments: readonly NamedValue[];
  /** The moment at which the caller goes on; nothing when that never came. */
  readonly returned?: { readonly moment: number; readonly value?: string };
}

/** The state at this moment is the first in which it holds. */
export interface TruthItem extends Place {
  readonly kind: 'truth';
  readonly value: string;
}

export interface TrapItem extends Place {
  readonly kind: 'trap';
  readonly cause: number;
  readonly interrupt: boolean;
  /** `load-page-fault` */
  readonly id: string;
  readonly words: string;
}

export interface PrintItem extends Place {
  readonly kind: 'print';
  /** Among all bytes that the console ever had. */
  readonly offset: number;
  readonly text: string;
}

export interface MessageItem {
  readonly kind: 'message';
  readonly moment: number;
  readonly hart: number;
  readonly text: string;
}

/** A step that moved the value that was asked about, or where it began; without a step where nothing of the machine did. */
export interface OriginItem extends Place {
  readonly kind: 'origin';
  /** `open`: looked for as far as this moment, and not found. */
  readonly step: 'copy' | 'compute' | 'origin' | 'open';
  /** The place, what it held then, and the instruction, or a sentence of where it began. */
  readonly text: string;
}

export type Item =
  | WriteItem
  | MappingItem
  | ExecutionItem
  | CountItem
  | CallItem
  | TruthItem
  | TrapItem
  | PrintItem
  | MessageItem
  | OriginItem;
