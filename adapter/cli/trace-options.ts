/** The options that `replay` and `verify` have in common. */

import type { Command } from 'commander';

export interface TraceOptions {
  readonly salvage?: boolean;
  readonly images?: string[];
}

export const addTraceOptions = (command: Command): Command =>
  command
    .argument('<trace>', 'the .chrono file')
    .option('--salvage', 'read the intact part of a damaged trace')
    .option('--images <folder...>', 'where the images are that the trace does not hold');
