/**
 * The page of the guest's memory: joins rows of bytes, as the hart sees them where the machine stands, to elements, the keyboard
 * and the extension. It changes nothing in the guest.
 */

import * as v from 'valibot';
import {
  type Bytes,
  beginOf,
  bytesOf,
  expressionOfBytes,
  moved,
  type Row,
  rowBytes,
  rowsOf,
} from '../views/memory/rows.ts';
import { evaluateAnswer, readMemoryAnswer } from '../views/messages.ts';
import type { Position } from '../views/requests.ts';
import { grouped } from '../views/words.ts';
import { button, element, Host } from './host.ts';

const pageBytes = 512;
const kept = v.object({ session: v.string(), begin: v.pipe(v.string(), v.digits()) });

const address = element('input', {
  id: 'address',
  type: 'text',
  spellcheck: 'false',
  placeholder: 'Address or expression, such as 0x80000000, sp, &table[3]',
  'aria-label': 'Address or expression',
});
const status = element('span', { id: 'status', role: 'status' });
const tools = element(
  'div',
  { id: 'tools', role: 'toolbar', 'aria-label': 'Guest memory' },
  address,
  button('↑', 'The 512 bytes before', () => turn(-pageBytes)),
  button('↓', 'The 512 bytes after', () => turn(pageBytes)),
  status,
);
const table = element('div', { id: 'bytes', role: 'grid', tabindex: '0', 'aria-label': 'Bytes of the guest’s memory' });
document.body.append(tools, table);

let session: string | undefined;
let position: Position | undefined;
let begin: bigint | undefined;
/** What is shown, and what was shown where the machine stood before. */
let [shown, before]: (Bytes | undefined)[] = [];
let shownAt: number | undefined;
/** The bytes that are chosen, from the first click to the last. */
let chosen: { readonly from: bigint; readonly to: bigint } | undefined;
let reading = 0;

const say = (words: string): void => {
  status.textContent = words;
  status.title = words;
};
const complain = (error: unknown): void => say(error instanceof Error ? error.message : String(error));

const read = async (): Promise<void> => {
  if (begin === undefined || position === undefined || position.running) return;
  reading += 1;
  const [question, asked, at] = [reading, begin, position.moment];
  const args = { memoryReference: `0x${asked.toString(16)}`, count: pageBytes };
  try {
    const bytes = bytesOf(await host.ask('readMemory', args, readMemoryAnswer), asked, pageBytes);
    if (question !== reading) return; // another place or moment is wanted by now
    if (shownAt !== at) before = shown;
    [shown, shownAt] = [bytes, at];
    if (session !== undefined) host.keep({ session, begin: String(asked) });
    draw();
  } catch (error) {
    if (question === reading) complain(error);
  }
};

const draw = (): void => {
  if (shown === undefined) return;
  const rows = rowsOf(shown, before);
  const changes = rows.flatMap(({ cells }) => cells).filter(({ changed }) => changed).length;
  const hidden = shown.bytes.every((byte) => byte === undefined);
  const where = `at moment ${grouped(shownAt ?? 0)}`;
  say(
    hidden
      ? `Nothing can be read here ${where}`
      : `${where}${changes > 0 ? `, ${grouped(changes)} changed since the last stop` : ''}`,
  );
  table.replaceChildren(...rows.map(rowElement));
};

const rowElement = ({ address: name, cells }: Row): HTMLElement => {
  const bytes = cells.map(({ address: at, text, changed }) => {
    const made = element('span', { role: 'gridcell', 'data-at': at.toString(16) }, text);
    made.classList.toggle('changed', changed);
    made.classList.toggle('chosen', isChosen(at));
    return made;
  });
  const signs = element('span', { class: 'signs' }, cells.map(({ sign }) => sign).join(''));
  const [left, right] = [bytes.slice(0, rowBytes / 2), bytes.slice(rowBytes / 2)];
  const spaced = (each: readonly HTMLElement[]) => element('span', { class: 'half' }, ...each);
  return element(
    'div',
    { role: 'row' },
    element('span', { role: 'rowheader' }, name),
    spaced(left),
    spaced(right),
    signs,
  );
};

