/** Transcripts of what asks the whole history, and of views over it. */

import { expect } from 'vitest';
import type { Transcripts } from './transcript.ts';

export const historyTranscripts: Transcripts = {
  'chronovisor/questions': {
    args: () => ({}),
    answer: { questions: expect.arrayContaining([expect.objectContaining({ name: 'writes' })]) },
    moving: true,
    always: true,
  },
  'chronovisor/ask': {
    args: () => ({ question: 'executed', arguments: { place: 'sum', which: 'count' }, at: 5, hart: 0, limit: 3 }),
    answer: { id: 1 },
    follows: ['chronovisor/answer', { id: 1 }],
    mistake: [() => ({ question: 'makeCoffee' }), 'makeCoffee'],
    moving: false,
  },
  'chronovisor/cancelAsk': { args: () => ({ id: 5 }), moving: true },
  'chronovisor/symbols': {
    args: () => ({ query: 'factorial', matching: 'substring', kinds: ['function'], start: 0, count: 5 }),
    answer: { total: 1, symbols: [{ name: 'factorial', kind: 'function' }] },
    moving: true,
  },
  'chronovisor/timeline': {
    args: () => ({ from: 0, to: 100, columns: 10 }),
    answer: { from: 0, to: 100, columns: 10, harts: 1 },
    moving: true,
  },
  'chronovisor/findEvent': {
    args: () => ({ kind: 'trap', cause: 5, interrupt: true, hart: 0, from: 0, to: 1000, last: true }),
    answer: {},
    moving: true,
  },
  'chronovisor/console': { args: () => ({ from: 0, to: 1000, bytesMax: 10 }), answer: { from: 0 }, moving: true },
};
