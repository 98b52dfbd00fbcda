/**
 * One measured run of QEMU. It is told to stay when the guest is off, so that the kernel can still be asked what the
 * process took when the last mark has come; then it is ended.
 */

import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
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

const timeoutMs = 300_000;

export const measureQemu = (workload: Workload, mode: QemuMode, replayFile: string): Promise<Measurement> =>
  new Promise((done) => {
    const started = performance.now();
    const marks: MarkMeasurement[] = [];
    let peakBytes = 0;
    const console = ['-display', 'none', '-serial', 'stdio', '-monitor', 'none', '-net', 'none', '-no-shutdown'];
    const accelerator = ['-accel', 'tcg,thread=single', ...modeOptions(mode, replayFile)];
    const qemu = spawn(qemuProgram, [...workload.options, ...console, ...accelerator], { stdio: 'pipe' });
    const timer = setTimeout(() => qemu.kill('SIGKILL'), timeoutMs);

    const dialogue = new Dialogue(workload.marks, (mark) => {
      const wallSeconds = (performance.now() - started) / 1000;
      marks.push({ name: mark.name, wallSeconds, ...processorSeconds(qemu.pid!) });
      peakBytes = peakOf(qemu.pid!);
      if (mark.answer !== undefined && mode !== 'rr-replay') qemu.stdin.write(mark.answer);
      if (dialogue.isOver) qemu.kill();
    });
    qemu.stdin.on('error', () => {}); // it ended while we typed; its exit says so
    qemu.stdout.on('data', (bytes: Buffer) => {
      if (!dialogue.isOver) dialogue.printed(bytes);
    });
    let complaints = '';
    qemu.stderr.on('data', (bytes: Buffer) => {
      complaints += bytes.toString();
    });
    qemu.on('error', (error) => {
      complaints += error.message;
    });
    qemu.on('close', () => {
      clearTimeout(timer);
      const failure = dialogue.complaint;
      done({ marks, peakBytes, ...(failure !== undefined && { failure: `${failure} ${complaints}`.slice(0, 500) }) });
    });
  });

/** Clock ticks that /proc counts in: 100 a second on every Linux of today (proc(5), sysconf(3)). */
const ticksHz = 100;

/** Of all threads of a process: fields 14 and 15 of /proc/PID/stat (proc(5)), behind the name, which may hold anything. */
const processorSeconds = (pid: number): { readonly userSeconds: number; readonly systemSeconds: number } => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { userSeconds: Number(fields[11]) / ticksHz, systemSeconds: Number(fields[12]) / ticksHz };
};

const peakOf = (pid: number): number => {
  const line = /^VmHWM:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  return Number(line?.[1] ?? 0) * 1024;
};

export const qemuVersion = (): string =>
  execFileSync(qemuProgram, ['--version'], { encoding: 'utf8' }).split('\n')[0]!.trim();
