/** A recording that is opened by a double click: what it holds, its verification, and debugging it from there. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { putDemo, putRecording } from '../files.mjs';

export const prepare = (workspace) => {
  putDemo(workspace);
  putRecording(workspace);
  const bytes = readFileSync(join(workspace, 'demo.chrono'));
  writeFileSync(join(workspace, 'damaged.chrono'), bytes.fill(0, bytes.length - 200, bytes.length - 100));
};

/** The first click comes while VS Code is still learning what its extensions can. */
export const early = true;

export const run = async (window, { timed }) => {
  const frame = await timed('a double click to what the recording holds', async () => {
    await window.openFile('demo.chrono');
    return window.webview('.facts');
  });
  await window.picture('page');
  await timed('verified', async () => {
    await frame.locator('[data-command="verify"]').click();
    await window.webview('.equal');
  });
  await window.picture('verified');
  await (await window.webview('.facts')).locator('[data-command="panic"]').click();
  await window.until('a session', () => window.hasSession());
  await window.press('Control+Shift+D');
  await window.threadSays('Paused on guest panic');
  await window.topIs('panic');
  await window.picture('panic');
  await window.stop();

  await window.press('Control+Shift+E');
  await window.openFile('damaged.chrono');
  const damaged = await window.webview('[data-command="salvage"]');
  await window.picture('damaged');
  await damaged.locator('[data-command="salvage"]').click();
  await window.until('what stands before the damage', async () => {
    for (const each of window.page.frames()) {
      const texts = await each
        .locator('body')
        .allInnerTexts()
        .catch(() => []);
      if (texts.some((text) => text.includes('damaged.chrono') && text.includes('steps'))) return true;
    }
    return false;
  });
  await window.picture('salvaged');
};
