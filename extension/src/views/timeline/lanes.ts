/**
 * Which lanes a timeline has, from top to bottom, and where: a ruler, what the session and the person marked, privilege
 * modes, harts, each cause of traps that occurs, address spaces, the console, checkpoints. What is drawn in them is not here.
 */

import type { TimelineAnswer } from '../requests.ts';

export type LaneContent =
  | { readonly kind: 'ruler' }
  | { readonly kind: 'marks'; readonly of: MarkKind }
  | { readonly kind: 'privilege' }
  | { readonly kind: 'hart'; readonly hart: number }
  | { readonly kind: 'trap'; readonly cause: number; readonly interrupt: boolean }
  | { readonly kind: 'spaces' }
  | { readonly kind: 'console' };

export type MarkKind = 'stop' | 'bookmark' | 'fork' | 'checkpoint';

export interface Mark {
  readonly kind: MarkKind;
  readonly moment: number;
  readonly words: string;
}

export interface Lane {
  readonly content: LaneContent;
  readonly title: string;
  readonly top: number;
  readonly height: number;
}

export interface Layout {
  readonly lanes: readonly Lane[];
  /** Where titles end and the picture begins. */
  readonly left: number;
  readonly height: number;
}

const titleWidth = 190;
const narrowTitleWidth = 90;
const gap = 3;
// biome-ignore format: a table
const heights = { ruler: 22, marks: 14, privilege: 30, hart: 14, trap: 16, spaces: 16, console: 22 } as const;

const markTitles: Readonly<Record<MarkKind, string>> = {
  stop: 'Stops of this session',
  bookmark: 'Bookmarks',
  fork: 'Forks',
  checkpoint: 'Checkpoints',
};

/** @param answers what is known at present, of whatever stretch */
export const layoutOf = (answers: readonly TimelineAnswer[], marks: readonly Mark[], width: number): Layout => {
  const has = (kind: MarkKind): boolean => marks.some((mark) => mark.kind === kind);
  const harts = answers[0]?.harts ?? 1;
  const indexed = answers.some((answer) => answer.covered.length > 0);
  const contents: [LaneContent, string][] = [
    [{ kind: 'ruler' }, 'Moment'],
    [{ kind: 'marks', of: 'stop' }, markTitles.stop],
  ];
  for (const of of ['bookmark', 'fork'] as const) if (has(of)) contents.push([{ kind: 'marks', of }, markTitles[of]]);
  if (indexed) {
    contents.push([{ kind: 'privilege' }, 'Privilege modes']);
    if (harts > 1) for (let hart = 0; hart < harts; hart += 1) contents.push([{ kind: 'hart', hart }, `Hart ${hart}`]);
    for (const { cause, interrupt, words } of causesOf(answers)) {
      contents.push([{ kind: 'trap', cause, interrupt }, capital(words)]);
    }
    contents.push([{ kind: 'spaces' }, 'Address spaces']);
  }
  if (answers.some(({ densities }) => densities.consoleBytes.length > 0)) {
    contents.push([{ kind: 'console' }, 'Console output']);
  }
  contents.push([{ kind: 'marks', of: 'checkpoint' }, markTitles.checkpoint]);
  let top = 0;
  const lanes = contents.map(([content, title]): Lane => {
    const lane = { content, title, top, height: heights[content.kind] };
    top += lane.height + gap;
    return lane;
  });
  return { lanes, left: width < 500 ? narrowTitleWidth : titleWidth, height: top };
};

/** Exceptions first, then interrupts, each by number. */
const causesOf = (answers: readonly TimelineAnswer[]) => {
  const found = new Map<string, TimelineAnswer['densities']['traps'][number]>();
  for (const { densities } of answers) {
    for (const row of densities.traps) found.set(`${row.interrupt ? 1 : 0}${row.cause}`, row);
  }
  return [...found.values()].sort(
    (one, other) => Number(one.interrupt) - Number(other.interrupt) || one.cause - other.cause,
  );
};

const capital = (words: string): string => words.slice(0, 1).toUpperCase() + words.slice(1);

export const laneAt = ({ lanes }: Layout, y: number): Lane | undefined =>
  lanes.find(({ top, height }) => y >= top && y < top + height + gap);
