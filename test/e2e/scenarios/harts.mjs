/** A machine of three harts: each is a thread in the call stack and a lane in the timeline. */
import { putHarts, putLaunch } from '../files.mjs';

export const prepare = (workspace) => {
  putHarts(workspace, 'harts.chrono');
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is VS Code that puts the folder in
  putLaunch(workspace, { name: 'Three harts', trace: '${workspaceFolder}/harts.chrono', stopAt: 'end' });
};

export const run = async (window) => {
  await window.press('Control+Shift+D');
  await window.start('Three harts');
  await window.until('three harts', async () => {
    const rows = await window.callStack();
    return [0, 1, 2].every((hart) => rows.some((row) => row.startsWith(`hart ${hart}`)));
  });
  await window.panel('Timeline');
  const view = await window.webview('canvas[aria-roledescription="timeline"]');
  await window.until('a history that is indexed', async () =>
    /^moment ([\d,]+) of \1$/.test(await view.locator('#status').textContent()),
  );
  // A stop gives the focus to the editor.
  const lanes = new Set();
  await window.until('a lane for each hart', async () => {
    await view.locator('canvas').focus();
    await window.press('ArrowDown');
    lanes.add((await view.locator('[aria-live=polite]').textContent()).split('.')[0]);
    return [0, 1, 2].every((hart) => lanes.has(`Hart ${hart}`));
  });
  await window.picture('lanes');
  await window.stop();
};
