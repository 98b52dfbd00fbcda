/** The questions that the views ask, by the names and arguments that the adapter has for them, and in words for people. */

export interface Asking {
  readonly question: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly title: string;
}

export const whoWrote = (expression: string): Asking => ({
  question: 'last-write',
  arguments: { expression },
  title: `Who wrote ${expression}?`,
});

export const whereFrom = (expression: string): Asking => ({
  question: 'origin',
  arguments: { expression },
  title: `Where does ${expression} come from?`,
});

export const logged = (place: string, text: string): Asking => ({
  question: 'log',
  arguments: { place, text },
  title: `"${text}" at ${placeName(place)}`,
});

export const callsOf = (name: string): Asking => ({
  question: 'calls',
  arguments: { function: name },
  title: `All calls of ${name}`,
});

export const executions = (place: string, which: 'count' | 'all'): Asking => ({
  question: 'executed',
  arguments: { place, which },
  title: `How often was ${placeName(place)} executed?`,
});

/** Of a comparison with a fork's parent, which may have been deleted. */
export const differsTitle = (fork: string, parent = 'its parent'): string =>
  `Where does ${fork} differ from ${parent}?`;

/** `/home/me/kernel/trap.c:61` as `trap.c:61`. */
export const placeName = (place: string): string => place.replace(/^.*[/\\]/, '');

/**
 * What a menu of the variables or watches is about, as an expression; nothing where the debugger cannot say it again. Menus hand
 * over plain data whose shape depends on the pane.
 */
export const expressionOf = (subject: unknown): string | undefined => {
  if (typeof subject !== 'object' || subject === null) return undefined;
  const { variable, evaluateName, expression, name, memoryReference } = subject as Record<string, unknown>;
  if (variable !== undefined) return expressionOf(variable);
  const texts = [evaluateName, expression, name, memoryReference];
  return texts.find((text): text is string => typeof text === 'string' && text.trim() !== '');
};
