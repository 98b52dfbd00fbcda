/** What `run`, `record` and `stats` have in common: the console, the script, and how a run ends. Loaded when one runs. */

import type { Keep } from '../../vmm/record/flight.ts';
import { hostPolicy, type RunPolicy, virtualPolicy } from '../boot/configuration.ts';
import type { MachineOptions } from '../boot/machine-options.ts';
import { escapeHelp, openConsole } from '../host/console.ts';
import { FileSink, readWhole } from '../host/files.ts';
import { cacheFolder } from '../host/folders.ts';
import { parseScript, ScriptPlayer } from '../host/script.ts';
import { brief } from '../program/input-error.ts';
import { LiveDriver } from '../session/live-driver.ts';
import { type LiveEnd, runLive } from '../session/live-run.ts';
import { createRecording, type RecordingRequest } from '../session/record.ts';
import { type LiveSession, noCheckpoints } from '../session/session.ts';
import type { CliHost } from './cli.ts';
import { exitCodeOfGuest, exitCodes } from './exit-codes.ts';
import type { LiveOptions } from './live-options.ts';
import { parseMachineOptions } from './qemu-options.ts';
import { grouped } from './values.ts';

/** The guest's seconds of silence after which a run that nobody types at is over. */
const idleSecondsMax = 30;

/**
 * `begin` is told of the session right before it runs.
 * @returns how it ended, and the exit code that says so
 */
export const runCommand = async (
  words: readonly string[],
  options: LiveOptions,
  trace: RecordingRequest['trace'],
  host: CliHost,
  begin: (session: LiveSession) => void = () => {},
): Promise<{ readonly end: LiveEnd; readonly steps: number; readonly exitCode: number }> => {
  const machineOptions = parseMachineOptions(words);
  const player = options.script === undefined ? undefined : new ScriptPlayer(readScript(options.script));
  const input = options.input === undefined ? undefined : readWhole('the input', options.input);
  const isAttended = host.stdin.isTTY === true && machineOptions.console.kind === 'terminal' && !player && !input;
  const sink = consoleSink(machineOptions, host);

  const session = await createRecording({
    options: machineOptions,
    policy: policyOf(options, machineOptions, isAttended, trace?.flight?.keep),
    ...(trace === undefined ? {} : { trace }),
    checkpoints: noCheckpoints,
    keepImages: false,
    cacheFolder: cacheFolder(),
    console: (bytes) => {
      driver.printed();
      sink.write(bytes);
      if (player !== undefined) driver.answer(player.printed(bytes));
    },
  });
  begin(session);
  const driver = new LiveDriver(session);
  let isLeft = false;
  let stopShowing = (): void => {};
  const leave = (): void => {
    isLeft = true;
    driver.interrupt();
  };
  const isFed = !isAttended && player === undefined && input === undefined;
  if (isFed) driver.beginFeed();
  const console = openConsole(isAttended || isFed ? host.stdin : undefined, host.stderr, {
    typed: (bytes) => (isAttended ? driver.type(bytes) : driver.feed(bytes)),
    leave,
    ended: () => driver.endFeed(),
  });
  const asked = (): void => {
    session.flight?.ask();
    driver.interrupt();
  };
  if (session.flight !== undefined) process.on('SIGUSR1', asked);
  try {
    driver.canType = isAttended;
    if (isAttended) stopShowing = showWaiting(driver, host);
    if (input !== undefined) driver.feed(input);
    if (player !== undefined) driver.answer(player.start());
    const end = await runLive(session, driver, {
      isLeft: () => isLeft || player?.quit === true,
      saved: (file) => void host.stderr.write(`chronovisor: ${file} has what was kept.\n`),
      ...(options.until === undefined ? {} : { until: options.until }),
      ...(isAttended ? {} : { idleSecondsMax }),
    });
    session.keepCode();
    return { end, steps: session.machine.now, exitCode: exitCodeOf(end, player, host) };
  } finally {
    stopShowing();
    process.off('SIGUSR1', asked);
    console.close();
    sink.close();
  }
};

/** "the guest switched itself off with code 3 after 1,234 steps" */
export const endText = (end: LiveEnd, steps: number): string => {
  const after = `after ${grouped(steps)} steps`;
  switch (end.reason) {
    case 'off':
      return `the guest switched itself off with code ${end.exitCode} ${after}`;
    case 'reset':
      return `the guest asked for a reset ${after}, which ends the run`;
    case 'left':
      return `the run was ended ${after}`;
    case 'panic':
      return `the guest panicked (${brief(end.line)}) ${after}`;
    case 'until':
      return `the run came to its moment ${after}`;
    case 'idle':
      return `the guest only waits for input ${after}, and there is none`;
  }
};

