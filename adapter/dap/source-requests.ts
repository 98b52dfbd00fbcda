/** Requests about source files, their text and which there are, and about the programs that they are of. */

import type { DebugProtocol } from '@vscode/debugprotocol';
import * as v from 'valibot';
import { textOf } from '../host/file-names.ts';
import { noSource } from './errors.ts';
import type { Program } from './program.ts';
import type { Programs } from './programs.ts';
import { natural, optional, type RequestRow, request, text } from './request.ts';

const sourcesMax = 10_000;

export const sourceRequests: readonly RequestRow[] = [
  request('source', { source: optional(v.object({ path: optional(text) })) }, (session, { source }) => {
    const { sources } = session.launched('source').target;
    const path = source?.path ?? '';
    // Nobody gets the text of a file by this that is no source of the program.
    if (!sources.isKnown(path)) throw noSource(path);
    const content = textOf(sources.locate(path) ?? path);
    if (content === undefined) throw noSource(path);
    return { content };
  }),
  request('loadedSources', {}, (session) => {
    const { programs, sources } = session.launched('loadedSources').target;
    const paths = programs.all.flatMap((program) => program.try(() => program.info?.sourcePaths()) ?? []);
    return { sources: [...new Set(paths)].slice(0, sourcesMax).map((path) => sources.describe(path)) };
  }),
  request(
    'modules',
    { startModule: optional(natural), moduleCount: optional(natural) },
    (session, { startModule, moduleCount }) => {
      const { programs } = session.launched('modules').target;
      const modules = programs.all.map((program, index) => moduleOf(programs, program, index));
      const first = startModule ?? 0;
      const end = (moduleCount ?? 0) > 0 ? first + moduleCount! : modules.length;
      return { modules: modules.slice(first, end), totalModules: modules.length };
    },
  ),
];

/** A program as the client lists it. Does not read debug information that nobody has asked for yet. */
const moduleOf = (programs: Programs, program: Program, id: number): DebugProtocol.Module => {
  const range = program.ranges.map(({ low, high }) => `0x${low.toString(16)}-0x${high.toString(16)}`).join(', ');
  return {
    id,
    name: program.label,
    ...(program.fileName !== undefined && { path: program.fileName, symbolFilePath: program.fileName }),
    isUserCode: programs.isUser(program),
    symbolStatus: program.knowledge,
    ...(range !== '' && { addressRange: range }),
  };
};
