/** Transcripts of what begins and ends a session, and of what concerns it as a whole. */

import { join } from 'node:path';
import { expect } from 'vitest';
import type { Transcripts } from './transcript.ts';

export const sessionTranscripts: Transcripts = {
  initialize: { args: () => ({ clientID: 'a' }), answer: { supportsStepBack: true }, moving: true, always: true },
  configurationDone: { args: () => ({}), moving: true },
  cancel: { args: () => ({ progressId: 'motion-1' }), moving: true, always: true },
  'chronovisor/position': {
    args: () => ({}),
    answer: { running: false, live: false, end: expect.any(Number) },
    moving: true,
  },
  'chronovisor/stats': { args: () => ({ sampling: false, reset: true }), answer: { sampling: false }, moving: true },
  'chronovisor/type': {
    of: 'live',
    args: () => ({ text: 'ls\r' }),
    mistake: [() => ({ text: 'ls\r' }), 'The past cannot be changed'],
    moving: true,
  },
  'chronovisor/fork': {
    args: () => ({ name: 'one', moment: 10, edits: [{ kind: 'setRegister', register: 'a0', value: '5' }] }),
    answer: { id: 1, name: 'one', at: 10 },
    follows: ['stopped', { reason: 'goto', description: 'In one' }],
    mistake: [() => ({ moment: 2 ** 40 }), 'This is no moment of the recording'],
    moving: false,
  },
  'chronovisor/forks': { args: () => ({}), answer: { current: 0, forks: [expect.anything()] }, moving: true },
  'chronovisor/switchFork': {
    before: [['chronovisor/fork', {}]],
    args: () => ({ id: 0 }),
    answer: { id: 0 },
    follows: ['stopped', { reason: 'goto', description: 'In the timeline that was launched' }],
    mistake: [() => ({ id: 7 }), 'There is no timeline 7'],
    moving: false,
  },
  'chronovisor/deleteFork': {
    before: [['chronovisor/fork', {}]],
    args: () => ({ id: 1 }),
    answer: { current: 0 },
    follows: ['stopped', { description: 'In the timeline that was launched' }],
    mistake: [() => ({ id: 0 }), 'The timeline that was launched cannot be deleted'],
    moving: false,
  },
  'chronovisor/saveFork': {
    before: [['chronovisor/fork', {}]],
    args: ({ folder }) => ({ id: 1, file: join(folder, 'saved.chrono') }),
    mistake: [() => ({ id: 0, file: 'nothing' }), 'The timeline that was launched cannot be saved'],
    moving: false,
  },
  'chronovisor/compareForks': {
    before: [['chronovisor/fork', { moment: 10, edits: [{ kind: 'setRegister', register: 'a0', value: '5' }] }]],
    args: () => ({ one: 0, other: 1 }),
    answer: { id: 1 },
    follows: ['chronovisor/answer', { id: 1 }],
    mistake: [() => ({ one: 0, other: 7 }), 'There is no timeline 7'],
    moving: false,
  },
  'chronovisor/bookmarks': {
    args: ({ moment }) => ({ action: 'add', moment, note: 'here' }),
    answer: { changed: expect.objectContaining({ note: 'here' }) },
    mistake: [() => ({ action: 'remove' }), 'found remove without an id'],
    moving: true,
  },
};
