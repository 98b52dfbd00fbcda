/** `chronovisor bookmark`: notes of moments, kept in the trace itself. */

import { type Command, InvalidArgumentError } from 'commander';
import type { Moment } from '../../traces/time.ts';
import type { CliHost } from './cli.ts';
import { columns, grouped, parseMoment } from './values.ts';

interface BookmarkOptions {
  readonly at?: Moment;
  readonly json?: boolean;
}

const actions = ['list', 'add', 'edit', 'remove'] as const;
type Action = (typeof actions)[number];

export const addBookmark = (program: Command, host: CliHost): void => {
  program
    .command('bookmark')
    .summary('note moments of a trace')
    .description('Lists, adds, edits and removes notes of moments. They are added behind the trace, in its own file.')
    .usage('TRACE list | add --at MOMENT NOTE | edit NUMBER [--at MOMENT] [NOTE] | remove NUMBER')
    .argument('<trace>', 'the .chrono file')
    .argument('<action>', actions.join(', '), parseAction)
    .argument('[words...]', 'the note; for edit and remove, first the number')
    .option('--at <moment>', 'the moment, such as 250000 or 1.5G', parseMoment)
    .option('--json', 'as JSON, for programs')
    .action(async (file: string, action: Action, words: string[], options: BookmarkOptions) => {
      const { changeBookmarks, listBookmarks } = await import('../session/bookmarks.ts');
      if (action === 'list') {
        const list = await listBookmarks(file);
        const rows = list.map(({ id, at, note }) => [`${id}`, grouped(at), ...note.split('\n')]);
        if (options.json) host.stdout.write(`${JSON.stringify(list, undefined, 2)}\n`);
        else host.stdout.write(columns(rows));
        return;
      }
      const { id, at, note } = await changeBookmarks(file, changeOf(action, words, options));
      const done = { add: 'added', edit: 'changed', remove: 'removed' }[action];
      const text = note === '' ? '' : `: ${note.split('\n', 1)[0]}`;
      host.stdout.write(`bookmark ${id} at moment ${grouped(at)} is ${done}${text}\n`);
    });
};

const parseAction = (text: string): Action => {
  const action = actions.find((known) => known === text);
  if (action === undefined) throw new InvalidArgumentError(`It must be one of ${actions.join(', ')}.`);
  return action;
};

const changeOf = (action: Exclude<Action, 'list'>, words: readonly string[], { at }: BookmarkOptions) => {
  if (action === 'add') {
    if (at === undefined) throw new InvalidArgumentError('A bookmark needs its moment: --at MOMENT.');
    return { kind: 'add', at, note: words.join(' ') } as const;
  }
  const [number = '', ...rest] = words;
  if (!/^[1-9]\d{0,9}$/.test(number))
    throw new InvalidArgumentError(`The number of a bookmark comes behind ${action}.`);
  const id = Number(number);
  if (action === 'remove') return { kind: 'remove', id } as const;
  return {
    kind: 'edit',
    id,
    ...(at !== undefined && { at }),
    ...(rest.length > 0 && { note: rest.join(' ') }),
  } as const;
};
