/** What would have happened otherwise: in the past of a panic the broken link is mended, and the machine runs on from there. */
import { historyPane } from '../debug-window.mjs';
import { putReplay } from '../files.mjs';

export const prepare = (workspace) => putReplay(workspace, 'From the panic', 'panic');

export const run = async (window, { timed }) => {
  await window.press('Control+Shift+D');
  await window.start('From the panic');
  await window.topIs('panic');
  const panic = await window.standing();
  // Before it looks at the link.
  await window.stepBackTo('buffer.c 22');
  const at = await window.standing();
  await window.expand('buffer');
  await window.until('the member', async () => (await window.variables()).some((row) => row.startsWith('next')));
  await window.contextMenu('.debug-variables', 'next', 'Change This and Run On from Here');
  await window.fill('0');
  await window.picture('value');
  await timed('changed, and run on to the end', async () => {
    await window.press('Enter');
    await window.topIs('power_off');
    await window.threadSays('Reached the end of the recording');
  });
  const end = await window.standing();
  if (end <= panic) throw new Error(`the fork ends at ${end}, and the panic was at ${panic}`);
  await window.command('Focus on History View');
  const listed = await window.until('the fork', async () => {
    const rows = await window.historyRows();
    return rows.find((row) => row.startsWith('buffer->next = 0'));
  });
  const from = `from moment ${at.toLocaleString('en-US')}`;
  if (!listed.includes('here') || !listed.includes(from))
    throw new Error(`the fork is listed as ${listed}, not ${from}`);
  const said = await window.notifications();
  if (said.length > 0) throw new Error(`VS Code says: ${said.join(' | ')}`);
  await window.picture('run-on');

  await timed('back to what was launched', async () => {
    await window.rowAction(historyPane, 'launched', 'Debug This Fork');
    await window.until('the moment of the fork', async () => (await window.seen()).moment === at);
  });
  await window.topIs('buffer_allocate');
  await window.toolbar('Continue');
  await window.topIs('panic');
  if ((await window.standing()) !== panic) throw new Error(`what was launched panics at ${await window.moment()} now`);
  await window.picture('launched');

  await timed('compared with its parent', async () => {
    await window.rowAction(historyPane, 'buffer->next = 0', 'Compare With Its Parent');
    await window.until('what comes in in the fork alone', async () => {
      const rows = await window.historyRows();
      return rows.some((row) => row.startsWith('in buffer->next = 0: '));
    });
  });
  await window.picture('compared');
  const rows = await window.historyRows();
  const differs = rows.find((row) => row.startsWith('memory 0x'));
  const moment = at.toLocaleString('en-US');
  if (!differs?.includes('00 00 00 00') || !differs.includes(moment))
    throw new Error(`the fork changed the link at ${moment}, and differs in ${rows.join(' | ')}`);
  await timed('a click on what differs', async () => {
    await window.page.locator(`${historyPane} .monaco-list-row`, { hasText: 'memory 0x' }).first().click();
    await window.until('the moment of the change', async () => (await window.seen()).moment === at);
  });
  await window.topIs('buffer_allocate');
  const question = 'Where does buffer->next = 0 differ';
  await window.rowAction(historyPane, question, 'Remove');
  await window.until(
    'no comparison',
    async () => !(await window.historyRows()).some((row) => row.startsWith(question)),
  );

  await window.rowAction(historyPane, 'buffer->next = 0', 'Delete Fork');
  await window.page.locator('.monaco-dialog-box .monaco-button', { hasText: 'Delete' }).first().click();
  await window.until(
    'no fork',
    async () => !(await window.historyRows()).some((row) => row.startsWith('buffer->next')),
  );
  await window.stop();
};
