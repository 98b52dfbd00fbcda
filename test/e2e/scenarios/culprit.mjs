/** From the panic, a data breakpoint on the broken list's node, and backwards to the store that broke it. */
import { knownAt, putReplay } from '../files.mjs';

export const prepare = (workspace) => putReplay(workspace, 'From the panic', 'panic');

export const run = async (window, { timed }) => {
  await window.press('Control+Shift+D');
  await timed('F5 to the panic of a recording', async () => {
    await window.start('From the panic');
    await window.topIs('panic');
  });
  await window.stepBackTo(knownAt);
  await window.expand('buffer');
  await window.until('the member', async () => (await window.variables()).some((row) => row.startsWith('next')));
  await window.contextMenu('.debug-variables', 'next', 'Break on Value Change');
  await window.breakpoint('next');
  await window.picture('data-breakpoint');
  await timed('Reverse to the culprit', async () => {
    await window.toolbar('Reverse');
    await window.topIs('path_resolve');
  });
  await window.picture('culprit');
  await window.stop();
};