const readScript = (file: string) => parseScript(Buffer.from(readWhole('the script', file)).toString('utf8'));

const policyOf = (
  { time, seed, digestStride }: LiveOptions,
  machine: MachineOptions,
  isAttended: boolean,
  keep: Keep | undefined,
): RunPolicy => {
  const stride = digestStride ?? (keep && keptStride(keep, machine.stepsPerTick));
  const base = time === 'host' ? hostPolicy(Date.now() / 1000) : virtualPolicy;
  return {
    ...base,
    // With a person at the console, idle time passes as it does for them.
    idle: isAttended ? 'wait' : base.idle,
    ...(seed === undefined ? {} : { entropySeed: new TextEncoder().encode(seed).subarray(0, 64) }),
    ...(stride === undefined ? {} : { digestStride: stride }),
  };
};

/** Segments begin at digests, so there must be some in what is kept. */
const keptStride = ({ unit, amount }: Keep, stepsPerTick = virtualPolicy.stepsPerTick): number => {
  const steps = { steps: amount / 8, ticks: (amount * stepsPerTick) / 8, bytes: 50_000_000 }[unit];
  return Math.floor(Math.min(Math.max(steps, 1), virtualPolicy.digestStride));
};

interface ConsoleSink {
  /** Takes what the guest prints. */
  write(bytes: Uint8Array): void;
  /** Ends a line that the guest began on the terminal, so that what we say has one of its own. */
  close(): void;
}

const consoleSink = ({ console }: MachineOptions, host: CliHost): ConsoleSink => {
  switch (console.kind) {
    case 'terminal':
      return terminalSink(host);
    case 'none':
      return { write: () => {}, close: () => {} };
    case 'file': {
      const sink = new FileSink('the console file', console.file);
      return byLines({ write: (bytes) => sink.append(bytes), close: () => sink.close() });
    }
  }
};

const lineFeed = 0x0a;

const terminalSink = ({ stdout }: CliHost): ConsoleSink => {
  let last = lineFeed;
  return byLines({
    write: (bytes) => {
      last = bytes.at(-1) ?? last;
      stdout.write(bytes);
    },
    close: () => {
      if (stdout.isTTY === true && last !== lineFeed) stdout.write('\n');
    },
  });
};

/** Guests print character by character: a line goes out as one, and what is printed of one before the run next gives way. */
const byLines = (sink: ConsoleSink): ConsoleSink => {
  let line: number[] = [];
  const flush = (): void => {
    if (line.length === 0) return;
    const bytes = Uint8Array.from(line);
    line = [];
    sink.write(bytes);
  };
  return {
    write: (bytes) => {
      if (line.length === 0) queueMicrotask(flush);
      line.push(...bytes);
      if (bytes.at(-1) === lineFeed) flush();
    },
    close: () => {
      flush();
      sink.close();
    },
  };
};

/** A guest that waits for less is not said to wait. */
const shownWaitMs = 300;

/** Says in the terminal's title whether the guest waits; between the guest's own lines there is no room for it. */
const showWaiting = (driver: LiveDriver, host: CliHost): (() => void) => {
  host.stderr.write(`${escapeHelp}\n`);
  if (host.stdout.isTTY !== true) return () => {};
  let shown = '';
  const show = (state: string): void => {
    if (state !== shown) host.stdout.write(`\u001b]2;chronovisor: ${state}\u0007`);
    shown = state;
  };
  let timer: NodeJS.Timeout | undefined;
  driver.onWaiting = (waiting) => {
    clearTimeout(timer);
    timer = setTimeout(() => show(waiting ? 'the guest waits for input' : 'the guest runs'), shownWaitMs);
  };
  return () => clearTimeout(timer);
};

const exitCodeOf = (end: LiveEnd, player: ScriptPlayer | undefined, host: CliHost): number => {
  const waiting = player?.waiting;
  if (waiting !== undefined && waiting.kind === 'wait') {
    const text = JSON.stringify(Buffer.from(waiting.bytes).toString('utf8'));
    host.stderr.write(`chronovisor: the script still waits for ${text} (line ${waiting.line}).\n`);
    return exitCodes.scriptUnfinished;
  }
  return end.reason === 'off' ? exitCodeOfGuest(end.exitCode) : exitCodes.ok;
};
