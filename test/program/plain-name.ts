/** Names of functions in a form that all who say them agree on. Not a test. */

/** A function's name without scope, parameters, and what an optimiser called its copy. */
export const plain = (name: string): string => {
  let text = name.replace('operator()', 'operator-call');
  for (let shorter = ''; shorter !== text; ) {
    shorter = text;
    text = text.replace(/<[^<>]*>|\([^()]*\)|\{[^{}]*\}/g, '');
  }
  return text
    .replace(/ (const|\[clone.*)$/, '')
    .replace(/^.*::/, '')
    .replace(/^.* (?=\S+$)/, '')
    .replace(/\..*/, '');
};
