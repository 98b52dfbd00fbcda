/** The options of a machine as one line of text. It opens no file and knows no option. */

import { unbalancedQuote } from './errors.ts';

/** The words of a line as a POSIX shell would split it, without expansions. */
export const splitWords = (line: string): string[] => {
  const words: string[] = [];
  const pattern = /\s+|((?:[^\s"'\\]|\\[\s\S]|'[^']*'|"(?:[^"\\]|\\[\s\S])*")+)/y;
  while (pattern.lastIndex < line.length) {
    const found = pattern.exec(line);
    if (found === null) throw unbalancedQuote(line);
    if (found[1] !== undefined) words.push(unquote(found[1]));
  }
  return words;
};

const unquote = (word: string): string =>
  word.replace(
    /\\([\s\S])|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"/g,
    (_, escaped?: string, single?: string, double?: string) =>
      escaped ?? single ?? (double ?? '').replace(/\\(["\\$`])/g, '$1'),
  );
