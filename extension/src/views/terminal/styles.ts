/** How a character looks: what "select graphic rendition" sets (ECMA-48, 8.3.117), with the colours that terminals added. */

/** One of the 16 colours that a theme has, or red, green and blue. */
export type Colour = number | readonly [red: number, green: number, blue: number];

export interface Style {
  readonly text?: Colour;
  readonly ground?: Colour;
  readonly bold?: true;
  readonly faint?: true;
  readonly italic?: true;
  readonly underline?: true;
  readonly inverse?: true;
}

export const plain: Style = {};

/** The style after a sequence; what is not known in it changes nothing. */
export const restyled = (before: Style, codes: readonly number[]): Style => {
  let style: { -readonly [Key in keyof Style]: Style[Key] } = { ...before };
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index]!;
    if (code === 0) style = {};
    else if (code === 1) style.bold = true;
    else if (code === 2) style.faint = true;
    else if (code === 3) style.italic = true;
    else if (code === 4) style.underline = true;
    else if (code === 7) style.inverse = true;
    else if (code === 22) {
      delete style.bold;
      delete style.faint;
    } else if (code === 23) delete style.italic;
    else if (code === 24) delete style.underline;
    else if (code === 27) delete style.inverse;
    else if (code === 39) delete style.text;
    else if (code === 49) delete style.ground;
    else if (code === 38 || code === 48) {
      const { colour, length } = extended(codes.slice(index + 1));
      if (colour !== undefined) style[code === 38 ? 'text' : 'ground'] = colour;
      index += length;
    } else {
      const colour = basic(code);
      if (colour !== undefined) style[colour.of] = colour.number;
    }
  }
  return style;
};

const basic = (code: number): { readonly of: 'text' | 'ground'; readonly number: number } | undefined => {
  if (code >= 30 && code <= 37) return { of: 'text', number: code - 30 };
  if (code >= 40 && code <= 47) return { of: 'ground', number: code - 40 };
  if (code >= 90 && code <= 97) return { of: 'text', number: code - 90 + 8 };
  if (code >= 100 && code <= 107) return { of: 'ground', number: code - 100 + 8 };
  return undefined;
};

/** What follows 38 and 48: `5;n` of the 256 colours, `2;r;g;b`. */
const extended = (codes: readonly number[]): { readonly colour?: Colour; readonly length: number } => {
  const [form, ...rest] = codes;
  const isByte = (value: number | undefined): value is number => value !== undefined && value <= 255;
  if (form === 5) return { ...(isByte(rest[0]) && { colour: ofPalette(rest[0]) }), length: 2 };
  if (form !== 2) return { length: 1 };
  const [red, green, blue] = rest;
  return { ...(isByte(red) && isByte(green) && isByte(blue) && { colour: [red, green, blue] }), length: 4 };
};

/** xterm's palette: 16 of the theme, a cube of 6 × 6 × 6, and 24 greys. */
const ofPalette = (index: number): Colour => {
  if (index < 16) return index;
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return [grey, grey, grey];
  }
  const level = (digit: number): number => (digit === 0 ? 0 : 55 + digit * 40);
  const place = index - 16;
  return [level(Math.floor(place / 36)), level(Math.floor(place / 6) % 6), level(place % 6)];
};
