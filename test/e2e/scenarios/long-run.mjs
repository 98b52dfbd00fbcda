/** A run that does not end is paused, and a search backwards through it is given up. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { putLaunch } from '../files.mjs';

/** c.addi a0,1 and c.j to it. */
const forEver = Uint8Array.of(0x05, 0x05, 0xfd, 0xbf);

export const prepare = (workspace) => {
  writeFileSync(join(workspace, 'kernel.bin'), forEver);
  putLaunch(workspace, { name: 'For ever', machine: '-m 32M -nographic -bios none -kernel kernel.bin' });
};

export const run = async (window, { timed }) => {
  await window.press('Control+Shift+D');
  await window.start('For ever');
  await window.until('a machine that runs', async () => (await window.moment()) > 3_000_000_000);
  await timed('Pause to a stop', async () => {
    await window.toolbar('Pause');
    await window.threadSays('Paused');
  });
  const paused = await window.until('a moment', () => window.moment());
  await window.picture('paused');

  // A breakpoint that is met each time round and whose condition was true long ago.
  await window.page.locator('.debug-breakpoints').hover();
  await window.page.locator('[aria-label^="Add Function Breakpoint"]').first().click();
  await window.page.locator('.debug-breakpoints .monaco-inputbox input').fill('0x80000000');
  await window.press('Enter');
  await window.condition('0x80000000', 'a0 == 1');
  await window.toolbar('Reverse');
  const cancel = window.page.locator('.notifications-toasts .monaco-button, .notification-toast .action-label', {
    hasText: 'Cancel',
  });
  await cancel.first().waitFor();
  await timed('Cancel to a stop', async () => {
    await cancel.first().click();
    await window.threadSays('Paused');
  });
  await window.momentOtherThan(paused);
  await window.picture('cancelled');
  await window.stop();
};
