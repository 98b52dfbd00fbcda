/** What `chronovisor info --json` says of a trace, checked: it is a file of somebody else's that this is read from. */

import * as v from 'valibot';

const image = v.object({
  role: v.string(),
  name: v.string(),
  sizeBytes: v.number(),
  digest: v.string(),
  embedded: v.boolean(),
});

/** What the history index knows; absent where none is kept. */
const history = v.object({
  traps: v.array(v.object({ words: v.string(), count: v.number(), first: v.number(), last: v.number() })),
  panics: v.array(v.object({ moment: v.number(), line: v.string() })),
  panicCount: v.number(),
});

const summarySchema = v.object({
  formatVersion: v.number(),
  createdBy: v.string(),
  machine: v.object({
    board: v.string(),
    harts: v.number(),
    ramBytes: v.number(),
    bios: v.string(),
    timePolicy: v.string(),
    idlePolicy: v.string(),
    append: v.string(),
    devices: v.array(v.object({ kind: v.string(), slot: v.number() })),
    digestStride: v.number(),
  }),
  images: v.array(image),
  steps: v.number(),
  complete: v.boolean(),
  end: v.optional(v.object({ reason: v.string(), exitCode: v.optional(v.number()), message: v.optional(v.string()) })),
  damage: v.optional(v.string()),
  events: v.record(v.string(), v.number()),
  digests: v.number(),
  sizes: v.object({
    fileBytes: v.number(),
    headerBytes: v.number(),
    imageBytes: v.number(),
    eventBytes: v.number(),
    digestBytes: v.number(),
    stateBytes: v.number(),
    bookmarkBytes: v.number(),
    endBytes: v.number(),
    tornBytes: v.number(),
  }),
  history: v.optional(history),
});

export type TraceSummary = v.InferOutput<typeof summarySchema>;

/** @throws {Error} when it is not what the command prints */
export const parseSummary = (text: string): TraceSummary => v.parse(summarySchema, JSON.parse(text));

/** How the recording ended, as a sentence's end. */
export const endWords = ({ complete, end }: TraceSummary): string => {
  if (end === undefined || !complete) return 'the recorder was stopped before it wrote the end';
  const code = end.exitCode === undefined ? '' : ` with exit code ${end.exitCode}`;
  const words: Readonly<Record<string, string>> = {
    poweroff: `the guest switched itself off${code}`,
    reset: 'the guest asked for a reset',
    stopped: 'the person stopped it',
    error: 'the recorder could not go on',
  };
  return (words[end.reason] ?? end.reason) + (end.message === undefined ? '' : `: ${end.message}`);
};

/** What the file is made of, the largest first. */
export const partsOf = ({ sizes }: TraceSummary): readonly (readonly [name: string, bytes: number])[] =>
  (
    [
      ['images', sizes.imageBytes],
      ['inputs', sizes.eventBytes],
      ['digests', sizes.digestBytes],
      ['states', sizes.stateBytes],
      ['bookmarks', sizes.bookmarkBytes],
      ['the rest', sizes.headerBytes + sizes.endBytes + sizes.tornBytes],
    ] as const
  )
    .filter(([, bytes]) => bytes > 0)
    .toSorted((one, other) => other[1] - one[1]);
