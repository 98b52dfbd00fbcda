/** The demo kernel that comes with the extension, from its panic back to the store that did the damage. */
import { putText } from '../files.mjs';

export const prepare = (workspace) => putText(workspace, 'notes.txt', 'A folder without a kernel.\n');

export const run = async (window, { timed }) => {
  await window.press('Control+Shift+D');
  await timed('the command to the panic, with variables', async () => {
    await window.command('Chronovisor: Record the Demo Kernel');
    await window.threadSays('Paused on');
    await window.topIs('panic');
    await window.until('variables', async () => (await window.variables()).some((row) => row.startsWith('message')));
  });
  // VS Code says it by itself, unless it has fetched the stack anew meanwhile.
  await window.frame('panic');
  await window.until('what the panic says', async () =>
    (await window.text('.exception-widget')).join().includes('The guest panics: freelist: corrupt node'),
  );
  await window.picture('panic');
  const panic = await window.standing();

  let at = panic;
  for (let round = 1; round <= 3; round += 1) {
    at = await timed(`Step Back, time ${round}`, async () => {
      await window.toolbar('Step Back');
      return window.momentOtherThan(at);
    });
  }
  await window.topIs('buffer_allocate');
  await window.expand('buffer');
  await window.until('the member', async () => (await window.variables()).some((row) => row.startsWith('next')));
  await window.picture('step-back');

  const ways = {
    'the button Step Back Into': () => window.toolbar('Step Back Into'),
    'the button Step Back Out': () => window.toolbar('Step Back Out'),
    'Control+F10': () => window.debugKey('Control+F10'),
    'Alt+F11': () => window.debugKey('Alt+F11'),
    'Shift+Alt+F11': () => window.debugKey('Shift+Alt+F11'),
  };
  for (const [way, go] of Object.entries(ways)) {
    const before = at;
    await go();
    at = await window.momentOtherThan(before);
    if (at >= before) throw new Error(`${way} went from ${before} to ${at}`);
  }
  await window.command('Chronovisor: Go to the Last Panic');
  await window.topIs('panic');
  if ((await window.moment()) !== panic) throw new Error(`the last panic is at ${await window.moment()}, not ${panic}`);
  await window.command('Chronovisor: Back to Live');
  await window.until('the live end', async () => (await window.position())?.includes('live'));
  await window.stop();
};
