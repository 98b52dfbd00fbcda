/** Questions to the whole history, asked from the menus of a variable and of a line; their answers are gone to. */
import { historyPane } from '../debug-window.mjs';
import { knownAt, putReplay } from '../files.mjs';

export const prepare = (workspace) => putReplay(workspace, 'At the end', 'end');

export const run = async (window, { timed }) => {
  const { page } = window;
  await window.press('Control+Shift+D');
  await window.choose('debug At the end', 'At the end');
  await window.threadSays('At the end of the recording');
  const answered = (words) =>
    window.until(`an answer that says ${words}`, async () => {
      const rows = await window.historyRows();
      return rows.find((row) => row.includes(words));
    });

  await window.stepBackTo(knownAt);
  await window.expand('buffer');
  await window.until('the member', async () => (await window.variables()).some((row) => row.startsWith('next')));
  await timed('"Who Wrote This?" is answered', async () => {
    await window.contextMenu('.debug-variables', 'next', 'Who Wrote This?');
    await answered('found');
  });
  await window.picture('who-wrote-this');
  console.log(`    ${(await window.historyRows()).slice(0, 2).join(' | ')}`);
  const before = (await window.callStack()).join();
  await timed('a click on the answer', async () => {
    await page.locator(`${historyPane} .monaco-list-row[aria-level="2"]`).first().click();
    await window.until('another stack', async () => (await window.callStack()).join() !== before);
  });
  await window.picture('answer-clicked');
  await timed('how often a line was executed', async () => {
    await window.command('Chronovisor: How Often Was This Line Executed?');
    // The count is made by the style sheet of a decoration.
    const counted = () =>
      [...document.querySelectorAll('.view-lines span')].some((span) =>
        getComputedStyle(span, '::after').content.includes('times'),
      );
    await window.until('the count behind the line', () => page.evaluate(counted));
  });
  await window.picture('count');
  await window.stop();
};
