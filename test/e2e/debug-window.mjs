/** What a person does and sees of a debug session in a window of VS Code: stacks, variables, breakpoints, where one is. */
import { Window } from './window.mjs';

export class DebugWindow extends Window {
  /** A key that does something in a session, pressed once the session takes it. */
  async debugKey(keys) {
    await this.page.locator('.debug-toolbar .action-label[aria-label^="Step Back"]:not(.disabled)').first().waitFor();
    await this.press(keys);
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

  /** The top of the call stack, once it is that function. */
  topIs(name) {
    return this.until(`${name} at the top of the call stack`, async () =>
      (await this.callStack()).find((row) => row.includes('.c') || row.includes('.S'))?.startsWith(name),
    );
  }

  /** Where the status bar says one is in the recording, as a number. */
  async moment() {
    const text = await this.position();
    const found = /([\d,]+)( of [\d,]+)?$/.exec(text ?? '');
    return found === null ? undefined : Number(found[1].replaceAll(',', ''));
  }

  async position() {
    const [text] = await this.page.locator('.statusbar-item[id*="chronovisor.position"]').allInnerTexts();
    return text?.replace(/\s+/g, ' ').trim();
  }

  /** The moment once the machine stands again, somewhere else. */
  momentOtherThan(moment) {
    return this.until(`a moment other than ${moment}`, async () => {
      const spins = await this.page.locator('.statusbar-item[id*="chronovisor.position"] .codicon-sync').count();
      const now = spins > 0 ? undefined : await this.moment();
      return now !== moment && now;
    });
  }

  /** Looks at the frame of a function. */
  async frame(name) {
    await this.page.locator('.debug-call-stack .monaco-list-row', { hasText: name }).first().click();
  }

  /** Unfolds a variable. */
  async expand(name) {
    const row = this.page.locator('.debug-variables .monaco-list-row', { hasText: new RegExp(`^${name}\\b`) }).first();
    await row.waitFor();
    await row.click();
    await this.press('ArrowRight');
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

  /** A button of the debug toolbar. */
  async toolbar(name) {
    await this.page.locator(`.debug-toolbar .action-label[aria-label^="${name}"]`).first().click();
  }

  /** Ends the session, so that the next scenario begins without one. */
  async stop() {
    await this.press('Shift+F5');
    await this.until('the end of the session', async () => !(await this.hasSession()));
  }
}
