/** The guest's memory as bytes: found by a variable, by an expression; asked who wrote it; and what changed from stop to stop. */
import { historyPane } from '../debug-window.mjs';
import { knownAt, putReplay } from '../files.mjs';

export const prepare = (workspace) => putReplay(workspace, 'From the panic', 'panic');

export const run = async (window, { timed }) => {
  const { page } = window;
  await window.press('Control+Shift+D');
  await window.start('From the panic');
  await window.topIs('panic');
  await window.stepBackTo(knownAt);
  await window.expand('buffer');
  const memory = await timed('a variable to its bytes', async () => {
    await window.contextMenu('.debug-variables', 'next', 'Show in Memory View');
    return window.webview('#bytes [data-at="80005ff8"]');
  });
  const row = memory.locator('#bytes [role="row"]', { hasText: '0000000080005ff0' });
  const says = (words) =>
    window.until(`the bytes ${words}`, async () => (await row.textContent()).replace(/\s+/g, '').includes(words));
  await says('d80d008000000000');

  const cell = (at) => memory.locator(`#bytes [data-at="${at}"]`);
  await cell('80005ff8').click();
  await cell('80005fff').click({ modifiers: ['Shift'] });
  await window.picture('bytes');
  await cell('80005ffa').click({ button: 'right' });
  await timed('"Who Wrote This?" of bytes is answered', async () => {
    await window.menuEntry('Who Wrote This?');
    await window.until('an answer', async () =>
      (await window.historyRows()).some((each) => each.includes('path_resolve')),
    );
  });
  const before = await window.standing();
  await page.locator(`${historyPane} .monaco-list-row`, { hasText: 'path_resolve' }).last().click();
  await window.momentOtherThan(before);
  // Before the store.
  await says('0000000000000000');
  const changed = await memory.locator('#bytes .changed').count();
  if (changed < 4) throw new Error(`${changed} bytes are marked as changed`);
  await window.picture('changed');
  await window.contrastPicture('memory');

  await memory.locator('#address').fill('&freelist');
  await memory.locator('#address').press('Enter');
  await window.until('the words of the status', async () =>
    /^at moment [\d,]+$/.test(await memory.locator('#status').textContent()),
  );
  await memory.locator('#address').fill('no_such_name');
  await memory.locator('#address').press('Enter');
  await window.until('a refusal', async () => (await memory.locator('#status').textContent()).includes('no_such_name'));
  await window.stop();
};
