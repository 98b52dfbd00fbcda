/**
 * The generator's own random numbers: a seed gives the same programs for ever, on every engine. Not for cryptography.
 * SplitMix32 (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators", at 32 bits).
 */

export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = Math.imul(seed, 0x9e37_79b9) ^ 0x5bd1_e995;
  }

  /** 32 bits, unsigned. */
  next(): number {
    this.state = (this.state + 0x9e37_79b9) | 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0_aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a_2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }

  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number {
    return Math.floor((this.next() / 2 ** 32) * limit);
  }

  /** True once in `every` draws. */
  oneIn(every: number): boolean {
    return this.below(every) === 0;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  bits64(): bigint {
    return (BigInt(this.next()) << 32n) | BigInt(this.next());
  }

  shuffle<T>(things: readonly T[]): T[] {
    const shuffled = [...things];
    for (let last = shuffled.length - 1; last > 0; last -= 1) {
      const other = this.below(last + 1);
      [shuffled[last], shuffled[other]] = [shuffled[other]!, shuffled[last]!];
    }
    return shuffled;
  }
}
