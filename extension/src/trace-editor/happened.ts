/** What happened in a recording as a section of its page: traps by cause and panics, each with buttons that open it there. */

import { count } from '../position-text.ts';
import { escaped } from './html.ts';
import type { TraceSummary } from './summary.ts';

export const happenedOf = ({ history }: TraceSummary, mayRun: boolean): string => {
  if (history === undefined) {
    return '<h2>What Happened</h2><p>Which traps there were, and whether the guest panicked, is known once it has been verified or debugged here.</p>';
  }
  const { traps, panics, panicCount } = history;
  const moment = (at: number): string => momentOf(at, mayRun);
  const panicRows = panics.map(({ moment: at, line }) => `<tr><td>${moment(at)}</td><td>${escaped(line)}</td></tr>`);
  const more = panicCount > panics.length ? `<p>And ${count(panicCount - panics.length)} more.</p>` : '';
  const trapRows = traps.map(
    ({ words, count: times, first, last }) =>
      `<tr><th scope="row">${escaped(words)}</th><td class="number">${count(times)}</td><td>${moment(first)}</td><td>${times > 1 ? moment(last) : ''}</td></tr>`,
  );
  return `<h2>Panics</h2>
${panics.length === 0 ? '<p>The guest printed of none.</p>' : `<table><tr><th scope="col">Moment</th><th scope="col">Printed</th></tr>${panicRows.join('')}</table>${more}`}
<h2>Traps and Interrupts</h2>
${traps.length === 0 ? '<p>None.</p>' : `<table><tr><th scope="col">Cause</th><th scope="col">Times</th><th scope="col">First</th><th scope="col">Last</th></tr>${trapRows.join('')}</table>`}`;
};

/** Guests are run only where the workspace is trusted. */
const momentOf = (at: number, mayRun: boolean): string =>
  mayRun
    ? `<button data-command="moment" data-moment="${at}" class="moment" aria-label="Debug from moment ${count(at)}">${count(at)}</button>`
    : count(at);
