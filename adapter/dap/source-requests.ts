/** Requests about source files: their text, and which there are. */

import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { noSource } from './errors.ts';
import { optional, type RequestRow, request, text } from './request.ts';

const sourcesMax = 10_000;

export const sourceRequests: readonly RequestRow[] = [
  request('source', { source: optional(v.object({ path: optional(text) })) }, (session, { source }) => {
    const { sources } = session.launched('source').target;
    const path = source?.path ?? '';
    // Nobody gets the text of a file by this that is no source of the program.
    if (!sources.isKnown(path)) throw noSource(path);
    try {
      return { content: readFileSync(sources.locate(path) ?? path, 'utf8') };
    } catch {
      throw noSource(path);
    }
  }),
  request('loadedSources', {}, (session) => {
    const { program, sources } = session.launched('loadedSources').target;
    const paths = (program.info && program.try(() => program.info!.sourcePaths())) ?? [];
    return { sources: paths.slice(0, sourcesMax).map((path) => sources.describe(path)) };
  }),
];
