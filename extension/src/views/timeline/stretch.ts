/** The stretch of the history that a view shows: moments to pixels and back, zooming and moving. It knows no screen. */

export interface Stretch {
  /** Moments, not whole while one zooms; `to` is the right-hand edge. */
  readonly from: number;
  readonly to: number;
}

/** Closer than this there is nothing more to see. */
const spanMin = 16;

export const wholeOf = (end: number): Stretch => ({ from: 0, to: Math.max(end, spanMin) });

/** The nearest stretch that lies within a history, which may be shorter than the least. */
export const within = ({ from, to }: Stretch, end: number): Stretch => {
  const whole = wholeOf(end);
  const span = Math.min(whole.to, Math.max(spanMin, to - from));
  const begin = Math.max(0, Math.min(from, whole.to - span));
  return { from: begin, to: begin + span };
};

/** `factor` below 1 shows less; what is at `around` stays where it is on the screen. */
export const zoomed = ({ from, to }: Stretch, factor: number, around: number, end: number): Stretch => {
  const span = Math.max(spanMin, (to - from) * factor);
  const share = (around - from) / (to - from);
  const begin = around - span * Math.max(0, Math.min(1, share));
  return within({ from: begin, to: begin + span }, end);
};

export const moved = ({ from, to }: Stretch, steps: number, end: number): Stretch =>
  within({ from: from + steps, to: to + steps }, end);

/** The same length, moved as little as possible for a moment to be well inside. */
export const showing = (stretch: Stretch, at: number, end: number): Stretch => {
  const span = stretch.to - stretch.from;
  if (at >= stretch.from && at <= stretch.to) return stretch;
  return within({ from: at - span / 2, to: at + span / 2 }, end);
};

/** The same middle, longer at both sides: what is asked for, so that moving a little shows something at once. */
export const widened = ({ from, to }: Stretch, share: number, end: number): Stretch => {
  const more = (to - from) * share;
  return { from: Math.max(0, Math.floor(from - more)), to: Math.min(wholeOf(end).to, Math.ceil(to + more)) };
};

export const xOf = (at: number, { from, to }: Stretch, left: number, width: number): number =>
  left + ((at - from) / (to - from)) * width;

/** The moment at a place on the screen: the step whose column it is in. */
export const momentAt = (x: number, { from, to }: Stretch, left: number, width: number): number =>
  Math.max(0, Math.floor(from + ((x - left) / width) * (to - from)));

/** Round moments for a ruler, about so many pixels apart. */
export const ticksOf = ({ from, to }: Stretch, width: number, apart: number): number[] => {
  const wanted = Math.max(1, ((to - from) / width) * apart);
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = Math.max(1, [1, 2, 5, 10].map((digit) => digit * power).find((size) => size >= wanted)!);
  const ticks: number[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) ticks.push(at);
  return ticks;
};
