/** Requests about memory: reading it at any moment, writing it at the live end, disassembling it. */

import * as v from 'valibot';
import { parseNumber } from '../expressions/tokens.ts';
import type { Debugger } from './debugger.ts';
import { disassemblyLines } from './disassembly.ts';
import { badAddress, badValue } from './errors.ts';
import { writeMemory } from './memory-writes.ts';
import { natural, optional, type RequestRow, request, text, whole } from './request.ts';
import { currentHart } from './stops.ts';

const readBytesMax = 2 ** 20;
const instructionsMax = 10_000;

/** A memory reference and a signed offset, exact for addresses beyond 2^53. Wraps as the guest's own arithmetic does. */
export const addressOf = (reference: string, offset: number): bigint => {
  const base = parseNumber(reference);
  if (base === undefined) throw badAddress(reference);
  return BigInt.asUintN(64, base + BigInt(offset));
};

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** The hart whose translation counts: requests about memory name none, so the one that the last stop was about. */
const viewer = (session: Debugger) => {
  const { target } = session.halted('readMemory');
  const arrival = session.lastArrival;
  const id = arrival !== undefined && 'hart' in arrival ? arrival.hart : undefined;
  return { target, hart: id === undefined ? currentHart(target.machine) : target.hart(id + 1) };
};

export const memoryRequests: readonly RequestRow[] = [
  request(
    'readMemory',
    { memoryReference: text, offset: optional(whole), count: v.pipe(natural, v.maxValue(2 ** 40)) },
    (session, { memoryReference, offset, count }) => {
      const { target, hart } = viewer(session);
      const address = addressOf(memoryReference, offset ?? 0);
      const bytes = target.memory.read(hart, address, Math.min(count, readBytesMax));
      return {
        address: hex(address),
        data: Buffer.from(bytes).toString('base64'),
        ...(bytes.length < Math.min(count, readBytesMax) && { unreadableBytes: count - bytes.length }),
      };
    },
  ),
  request(
    'writeMemory',
    { memoryReference: text, offset: optional(whole), allowPartial: optional(v.boolean()), data: text },
    (session, { memoryReference, offset, allowPartial, data }) => {
      const { target, hart } = viewer(session);
      const address = addressOf(memoryReference, offset ?? 0);
      if (!/^[A-Za-z0-9+/]*={0,2}$/.test(data)) throw badValue(hex(address), data, 'bytes in base64');
      const bytes = new Uint8Array(Buffer.from(data, 'base64'));
      const written = writeMemory(target, hart, address, bytes, allowPartial === true);
      session.send('memory', { memoryReference, offset: offset ?? 0, count: written });
      session.send('invalidated', { areas: ['variables'] });
      return { bytesWritten: written };
    },
  ),
  request(
    'disassemble',
    {
      memoryReference: text,
      offset: optional(whole),
      instructionOffset: optional(whole),
      instructionCount: v.pipe(natural, v.maxValue(instructionsMax)),
    },
    (session, args) => {
      const { target, hart } = viewer(session);
      const address = addressOf(args.memoryReference, args.offset ?? 0);
      const first = Math.max(-instructionsMax, Math.min(instructionsMax, args.instructionOffset ?? 0));
      return { instructions: disassemblyLines(target, hart, address, first, args.instructionCount) };
    },
  ),
];
