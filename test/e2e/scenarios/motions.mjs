/** Ways through time besides stepping: a frame's entry, a line's next and last execution, a log over the past, and the menu of a watch. */
import { historyPane } from '../debug-window.mjs';
import { putReplay } from '../files.mjs';

export const prepare = (workspace) => putReplay(workspace, 'From the panic', 'panic');

export const run = async (window, { timed }) => {
  const { page } = window;
  await window.press('Control+Shift+D');
  await window.start('From the panic');
  await window.topIs('panic');
  const panic = await window.standing();
  const arrive = async (what, before, place) => {
    const moment = await window.momentOtherThan(before);
    await window.until(`${place} after ${what}`, async () => (await window.top())?.includes(place));
    return moment;
  };

  const entry = await timed('Restart Frame', async () => {
    await window.rowAction('.debug-call-stack', 'buffer_allocate', 'Restart Frame');
    return arrive('Restart Frame', panic, 'buffer.c 20');
  });
  if (entry >= panic) throw new Error(`Restart Frame went from ${panic} to ${entry}`);
  await window.picture('restarted');

  await window.goToLine(24);
  const next = await timed('Jump to Cursor', async () => {
    await window.command('Jump to Cursor');
    return arrive('Jump to Cursor', entry, 'buffer.c 24');
  });
  if (next <= entry || next >= panic)
    throw new Error(`Jump to Cursor went from ${entry} to ${next}, the panic is at ${panic}`);

  await window.goToLine(36);
  const last = await timed('Run Back to Cursor', async () => {
    await window.command('Chronovisor: Run Back to Cursor');
    return arrive('Run Back to Cursor', next, 'buffer.c 36');
  });
  if (last >= entry) throw new Error(`Run Back to Cursor went from ${next} to ${last}`);

  // The place of the cursor is offered. The line is executed once for each of sixteen buffers.
  await window.goToLine(14);
  await timed('a log point over the past', async () => {
    await window.command('Chronovisor: Log Point over the Past');
    await window.until('the place', async () =>
      (await page.locator('.quick-input-widget input.input').inputValue()).endsWith('buffer.c:14'),
    );
    await window.press('Enter');
    await window.until('the second question', async () =>
      (await window.text('.quick-input-message')).join().includes('expressions in braces'),
    );
    await window.fill('the list begins at {freelist}');
    await window.press('Enter');
    const answer = await window.until('its lines', async () =>
      (await window.historyRows()).find((row) => row.startsWith('"the list') && / found$/.test(row)),
    );
    if (!answer.endsWith('buffer.c:1416 found')) throw new Error(`the log point says ${answer}`);
  });
  await window.picture('logged');
  const logged = page
    .locator(`${historyPane} .monaco-list-row[aria-level="2"]`, { hasText: 'the list begins' })
    .first();
  const moment = Number(/[\d,]+(?= · hart)/.exec(await logged.textContent())?.[0].replaceAll(',', ''));
  await window.until(`moment ${moment} after a click`, async () => {
    await logged.click();
    return window.soon(async () => (await window.standing()) === moment);
  });

  await window.watch('freelist');
  await window.until('the watch', async () =>
    (await window.rows('.debug-watch')).some((row) => /^freelist = 0x/.test(row)),
  );
  for (const [entryOfMenu, title] of [
    ['Who Wrote This?', 'Who wrote freelist?'],
    ['Where Does This Come From?', 'Where does freelist come from?'],
  ]) {
    await timed(`"${entryOfMenu}" of a watch is answered`, async () => {
      await window.contextMenu('.debug-watch', 'freelist', entryOfMenu);
      await window.until('an answer', async () =>
        (await window.historyRows()).some((row) => row.startsWith(title) && / found\b/.test(row)),
      );
    });
  }
  await window.picture('watch');
  await window.stop();
};
