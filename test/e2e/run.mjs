/**
 * The extension in a real VS Code, end to end: it is installed from its package and driven in a browser as a person drives
 * it. Each file of `scenarios/` is a test; the last line counts them. Times are said and never asserted. It is no part of `npm test`:
 * it needs a browser and 700 MB of packages.
 *
 * A scenario whose window does not come up, or whose browser dies, is run once more, and that is said. Whatever it sees, or
 * waits for in vain, in a window that came up is its failure.
 *
 *     sh test/e2e/setup.sh && npm run test:e2e
 *     npm run test:e2e -- [--pictures FOLDER] [NAME OF A SCENARIO...]
 */
import { mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { DebugWindow } from './debug-window.mjs';
import { startServer } from './server.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { pictures: { type: 'string', default: join(import.meta.dirname, '.pictures') } },
});
const pictures = resolve(values.pictures);
const names = readdirSync(join(import.meta.dirname, 'scenarios'))
  .map((file) => file.replace(/\.mjs$/, ''))
  .filter((name) => positionals.length === 0 || positionals.includes(name))
  .sort();

const seconds = (sinceMs) => `${((performance.now() - sinceMs) / 1000).toFixed(2)} s`;

/** Says how long something took that a person waits for. */
const timed = async (what, act) => {
  const beganMs = performance.now();
  const result = await act();
  console.log(`    ${what}: ${seconds(beganMs)}`);
  return result;
};

/** Gives why it failed, and whether that was the surroundings; nothing when it did not fail. */
const run = async ({ address, browser, folder }, name, attempt) => {
  const scenario = await import(`./scenarios/${name}.mjs`);
  const workspace = join(folder, 'workspaces', `${attempt}`, name);
  mkdirSync(workspace, { recursive: true });
  scenario.prepare(workspace);
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  const page = await context.newPage();
  let [up, crashed] = [false, false];
  page.once('crash', () => {
    crashed = true;
  });
  const window = new DebugWindow(page, pictures, name);
  try {
    await window.open(address, workspace);
    if (scenario.early !== true) await window.ready();
    up = true;
    await scenario.run(window, { timed, workspace });
    return undefined;
  } catch (error) {
    await window.picture('failed').catch(() => {});
    const said = await window.notifications().catch(() => []);
    const why = said.length === 0 ? error.message : `${error.message}\nVS Code says: ${said.join(' | ')}`;
    return { why, surroundings: !up || crashed || !browser.isConnected() };
  } finally {
    await context.close().catch(() => {});
  }
};

/** What a scenario needs and this computer has not, in a sentence. */
const missing = async (name) => (await import(`./scenarios/${name}.mjs`)).missing?.();

const attempt = async (name, count) => {
  const beganMs = performance.now();
  const failure = await run(server, name, count).catch(({ message }) => ({
    why: message,
    surroundings: !server.browser.isConnected(),
  }));
  const took = seconds(beganMs);
  if (failure === undefined) {
    console.log(`passed: ${name} (${took})${count === 1 ? '' : ', AT THE SECOND ATTEMPT: see above'}`);
    return true;
  }
  console.log(`FAILED: ${name} (${took})\n${failure.why}`);
  if (!failure.surroundings || count > 1) return false;
  console.log(`${name} did not fail by what it saw, but by its surroundings: it is run a second time`);
  if (!server.browser.isConnected()) {
    await server.close();
    server = await startServer();
  }
  return attempt(name, count + 1);
};

let server = await startServer();
let [failed, skipped] = [0, 0];
try {
  for (const name of names) {
    const why = await missing(name);
    if (why === undefined) failed += (await attempt(name, 1)) ? 0 : 1;
    else {
      skipped += 1;
      console.log(`skipped: ${name}: ${why}`);
    }
  }
} finally {
  await server.close();
}
console.log(`pictures: ${pictures}\n${names.length - failed - skipped} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed === 0 ? 0 : 1;
