/**
 * One measured run of QEMU. The shell that starts it tells what processor time it took in all; the kernel tells what it
 * took up to a mark on the way. It is ended when the last mark has come.
 */

import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { Dialogue } from './dialogue.ts';
import type { MarkMeasurement, Measurement } from './measurement.ts';
import type { Workload } from './workloads.ts';

export const qemuProgram = 'qemu-system-riscv64';

/** Plain translation, counted instructions (what can be replayed at all), and its record and replay. */
export const qemuModes = ['tcg', 'icount', 'rr-record', 'rr-replay'] as const;
export type QemuMode = (typeof qemuModes)[number];

const modeOptions = (mode: QemuMode, replayFile: string): readonly string[] => {
  switch (mode) {
    case 'tcg':
      return [];
    case 'icount':
      return ['-icount', 'shift=0'];
    case 'rr-record':
      return ['-icount', `shift=0,rr=record,rrfile=${replayFile}`];
    case 'rr-replay':
      return ['-icount', `shift=0,rr=replay,rrfile=${replayFile}`];
  }
};

/** For one run: recording Linux takes QEMU minutes, and what it would take in the end tells no more. */
const timeoutSeconds = 120;
/** Of its memory. */
const samplePeriodMs = 50;

/** Runs a program, then says on descriptor 3 what processor time it took (bash(1), `times`: the second line); other shells round it. */
const wrapper = '"$@"; times >&3';

export const measureQemu = (workload: Workload, mode: QemuMode, replayFile: string): Promise<Measurement> =>
  new Promise((done) => {
    const started = performance.now();
    const marks: MarkMeasurement[] = [];
    let peakBytes = 0;
    const console = ['-display', 'none', '-serial', 'stdio', '-monitor', 'none', '-net', 'none'];
    const accelerator = ['-accel', 'tcg,thread=single', ...modeOptions(mode, replayFile)];
    const program = [qemuProgram, ...workload.options, ...console, ...accelerator];
    const shell = spawn('bash', ['-c', wrapper, 'bash', ...program], { stdio: ['pipe', 'pipe', 'pipe', 'pipe'] });
    const [stdin, stdout, stderr, report] = shell.stdio as unknown as [Writable, Readable, Readable, Readable];
    const sampler = setInterval(() => {
      peakBytes = Math.max(peakBytes, peakOf(childOf(shell.pid)));
    }, samplePeriodMs);
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      end(childOf(shell.pid), 'SIGKILL');
    }, timeoutSeconds * 1000);

    const dialogue = new Dialogue(workload.marks, (mark) => {
      const qemu = childOf(shell.pid);
      const wallSeconds = (performance.now() - started) / 1000;
      marks.push({ name: mark.name, wallSeconds, ...processorSeconds(qemu) });
      peakBytes = Math.max(peakBytes, peakOf(qemu));
      if (mark.answer !== undefined && mode !== 'rr-replay') stdin.write(mark.answer);
      if (dialogue.isOver) end(qemu, 'SIGTERM');
    });
    stdin.on('error', () => {}); // it ended while we typed; what it printed says so
    stdout.on('data', (bytes: Buffer) => dialogue.printed(bytes));
    let complaints = '';
    stderr.on('data', (bytes: Buffer) => {
      complaints += bytes.toString();
    });
    let times = '';
    report.on('data', (bytes: Buffer) => {
      times += bytes.toString();
    });
    shell.on('close', () => {
      clearTimeout(timer);
      clearInterval(sampler);
      const last = dialogue.isOver ? marks.pop() : undefined; // else what came after the last mark is another one's
      if (last !== undefined) marks.push({ ...last, ...secondsOfTimes(times) });
      const complaint = dialogue.complaint;
      if (complaint === undefined) return done({ marks, peakBytes });
      const late = isLate ? `ended after ${timeoutSeconds} s: ` : '';
      done({ marks, peakBytes, isLate, failure: `${late}${complaint} ${complaints}`.slice(0, 500) });
    });
  });

type ProcessorSeconds = Pick<MarkMeasurement, 'userSeconds' | 'systemSeconds'>;

/** "0m1.410s 0m0.020s", of the shell itself and then of its children. */
const secondsOfTimes = (text: string): ProcessorSeconds => {
  const [, , userSeconds, systemSeconds] = [...text.matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds),
  );
  if (userSeconds === undefined || systemSeconds === undefined) throw new Error(`expected times, found "${text}"`);
  return { userSeconds, systemSeconds };
};

/** The one child of a process that we started; undefined when it is over. */
const childOf = (pid: number | undefined): number | undefined => {
  const children = processText(`${pid}/task/${pid}/children`).trim();
  return children === '' ? undefined : Number(children.split(' ')[0]);
};

const end = (pid: number | undefined, signal: NodeJS.Signals): void => {
  try {
    if (pid !== undefined) process.kill(pid, signal);
  } catch {
    // It was faster.
  }
};

/** Clock ticks that /proc counts in: 100 a second on every Linux of today (proc(5), sysconf(3)). */
const ticksHz = 100;

/** Of all threads of a process: fields 14 and 15 of /proc/PID/stat (proc(5)), behind the name, which may hold anything. */
const processorSeconds = (pid: number | undefined): ProcessorSeconds => {
  const stat = processText(`${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { userSeconds: Number(fields[11] ?? 0) / ticksHz, systemSeconds: Number(fields[12] ?? 0) / ticksHz };
};

const peakOf = (pid: number | undefined): number =>
  Number(/^VmHWM:\s*(\d+) kB/m.exec(processText(`${pid}/status`))?.[1] ?? 0) * 1024;

/** Empty when the process is over. */
const processText = (path: string): string => {
  try {
    return readFileSync(`/proc/${path}`, 'latin1');
  } catch {
    return '';
  }
};

export const qemuVersion = (): string =>
  execFileSync(qemuProgram, ['--version'], { encoding: 'utf8' }).split('\n')[0]!.trim();
