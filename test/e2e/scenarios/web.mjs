/**
 * The extension in the web extension host of the window, where there is no Node: a recording is opened, and debugged from its
 * panic backwards by its sources.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { putDemo, putRecording, putText } from '../files.mjs';

export const prepare = (workspace) => {
  putDemo(workspace);
  putRecording(workspace);
  const settings = { 'remote.extensionKind': { 'chronovisor.chronovisor': ['web'] } };
  mkdirSync(join(workspace, '.vscode'));
  putText(workspace, '.vscode/settings.json', JSON.stringify(settings));
};

export const run = async (window, { timed }) => {
  await timed('that recording needs Node', async () => {
    await window.command('Chronovisor: Record the Demo Kernel');
    await window.until('a sentence about browsers', async () =>
      (await window.notifications()).some((text) => text.includes('not possible in a browser')),
    );
  });
  const frame = await timed('a double click to what the recording holds', async () => {
    await window.page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'demo.chrono' }).first().dblclick();
    return window.webview('.facts');
  });
  await timed('verified', async () => {
    await frame.locator('[data-command="verify"]').click();
    await window.webview('.equal');
  });
  await window.picture('verified');
  await timed('from the button to the panic, with variables', async () => {
    await (await window.webview('.facts')).locator('[data-command="panic"]').click();
    await window.until('a session', () => window.hasSession());
    await window.press('Control+Shift+D');
    await window.threadSays('Paused on guest panic');
    await window.topIs('panic');
    await window.until('variables', async () => (await window.variables()).some((row) => row.startsWith('message')));
  });
  await timed('the line in its source', () =>
    window.until('the line of the panic', async () =>
      (await window.text('.debug-top-stack-frame-column, .monaco-editor .view-line')).some((line) =>
        line.includes('panic'),
      ),
    ),
  );
  await window.picture('panic');
  let at = await window.until('a moment', () => window.moment());
  for (let round = 1; round <= 3; round += 1) {
    at = await timed(`Step Back, time ${round}`, async () => {
      await window.toolbar('Step Back');
      const before = await window.momentOtherThan(at);
      if (before >= at) throw new Error(`Step Back went from ${at} to ${before}`);
      return before;
    });
  }
  await window.topIs('buffer_allocate');
  await window.picture('step-back');
  await window.stop();
};
