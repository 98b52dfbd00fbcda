/** The extension as a page sees it: requests with answers, and the state when it changes. */

import * as v from 'valibot';
import { hostMessage, type PageMessage, type ViewState } from '../views/messages.ts';

declare const acquireVsCodeApi: () => {
  postMessage(message: PageMessage): void;
  getState(): unknown;
  setState(state: unknown): void;
};

type Arguments<Command> = Extract<PageMessage, { command: Command }>['args'];

export class Host {
  readonly #api = acquireVsCodeApi();
  readonly #waiting = new Map<number, { resolve: (answer: unknown) => void; reject: (error: Error) => void }>();
  #asked = 0;

  /**
   * @param changed called with each new state, at first when the page has said that it is there
   * @param look called with an expression that the person wants to see
   */
  constructor(changed: (state: ViewState) => void, look: (expression: string) => void = () => {}) {
    window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      const checked = v.safeParse(hostMessage, data);
      if (!checked.success) return;
      const message = checked.output;
      if (message.kind === 'state') {
        changed(message.state);
        return;
      }
      if (message.kind === 'look') {
        look(message.expression);
        return;
      }
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if (message.kind === 'answer') waiting?.resolve(message.answer);
      else waiting?.reject(new Error(message.sentence));
    });
    void this.#ask('ready', {}).catch(() => {});
  }

  /** @throws {Error} with a sentence for people when it is refused, or the answer is none that this page understands */
  async ask<Command extends PageMessage['command'], Schema extends v.GenericSchema>(
    command: Command,
    args: Arguments<Command>,
    answer: Schema,
  ): Promise<v.InferOutput<Schema>> {
    const checked = v.safeParse(answer, await this.#ask(command, args));
    if (checked.success) return checked.output;
    throw new Error(`The debug adapter answers ${command} in a way that this view does not understand`);
  }

  #ask(command: PageMessage['command'], args: object): Promise<unknown> {
    this.#asked += 1;
    const id = this.#asked;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#api.postMessage({ id, command, args } as PageMessage);
    });
  }

  /** What the page left here when it was hidden the last time. */
  get kept(): unknown {
    return this.#api.getState();
  }
  keep(state: object): void {
    this.#api.setState(state);
  }
}

/** An element with some attributes and what is in it; text is never taken for markup. */
export const element = <Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};

/** A button that does something. */
export const button = (label: string, title: string, act: () => void): HTMLButtonElement => {
  const made = element('button', { type: 'button', title, 'aria-label': title }, label);
  made.addEventListener('click', act);
  return made;
};
