/**
 * One measured run of Chronovisor, in a process of its own as a person's would be: this same program with `--child`
 * (child.ts), whose standard output is the measurement.
 */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { GoingBack } from './going-back.ts';
import type { Measurement } from './measurement.ts';
import type { Workload } from './workloads.ts';

/** `again` records with translated code that earlier runs of the machine have kept. A replay needs the recording before it. */
export const ourModes = ['run', 'record', 'again', 'replay'] as const;
export type OurMode = (typeof ourModes)[number];

export interface Job {
  readonly kind: OurMode | 'travel';
  readonly workload: string;
  readonly traceFile: string;
  /** The folder of caches: of compressed images, where images are, and translated code for `again`. */
  readonly cacheFolder?: string;
}

export const measureOurs = async (workload: Workload, mode: OurMode, folder: string): Promise<Measurement> => {
  const failed = (failure: string): Measurement => ({ marks: [], peakBytes: 0, failure });
  const { name } = workload;
  const cacheFolder = join(folder, 'cache');
  if (mode !== 'again')
    return child({ kind: mode, workload: name, traceFile: join(folder, 'ours.chrono'), cacheFolder }, failed);
  const job: Job = { kind: mode, workload: name, traceFile: join(folder, 'again.chrono'), cacheFolder };
  const earlierRuns = keptBy.has(name) ? 0 : 2;
  keptBy.add(name);
  for (let run = 0; run < earlierRuns; run += 1) await child(job, failed);
  return child(job, failed);
};

/** Workloads that have kept code in this benchmark. */
const keptBy = new Set<string>();

/** Undefined when it failed. */
export const measureGoingBack = (workload: Workload): Promise<GoingBack | undefined> =>
  child<GoingBack | undefined>({ kind: 'travel', workload: workload.name, traceFile: '' }, () => undefined);

const timeoutMs = 300_000;
/** Without the certificates that some hosts make each Node read when it starts: that takes longer than all else that it does then. */
const { NODE_EXTRA_CA_CERTS: _certificates, ...environment } = process.env;

const child = <T>(job: Job, failed: (failure: string) => T): Promise<T> =>
  new Promise((done) => {
    const program = [process.argv[1]!, '--child', JSON.stringify(job)];
    execFile(
      process.execPath,
      program,
      { env: environment, timeout: timeoutMs, maxBuffer: 2 ** 24 },
      (error, stdout, stderr) => {
        done(error === null ? (JSON.parse(stdout) as T) : failed(`${error.message}\n${stderr}`.slice(0, 500)));
      },
    );
  });
