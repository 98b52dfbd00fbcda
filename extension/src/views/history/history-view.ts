/** The tree "History": questions with their answers, bookmarks and forks, as VS Code asks for them. What a row says is rows.ts's. */

import * as vscode from 'vscode';
import type { AnswerItem, Bookmark, Fork } from '../requests.ts';
import type { Marks } from './marks.ts';
import type { Question, Questions } from './questions.ts';
import { bookmarkRow, childrenOf, forkRow, groupRow, itemRow, moreRow, questionRow, type Row } from './rows.ts';

export type HistoryNode =
  | { readonly kind: 'question'; readonly question: Question }
  | { readonly kind: 'item'; readonly item: AnswerItem; readonly session: string }
  | { readonly kind: 'more'; readonly more: number }
  | { readonly kind: 'group'; readonly of: 'Bookmarks' | 'Forks' }
  | { readonly kind: 'bookmark'; readonly bookmark: Bookmark }
  | { readonly kind: 'fork'; readonly fork: Fork };

/** Answers come in many parts; the tree is drawn anew this often at most. */
const drawMs = 150;

export class HistoryView implements vscode.TreeDataProvider<HistoryNode> {
  readonly #changed = new vscode.EventEmitter<HistoryNode | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #questions: Questions;
  readonly #marks: Marks;
  readonly #nodes = new WeakMap<Question, HistoryNode>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What is to be drawn anew: nothing means all. */
  #waiting: Set<Question> | undefined = new Set();

  constructor(questions: Questions, marks: Marks) {
    this.#questions = questions;
    this.#marks = marks;
  }

  /** Draws a question anew, or all. */
  refresh(question?: Question): void {
    if (question === undefined) this.#waiting = undefined;
    else this.#waiting?.add(question);
    this.#timer ??= setTimeout(() => {
      const waiting = this.#waiting;
      [this.#timer, this.#waiting] = [undefined, new Set()];
      if (waiting === undefined) this.#changed.fire(undefined);
      else for (const each of waiting) this.#changed.fire(this.#questionNode(each));
    }, drawMs);
  }

  #questionNode(question: Question): HistoryNode {
    const node = this.#nodes.get(question) ?? { kind: 'question', question };
    this.#nodes.set(question, node);
    return node;
  }

  getChildren(node?: HistoryNode): HistoryNode[] {
    const { bookmarks, forks } = this.#marks;
    if (node === undefined) {
      const questions = this.#questions.all.map((question) => this.#questionNode(question));
      return [...questions, { kind: 'group', of: 'Bookmarks' }, { kind: 'group', of: 'Forks' }];
    }
    const forkNodes = (parent: number | undefined): HistoryNode[] =>
      childrenOf(forks, parent).map((fork) => ({ kind: 'fork', fork }));
    switch (node.kind) {
      case 'question': {
        const { items, more, session } = node.question;
        const nodes = items.map((item): HistoryNode => ({ kind: 'item', item, session }));
        return more > 0 ? [...nodes, { kind: 'more', more }] : nodes;
      }
      case 'group':
        if (node.of === 'Forks') return forkNodes(undefined);
        return bookmarks.map((bookmark) => ({ kind: 'bookmark', bookmark }));
      case 'fork':
        return forkNodes(node.fork.id);
      default:
        return [];
    }
  }

  getTreeItem(node: HistoryNode): vscode.TreeItem {
    const row = this.#rowOf(node);
    const item = new vscode.TreeItem(row.label, collapsible[row.children]);
    item.iconPath = new vscode.ThemeIcon(row.icon);
    item.contextValue = row.context;
    if (row.description !== undefined) item.description = row.description;
    if (row.tooltip !== undefined) item.tooltip = row.tooltip;
    if (node.kind === 'question') item.id = `question ${node.question.key}`;
    if (row.moment !== undefined) {
      item.command = { command: 'chronovisor.goToItem', title: 'Go There', arguments: [node] };
    }
    return item;
  }

  #rowOf(node: HistoryNode): Row {
    const { bookmarks, forks, bookmarkProblem, forkProblem, currentFork } = this.#marks;
    switch (node.kind) {
      case 'question':
        return questionRow(node.question);
      case 'item':
        return itemRow(node.item);
      case 'more':
        return moreRow(node.more);
      case 'group':
        return node.of === 'Forks'
          ? groupRow('Forks', forks.length, forkProblem)
          : groupRow('Bookmarks', bookmarks.length, bookmarkProblem);
      case 'bookmark':
        return bookmarkRow(node.bookmark);
      case 'fork': {
        const { fork } = node;
        return forkRow(fork, fork.id === currentFork, childrenOf(forks, fork.id).length > 0);
      }
    }
  }
}

const collapsible = {
  none: vscode.TreeItemCollapsibleState.None,
  folded: vscode.TreeItemCollapsibleState.Collapsed,
  unfolded: vscode.TreeItemCollapsibleState.Expanded,
};

/** Where a click on a row goes. */
export const momentOf = (node: HistoryNode): number | undefined => {
  if (node.kind === 'item') return node.item.moment;
  return node.kind === 'bookmark' ? node.bookmark.at : undefined;
};
