/** How long this thread works until others get a turn: messages above all, and among them that it shall pause. */

import { nextTurn } from './turns.ts';

/** What waits does so no longer than this and what is done between two looks. */
const breathMs = 10;

export class Breath {
  #begunMs = performance.now();

  get isOver(): boolean {
    return performance.now() - this.#begunMs > breathMs;
  }

  /** Lets others have their turn; settles where the next one begins. */
  async take(): Promise<void> {
    await nextTurn();
    this.#begunMs = performance.now();
  }
}
