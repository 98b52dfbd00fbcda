/**
 * The pages of the views in a browser, without VS Code around them: over a made-up history of ten million events, or over a
 * recording. Says how long a timeline takes to open and which tasks are long while one moves and zooms in it, and leaves
 * pictures in the colours of three themes. It is no part of `npm test`; its tools are those of run.mjs (`sh test/e2e/setup.sh`).
 *
 *     node test/e2e/pages.mjs [FOLDER FOR THE PICTURES] [RECORDING [FOLDER FOR ITS INDEX]]
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { tasksDuring, tasksInWords } from './tasks.mjs';

const project = resolve(import.meta.dirname, '../..');
const tools = process.env.CHRONOVISOR_E2E ?? join(import.meta.dirname, 'tools');
const { chromium } = createRequire(join(resolve(tools), 'package.json'))('playwright-core');
const scratch = mkdtempSync(join(tmpdir(), 'chronovisor-pages-'));
const pictures = resolve(process.argv[2] ?? join(scratch, 'pictures'));
mkdirSync(pictures, { recursive: true });

// --- Who answers: the adapter's own code.

const bundle = (entry, outfile) =>
  build({
    entryPoints: [join(project, entry)],
    outfile: join(scratch, outfile),
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'warning',
    banner: {
      js: `import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);`,
    },
  });
await bundle('test/e2e/page-answers.ts', 'answers.mjs');
await bundle('adapter/history/history-worker.ts', 'history-worker.mjs');
const { answersOf } = await import(join(scratch, 'answers.mjs'));
const answers = await answersOf(process.argv[3], process.argv[4] ?? join(scratch, 'cache'));

// --- What VS Code would be to a page.

const themes = {
  light: [
    'vscode-light',
    {
      foreground: '#3b3b3b',
      'panel-background': '#ffffff',
      descriptionForeground: '#717171',
      'editorIndentGuide-background1': '#e5e5e5',
      focusBorder: '#0090f1',
    },
  ],
  dark: [
    'vscode-dark',
    {
      foreground: '#cccccc',
      'panel-background': '#181818',
      descriptionForeground: '#9d9d9d',
      'editorIndentGuide-background1': '#333333',
      focusBorder: '#0078d4',
    },
  ],
  contrast: [
    'vscode-high-contrast',
    { foreground: '#ffffff', 'panel-background': '#000000', contrastBorder: '#6fc3df', focusBorder: '#f38518' },
  ],
};
const colours = {
  'charts-blue': '#3794ff',
  'charts-green': '#89d185',
  'charts-orange': '#d18616',
  'charts-red': '#f14c4c',
  'charts-purple': '#b180d7',
  'charts-yellow': '#cca700',
  'debugIcon-breakpointCurrentStackframeForeground': '#ffcc00',
  'button-secondaryBackground': '#5f6a7955',
  'button-secondaryForeground': 'inherit',
  'editorHoverWidget-background': '#454545',
  'editorHoverWidget-foreground': '#ffffff',
  'terminal-ansiRed': '#cd3131',
  'terminal-ansiGreen': '#0dbc79',
  'font-family': 'sans-serif',
  'font-size': '13px',
  'editor-font-size': '13px',
  'editor-font-family': 'monospace',
};

const open = async (browser, script, theme, size) => {
  const page = await browser.newPage({ viewport: size });
  page.on('pageerror', (error) => console.error(`error in the page: ${error.message}`));
  const [kind, own] = themes[theme];
  const style = Object.entries({ ...colours, ...own })
    .map(([name, value]) => `--vscode-${name}: ${value};`)
    .join(' ');
  const body = `<!DOCTYPE html><html style="${style}"><head></head><body class="empty ${kind}" style="background: var(--vscode-panel-background)"></body></html>`;
  await page.route('http://views.test/**', async (route) => {
    const [command, args] = route.request().postDataJSON() ?? [];
    if (command === undefined) await route.fulfill({ contentType: 'text/html', body });
    else await route.fulfill({ json: answers.answer(command, args) });
  });
  await page.goto('http://views.test/');
  await page.addStyleTag({ content: readFileSync(join(project, 'extension/dist/webview/page.css'), 'utf8') });
  await page.evaluate((state) => {
    const tell = (message) => window.postMessage(message, '*');
    const ask = async (...asked) => (await fetch('/ask', { method: 'POST', body: JSON.stringify(asked) })).json();
    window.acquireVsCodeApi = () => ({
      getState: () => undefined,
      setState: () => {},
      postMessage: async ({ id, command, args }) => {
        if (command === 'ready') return tell({ kind: 'state', state });
        window.went = command === 'chronovisor/goTo' ? args.moment : window.went;
        window.answered = (window.answered ?? 0) + 1;
        tell({ kind: 'answer', id, answer: await ask(command, args) });
      },
    });
    window.beganMs = performance.now();
  }, answers.state);
  await page.addScriptTag({ content: readFileSync(join(project, `extension/dist/webview/${script}.js`), 'utf8') });
  return page;
};

const picture = async (page, name) => {
  await page.waitForTimeout(250);
  await page.screenshot({ path: join(pictures, `${name}.png`) });
};

const timeline = async (browser) => {
  const page = await open(browser, 'timeline', 'dark', { width: 1200, height: 330 });
  const openMs = await page.evaluate(async () => {
    const isPainted = () => !/Start|^$/.test(document.querySelector('#status')?.textContent ?? '');
    while (!isPainted()) await new Promise((done) => requestAnimationFrame(done));
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    return performance.now() - window.beganMs;
  });
  console.log(`the timeline is open and drawn: ${(openMs / 1000).toFixed(2)} s`);
  await picture(page, 'timeline-dark');
  const canvas = page.locator('canvas');
  const { x, y } = await canvas.boundingBox();
  const tasksMs = await tasksDuring(page, async () => {
    for (let turn = 0; turn < 12; turn += 1) {
      await page.mouse.move(x + 700, y + 60);
      await page.mouse.wheel(0, -400);
      await page.mouse.down();
      for (let step = 0; step < 20; step += 1) await page.mouse.move(x + 700 - step * 20, y + 60);
      await page.mouse.up();
    }
    await page.waitForTimeout(500);
  });
  const asked = await page.evaluate(() => window.answered);
  console.log(`12 zooms and 240 moves: ${asked} answers, ${tasksInWords(tasksMs)}`);
  await picture(page, 'timeline-close');
  await page.mouse.move(x + 600, y + 140);
  await picture(page, 'timeline-hover');
  await page.mouse.click(x + 600, y + 140);
  await page.waitForFunction(() => window.went !== undefined);
  console.log(`a click goes to moment ${await page.evaluate(() => window.went)}`);
  await canvas.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  console.log(`the keyboard says: ${await page.locator('[aria-live=polite]').textContent()}`);
  await picture(page, 'timeline-keyboard');
  await page.close();
  for (const theme of ['light', 'contrast']) {
    const other = await open(browser, 'timeline', theme, { width: 1200, height: 330 });
    await other.waitForFunction(() => /moment/.test(document.querySelector('#status')?.textContent ?? ''));
    await picture(other, `timeline-${theme}`);
    await other.close();
  }
};

const terminal = async (browser) => {
  for (const theme of ['dark', 'light']) {
    const page = await open(browser, 'terminal', theme, { width: 800, height: 330 });
    await page.locator('.line span').first().waitFor();
    await picture(page, `terminal-${theme}`);
    const line = page.locator('.line').nth(2);
    await line.hover({ position: { x: 20, y: 8 } });
    await picture(page, `terminal-hover-${theme}`);
    await line.click({ position: { x: 20, y: 8 } });
    await page.waitForFunction(() => window.went !== undefined);
    console.log(`a click in the terminal goes to moment ${await page.evaluate(() => window.went)}`);
    await page.close();
  }
};

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
try {
  await timeline(browser);
  await terminal(browser);
} finally {
  await browser.close();
}
console.log(`pictures: ${pictures}`);
if (!pictures.startsWith(scratch)) rmSync(scratch, { recursive: true });
process.exit(0); // the recording stays open until then
