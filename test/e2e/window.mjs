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

  /** Until now VS Code did not know what the extension has. */
  async ready() {
    await this.listed('>Chronovisor: ', 'Record the Demo Kernel');
    await this.press('Escape');
  }

  /** Opens a file by a double click, which is lost where the window is still being set up. */
  async openFile(name) {
    const row = this.page.locator('.explorer-folders-view .monaco-list-row', { hasText: name }).first();
    const tab = this.page.locator('.tabs-container .tab', { hasText: name }).first();
    await this.until(`a tab of ${name}`, async () => {
      await row.dblclick();
      return this.soon(() => tab.isVisible());
    });
  }

  /** In light and in dark colours. */
  async picture(what) {
    this.#count += 1;
    await this.page.mouse.move(700, 895); // where it points at nothing that says something
    const stem = join(this.#pictures, `${this.#name}-${this.#count}-${what}`);
    for (const colorScheme of ['dark', 'light']) {
      await this.page.emulateMedia({ colorScheme });
      // What moves (a fading hover, a change of colours) has come to rest after this.
      await this.page.waitForTimeout(600);
      await this.page.screenshot({ path: `${stem}-${colorScheme}.png` });
    }
  }

  /** As somebody sees it who needs strong contrasts. */
  async contrastPicture(what) {
    await this.page.emulateMedia({ forcedColors: 'active', colorScheme: 'dark' });
    await this.page.locator('body .monaco-workbench.hc-black').waitFor();
    await this.page.screenshot({ path: join(this.#pictures, `${this.#name}-${what}-contrast.png`) });
    await this.page.emulateMedia({ forcedColors: 'none', colorScheme: 'light' });
    await this.page.locator('body .monaco-workbench.hc-black').waitFor({ state: 'detached' });
  }

  async press(keys) {
    await this.page.keyboard.press(keys);
  }

  /**
   * The row of the quick input that says `label`, which is never typed blindly. Extensions are not there at once: the list is
   * asked for again until it has the row. It closes where an editor is shown meanwhile, as at a stop: then it is opened again.
   */
  async choose(typed, label) {
    await this.until(`"${label}" chosen`, async () => {
      const row = await this.listed(typed, label);
      return row.click({ timeout: 2_000 }).then(
        () => true,
        () => false,
      );
    });
  }

  async listed(typed, label) {
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
    return row;
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

  /** Whether something becomes so shortly: a click is lost where what is clicked is drawn anew. */
  async soon(see) {
    for (const endMs = performance.now() + 5_000; performance.now() < endMs; ) {
      if (await see()) return true;
      await this.page.waitForTimeout(20);
    }
    return false;
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

  /** An entry of the menu of a row. */
  async contextMenu(pane, row, entry) {
    await this.page
      .locator(`${pane} .monaco-list-row`, { hasText: new RegExp(`^${row}\\b`) })
      .first()
      .click({ button: 'right' });
    await this.menuEntry(entry);
  }

  /** An entry of the menu that is open. */
  async menuEntry(entry) {
    const item = this.page.locator('.monaco-menu .action-item', { hasText: entry }).first();
    await item.waitFor();
    await this.page.waitForTimeout(400); // a menu takes no click as soon as it is there
    await item.click();
  }

  /** A button that a row has while one points at it. */
  async rowAction(pane, row, name) {
    const found = this.page.locator(`${pane} .monaco-list-row`, { hasText: row }).first();
    await found.hover();
    await found.locator(`.action-label[aria-label^="${name}"]`).first().click();
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
}
