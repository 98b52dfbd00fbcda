/** Progress of long motions, as DAP's events tell it: begins when a motion has taken a while, and always ends. */

import type { SendEvent } from './debugger.ts';

const beginMs = 400;
const updateMs = 200;

export class Progress {
  readonly #send: SendEvent;
  readonly id: string;
  readonly #title: string;
  readonly #begunMs = performance.now();
  #updatedMs: number | undefined;

  constructor(send: SendEvent, id: string, title: string) {
    this.#send = send;
    this.id = id;
    this.#title = title;
  }

  /** `percentage`: from 0 to 100, where it is known. */
  update(message: string, percentage?: number): void {
    const nowMs = performance.now();
    const share = percentage === undefined ? {} : { percentage: Math.max(0, Math.min(100, Math.round(percentage))) };
    if (this.#updatedMs === undefined) {
      if (nowMs - this.#begunMs < beginMs) return;
      this.#send('progressStart', { progressId: this.id, title: this.#title, cancellable: true, message, ...share });
    } else {
      if (nowMs - this.#updatedMs < updateMs) return;
      this.#send('progressUpdate', { progressId: this.id, message, ...share });
    }
    this.#updatedMs = nowMs;
  }

  end(): void {
    if (this.#updatedMs !== undefined) this.#send('progressEnd', { progressId: this.id });
  }
}
