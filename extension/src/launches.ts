/** Launch configurations as data: made from what was found or asked for. It shows nothing and starts nothing. */

import { splitWords } from '../../adapter/dap/words.ts';
import type { Candidate } from './discovery/candidates.ts';

/** What a launch configuration of ours has at least. */
export interface Launch {
  readonly type: 'chronovisor';
  readonly request: 'launch';
  readonly name: string;
  readonly [attribute: string]: unknown;
}

export type StopAt = 'start' | 'end' | 'panic';

/** The last part of a path, whichever way it is written. */
export const lastPart = (path: string): string => path.replaceAll('\\', '/').split('/').at(-1) ?? '';

const common = { type: 'chronovisor', request: 'launch' } as const;

/** `where`: a place that has a name, or a moment. */
export const replayLaunch = (trace: string, where: StopAt | number): Launch => ({
  ...common,
  name: `Replay ${lastPart(trace)}`,
  trace,
  ...(typeof where === 'number' ? { moment: where } : { stopAt: where }),
});

/** The workspace's folder, which VS Code puts in. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: as the comment says
export const inWorkspace = '${workspaceFolder}';

/** `record`: where the recording goes; by default beside the folder's other files, under the kernel's name. */
export const recordLaunch = (
  { name, line, folder }: Pick<Candidate, 'name' | 'line' | 'folder'>,
  record = `${inWorkspace}/${recordingName(line)}`,
): Launch => ({
  ...common,
  name: `Record ${name}`,
  machine: line,
  record,
  ...(folder !== '' && { cwd: `${inWorkspace}/${folder}` }),
});

/** A recording is called like the kernel that it is of. */
export const recordingName = (line: string): string => {
  const name = kernelName(line).replace(/\.(elf|bin|img)$/, '');
  return `${/^[\w.-]+$/.test(name) ? name : 'run'}.chrono`;
};

/** The file of a machine's kernel, without its folder; empty where it has none. */
export const kernelName = (line: string): string => {
  const words = splitWords(line);
  return words.includes('-kernel') ? lastPart(words[words.indexOf('-kernel') + 1] ?? '') : '';
};

/** The first name that is not taken: `kernel.chrono`, `kernel-2.chrono`, ... */
export const freeName = (name: string, taken: (name: string) => boolean): string => {
  const stem = name.replace(/\.chrono$/, '');
  for (let count = 2; taken(name); count += 1) name = `${stem}-${count}.chrono`;
  return name;
};
