/** Branch and jump offsets as bits of a word (unprivileged specification, "Immediate Encoding Variants"). */

export const scatterOffset = (kind: 'branch' | 'jal', distance: number): number => {
  const limit = kind === 'branch' ? 1 << 12 : 1 << 20;
  if (distance < -limit || distance >= limit || distance % 2 !== 0)
    throw new Error(`A generated ${kind} must reach an even distance below ${limit} bytes; found ${distance}.`);
  return kind === 'branch'
    ? ((distance >>> 31) << 31) |
        (((distance >>> 5) & 0x3f) << 25) |
        (((distance >>> 1) & 0xf) << 8) |
        (((distance >>> 11) & 1) << 7)
    : ((distance >>> 31) << 31) |
        (((distance >>> 1) & 0x3ff) << 21) |
        (((distance >>> 11) & 1) << 20) |
        (((distance >>> 12) & 0xff) << 12);
};

/** The offset of c.j, and that of c.beqz and c.bnez ("C Extension", "RVC Instruction Set Listings"). */
export const scatterCompressedOffset = (kind: 'c.j' | 'c.branch', distance: number): number => {
  const bit = (from: number, to: number) => ((distance >> from) & 1) << to;
  const run = (low: number, count: number, to: number) => ((distance >> low) & ((1 << count) - 1)) << to;
  return kind === 'c.j'
    ? bit(11, 12) | bit(4, 11) | run(8, 2, 9) | bit(10, 8) | bit(6, 7) | bit(7, 6) | run(1, 3, 3) | bit(5, 2)
    : bit(8, 12) | run(3, 2, 10) | run(6, 2, 5) | run(1, 2, 3) | bit(5, 2);
};
