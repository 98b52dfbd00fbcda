/** Transcripts of what moves the machine. */

import { file, lineOf, places, type Transcript, type Transcripts } from './transcript.ts';

const step: Transcript = {
  args: () => ({ threadId: 1 }),
  follows: ['stopped', { reason: 'step' }],
  moving: false,
};

export const motionTranscripts: Transcripts = {
  continue: {
    args: () => ({ threadId: 1 }),
    answer: { allThreadsContinued: true },
    follows: ['stopped', { description: 'Reached the end of the recording' }],
    moving: false,
  },
  next: step,
  stepIn: { ...step, mistake: [() => ({ threadId: 1, targetId: 99_999 }), 'There are no variables 99999'] },
  stepOut: step,
  stepBack: step,
  'chronovisor/stepBackInto': step,
  'chronovisor/stepBackOut': step,
  reverseContinue: {
    args: () => ({ threadId: 1 }),
    follows: ['stopped', { description: 'Reached the start of the recording' }],
    moving: false,
  },
  pause: { args: () => ({ threadId: 1 }), moving: true },
  stepInTargets: {
    args: ({ callerId }) => ({ frameId: callerId }),
    answer: { targets: [{ label: 'sum' }] },
    moving: false,
  },
  gotoTargets: {
    args: () => places(file, lineOf.found),
    answer: { targets: [{ line: lineOf.found }] },
    mistake: [() => places('/nowhere.c', 5), 'There is no code for /nowhere.c:5'],
    moving: true,
  },
  goto: {
    args: ({ targetId }) => ({ threadId: 1, targetId }),
    follows: ['stopped', { reason: 'goto' }],
    mistake: [() => ({ threadId: 1, targetId: 99_999 }), 'There are no variables 99999'],
    moving: false,
  },
  'chronovisor/goToLast': {
    args: () => ({ threadId: 1, ...places(file, lineOf.callOfSum) }),
    follows: ['stopped', { reason: 'goto' }],
    mistake: [() => ({ threadId: 1, ...places('/nowhere.c', 5) }), 'There is no code for /nowhere.c:5'],
    moving: false,
  },
  restartFrame: {
    args: ({ callerId }) => ({ frameId: callerId }),
    follows: ['stopped', { reason: 'restart' }],
    mistake: [() => ({ frameId: 99_999 }), 'There is no stack frame 99999'],
    moving: false,
  },
  'chronovisor/goTo': {
    args: () => ({ moment: 5 }),
    follows: ['stopped', { reason: 'goto' }],
    mistake: [() => ({ moment: 2 ** 50 }), 'This is no moment of the recording'],
    moving: false,
  },
  'chronovisor/goToPanic': {
    // This program has none, so that the demo is asked in another test.
    args: () => ({}),
    mistake: [() => ({}), 'There is no panic to go to'],
    moving: false,
  },
};
