/** THE table of what seats can do, by name. */

import type { Job, Jobs } from '../farm/job.ts';
import { truthJob } from './becomes.ts';
import { callsJob, returnsJob } from './calls-job.ts';
import { hitsJob } from './hit-job.ts';
import { consoleJob, stepJob } from './printed.ts';
import { trapsJob } from './traps.ts';
import { originJob } from './value-origin.ts';
import { meaningJob, writesJob } from './write-jobs.ts';

const all = [writesJob, meaningJob, hitsJob, callsJob, returnsJob, truthJob, trapsJob, consoleJob, stepJob, originJob];

export const jobs: Jobs = new Map(all.map((job) => [job.name, job as Job<unknown, unknown>]));
