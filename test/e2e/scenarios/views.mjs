/** The timeline and the guest's terminal over a recording of the demo kernel: what they show, and where a click goes. */
import { putReplay } from '../files.mjs';

export const prepare = (workspace) => putReplay(workspace, 'At the end', 'end');

const groupedNumber = (text) => Number(/moment ([\d,]+)/.exec(text)?.[1].replaceAll(',', '') ?? Number.NaN);

export const run = async (window, { timed }) => {
  await window.press('Control+Shift+D');
  await window.choose('debug At the end', 'At the end');
  await window.threadSays('At the end of the recording');

  await timed('the timeline opens', async () => {
    await window.panel('Timeline');
    const view = await window.webview('canvas[aria-roledescription="timeline"]');
    await window.until('a timeline that is filled', async () =>
      /^moment [\d,]+ of [\d,]+$/.test(await view.locator('#status').textContent()),
    );
  });
  const timeline = await window.webview('canvas[aria-roledescription="timeline"]');
  await window.picture('timeline');
  const canvas = timeline.locator('canvas');
  const { width } = await canvas.boundingBox();
  const momentOf = async () => groupedNumber(await timeline.locator('#status').textContent());
  const end = await momentOf();
  await timed('a click in the timeline', async () => {
    await canvas.click({ position: { x: 190 + (width - 190) / 2, y: 12 } });
    await window.until('a moment before the end', async () => (await momentOf()) < end);
  });
  await window.picture('timeline-clicked');
  await window.contrastPicture('timeline');
  // A stop gives the focus to the editor.
  const spoken = await window.until('words for the keyboard', async () => {
    await canvas.focus();
    for (const key of ['+', '+', '+', 'ArrowDown', 'ArrowRight']) await window.press(key);
    return timeline.locator('[aria-live=polite]').textContent();
  });
  console.log(`    the keyboard says: ${spoken}`);
  await window.picture('timeline-close');

  const middle = await momentOf();
  await window.panel('Guest Terminal');
  const terminal = await window.webview('#screen .line span');
  await window.picture('terminal');
  await timed('a click on what the guest printed', async () => {
    await terminal.locator('.line span').first().click();
    await window.until(
      'another moment',
      async () => groupedNumber(await terminal.locator('#status').textContent()) < middle,
    );
  });
  await window.picture('terminal-clicked');
  await window.contrastPicture('terminal');

  await window.stop();
};
