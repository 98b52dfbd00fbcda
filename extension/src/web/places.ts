/**
 * Names and URIs. The adapter knows files by names of one tree; in a web extension host a workspace is anywhere, so that a name
 * belongs to the folder of the workspace that it is in, or to where the recording is that somebody looks at.
 */

import * as vscode from 'vscode';
import { openTrace } from '../debug-type.ts';

/** With two letters at least, as a drive has one. */
const isUri = (text: string): boolean => /^[a-z][\w+.-]+:/i.test(text);

/** As `Uri.fsPath` has it for a file that is on no computer that is known. */
export const nameOf = (text: string): string => (isUri(text) ? vscode.Uri.parse(text).path : text);

export const uriOf = (name: string): vscode.Uri => {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const own = folders.find(({ uri }) => name === uri.path || name.startsWith(uri.path.replace(/\/*$/, '/')));
  const near = own?.uri ?? openTrace() ?? folders[0]?.uri;
  return near === undefined ? vscode.Uri.file(name) : near.with({ path: name, query: '', fragment: '' });
};

/** What VS Code opens: a name without a scheme would be a file of the browser's computer. */
export const shownPath = (path: string): string => {
  if (!path.startsWith('/')) return path;
  const uri = uriOf(path);
  return uri.scheme === 'file' ? path : uri.toString();
};
