/** How a recording ended. A trace whose recorder was killed has none, and is as good up to there. */

import * as v from 'valibot';
import { integer, momentSchema } from './events.ts';

const endSchema = v.strictObject({
  at: momentSchema,
  /** `poweroff`, `reset`: by the guest. `stopped`: by the person. `error`: the recorder could not go on. */
  reason: v.picklist(['poweroff', 'reset', 'stopped', 'error']),
  /** What the guest gave to the finisher. */
  exitCode: v.exactOptional(integer(0, 0xffff_ffff)),
  message: v.exactOptional(v.pipe(v.string(), v.maxLength(4096))),
});

export type TraceEnd = v.InferOutput<typeof endSchema>;

/** Throws a plain `Error` with a phrase for what was found. */
export const checkEnd = (value: unknown): TraceEnd => {
  const result = v.safeParse(endSchema, value, { abortEarly: true });
  if (!result.success) throw new Error(`${v.getDotPath(result.issues[0])}: ${result.issues[0].message}`);
  return result.output;
};
