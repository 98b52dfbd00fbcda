/** What a comparison of two timelines is answered with, and how it is driven. Where they part is found by forks/compare.ts. */

import { compareTimelines } from '../forks/compare.ts';
import type { Diff } from '../forks/diff.ts';
import { Breath } from '../host/breath.ts';
import type { Session } from '../session/session.ts';
import type { TimelineEntry } from './fork-list.ts';
import type { AnswerOptions } from './question-requests.ts';

/** In the order in which they come; there is one of `same` or of `parting`. */
export type ForkItem =
  /** They are the same up to this moment, where one of them ends, or both. */
  | { readonly kind: 'same'; readonly moment: number }
  /** The first moment at which they differ: the step before did it, or what comes in here. */
  | { readonly kind: 'parting'; readonly moment: number; readonly by: 'step' | 'input' }
  /** What comes in at that moment in a timeline, in words, where it is not the same in both. */
  | { readonly kind: 'input'; readonly moment: number; readonly timeline: number; readonly text: string }
  /** What differs there: a register, bytes of memory, a device. */
  | {
      readonly kind: 'difference';
      readonly moment: number;
      /** Such as `hart 0: a5`, `memory 0x80001000 (8 bytes)`, `device uart0`. */
      readonly part: string;
      readonly one: string;
      readonly other: string;
    };

/** Answers at once with all that it finds, unless it is given up. */
export async function* comparison(
  one: TimelineEntry,
  other: TimelineEntry,
  { signal, onProgress }: AnswerOptions,
): AsyncGenerator<readonly (ForkItem & { readonly label: string })[], void> {
  const sessionOf = ({ launched }: TimelineEntry): Session => launched.target.session;
  const stepsTotal = Math.min(sessionOf(one).timeline.end, sessionOf(other).timeline.end);
  const breath = new Breath();
  await breath.take(); // two machines are made
  const steps = compareTimelines(sessionOf(one), sessionOf(other), () => breath.isOver);
  while (!signal.aborted) {
    const { done, value } = steps.next();
    if (done === true) {
      yield itemsOf(value, [one.id, other.id]).map((item) => ({ ...item, label: labelOf(item, [one, other]) }));
      return;
    }
    if (!breath.isOver) continue;
    onProgress({ stepsDone: value, stepsTotal });
    await breath.take();
  }
}

const itemsOf = (diff: Diff, [one, other]: readonly [number, number]): ForkItem[] => {
  switch (diff.kind) {
    case 'same':
      return [{ kind: 'same', moment: Math.min(...diff.lengths) }];
    case 'machines':
      throw new Error('timelines of one session are of different machines');
    case 'states': {
      const { at, differences, inputs } = diff;
      const given = (timeline: number, texts: readonly string[] = []): ForkItem[] =>
        texts.map((text) => ({ kind: 'input', moment: at, timeline, text }));
      return [
        { kind: 'parting', moment: at, by: inputs === undefined ? 'step' : 'input' },
        ...given(one, inputs?.one),
        ...given(other, inputs?.other),
        ...differences.map((difference): ForkItem => ({ kind: 'difference', moment: at, ...difference })),
      ];
    }
  }
};

const labelOf = (item: ForkItem, [one, other]: readonly [TimelineEntry, TimelineEntry]): string => {
  switch (item.kind) {
    case 'same':
      return 'the same up to here, where one of them ends';
    case 'parting':
      return item.by === 'step'
        ? 'the first difference, made by the step before'
        : 'the first difference, which comes in';
    case 'input':
      return `in ${item.timeline === one.id ? one.name : other.name}: ${item.text}`;
    case 'difference':
      return `${item.part}: ${item.one} in ${one.name}, ${item.other} in ${other.name}`;
  }
};
