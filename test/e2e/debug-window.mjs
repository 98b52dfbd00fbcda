/** What a person does and sees of a debug session in a window of VS Code: stacks, variables, breakpoints, where one is. */
import { Window } from './window.mjs';

export const historyPane = '.pane:has(.pane-header[aria-label^="History"])';

export class DebugWindow extends Window {
  /** Waits until the session takes steps. */
  takesSteps() {
    return this.page.locator('.debug-toolbar .action-label[aria-label^="Step Back"]:not(.disabled)').first().waitFor();
  }

  /** A key that does something in a session, pressed once the session takes it. */
  async debugKey(keys) {
    await this.takesSteps();
    await this.press(keys);
  }

  /** The questions, bookmarks and forks that are listed. */
  historyRows() {
    return this.rows(historyPane);
  }

  variables() {
    return this.rows('.debug-variables');
  }

  callStack() {
    return this.rows('.debug-call-stack');
  }

  /** With one hart, it says so in the title of the call stack. */
  threadSays(words) {
    return this.until(`a thread that says "${words}"`, async () => {
      const titles = await this.page.locator('.call-stack-state-message').allInnerTexts();
      return [...titles, ...(await this.callStack())].find((text) => text.includes(words));
    });
  }

  /** The top of the call stack: a function, its file, and line and column. */
  async top() {
    return (await this.callStack()).find((row) => row.includes('.c') || row.includes('.S'));
  }

  /** The top of the call stack, once it is that function. */
  topIs(name) {
    return this.until(`${name} at the top of the call stack`, async () => (await this.top())?.startsWith(name));
  }

  /**
   * Steps back until the top of the call stack is at a place, such as `buffer.c 25`. What belongs to one stop comes piece by
   * piece: a step is over when the moment and the top are both others.
   */
  async stepBackTo(place) {
    for (let steps = 0; steps < 20; steps += 1) {
      const before = await this.standing();
      const top = await this.until('a top of the call stack', () => this.top());
      if (top.includes(place)) return;
      await this.toolbar('Step Back');
      await this.momentOtherThan(before);
      await this.until('another top of the call stack', async () => ![undefined, top].includes(await this.top()));
    }
    throw new Error(`20 steps back do not lead to ${place}, but to ${await this.top()}`);
  }

  /**
   * Where the status bar says one is in the recording, and whether the machine moves there: read at once, for two looks may
   * be at different times.
   */
  seen() {
    return this.page.evaluate(() => {
      const item = document.querySelector('.statusbar-item[id*="chronovisor.position"]');
      const text = (item?.textContent ?? '').replace(/\s+/g, ' ').trim();
      const digits = /([\d,]+)( of [\d,]+)?$/.exec(text)?.[1];
      // Hidden, it keeps words that were said before.
      const says = [...document.querySelectorAll('.call-stack-state-message')]
        .filter((each) => each.offsetParent !== null)
        .map((each) => each.textContent);
      const moves = item === null || item.querySelector('.codicon-sync') !== null || says.includes('Running');
      return { text, moves, ...(digits !== undefined && { moment: Number(digits.replaceAll(',', '')) }) };
    });
  }

  /** As a number, where the machine stands or is at present. */
  async moment() {
    return (await this.seen()).moment;
  }

  async position() {
    return (await this.seen()).text;
  }

  /** The moment once the machine stands. */
  standing() {
    return this.until('a machine that stands', async () => {
      const { moment, moves } = await this.seen();
      return !moves && moment;
    });
  }

  /** The moment once the machine stands again, somewhere else. */
  momentOtherThan(before) {
    return this.until(`a moment other than ${before}`, async () => {
      const { moment, moves } = await this.seen();
      return !moves && moment !== before && moment;
    });
  }

  /** Looks at the frame of a function. */
  async frame(name) {
    await this.page.locator('.debug-call-stack .monaco-list-row', { hasText: name }).first().click();
  }

  /** Unfolds a variable, which may be drawn anew under the click. */
  async expand(name) {
    const row = this.page.locator('.debug-variables .monaco-list-row', { hasText: new RegExp(`^${name}\\b`) }).first();
    const isUnfolded = async () => (await row.getAttribute('aria-expanded')) === 'true';
    await this.until(`${name} unfolded`, async () => {
      if (await isUnfolded()) return true;
      await row.click();
      await this.press('ArrowRight');
      return this.soon(isUnfolded);
    });
  }

  /** Adds an expression to the watches. */
  async watch(expression) {
    const header = this.page.locator('.pane-header[aria-label^="Watch"]');
    await header.hover();
    await header.locator('[aria-label="Add Expression"]').click();
    await this.page.locator('.debug-watch .monaco-inputbox input').fill(expression);
    await this.press('Enter');
  }

  /** A row of the breakpoints, which are listed below the exceptions; the list is scrolled until it is there. */
  async breakpoint(name) {
    const row = this.page.locator('.debug-breakpoints .monaco-list-row', { hasText: name }).first();
    await this.page.locator('.debug-breakpoints').hover();
    let distance = -5_000;
    await this.until(`${name} among the breakpoints`, async () => {
      if (await row.isVisible()) {
        if (distance > 0) await this.page.mouse.wheel(0, 66); // all of it, and not its upper edge
        return true;
      }
      await this.page.mouse.wheel(0, distance);
      await this.page.waitForTimeout(150); // for the list to be painted
      distance = 80;
      return false;
    });
    return row;
  }

  /** Gives one of them a condition. */
  async condition(name, text) {
    const row = await this.breakpoint(name);
    await row.hover();
    await row.locator('[aria-label^="Edit"]').first().click();
    await this.page.locator('.debug-breakpoints .monaco-inputbox input').fill(text);
    await this.press('Enter');
  }

  /** Sets or unsets one of the listed exceptions or breakpoints. */
  async toggle(name) {
    const row = await this.breakpoint(name);
    await row.locator('input[type="checkbox"], .monaco-checkbox').first().click();
  }

  hasSession() {
    return this.page.locator('.debug-toolbar').isVisible();
  }

  /** Starts a configuration of launch.json. */
  async start(name) {
    await this.choose(`debug ${name}`, name);
    await this.until('the session', () => this.hasSession());
  }

  /** One of the views at the bottom. */
  async panel(title) {
    await this.page.locator('.part.panel .action-item', { hasText: title }).last().click();
  }

  /** A button of the debug toolbar. */
  async toolbar(name) {
    await this.page.locator(`.debug-toolbar .action-label[aria-label^="${name}"]`).first().click();
  }

  /** Pauses a machine that has just begun to run: the button is being drawn, and a click on it may be lost. */
  async pause() {
    await this.until('a machine that is paused', async () => {
      await this.toolbar('Pause');
      return this.soon(async () => {
        const { moves } = await this.seen();
        return !moves;
      });
    });
    await this.threadSays('Paused');
  }

  /** Ends the session, so that the next scenario begins without one. */
  async stop() {
    await this.press('Shift+F5');
    await this.until('the end of the session', async () => !(await this.hasSession()));
  }
}
