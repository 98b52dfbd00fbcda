/** Unpacking Zstandard: frames that `zstd` packed, frames written by hand, and what is damaged in every byte. */
import { describe, expect, test } from 'vitest';
import { ZstdDamage } from '../../adapter/program/zstd/bits.ts';
import { unpackZstd } from '../../adapter/program/zstd/zstd.ts';

/** Words and numbers of a linear congruence: they repeat, but not too much. */
const words = (count: number): string => {
  let text = '';
  for (let left = count, state = 1; left > 0; left--) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const word = ['alpha', 'beta', 'gamma', 'delta', 'epsilon'][(state >>> 16) % 5];
    text += `${word}${(state >>> 8) % 37} `;
  }
  return text;
};

/** `zstd --no-check` with a level made these of 20, 120 and 200 words. */
const samples = [
  // biome-ignore format: a text
  [20, 'KLUv/QBYBQMAxANkZWx0YTYgYmV0YTEgZGVsdGE3ZXBzaWxvbjE5IGFscGgxNCBnYW1tYTExMjc3NjQyYmV0YTMzMjUyOCANAFgLSGHcmAMrHdqEwrwaUrMcUZmnbguEgXUORCiiiihh'],
  // biome-ignore format: a text
  [120, 'KLUv/QBopQgAwkcVEaDtePg5u/D/bqPfpAzFVRMHgLuD6sk5nPQ/Vvcq/vCxhfR5rCBXJX3xf+yKfwv/22H7pfDDxZKL755H91WNc0YB1hWbAUUfbEzG1EDNTAcMM1tCAW+owJz1WA4wRGAYZfUQEoyypNAYT2AxS+DmoRBA+bJuDNYs16NASwIf1LJ5Vdlr6aOz8EMQZPk1Boy8BFUc0GwjlAvViiQidOAi/uIkxJc3IgnI+MUySkg+PrVZ3I+5llpBdpS+7hedOpsY5Eu51+xjouap7MaHDEdlHeew3tMpoad52hP7dVW0SPhuNVPyM8D4BgGWBggBu1MFKTUQbzx1yuU2WPw4VGVQZVM9tjRE0TSB/upbGFWlALAM'],
  // biome-ignore format: a text
  [200, 'KLUv/QBI1Q8AllMxF5ClzQFQCX5u/zMbJHdhyHrJlhmeuhuELQApACgA9uN4oOyJ5yfCoogZ+sSrwTcSerU/jgeK1EjodToAQIKAhMMTYVF94pV5IiwCLlEX30joZsz6xKtSu0+8siOYTTAPp8fkx/FAWbAnXhUjfCOhV7EnXjlPvCLuE6/aJ57dJ16N1a6feFWOBYSFsSde2fG5kdBrcOKRElP6xCMC1Q4AkCAgoWCCcZ945Q42RsyeCAuiRgiz1jcSejFj2/zEK+MnXhlSExaAo6jBTZQgjaWyrAFQoiGl7DoQEmOlTaEDjigGINK9FEwpBbCyi1pqiryoGiRouk8i4oCOrIHJuBJvxA+ReI6i6Ylx283kbGkvmdqoGuIaNeHWkdpwX0/R4vOppPV5IiY8NhJcC6ySqPxLQGw//+M1bY03ISJG7ZO7BhUytRBvN1o4VvNb3uOZQWZAGBgz+vMv+NXzPHZc82imOL+6s/LACJm4wQDvjhHfHQ4yyNjOL9Wba06bo8eEDWM2IDD/Fxo3CciE+1KQCBIaF9d4NvIMDkAq68QOHxiYNV70NP2eacHWIX95Md+JHreDKr7Nu+vUggC9T/MVfIbgSiWCIafbQTRpHNun9roXnpSVTOq3kdkgyGK8bDSfMamUnIIurp2FdN3FRzVrS0b8JDNVIviLTTU='],
] as const;
const packedOf = (index: number): Buffer => Buffer.from(samples[index]![1], 'base64');

