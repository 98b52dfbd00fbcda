/** Transcripts of what sets stops. What cannot be set is no refusal: it is answered unverified. */

import { expect } from 'vitest';
import { file, lineOf, type Transcripts } from './transcript.ts';

const verified = { breakpoints: [{ verified: true }] };

export const stopTranscripts: Transcripts = {
  setBreakpoints: {
    args: () => ({ source: { path: file }, breakpoints: [{ line: lineOf.found }] }),
    answer: verified,
    moving: true,
  },
  breakpointLocations: {
    args: () => ({ source: { path: file }, line: lineOf.found, endLine: lineOf.found }),
    answer: { breakpoints: [{ line: lineOf.found }] },
    moving: true,
  },
  setFunctionBreakpoints: { args: () => ({ breakpoints: [{ name: 'sum' }] }), answer: verified, moving: true },
  setInstructionBreakpoints: {
    args: () => ({ breakpoints: [{ instructionReference: '0x80000000', offset: 4 }] }),
    answer: verified,
    moving: true,
  },
  setExceptionBreakpoints: {
    args: () => ({ filters: ['page-fault'], filterOptions: [] }),
    answer: { breakpoints: [expect.anything()] },
    moving: true,
  },
  dataBreakpointInfo: {
    args: ({ variablesReference }) => ({ variablesReference, name: 'first' }),
    answer: { dataId: expect.stringMatching(/^0x[\da-f]+\/8$/) },
    mistake: [() => ({ variablesReference: 99_999, name: 'first' }), 'There are no variables 99999'],
    moving: false,
  },
  setDataBreakpoints: { args: () => ({ breakpoints: [{ dataId: '0x80100000/8' }] }), answer: verified, moving: true },
  'chronovisor/setStops': {
    args: () => ({ stops: [{ kind: 'console', text: 'panic' }] }),
    answer: { stops: [{ verified: true }] },
    moving: false,
  },
};
