/** Samples no stack: a browser lets nobody see where the time of its code goes. */

import { needsNode } from '../errors.ts';
import type * as node from '../sampler.ts';

export class Sampler {
  readonly running = false;

  /** @throws {HostError} */
  start(): never {
    throw needsNode('Sampling where time goes');
  }

  take(): undefined {
    return undefined;
  }

  stop(): void {}
}

({ Sampler }) satisfies { readonly Sampler: new () => Pick<node.Sampler, keyof node.Sampler> };