const isChosen = (at: bigint): boolean => {
  if (chosen === undefined) return false;
  const { from, to } = chosen;
  return from < to ? at >= from && at <= to : at >= to && at <= from;
};

/** What the menu of VS Code is about: the bytes that are chosen. */
const choose = (from: bigint, to: bigint): void => {
  chosen = { from, to };
  for (const cell of table.querySelectorAll<HTMLElement>('[data-at]')) {
    cell.classList.toggle('chosen', isChosen(BigInt(`0x${cell.dataset.at}`)));
  }
  table.dataset.vscodeContext = JSON.stringify({
    ...{ webviewSection: 'bytes', preventDefaultContextMenuItems: true },
    expression: expressionOfBytes(from, to),
  });
};

const turn = (bytes: number): void => {
  if (begin === undefined) return;
  begin = moved(begin, bytes);
  before = undefined;
  void read();
};

/** Shows what an expression is about, or an address. */
const look = async (expression: string): Promise<void> => {
  address.value = expression;
  if (expression.trim() === '') return;
  try {
    const { memoryReference, result } = await host.ask('evaluate', { expression, context: 'watch' }, evaluateAnswer);
    if (memoryReference === undefined) throw new Error(`${expression} is ${result}, which is no place in memory`);
    const at = BigInt(memoryReference);
    [begin, before] = [beginOf(at), undefined];
    choose(at, at);
    await read();
  } catch (error) {
    complain(error);
  }
};

address.addEventListener('keydown', ({ key }) => {
  if (key === 'Enter') void look(address.value);
});
const cellAt = (target: EventTarget | null): bigint | undefined => {
  const at = target instanceof HTMLElement ? target.dataset.at : undefined;
  return at === undefined ? undefined : BigInt(`0x${at}`);
};
table.addEventListener('mousedown', ({ target, shiftKey, button: pressed }) => {
  const at = cellAt(target);
  if (at === undefined) return;
  // The menu is about what was chosen, when it is called there.
  if (pressed === 2 && isChosen(at)) return;
  choose(shiftKey && chosen !== undefined ? chosen.from : at, at);
});
table.addEventListener('mouseover', ({ target, buttons }) => {
  const at = buttons === 1 ? cellAt(target) : undefined;
  if (at !== undefined && chosen !== undefined) choose(chosen.from, at);
});
table.addEventListener('keydown', (event) => {
  const steps: Readonly<Record<string, number>> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -rowBytes,
    ArrowDown: rowBytes,
  };
  const step = steps[event.key];
  if (event.key === 'PageUp') turn(-pageBytes);
  else if (event.key === 'PageDown') turn(pageBytes);
  else if (step !== undefined && chosen !== undefined) {
    const to = moved(chosen.to, step);
    choose(event.shiftKey ? chosen.from : to, to);
    table.querySelector('.chosen')?.scrollIntoView({ block: 'nearest' });
  } else return;
  event.preventDefault();
});

/** Another session has other memory; what is shown of this one is kept while the page is hidden. */
const forget = (to: string | undefined): void => {
  shown = before = shownAt = chosen = undefined;
  const last = v.safeParse(kept, host.kept);
  begin = last.success && last.output.session === to ? BigInt(last.output.begin) : undefined;
};

const host: Host = new Host(
  (state) => {
    if (state.session !== session) forget(state.session);
    [session, position] = [state.session, state.position];
    document.body.classList.toggle('empty', session === undefined);
    document.body.classList.toggle('running', position?.running === true);
    if (session === undefined) {
      table.replaceChildren();
      say('Start a Chronovisor debug session to see its memory.');
    } else if (begin === undefined) {
      table.replaceChildren();
      say('Type an address, or choose "Show in Memory View" in the menu of a variable.');
    } else void read();
  },
  (expression) => void look(expression),
);
