/** What scenarios put into their workspaces. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
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

/** Records a machine with the command line. `exitCode` is the guest's. */
const record = (workspace, name, machine, options = [], exitCode = 0) => {
  try {
    const words = [join(project, 'dist/chronovisor.cjs'), 'record', '-o', name, ...options, '--', ...machine];
    execFileSync(process.execPath, words, { cwd: workspace, stdio: 'pipe' });
  } catch (error) {
    if (error.status !== exitCode) throw error;
  }
};

const board = ['-machine', 'virt', '-m', '128M', '-nographic'];

/** A recording of the demo kernel to its panic. */
export const putRecording = (workspace, name = 'demo.chrono') =>
  record(workspace, name, [...board, '-bios', 'none', '-kernel', join(demo, 'demo.elf')], [], 2);

/** Three harts, each of which is started by the firmware and counts its ticks. */
export const putHarts = (workspace, name) =>
  record(workspace, name, [...board, '-smp', '3', '-kernel', join(project, 'test/guests/bare/smode-sbi.elf')]);

const debian = join(project, 'test/guests/debian/.cache');

/** Why there is no boot of Linux to look at; nothing when there is. */
export const bootIsMissing = () =>
  existsSync(join(debian, 'Image')) && existsSync(join(debian, 'initrd.cpio.gz'))
    ? undefined
    : "there is no Debian kernel: fetch it with 'sh test/guests/debian/fetch.sh'";

/** A recording of Linux on two harts from its first step to a shell and off: about two billion steps. */
export const putBoot = (workspace, name) => {
  putText(workspace, 'boot.script', 'wait "~ # "\nsend "uname -a\\n"\nwait "~ # "\nsend "poweroff -f\\n"\n');
  const images = ['-kernel', join(debian, 'Image'), '-initrd', join(debian, 'initrd.cpio.gz')];
  record(
    workspace,
    name,
    ['-m', '256M', '-smp', '2', '-nographic', ...images, '-append', 'console=ttyS0'],
    ['--script', 'boot.script'],
  );
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
