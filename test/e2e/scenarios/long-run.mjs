/** A run that does not end is paused; a search backwards that would take long is given up, and paused, and the person goes on. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { putLaunch } from '../files.mjs';

/** auipc t0,0; addi t0,t0,12; csrw mtvec,t0; ecall: the handler of the trap is the ecall itself. */
const forEver = Uint32Array.of(0x0000_0297, 0x00c2_8293, 0x3052_9073, 0x0000_0073);

export const prepare = (workspace) => {
  writeFileSync(join(workspace, 'kernel.bin'), forEver);
  putLaunch(workspace, { name: 'For ever', machine: '-m 32M -nographic -bios none -kernel kernel.bin' });
};

export const run = async (window, { timed }) => {
  await window.press('Control+Shift+D');
  await window.start('For ever');
  await window.until('a machine that runs', async () => (await window.moment()) > 10_000_000);
  await timed('Pause to a stop', async () => {
    await window.toolbar('Pause');
    await window.threadSays('Paused');
  });
  const at = await window.standing();
  await window.picture('paused');

  // Each of millions of traps is looked at, and none has this.
  await window.condition('Environment call from M-mode', 'a0 == 1');
  await window.toggle('Environment call from M-mode');
  await window.toolbar('Reverse');
  const cancel = window.page
    .locator('.notifications-toasts a, .notifications-toasts .monaco-button', { hasText: 'Cancel' })
    .first();
  await cancel.waitFor();
  await timed('Cancel to a stop', async () => {
    await cancel.click();
    await window.threadSays('Paused');
  });
  const left = await window.standing();
  if (left !== at) throw new Error(`a search from ${at} that was given up ends at ${left}`);
  await window.picture('cancelled');

  await window.toolbar('Reverse');
  await cancel.waitFor(); // it has searched for a while
  await timed('Pause to a stop, in a search', async () => {
    await window.toolbar('Pause');
    await window.threadSays('Paused');
  });
  const stayed = await window.standing();
  if (stayed !== at) throw new Error(`a search from ${at} that was paused ends at ${stayed}`);
  await window.picture('paused-search');
  await window.toolbar('Step Back');
  const back = await window.momentOtherThan(at);
  if (back !== at - 1) throw new Error(`a step back from ${at} ends at ${back}`);
  await window.toolbar('Continue');
  await window.until('a machine that goes on', async () => (await window.moment()) > at);
  await window.pause();
  await window.picture('gone-on');
  await window.stop();
};
