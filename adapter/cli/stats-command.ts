/** What `stats` does: measures a run or a replay and reports. Loaded when it does. */

import { type Measured, StatsCollector } from '../stats/stats.ts';
import { statsText } from '../stats/stats-text.ts';
import type { CliHost } from './cli.ts';
import { optionOfLiveRun } from './errors.ts';
import { endText, runCommand } from './live-command.ts';
import { goTo, incompleteText, openToVerify } from './replay-command.ts';
import type { StatsOptions } from './stats.ts';

export const measureRun = async (words: readonly string[], options: StatsOptions, host: CliHost): Promise<void> => {
  const trace = options.output === undefined ? undefined : { file: options.output, embedded: true };
  // For programs, stdout has nothing but the statistics.
  const runHost = options.json ? { ...host, stdout: host.stderr } : host;
  let reporter: Reporter | undefined;
  try {
    const { end, steps, exitCode } = await runCommand(words, options, trace, runHost, (session) => {
      reporter = new Reporter(session, options, host);
    });
    if (end.reason !== 'off') host.stderr.write(`chronovisor: ${endText(end, steps)}.\n`);
    host.exitCode = exitCode;
    reporter?.report();
  } finally {
    reporter?.close();
  }
};

export const measureReplay = async (file: string, options: StatsOptions, host: CliHost): Promise<void> => {
  const stray = (['input', 'script', 'seed', 'output'] as const).find((name) => options[name] !== undefined);
  if (stray !== undefined) throw optionOfLiveRun(`--${stray}`, file);
  const session = await openToVerify(file, options);
  let isLeft = false;
  const leave = (): void => {
    isLeft = true;
  };
  process.on('SIGINT', leave);
  const reporter = new Reporter(session, options, host);
  try {
    await goTo(session, options.until ?? session.trace.until, 'replaying', host, () => isLeft);
    session.replayer.verifyEnd();
    reporter.report();
  } finally {
    process.off('SIGINT', leave);
    reporter.close();
    session.close();
  }
  const incomplete = incompleteText(session.trace);
  if (session.machine.now >= session.trace.until && incomplete !== '')
    host.stderr.write(`chronovisor: ${incomplete}\n`);
};

/** Measures from its making on, and writes what it has when it is asked, at an interval, and at a signal. */
class Reporter {
  readonly #collector: StatsCollector;
  readonly #options: StatsOptions;
  readonly #host: CliHost;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #signalled = (): void => this.report();

  constructor(measured: Measured, options: StatsOptions, host: CliHost) {
    this.#collector = new StatsCollector(measured);
    this.#options = options;
    this.#host = host;
    if (options.every !== undefined) this.#timer = setInterval(() => this.report(), options.every * 1000);
    if (hasSignal) process.on(reportSignal, this.#signalled);
    this.#collector.start();
  }

  report(): void {
    const stats = this.#collector.read();
    // The guest may have left its line unfinished.
    this.#host.stdout.write(this.#options.json ? `${JSON.stringify(stats)}\n` : `\n${statsText(stats)}`);
  }

  close(): void {
    clearInterval(this.#timer);
    process.off(reportSignal, this.#signalled);
    this.#collector.stop();
  }
}

const reportSignal = 'SIGUSR2';
/** Windows has no such signal, and listening for it fails there. */
const hasSignal = process.platform !== 'win32';
