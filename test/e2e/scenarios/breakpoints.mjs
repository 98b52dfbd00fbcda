/** Breakpoints met backwards: on a line, and on a trap of one cause with a condition; and the disassembly there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { putReplay } from '../files.mjs';

export const prepare = (workspace) => putReplay(workspace, 'From the end', 'end');

export const run = async (window, { timed, workspace }) => {
  // A breakpoint before the session, on the line that takes a buffer from the list.
  const lines = readFileSync(join(workspace, 'buffer.c'), 'utf8').split('\n');
  const line = lines.findIndex((text) => text.includes('freelist = buffer->next;')) + 1;
  await window.openFile('buffer.c');
  await window.page.locator('.editor-instance .view-line').first().waitFor();
  await window.goToLine(line);
  // The key does nothing until VS Code knows that one debugs this language.
  const isSet = async () => (await window.page.locator('.codicon-debug-breakpoint').count()) > 0;
  await window.until('the breakpoint', async () => {
    await window.press('F9');
    return window.soon(isSet);
  });
  await window.press('Control+Shift+D');
  await window.start('From the end');
  await window.threadSays('At the end of the recording');
  const end = await window.standing();

  await window.toggle('Guest panic');
  const hit = await timed('Reverse to a line', async () => {
    await window.toolbar('Reverse');
    return window.momentOtherThan(end);
  });
  await window.threadSays('Paused on breakpoint');
  await window.topIs('buffer_allocate');
  await window.picture('line');

  await window.command('Open Disassembly View');
  const shown = await window.until('disassembled lines', async () => {
    const seen = await window.rows('.disassembly-view');
    return seen.length > 5 && seen;
  });
  if (!shown.some((text) => /\b(sd|ld|addi)\b/.test(text))) throw new Error(`the disassembly says ${shown[0]}`);
  await window.picture('disassembly');

  const before = await timed('Reverse to the time before', async () => {
    await window.toolbar('Reverse');
    return window.momentOtherThan(hit);
  });
  if (before >= hit) throw new Error(`Reverse went from ${hit} to ${before}`);

  // System calls, but only one of them: the handler finds its number in a7.
  await window.condition('Environment call from U-mode', 'a7 == 2');
  await window.toggle('Environment call from U-mode');
  await window.toggle('buffer.c'); // no longer
  await timed('Reverse to a trap with a condition', async () => {
    await window.toolbar('Reverse');
    await window.threadSays('environment call');
  });
  await window.press('Control+Shift+D');
  await window.picture('trap');
  await window.stop();
};
