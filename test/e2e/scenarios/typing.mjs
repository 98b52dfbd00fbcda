/** A live machine is typed at in the guest's terminal; in its past the same keys do nothing. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { putLaunch } from '../files.mjs';
import { project } from '../server.mjs';

export const prepare = (workspace) => {
  copyFileSync(join(project, 'test/guests/bare/echo.elf'), join(workspace, 'echo.elf'));
  putLaunch(workspace, { name: 'Echo', machine: '-machine virt -bios none -kernel echo.elf -m 32M -nographic' });
};

export const run = async (window, { timed }) => {
  const { page } = window;
  await window.press('Control+Shift+D');
  await window.choose('debug Echo', 'Echo');
  await window.panel('Guest Terminal');
  const terminal = await window.webview('#screen');
  const says = (words) =>
    window.until(`"${words}" in the terminal`, async () =>
      (await terminal.locator('body').textContent()).includes(words),
    );
  await says('live: what you type here');
  await terminal.locator('#screen').focus();
  await timed('a word that is typed and echoed', async () => {
    await page.keyboard.type('hello');
    await says('hello');
  });
  await window.picture('typed');
  await window.press('F6');
  await window.threadSays('Paused');
  await timed('a click on the second character', async () => {
    const text = terminal.locator('.line', { hasText: 'hello' }).locator('span').first();
    const { width } = await text.boundingBox();
    const line = await text.textContent();
    const at = line.indexOf('hello') + 1.5;
    await text.click({ position: { x: (width / line.length) * at, y: 8 } });
    await says('what is dimmed comes later');
  });
  await window.picture('clicked');
  console.log(`    dimmed: ${await terminal.locator('.line .future, .line.future').allTextContents()}`);
  await terminal.locator('#screen').focus();
  await page.keyboard.type('x');
  await says('This is the past');
  await window.picture('past');
  await window.stop();
};
