/** What does not fit into memory, in a browser: there is nowhere else, so that none is taken. */

import type { Spill } from '../../../vmm/timeline/spill.ts';
import type * as node from '../spill-file.ts';

export class SpillFile implements Spill {
  readonly stepsMin = Number.MAX_SAFE_INTEGER;
  readonly sizeBytes = 0;

  put(): undefined {
    return undefined;
  }

  get(): undefined {
    return undefined;
  }

  drop(): void {}
  close(): void {}
}

({ SpillFile }) satisfies {
  readonly SpillFile: new (folder: string) => Spill & Omit<node.SpillFile, 'stepsMin'>;
};
