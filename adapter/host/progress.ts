/** How far long work has come, for a person at a terminal; nothing at all in a pipe. */

import cliProgress from 'cli-progress';

export interface Progress {
  /** From 0 to 1. */
  update(fraction: number): void;
  stop(): void;
}

const silent: Progress = { update: () => {}, stop: () => {} };

/** `label` is what is being done: "verifying". Shows nothing for work that ends within half a second. */
export const showProgress = (label: string, output: NodeJS.WriteStream): Progress => {
  if (output.isTTY !== true) return silent;
  const bar = new cliProgress.SingleBar({
    stream: output,
    format: `${label} {bar} {percentage} %`,
    barCompleteChar: '#',
    barIncompleteChar: '.',
    hideCursor: true,
    clearOnComplete: true,
    etaBuffer: 20,
  });
  const started = Date.now();
  let shown = false;
  return {
    update: (fraction) => {
      if (!shown && Date.now() - started < 500) return;
      if (!shown) bar.start(1000, 0);
      shown = true;
      bar.update(Math.round(fraction * 1000));
    },
    stop: () => {
      if (shown) bar.stop();
    },
  };
};
