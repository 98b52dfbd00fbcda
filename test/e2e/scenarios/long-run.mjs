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
  const row = window.page.locator('.disassembly-view .monaco-list-row', { hasText: '0x80000000' }).first();
  await row.click({ position: { x: 8, y: 8 } });
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
