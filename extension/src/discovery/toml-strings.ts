/**
 * The texts, and the lists of texts, of a TOML file by their dotted names (TOML 1.0). Numbers, dates and inline tables are
 * passed over.
 */

export const tomlStrings = (text: string): ReadonlyMap<string, string | readonly string[]> => {
  const found = new Map<string, string | readonly string[]>();
  const reader =
    /\s+|#[^\n]*|\[\[?([^\]\n]+)\]\]?|((?:[\w-]+|"[^"\n]*"|'[^'\n]*')(?:\s*\.\s*(?:[\w-]+|"[^"\n]*"|'[^'\n]*'))*)\s*=[ \t]*/y;
  let section = '';
  while (reader.lastIndex < text.length) {
    const at = reader.lastIndex;
    const [, heading, name] = reader.exec(text) ?? [];
    if (heading !== undefined) section = plain(heading);
    else if (name !== undefined) {
      const { value, end } = valueAt(text, reader.lastIndex);
      if (value !== undefined) found.set(section === '' ? plain(name) : `${section}.${plain(name)}`, value);
      reader.lastIndex = end;
    } else if (reader.lastIndex <= at) reader.lastIndex = lineEnd(text, at);
  }
  return found;
};

/** Without quotation marks and the spaces around dots. */
const plain = (name: string): string =>
  name.trim().replace(/(["'])(.*?)\1|\s*(\.)\s*/g, (_, _quote, inside, dot) => dot ?? inside);

const lineEnd = (text: string, at: number): number => {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end + 1;
};

interface Value {
  readonly value?: string | readonly string[];
  readonly end: number;
}

const string = /"""\r?\n?([\s\S]*?)"""|'''\r?\n?([\s\S]*?)'''|"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'/y;

const stringAt = (text: string, at: number): { readonly value: string; readonly end: number } | undefined => {
  string.lastIndex = at;
  const found = string.exec(text);
  if (found === null) return undefined;
  const [, long, longLiteral, short, literal] = found;
  const escaped = long ?? short;
  return { value: escaped === undefined ? (longLiteral ?? literal)! : unescaped(escaped), end: string.lastIndex };
};

const letters: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '"': '"', '\\': '\\' };
const unescaped = (text: string): string =>
  text.replace(/\\(\r?\n\s*|u[0-9a-fA-F]{4}|[\s\S])/g, (whole, sign: string) => {
    if (/^\r?\n/.test(sign)) return ''; // the end of a line, with what is left blank on the next ones
    if (sign.length === 5) return String.fromCharCode(Number.parseInt(sign.slice(1), 16));
    return letters[sign] ?? whole;
  });

const valueAt = (text: string, at: number): Value => {
  if (text[at] !== '[') return stringAt(text, at) ?? { end: lineEnd(text, at) };
  const value: string[] = [];
  for (let index = at + 1; index < text.length; ) {
    const letter = text[index]!;
    if (letter === ']') return { value, end: index + 1 };
    const item = letter === '#' ? undefined : stringAt(text, index);
    if (item !== undefined) value.push(item.value);
    index = item?.end ?? (letter === '#' ? lineEnd(text, index) : index + 1);
  }
  return { end: text.length };
};
