/**
 * Asks which machine is meant, where no launch.json says it: a list of what was found, each with the options that it would be
 * started with. The options can be changed before, and the choice can be kept in launch.json.
 */

import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import * as vscode from 'vscode';
import { splitWords } from '../../adapter/dap/words.ts';
import { demoLaunch } from './demo.ts';
import type { Candidate, Discovery } from './discovery/candidates.ts';
import { problemOf } from './discovery/fit.ts';
import {
  freeName,
  inWorkspace,
  kernelName,
  type Launch,
  recordingName,
  recordLaunch,
  replayLaunch,
} from './launches.ts';

interface Choice extends vscode.QuickPickItem {
  readonly candidate?: Candidate;
  readonly make: () => Promise<Launch | undefined>;
}

const editButton = { iconPath: new vscode.ThemeIcon('edit'), tooltip: 'Change the options' };
const saveButton = { iconPath: new vscode.ThemeIcon('save'), tooltip: 'Save as launch.json' };

export const chooseLaunch = (
  folder: vscode.WorkspaceFolder | undefined,
  discovery: Discovery,
): Promise<Launch | undefined> =>
  new Promise((chosen, failed) => {
    const pick = vscode.window.createQuickPick<Choice>();
    pick.title = 'Record and debug a kernel';
    pick.placeholder = discovery.candidates.length === 0 ? 'No kernel was found in this folder' : 'Which machine?';
    pick.matchOnDescription = true;
    pick.matchOnDetail = true;
    pick.items = choicesOf(folder, discovery);
    let taken = false;
    const take = (make: () => Promise<Launch | undefined>): void => {
      taken = true;
      pick.hide();
      make().then(chosen, failed);
    };
    pick.onDidAccept(() => {
      const [item] = pick.selectedItems;
      if (item !== undefined) take(item.make);
    });
    pick.onDidTriggerItemButton(({ item, button }) => {
      const { candidate } = item;
      if (candidate === undefined) return;
      if (button === editButton) take(() => edited(folder, candidate));
      else take(() => saved(folder, candidate));
    });
    pick.onDidHide(() => {
      pick.dispose();
      if (!taken) chosen(undefined);
    });
    pick.show();
  });

const choicesOf = (folder: vscode.WorkspaceFolder | undefined, { candidates, recordings }: Discovery): Choice[] => {
  const heading = (label: string): Choice => ({
    label,
    kind: vscode.QuickPickItemKind.Separator,
    make: async () => undefined,
  });
  const recorded = recordings.map(
    (file): Choice => ({
      label: `$(history) ${file}`,
      make: async () => replayLaunch(folder === undefined ? file : join(folder.uri.fsPath, file), 'end'),
    }),
  );
  const typed: Candidate = {
    ...{ name: 'the kernel', place: '', folder: '', notes: [], missing: [], hasKernel: true },
    line: '-machine virt -m 128M -nographic -bios none -kernel kernel.elf',
  };
  return [
    ...(candidates.length > 0 ? [heading('record')] : []),
    ...candidates.map((candidate) => choiceOf(folder, candidate)),
    ...(recorded.length > 0 ? [heading('replay, from the end')] : []),
    ...recorded,
    heading('or'),
    { label: '$(edit) Type the options...', make: () => edited(folder, typed) },
    { label: '$(rocket) Record the demo kernel', make: async () => demoLaunch() },
  ];
};

const choiceOf = (folder: vscode.WorkspaceFolder | undefined, candidate: Candidate): Choice => {
  const { name, place, line, missing, notes } = candidate;
  const warning = missing.length > 0 ? `$(warning) ${missing.join(', ')} missing  ` : '';
  const kernel = kernelName(line);
  const left = missing.length === 0 && notes.length > 0 ? `$(info) ${notes.length} left out  ` : '';
  return {
    label: `$(circuit-board) ${name}`,
    // The line below is cut off where a list is narrow, mostly before the kernel.
    description: place.endsWith(kernel) ? place : `${place} · ${kernel}`,
    detail: `${warning}${left}${line}`,
    buttons: [editButton, saveButton],
    candidate,
    // Where something is not as the project says, a person sees what, before it runs.
    make: () => (missing.length + notes.length > 0 ? edited(folder, candidate) : recordingOf(folder, candidate)),
  };
};

const edited = async (
  folder: vscode.WorkspaceFolder | undefined,
  candidate: Candidate,
): Promise<Launch | undefined> => {
  const { notes, missing } = candidate;
  const absent = missing.length > 0 ? [`Not there: ${missing.join(', ')}. Build it first.`] : [];
  const line = await vscode.window.showInputBox({
    title: `Options of the machine: ${candidate.name}`,
    prompt: [...absent, ...notes].join(' ') || 'As for qemu-system-riscv64 -machine virt',
    value: candidate.line,
    ignoreFocusOut: true,
    validateInput: lineProblem,
  });
  return line === undefined ? undefined : recordingOf(folder, { ...candidate, line });
};

const lineProblem = (line: string): string | undefined => {
  try {
    return problemOf(splitWords(line));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

/** Under a name that is free: an earlier recording may be what somebody still looks into. */
const recordingOf = async (folder: vscode.WorkspaceFolder | undefined, candidate: Candidate): Promise<Launch> => {
  if (folder === undefined) return recordLaunch(candidate);
  const asked = vscode.workspace.getConfiguration('chronovisor', folder).get<string>('recordFolder') ?? '';
  const place = isAbsolute(asked) ? asked : join(folder.uri.fsPath, asked);
  const name = freeName(recordingName(candidate.line), (each) => existsSync(join(place, each)));
  return recordLaunch(
    candidate,
    isAbsolute(asked) ? join(asked, name) : [inWorkspace, asked, name].filter(Boolean).join('/'),
  );
};

const saved = async (folder: vscode.WorkspaceFolder | undefined, candidate: Candidate): Promise<Launch | undefined> => {
  const launch = recordLaunch(candidate);
  const settings = vscode.workspace.getConfiguration('launch', folder);
  const before = settings.inspect<unknown[]>('configurations')?.workspaceFolderValue ?? [];
  const replay = replayLaunch(String(launch.record), 'end');
  await settings.update('configurations', [...before, launch, replay], vscode.ConfigurationTarget.WorkspaceFolder);
  if (folder !== undefined) {
    await vscode.window.showTextDocument(vscode.Uri.joinPath(folder.uri, '.vscode', 'launch.json'));
  }
  return undefined;
};
