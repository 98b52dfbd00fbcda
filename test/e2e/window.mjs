/** What a person does and sees in a window of VS Code. It knows where things are in the window, and nothing of scenarios. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

const patienceMs = Number(process.env.CHRONOVISOR_E2E_PATIENCE_MS ?? 60_000);

export class Window {
  page;
  #pictures;
  #name;
  #count = 0;

  /** `pictures`: a folder; `name` begins the names of its files. */
  constructor(page, pictures, name) {
    page.setDefaultTimeout(patienceMs);
    this.page = page;
    this.#pictures = pictures;
    this.#name = name;
    mkdirSync(pictures, { recursive: true });
  }

  async open(address, folder) {
    await this.page.emulateMedia({ colorScheme: 'light' });
    await this.page.goto(`${address}/?folder=${folder}`);
    await this.page.locator('.monaco-workbench .explorer-folders-view .monaco-list-row').first().waitFor();
  }

  /** In light and in dark colours. */
  async picture(what) {
    this.#count += 1;
    const stem = join(this.#pictures, `${this.#name}-${this.#count}-${what}`);
    for (const colorScheme of ['dark', 'light']) {
      await this.page.emulateMedia({ colorScheme });
      // What moves (a fading hover, a change of colours) has come to rest after this.
      await this.page.waitForTimeout(600);
      await this.page.screenshot({ path: `${stem}-${colorScheme}.png` });
    }
  }

  /** A key that does something in a session, pressed once the session takes it. */
  async debugKey(keys) {
    await this.page.locator('.debug-toolbar .action-label[aria-label^="Step Back"]:not(.disabled)').first().waitFor();
    await this.press(keys);
  }

  async press(keys) {
    await this.page.keyboard.press(keys);
  }

  /**
   * The row of the quick input that says `label`, which is never typed blindly. Extensions are not there at once: the list is
   * asked for again until it has the row.
   */
  async choose(typed, label) {
    const row = this.page.locator('.quick-input-list .monaco-list-row', { hasText: label }).first();
    await this.until(`"${label}" in the list`, async () => {
      await this.press('F1');
      try {
        await this.fill(typed, 2_000);
        await row.waitFor({ timeout: 2_000 });
        return true;
      } catch {
        await this.press('Escape');
        return false;
      }
    });
    await row.click();
  }

  async fill(typed, timeout = patienceMs) {
    await this.page.locator('.quick-input-widget input.input').fill(typed, { timeout });
  }

  async row(label) {
    const row = this.page.locator('.quick-input-list .monaco-list-row', { hasText: label }).first();
    await row.waitFor();
    await row.click();
  }

  command(title) {
    return this.choose(`>${title}`, title);
  }

  /** The rows of a pane, each as one line of text. */
  async rows(pane) {
    const rows = await this.page.locator(`${pane} .monaco-list-row`).allInnerTexts();
    return rows.map((text) => text.replace(/\s+/g, ' ').trim());
  }

  variables() {
    return this.rows('.debug-variables');
  }

  callStack() {
    return this.rows('.debug-call-stack');
  }

  /** Waits until something is so, and gives it; `undefined` and `false` are not. */
  async until(what, see) {
    const endMs = performance.now() + patienceMs;
    for (;;) {
      const seen = await see();
      if (seen !== undefined && seen !== false) return seen;
      if (performance.now() > endMs) throw new Error(`waited ${patienceMs / 1000} s for ${what}`);
      await this.page.waitForTimeout(20);
    }
  }

  /** Whether something becomes so in as long as a window takes to be painted. */
  async soon(see) {
    for (const endMs = performance.now() + 1_500; performance.now() < endMs; ) {
      if (await see()) return true;
      await this.page.waitForTimeout(50);
    }
    return false;
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

  text(selector) {
    return this.page.locator(selector).allInnerTexts();
  }

  /** Puts the cursor on a line of the file that is looked at. */
  async goToLine(line) {
    await this.press('F1');
    await this.fill(`:${line}`);
    await this.press('Enter');
    await this.until('the line', async () =>
      (await this.text('.statusbar-item')).some((text) => text.startsWith(`Ln ${line},`)),
    );
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

  /** An entry of the menu of a row. */
  async contextMenu(pane, row, entry) {
    await this.page
      .locator(`${pane} .monaco-list-row`, { hasText: new RegExp(`^${row}\\b`) })
      .first()
      .click({ button: 'right' });
    const item = this.page.locator('.monaco-menu .action-item', { hasText: entry }).first();
    await item.waitFor();
    await this.page.waitForTimeout(400); // a menu takes no click as soon as it is there
    await item.click();
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

  /** The frame that holds a page of the extension, once it has an element. */
  webview(selector) {
    return this.until(`a page with ${selector}`, async () => {
      for (const frame of this.page.frames()) {
        const found = await frame
          .locator(selector)
          .count()
          .catch(() => 0);
        if (found > 0) return frame;
      }
      return undefined;
    });
  }

  async notifications() {
    return this.page.locator('.notification-list-item-message').allInnerTexts();
  }

  /** Ends the session, so that the next scenario begins without one. */
  async stop() {
    await this.press('Shift+F5');
    await this.until('the end of the session', async () => !(await this.hasSession()));
  }
}
