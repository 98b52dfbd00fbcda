/** Transcripts of what looks at the machine: harts, stacks, variables, memory, sources. */

import { expect } from 'vitest';
import { file, type Transcripts } from './transcript.ts';

export const lookTranscripts: Transcripts = {
  threads: { args: () => ({}), answer: { threads: [{ id: 1 }] }, moving: true, always: true },
  stackTrace: {
    args: () => ({ threadId: 1, startFrame: 1, levels: 1 }),
    answer: { stackFrames: [{ name: 'work' }], totalFrames: 4 },
    moving: false,
  },
  scopes: {
    args: ({ frameId }) => ({ frameId }),
    answer: { scopes: expect.arrayContaining([expect.objectContaining({ name: 'Registers' })]) },
    mistake: [() => ({ frameId: 99_999 }), 'There is no stack frame 99999'],
    moving: false,
  },
  exceptionInfo: { args: () => ({ threadId: 1 }), answer: { breakMode: 'always' }, moving: false },
  source: {
    args: () => ({ source: { path: file } }),
    answer: { content: expect.stringContaining('enum colour') },
    mistake: [() => ({ source: { path: '/etc/passwd' } }), 'The source /etc/passwd is not on this computer'],
    moving: true,
  },
  loadedSources: {
    args: () => ({}),
    answer: { sources: expect.arrayContaining([expect.objectContaining({ name: 'steps.c' })]) },
    moving: true,
  },
  modules: { args: () => ({ startModule: 0, moduleCount: 1 }), answer: { totalModules: 1 }, moving: true },
  variables: {
    args: ({ variablesReference }) => ({ variablesReference, start: 0, count: 1 }),
    answer: { variables: [{ name: 'first' }] },
    mistake: [() => ({ variablesReference: 99_999 }), 'There are no variables 99999'],
    moving: false,
  },
  setVariable: {
    of: 'live',
    args: ({ registers }) => ({ variablesReference: registers, name: 's3', value: '5' }),
    answer: { value: '0x5' },
    mistake: [
      ({ registers }) => ({ variablesReference: registers, name: 's3', value: '5' }),
      'The past cannot be changed',
    ],
    moving: false,
  },
  setExpression: {
    of: 'live',
    args: ({ frameId }) => ({ expression: 'items[0].value', value: '5', frameId }),
    answer: { value: '5' },
    mistake: [({ frameId }) => ({ expression: 'nothing', value: '5', frameId }), 'Nothing is called nothing'],
    moving: false,
  },
  evaluate: {
    args: ({ frameId }) => ({ expression: 'first->value', frameId, context: 'watch' }),
    answer: { result: '1', type: 'int' },
    mistake: [({ frameId }) => ({ expression: 'first->', frameId }), 'The expression "first->" cannot be understood'],
    moving: false,
  },
  completions: {
    args: ({ frameId }) => ({ frameId, text: 'first->va', column: 10 }),
    answer: { targets: [{ label: 'value' }] },
    mistake: [() => ({ frameId: 99_999, text: 'a', column: 2 }), 'There is no stack frame 99999'],
    moving: false,
  },
  readMemory: {
    args: () => ({ memoryReference: '0x80000000', offset: 16, count: 4 }),
    answer: { address: '0x80000010', data: expect.stringMatching(/^[\w+/]{6}==$/) },
    mistake: [() => ({ memoryReference: 'here', count: 4 }), 'This is no address'],
    moving: false,
  },
  writeMemory: {
    of: 'live',
    args: () => ({ memoryReference: '0x80100000', data: 'AAAA' }),
    answer: { bytesWritten: 3 },
    mistake: [() => ({ memoryReference: 'here', data: 'AAAA' }), 'This is no address'],
    moving: false,
  },
  disassemble: {
    args: () => ({ memoryReference: '0x80000000', instructionOffset: -2, instructionCount: 5 }),
    answer: {
      instructions: Array.from({ length: 5 }, () => expect.objectContaining({ instruction: expect.anything() })),
    },
    mistake: [() => ({ memoryReference: '', instructionCount: 1 }), 'This is no address'],
    moving: false,
  },
};
