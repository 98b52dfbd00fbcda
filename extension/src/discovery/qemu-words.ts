/** How a command that starts QEMU is told from others, wherever it stands. */

import { speltOut } from './unknown.ts';

const isQemu = (word: string): boolean => /(^|[/\s])qemu-system-riscv64$/.test(speltOut(word).replace(/[`)\s]+$/, ''));

/** What stands before a command: settings, and programs that run another. */
const before = /^(\w+=.*|sudo|exec|env|time|nice|nohup|timeout|-\w+|\d+[smh]?)$/;

/** The options of a command that starts a kernel on QEMU; nothing for another command. */
export const qemuWords = (command: readonly string[]): readonly string[] | undefined => {
  const at = command.findIndex((word) => !before.test(word));
  if (at < 0 || !isQemu(command[at]!)) return undefined;
  const words = command.slice(at + 1);
  return words.some((word) => /^--?(kernel|bios|device)$/.test(word)) ? words : undefined;
};
