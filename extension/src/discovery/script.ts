/** The lines with which a shell script starts QEMU. Variables that the script sets are known; nothing is run. */

import { qemuWords } from './qemu-words.ts';
import { shellCommands } from './shell-words.ts';

export interface ScriptLine {
  /** From 1. */
  readonly line: number;
  readonly words: readonly string[];
}

const assignment = /^([A-Za-z_]\w*)(\+?)=([\s\S]*)$/;

export const scriptLines = (text: string): ScriptLine[] => {
  const variables = new Map<string, string>();
  const found: ScriptLine[] = [];
  const lines = text.replace(/\r\n/g, '\n').split('\n');
  for (let index = 0; index < lines.length; ) {
    const line = index + 1;
    let whole = lines[index++]!;
    while (whole.endsWith('\\') && index < lines.length) whole = `${whole.slice(0, -1)} ${lines[index++]!}`;
    for (const command of shellCommands(whole, (name) => variables.get(name))) {
      const words = qemuWords(command);
      if (words !== undefined) found.push({ line, words });
      const settings = command[0] === 'export' || command[0] === 'local' ? command.slice(1) : command;
      for (const setting of settings) {
        const set = assignment.exec(setting);
        if (set === null) break;
        const [, name, more, value] = set as unknown as [string, string, string, string];
        variables.set(name, more === '' ? value : (variables.get(name) ?? '') + value);
      }
    }
  }
  return found;
};
