/** What scenarios put into their workspaces. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { project } from './server.mjs';

const demo = join(project, 'test/guests/demo');

/** The last line before the panic where the broken node is known. */
export const knownAt = 'buffer.c 25';

/** The demo kernel with its sources, as a folder of somebody's own. */
export const putDemo = (workspace) => {
  const wanted = (file) => !/\.build|\.git|fixed|Makefile|\.(txt|sh|md|ld)$/.test(file);
  cpSync(demo, workspace, { recursive: true, filter: wanted });
};

/** A recording of the demo kernel to its panic. */
export const putRecording = (workspace, name = 'demo.chrono') => {
  const words = [
    'record',
    '-o',
    name,
    '--',
    '-machine',
    'virt',
    '-bios',
    'none',
    '-kernel',
    join(demo, 'demo.elf'),
    '-m',
    '128M',
    '-nographic',
  ];
  try {
    execFileSync(process.execPath, [join(project, 'dist/chronovisor.cjs'), ...words], {
      cwd: workspace,
      stdio: 'pipe',
    });
  } catch (error) {
    if (error.status !== 2) throw error; // which is how the panic ends
  }
};

export const putText = (workspace, name, text) => writeFileSync(join(workspace, name), text);

export const putLaunch = (workspace, ...configurations) => {
  mkdirSync(join(workspace, '.vscode'), { recursive: true });
  const all = configurations.map((each) => ({ type: 'chronovisor', request: 'launch', ...each }));
  putText(workspace, '.vscode/launch.json', JSON.stringify({ version: '0.2.0', configurations: all }));
};

/** The demo kernel with a recording of it, and a configuration that replays that. */
export const putReplay = (workspace, name, stopAt) => {
  putDemo(workspace);
  putRecording(workspace);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is VS Code that puts the folder in
  putLaunch(workspace, { name, trace: '${workspaceFolder}/demo.chrono', stopAt });
};
