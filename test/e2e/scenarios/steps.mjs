/** What a step back takes, from the click to another value of a watch, which comes with the variables; beside it the same with an adapter that does nothing. Both are said. */
import { join } from 'node:path';
import { putDemo, putLaunch, putRecording, putText } from '../files.mjs';

export const prepare = (workspace) => {
  putDemo(workspace);
  putRecording(workspace);
  putText(workspace, 'main.c', '  ;\n'.repeat(120));
  putLaunch(
    workspace,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is VS Code that puts the folder in
    { name: 'From the panic', trace: '${workspaceFolder}/demo.chrono', stopAt: 'panic' },
    { name: 'Nothing', type: 'trivial', path: join(workspace, 'main.c') },
  );
};

const [warmUps, steps] = [3, 10];

const patienceMs = 10_000;

/** Clicks, and gives how long it took until the watched register was another, in milliseconds: measured in the page. */
const stepBack = (window) =>
  window.page.evaluate(
    (endMs) =>
      new Promise((done, failed) => {
        const pane = document.querySelector('.debug-watch');
        const value = () => pane.querySelector('.monaco-list-row')?.textContent ?? '';
        const before = value();
        const began = performance.now();
        const observer = new MutationObserver(() => {
          if (value() === before || !/=.*\d/.test(value())) return;
          observer.disconnect();
          done(performance.now() - began);
        });
        observer.observe(pane, { subtree: true, childList: true, characterData: true });
        setTimeout(() => failed(new Error(`after ${endMs} ms the watch is still the same`)), endMs);
        document.querySelector('.debug-toolbar .action-label[aria-label^="Step Back"]').click();
      }),
    patienceMs,
  );

const median = (values) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];

export const run = async (window) => {
  const measured = async (name, first) => {
    await window.start(name);
    await first();
    const took = [];
    for (let step = 0; step < warmUps + steps; step += 1) {
      await window.takesSteps();
      took.push(await stepBack(window));
    }
    await window.stop();
    return median(took.slice(warmUps)).toFixed(0);
  };
  await window.press('Control+Shift+D');
  await window.watch('pc');
  const watched = (pattern) => async () =>
    window.until('the watch', async () => pattern.test((await window.rows('.debug-watch')).join()));
  const trivial = await measured('Nothing', watched(/^pc = 100$/));
  const ours = await measured('From the panic', watched(/^pc = 0x[0-9a-f]+ panic/));
  console.log(
    `    Step Back to other values, median of ${steps}: ${ours} ms; an adapter that does nothing: ${trivial} ms`,
  );
};