const magic = [0x28, 0xb5, 0x2f, 0xfd];
/** A frame of one segment of a size below 256. */
const frame = (sizeBytes: number, ...blocks: readonly number[]): number[] => [...magic, 0x20, sizeBytes, ...blocks];
/** Kinds: 0 raw, 1 repeated, 2 compressed. */
const block = (kind: number, sizeBytes: number, isLast = true): number[] => {
  const header = (sizeBytes << 3) | (kind << 1) | (isLast ? 1 : 0);
  return [header & 0xff, (header >> 8) & 0xff, header >> 16];
};

const check = (packed: readonly number[] | Uint8Array, sizeBytes: number, expected: string | RegExp): void => {
  const unpack = () => Buffer.from(unpackZstd(Uint8Array.from(packed), sizeBytes)).toString();
  if (expected instanceof RegExp) expect(unpack).toThrow(expected);
  else expect(unpack()).toBe(expected);
};

describe('unpacks', () => {
  test.each(samples.map(([count], index) => [count, index]))('%i words that were packed', (count, index) =>
    check(packedOf(index), words(count).length, words(count)),
  );
  test('a raw block', () => check(frame(3, ...block(0, 3), 0x61, 0x62, 0x63), 3, 'abc'));
  test('a repeated byte', () => check(frame(200, ...block(1, 200), 0x7a), 200, 'z'.repeat(200)));
  test('blocks one after the other', () =>
    check(frame(5, ...block(0, 1, false), 0x61, ...block(1, 4), 0x62), 5, 'abbbb'));
  test('repeated literals without sequences', () => check(frame(9, ...block(2, 3), 0x49, 0x78, 0), 9, 'x'.repeat(9)));
  test('frames one after the other, and passes over what is to be skipped', () => {
    const skipped = [0x5a, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2];
    check([...frame(1, ...block(0, 1), 0x61), ...skipped, ...frame(1, ...block(0, 1), 0x62)], 2, 'ab');
  });
});

describe('refuses', () => {
  test('bytes of something else', () => check([1, 2, 3, 4, 5, 6, 7, 8], 8, /a frame that begins with 0x4030201/));
  test('more bytes than were said', () => check(packedOf(0), 100, /longer than it may be/));
  test('fewer bytes than were said', () => check(frame(1, ...block(0, 1), 0x61), 2, /^1 bytes$/));
  test('a dictionary', () => check([...magic, 0x21, 7, 1, ...block(0, 1), 0x61], 1, /a frame with a dictionary/));
  test('a block of the kind that is reserved', () => check(frame(1, ...block(3, 1), 0x61), 1, /an unknown kind/));
  test('codes of a block before the first', () =>
    check(frame(9, ...block(2, 4), 0x93, 0, 0, 0), 9, /before the first/));
  test('a copy from before the frame', () => {
    // One raw literal, one sequence whose codes are repeated: no literals, 3 bytes from 5 bytes back.
    const sequence = [1, 0x54, 0, 2, 0, 0x06];
    check(frame(9, ...block(2, 2 + sequence.length), 0x08, 0x61, ...sequence), 9, /a copy from \d+ bytes back/);
  });
});

test('damage in any byte gives bytes of the size that was said, or a sentence', () => {
  let refused = 0;
  for (const [index, [count]] of samples.entries()) {
    const packed = packedOf(index);
    const sizeBytes = words(count).length;
    for (let at = 0; at < packed.length; at++) {
      for (const change of [0x01, 0x10, 0x80, 0xff]) {
        const damaged = Uint8Array.from(packed);
        damaged[at]! ^= change;
        try {
          expect(unpackZstd(damaged, sizeBytes).length).toBe(sizeBytes);
        } catch (error) {
          if (!(error instanceof ZstdDamage)) throw error;
          refused++;
        }
      }
      expect(() => unpackZstd(packed.subarray(0, at), sizeBytes)).toThrow(ZstdDamage);
    }
  }
  expect(refused).toBeGreaterThan(1000);
});
