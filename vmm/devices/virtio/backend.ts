/** What a kind of virtio device is to its transport: the part that knows what requests mean. */

import type { DeviceContext, PlainState } from '../device.ts';
import type { Shape } from '../shape.ts';
import type { Chain } from './queue.ts';

export interface VirtioBackend {
  /** Device ID (specification 1.2, chapter 5). */
  readonly deviceId: number;
  /** Device-specific feature bits that are offered. */
  readonly features: bigint;
  readonly queues: number;
  /** The device-specific configuration space, as the guest reads it. */
  config(): Uint8Array;
  /** Steps that a request keeps the device busy, at least 1. In proportion to the work, which so is bounded. */
  latencySteps(queue: number, chain: Chain): number;
  /** Does a request; returns how many bytes of its writable part were written. May throw what the queue throws. */
  serve(queue: number, chain: Chain, context: DeviceContext): number;
  save(): PlainState;
  readonly shape: Shape;
  restore(state: PlainState): void;
}
