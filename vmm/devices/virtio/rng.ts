/** The entropy device (specification 1.2, section 5.4): fills buffers with random bytes from outside the machine. */

import type { DeviceContext, PlainState } from '../device.ts';
import { nothing } from '../shape.ts';
import type { VirtioBackend } from './backend.ts';
import { type Chain, scatter } from './queue.ts';

/** A request gets at most this much; the driver asks again. It bounds what one request adds to a trace. */
const requestBytesMax = 4096;
const latencyStepsBase = 1000;
const latencyStepsPerByte = 10;

export class VirtioRng implements VirtioBackend {
  readonly deviceId = 4;
  readonly features = 0n;
  readonly queues = 1;

  config(): Uint8Array {
    return new Uint8Array(0);
  }

  latencySteps(_queue: number, chain: Chain): number {
    return latencyStepsBase + latencyStepsPerByte * filledBytes(chain);
  }

  serve(_queue: number, chain: Chain, context: DeviceContext): number {
    const sizeBytes = filledBytes(chain);
    const source = { kind: 'entropy', offset: 0 } as const;
    if (sizeBytes > 0) scatter(context, chain.writable, 0, context.entropy(sizeBytes), source);
    return sizeBytes;
  }

  save(): PlainState {
    return null;
  }

  readonly shape = nothing;

  restore(): void {}
}

const filledBytes = (chain: Chain): number => Math.min(chain.writableBytes, requestBytesMax);
