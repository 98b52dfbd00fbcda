/**
 * Asks for pictures while one moves and zooms: one request at a time, and of those that come up meanwhile only the last. It
 * knows neither who asks nor who answers.
 */

export class Loader<Wanted, Answer> {
  readonly #load: (wanted: Wanted) => Promise<Answer>;
  readonly #loaded: (answer: Answer, wanted: Wanted) => void;
  readonly #failed: (error: unknown) => void;
  #underWay = false;
  #next: Wanted | undefined;

  constructor(
    load: (wanted: Wanted) => Promise<Answer>,
    loaded: (answer: Answer, wanted: Wanted) => void,
    failed: (error: unknown) => void,
  ) {
    this.#load = load;
    this.#loaded = loaded;
    this.#failed = failed;
  }

  /** Whether something is asked for and not answered. */
  get busy(): boolean {
    return this.#underWay;
  }

  want(wanted: Wanted): void {
    this.#next = wanted;
    if (!this.#underWay) void this.#run();
  }

  /** What was asked for is of no use any more, such as of a session that is over. */
  forget(): void {
    this.#next = undefined;
  }

  async #run(): Promise<void> {
    this.#underWay = true;
    while (this.#next !== undefined) {
      const wanted = this.#next;
      this.#next = undefined;
      try {
        this.#loaded(await this.#load(wanted), wanted);
      } catch (error) {
        this.#failed(error);
      }
    }
    this.#underWay = false;
  }
}
