/**
 * The extension in a real VS Code, end to end: it is installed from its package and driven in a browser as a person drives
 * it. Each file of `scenarios/` is a test; the last line counts them. Times are said and never asserted. It is no part of `npm test`:
 * it needs a browser and 700 MB of packages.
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

const run = async ({ address, browser, folder }, name) => {
  const scenario = await import(`./scenarios/${name}.mjs`);
  const workspace = join(folder, 'workspaces', name);
  mkdirSync(workspace, { recursive: true });
  scenario.prepare(workspace);
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  const window = new DebugWindow(await context.newPage(), pictures, name);
  try {
    await window.open(address, workspace);
    await scenario.run(window, { timed, workspace });
  } catch (error) {
    await window.picture('failed').catch(() => {});
    const said = await window.notifications().catch(() => []);
    throw said.length === 0 ? error : new Error(`${error.message}\nVS Code says: ${said.join(' | ')}`);
  } finally {
    await context.close();
  }
};

const server = await startServer();
let failed = 0;
try {
  for (const name of names) {
    const beganMs = performance.now();
    try {
      await run(server, name);
      console.log(`passed: ${name} (${seconds(beganMs)})`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED: ${name} (${seconds(beganMs)})\n${error.message}`);
    }
  }
} finally {
  await server.close();
}
console.log(`pictures: ${pictures}\n${names.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
