/**
 * `chronovisor stats`: runs a machine as `run` does, or replays a trace as `verify` does, and says where the time went.
 * What is measured and how it is attributed is in `adapter/stats`.
 */

import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { openRecording } from '../session/replay.ts';
import { noCheckpoints } from '../session/session.ts';
import { type Measured, StatsCollector } from '../stats/stats.ts';
import { statsText } from '../stats/stats-text.ts';
import type { CliHost } from './cli.ts';
import { optionOfLiveRun } from './errors.ts';
import { addLiveOptions, endText, type LiveOptions, runCommand } from './live-command.ts';
import { goTo, incompleteText, type TraceOptions } from './replay-command.ts';

interface StatsOptions extends LiveOptions, TraceOptions {
  readonly json?: boolean;
  readonly every?: number;
  readonly output?: string;
}

export const addStats = (program: Command, host: CliHost): void => {
  const command = program
    .command('stats')
    .summary('say where the time of a run goes')
    .description(
      'Runs a machine as "run" does, or replays a trace, and says at its end where the time went and what there was how often. ' +
        'Also at once, on SIGUSR2.',
    )
    .usage('[options] (TRACE | -- QEMU-OPTIONS)')
    .option('--json', 'as one line of JSON, for programs; what the guest prints goes to stderr')
    .option('--every <seconds>', 'also this often while it runs', parseSeconds)
    .option('-o, --output <trace>', 'record the run too, as "record" does, and so measure that')
    .option('--salvage', 'of a trace: read the intact part of a damaged one')
    .option('--images <folder...>', 'of a trace: where the images are that it does not hold');
  addLiveOptions(command).action((words: string[], options: StatsOptions) => {
    const trace = traceOf(words);
    return trace === undefined ? measureRun(words, options, host) : measureReplay(trace, options, host);
  });
};

/** A single word that is no option is a trace: a machine has at least a kernel, which takes two. */
const traceOf = (words: readonly string[]): string | undefined => {
  const [word] = words;
  return words.length === 1 && word !== undefined && !word.startsWith('-') ? word : undefined;
};

const measureRun = async (words: readonly string[], options: StatsOptions, host: CliHost): Promise<void> => {
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

const measureReplay = async (file: string, options: StatsOptions, host: CliHost): Promise<void> => {
  const stray = (['input', 'script', 'seed', 'output'] as const).find((name) => options[name] !== undefined);
  if (stray !== undefined) throw optionOfLiveRun(`--${stray}`, file);
  const session = await openRecording({
    file,
    verify: true,
    checkpoints: noCheckpoints,
    console: () => {},
    salvage: options.salvage === true,
    imageFolders: options.images ?? [],
  });
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

const parseSeconds = (text: string): number => {
  const seconds = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || seconds <= 0 || seconds > 1e6)
    throw new InvalidArgumentError('It must be a number of seconds such as 10 or 0.5.');
  return seconds;
};
