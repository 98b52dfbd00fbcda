/** What `diff` does. Loaded when it does. */

import { type Diff, diffRecordings } from '../forks/diff.ts';
import type { Difference } from '../forks/pair.ts';
import { showProgress } from '../host/progress.ts';
import { openRecording } from '../session/replay.ts';
import type { CliHost } from './cli.ts';
import type { DiffOptions } from './diff.ts';
import { exitCodes } from './exit-codes.ts';
import { columns, grouped } from './values.ts';

export const diffTraces = async (one: string, other: string, options: DiffOptions, host: CliHost): Promise<void> => {
  const open = (file: string) =>
    openRecording({
      file,
      verify: false,
      checkpoints: { stride: 50_000_000, budgetBytes: 256 * 2 ** 20 },
      keepImages: false,
      console: () => {},
      imageFolders: options.images ?? [],
    });
  const first = await open(one);
  try {
    const second = await open(other);
    const progress = showProgress('comparing', host.stderr);
    try {
      const steps = diffRecordings(first, second);
      let step = steps.next();
      for (; step.done !== true; step = steps.next()) {
        progress.update(step.value / first.trace.until);
        await new Promise(setImmediate); // a signal must be able to end this
      }
      host.stdout.write(options.json ? `${JSON.stringify(step.value, undefined, 2)}\n` : textOf(step.value));
      if (step.value.kind !== 'same') host.exitCode = exitCodes.differs;
    } finally {
      progress.stop();
      second.close();
    }
  } finally {
    first.close();
  }
};

const textOf = (diff: Diff): string => {
  switch (diff.kind) {
    case 'same': {
      const [one, other] = diff.lengths;
      const common = grouped(Math.min(one, other));
      return one === other
        ? `the same up to their end at moment ${common}\n`
        : `the same up to moment ${common}, where one of them ends\n`;
    }
    case 'machines':
      return `different machines, whose moments cannot be compared\n${rowsOf(diff.differences)}`;
    case 'states': {
      const { at, differences, inputs } = diff;
      const list = (name: string, texts: readonly string[]): string =>
        `  in ${name}, ${texts.length === 0 ? 'nothing comes in' : texts.join(', and ')}\n`;
      const cause = inputs === undefined ? '' : list('one', inputs.one) + list('the other', inputs.other);
      return `the first difference is at moment ${grouped(at)}\n${cause}${rowsOf(differences)}`;
    }
  }
};

const rowsOf = (differences: readonly Difference[]): string =>
  columns([['part', 'one', 'other'], ...differences.map(({ part, one, other }) => [part, one, other])], '  ');
