/**
 * Makes the pictures of the walkthrough and the documents out of those that the scenarios leave, with 256 colours each, so that the
 * extension stays small. It takes no pictures, and judges none: look at each before it is committed.
 *
 *     npm run test:e2e -- demo culprit folder recording views && node test/e2e/walkthrough.mjs [FOLDER OF THE PICTURES]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { crc32, deflateSync, inflateSync } from 'node:zlib';
import { project } from './server.mjs';

const from = resolve(process.argv[2] ?? join(import.meta.dirname, '.pictures'));

/** What is in the walkthrough, and which scenario left it. */
const sources = {
  panic: 'demo-1-panic',
  'step-back': 'demo-2-step-back',
  culprit: 'culprit-2-culprit',
  choice: 'folder-1-choice',
  recording: 'recording-1-page',
  timeline: 'views-2-timeline-clicked',
};
const onlyLight = new Set(['recording', 'timeline']);

/** The pixels of a picture as the browser writes it: 8 bits of red, green and blue, with or without alpha (PNG 9.2). */
const readPng = (bytes) => {
  const parts = [];
  let [width, height, channels] = [0, 0, 3];
  for (let at = 8; at < bytes.length; ) {
    const [size, type] = [bytes.readUInt32BE(at), bytes.toString('latin1', at + 4, at + 8)];
    const data = bytes.subarray(at + 8, at + 8 + size);
    if (type === 'IHDR')
      [width, height, channels] = [data.readUInt32BE(0), data.readUInt32BE(4), data[9] === 6 ? 4 : 3];
    if (type === 'IDAT') parts.push(data);
    at += size + 12;
  }
  const raw = inflateSync(Buffer.concat(parts));
  const stride = width * channels;
  const pixels = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y += 1) {
    const filter = raw[y * (stride + 1)];
    for (let x = 0; x < stride; x += 1) {
      const left = x < channels ? 0 : pixels[y * stride + x - channels];
      const up = y === 0 ? 0 : pixels[(y - 1) * stride + x];
      const corner = y === 0 || x < channels ? 0 : pixels[(y - 1) * stride + x - channels];
      const guesses = [0, left, up, (left + up) >> 1, paeth(left, up, corner)];
      pixels[y * stride + x] = raw[y * (stride + 1) + 1 + x] + guesses[filter];
    }
  }
  const colours = new Uint32Array(width * height);
  for (let at = 0; at < colours.length; at += 1) colours[at] = pixels.readUIntBE(at * channels, 3);
  return { width, height, colours };
};

const paeth = (left, up, corner) => {
  const guess = left + up - corner;
  const [toLeft, toUp, toCorner] = [left, up, corner].map((each) => Math.abs(guess - each));
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
};

const distance = (one, other) => {
  const part = (shift) => ((one >> shift) & 255) - ((other >> shift) & 255);
  return 2 * part(16) ** 2 + 4 * part(8) ** 2 + 3 * part(0) ** 2;
};

/** Colours that are much used and not much alike: a window has few of its own, and many between a letter and its ground. */
const paletteOf = (colours) => {
  const counts = new Map();
  for (const colour of colours) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const ranked = [...counts].sort(([, one], [, other]) => other - one).map(([colour]) => colour);
  const palette = [];
  for (const apart of [900, 300, 100, 0])
    for (const colour of ranked) {
      if (palette.length === 256) return { palette, used: ranked };
      if (palette.every((each) => distance(each, colour) > apart)) palette.push(colour);
    }
  return { palette, used: ranked };
};

const nearest = (palette, colour) =>
  palette.reduce((best, each, index) => (distance(each, colour) < distance(palette[best], colour) ? index : best), 0);

const chunk = (type, data) => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [size, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  size.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([size, body, sum]);
};

const writePng = ({ width, height, colours }) => {
  const { palette, used } = paletteOf(colours);
  const indices = new Map(used.map((colour) => [colour, nearest(palette, colour)]));
  const rows = Buffer.alloc((width + 1) * height);
  for (let at = 0; at < colours.length; at += 1) {
    rows[Math.floor(at / width) * (width + 1) + 1 + (at % width)] = indices.get(colours[at]);
  }
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 3, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  const table = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const image = chunk('IDAT', deflateSync(rows, { level: 9 }));
  return Buffer.concat([signature, chunk('IHDR', header), chunk('PLTE', table), image, chunk('IEND', Buffer.alloc(0))]);
};

for (const [name, stem] of Object.entries(sources))
  for (const scheme of onlyLight.has(name) ? ['light'] : ['light', 'dark']) {
    const made = writePng(readPng(readFileSync(join(from, `${stem}-${scheme}.png`))));
    writeFileSync(join(project, 'extension/walkthrough', `${name}-${scheme}.png`), made);
    console.log(`${name}-${scheme}.png: ${Math.ceil(made.length / 1024)} KiB`);
  }
