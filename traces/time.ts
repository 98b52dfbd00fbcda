/** The one clock: a moment counts steps of the whole machine. Branded so that it cannot be mixed with other numbers. */

declare const momentBrand: unique symbol;

/**
 * The state before step `t`, with every input stamped `t` already applied. A non-negative integer below 2^53: at
 * 10^9 steps a second that lasts 104 days.
 */
export type Moment = number & { readonly [momentBrand]: true };

export const moment = (value: number): Moment => value as Moment;

export const momentZero = 0 as Moment;

export const isMoment = (value: unknown): value is Moment => Number.isSafeInteger(value) && (value as number) >= 0;
