/** How questions, answers, bookmarks and forks look as rows of a tree: words, icons and what can be done with them. */

import type { AnswerItem, Bookmark, Fork } from '../requests.ts';
import { grouped, inert } from '../words.ts';
import type { Question } from './questions.ts';

export interface Row {
  readonly label: string;
  readonly description?: string;
  readonly tooltip?: string;
  /** Of VS Code's set. */
  readonly icon: string;
  /** Which menu entries it has. */
  readonly context: string;
  /** Where a click goes. */
  readonly moment?: number;
  readonly children: 'none' | 'folded' | 'unfolded';
}

export const questionRow = ({ title, items, more, progress, state, problem }: Question): Row => {
  const count = items.length + more;
  const none = state === 'asked' ? 'searching' : 'nothing found';
  const found = count === 0 ? none : `${grouped(count)} found`;
  const words = {
    asked: progress === undefined ? found : `${found}, ${Math.floor(progress * 100)} %`,
    done: found,
    cancelled: `${found}, then given up`,
    failed: problem ?? 'failed',
  };
  const icons = { asked: 'loading~spin', done: 'question', cancelled: 'circle-slash', failed: 'error' };
  return {
    label: title,
    description: words[state],
    ...(problem !== undefined && { tooltip: problem }),
    icon: icons[state],
    context: state === 'asked' ? 'question.asked' : 'question',
    // Unfolded before there is anything in it: what VS Code has once shown folded stays so.
    children: count > 0 || state === 'asked' ? 'unfolded' : 'none',
  };
};

export const itemRow = ({ moment, label, detail, place, hart }: AnswerItem): Row => {
  const parts = [place, detail, hart === undefined ? undefined : `hart ${hart}`].filter((part) => part !== undefined);
  return {
    label: inert(label, 200),
    description: inert([moment === undefined ? '' : grouped(moment), ...parts].filter(Boolean).join(' · '), 200),
    tooltip: [label, ...parts, moment === undefined ? '' : `moment ${grouped(moment)}`].filter(Boolean).join('\n'),
    icon: moment === undefined ? 'info' : 'debug-stackframe-dot',
    context: 'item',
    ...(moment !== undefined && { moment }),
    children: 'none',
  };
};

export const moreRow = (more: number): Row => ({
  label: `${grouped(more)} more are not shown`,
  icon: 'ellipsis',
  context: 'more',
  children: 'none',
});

export const groupRow = (label: string, count: number, problem: string | undefined): Row => ({
  label,
  ...(problem === undefined ? count === 0 && { description: 'none' } : { description: problem, tooltip: problem }),
  icon: label === 'Forks' ? 'repo-forked' : 'bookmark',
  context: `group.${label.toLowerCase()}`,
  children: count > 0 ? 'unfolded' : 'none',
});

export const bookmarkRow = ({ at, note }: Bookmark): Row => ({
  label: note === '' ? `Moment ${grouped(at)}` : inert(note, 200),
  description: grouped(at),
  tooltip: `${note}\nmoment ${grouped(at)}`,
  icon: 'bookmark',
  context: 'bookmark',
  moment: at,
  children: 'none',
});

/** `current`: whether it is the one that is debugged now. */
export const forkRow = ({ name, at }: Fork, current: boolean, children: boolean): Row => ({
  label: inert(name, 100),
  description: [current ? 'here' : '', at === undefined ? 'what was launched' : `from moment ${grouped(at)}`]
    .filter(Boolean)
    .join(' · '),
  icon: current ? 'circle-filled' : 'git-branch',
  context: `fork${current ? '.current' : ''}${at === undefined ? '.launched' : ''}`,
  children: children ? 'unfolded' : 'none',
});

/** Forks by the one that they come from; those whose parent is not there are at the top. */
export const childrenOf = (forks: readonly Fork[], parent: number | undefined): Fork[] =>
  forks.filter((fork) => {
    const hasParent = forks.some(({ id }) => id === fork.parent && id !== fork.id);
    return parent === undefined ? !hasParent : fork.parent === parent && fork.id !== parent;
  });
