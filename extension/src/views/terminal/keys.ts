/** What a key says to a guest, as a terminal of the VT100 family sends it. */

export interface Key {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
}

// biome-ignore format: a table
const named: Readonly<Record<string, string>> = {
  Enter: '\r', Backspace: '\x7f', Tab: '\t', Escape: '\x1b', Delete: '\x1b[3~',
  ArrowUp: '\x1b[A', ArrowDown: '\x1b[B', ArrowRight: '\x1b[C', ArrowLeft: '\x1b[D',
  Home: '\x1b[H', End: '\x1b[F', PageUp: '\x1b[5~', PageDown: '\x1b[6~',
};

/** Nothing for keys that are the editor's. */
export const typedBy = ({ key, ctrlKey, altKey, metaKey }: Key): string | undefined => {
  if (metaKey || (ctrlKey && altKey)) return undefined;
  if (ctrlKey) return controlOf(key);
  const text = Object.hasOwn(named, key) ? named[key] : [...key].length === 1 ? key : undefined;
  return text !== undefined && altKey ? `\x1b${text}` : text;
};

const controlOf = (key: string): string | undefined => {
  if (/^[a-z]$/.test(key)) return String.fromCharCode(key.charCodeAt(0) - 96);
  return { '@': '\0', '[': '\x1b', '\\': '\x1c', ']': '\x1d', '^': '\x1e', _: '\x1f', ' ': '\0' }[key];
};
