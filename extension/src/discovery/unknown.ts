/**
 * What a build file leaves to a program that is not run here, such as `$(shell nproc)`. It stands in a text between two marks,
 * so that whoever reads the text sees that there is something, and what.
 */

const mark = '\u{FFFC}';

/** `spelt`: as the file has it. */
export const unknown = (spelt: string): string => `${mark}${spelt.replaceAll(mark, '')}${mark}`;

export const hasUnknown = (text: string): boolean => text.includes(mark);

/** The text as the file has it, for people. */
export const speltOut = (text: string): string => text.replaceAll(mark, '');

/** Behind an unknown that begins at `at`; nothing where none begins. */
export const unknownEnd = (text: string, at: number): number | undefined => {
  if (text[at] !== mark) return undefined;
  const end = text.indexOf(mark, at + 1);
  return end < 0 ? text.length : end + 1;
};
