/**
 * Texts of a section that holds nothing else (.debug_str, .debug_line_str). Texts may end alike and share their ends; more than
 * that is damage, and would let a small file ask for much.
 */

import { Cursor, decodeText, type SectionData } from '../cursor.ts';

/** The text at an offset of a section of texts. */
export const textAt = (section: SectionData, offset: number): string => {
  const cursor = new Cursor(section, offset);
  const end = section.bytes.subarray(offset, offset + shortTextBytes).indexOf(0);
  if (end >= 0) return decodeText(section.bytes, offset, offset + end);
  return longTextAt(cursor);
};

const shortTextBytes = 256;
/** All long texts together are not much longer than their section, unless somebody points to every letter of one. */
const longTextRatioMax = 2;
const longTextBytesMin = 2 ** 22;
const longTexts = new WeakMap<SectionData, { texts: Map<number, string>; sizeBytes: number }>();

const longTextAt = (cursor: Cursor): string => {
  const { section, offset } = cursor;
  let known = longTexts.get(section);
  if (known === undefined) {
    known = { texts: new Map(), sizeBytes: 0 };
    longTexts.set(section, known);
  }
  let text = known.texts.get(offset);
  if (text === undefined) {
    if (known.sizeBytes > longTextRatioMax * section.bytes.length + longTextBytesMin) {
      throw cursor.damaged('long texts that do not overlap', 'some that do');
    }
    cursor.skipText();
    known.sizeBytes += cursor.offset - offset;
    text = decodeText(section.bytes, offset, cursor.offset - 1);
    known.texts.set(offset, text);
  }
  return text;
};
