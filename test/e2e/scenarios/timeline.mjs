/**
 * The timeline over a boot of Linux on two harts: how soon it is there, what it shows of each hart, and whether the window stays free
 * while one zooms and moves in it.
 */
import { bootIsMissing, putBoot, putLaunch } from '../files.mjs';
import { tasksDuring, tasksInWords } from '../tasks.mjs';

export const missing = bootIsMissing;

export const prepare = (workspace) => {
  putBoot(workspace, 'boot.chrono');
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is VS Code that puts the folder in
  putLaunch(workspace, { name: 'The boot', trace: '${workspaceFolder}/boot.chrono', stopAt: 'end' });
};

const whole = /^moment ([\d,]+) of \1$/;

/** Notes what VS Code's own measure calls a long task, by the clock, and frames, from now on. */
const observe = (frame) =>
  frame.evaluate(() => {
    const seen = { longMs: [], frames: 0 };
    globalThis.chronovisorSeen = seen;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) seen.longMs.push(duration);
    }).observe({ entryTypes: ['longtask'] });
    const count = () => {
      seen.frames += 1;
      requestAnimationFrame(count);
    };
    requestAnimationFrame(count);
  });

const moveAbout = async (window, view) => {
  const { mouse } = window.page;
  const canvas = view.locator('canvas');
  const { x, y } = await canvas.boundingBox();
  for (let turn = 0; turn < 10; turn += 1) {
    await mouse.move(x + 700, y + 60);
    await mouse.wheel(0, -400);
    await mouse.down();
    for (let step = 0; step < 20; step += 1) await mouse.move(x + 700 - step * 20, y + 60);
    await mouse.up();
  }
  await canvas.focus();
  for (const key of ['+', '+', 'ArrowDown', 'ArrowDown', 'ArrowDown']) await window.press(key);
  for (let step = 0; step < 40; step += 1) await window.press(step % 8 === 7 ? '-' : 'ArrowRight');
  await mouse.move(x + 500, y + 60);
  for (let turn = 0; turn < 10; turn += 1) await mouse.wheel(0, 400);
};

export const run = async (window, { timed }) => {
  await window.press('Control+Shift+D');
  await window.start('The boot');
  await window.takesSteps();
  await window.standing();
  const opened = async () => {
    await window.panel('Timeline');
    const view = await window.webview('canvas[aria-roledescription="timeline"]');
    await window.until('a timeline that is painted', async () =>
      /^moment/.test(await view.locator('#status').textContent()),
    );
    await view.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    return view;
  };
  await timed('the timeline of 2 billion steps is painted', opened);
  await window.picture('opened');
  const view = await window.webview('canvas[aria-roledescription="timeline"]');
  await timed('and its history known', () =>
    window.until('a history that is indexed', async () => whole.test(await view.locator('#status').textContent())),
  );
  await window.picture('indexed');
  await window.until('the second hart', async () => {
    await view.locator('canvas').focus();
    await window.press('ArrowDown');
    const words = await view.locator('[aria-live=polite]').textContent();
    return words.startsWith('Hart 1.');
  });
  for (let step = 0; step < 10; step += 1) await window.press('ArrowLeft');
  console.log(`    the keyboard says: ${await view.locator('[aria-live=polite]').textContent()}`);
  await window.panel('Debug Console');
  const again = await timed('painted again, its history known', opened);

  await observe(again);
  const began = performance.now();
  const tasksMs = await tasksDuring(window.page, () => moveAbout(window, again));
  const seconds = (performance.now() - began) / 1000;
  const { longMs, frames } = await again.evaluate(() => globalThis.chronovisorSeen);
  console.log(`    10 zooms, 200 moves with the pointer, 40 with keys: of the processor ${tasksInWords(tasksMs)}`);
  console.log(
    `    by the clock ${longMs.length} over 50 ms, the longest ${Math.max(0, ...longMs).toFixed(0)} ms; ${(frames / seconds).toFixed(0)} frames a second`,
  );
  await window.picture('moved');
  await window.stop();
};
