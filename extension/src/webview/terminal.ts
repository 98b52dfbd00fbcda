/** The guest terminal's page: joins the feed of the console to lines on the page, the keyboard and the extension. */

import * as v from 'valibot';
import { consoleAnswer } from '../views/messages.ts';
import type { ConsoleAnswer, Position } from '../views/requests.ts';
import { ConsoleFeed } from '../views/terminal/feed.ts';
import { typedBy } from '../views/terminal/keys.ts';
import { Loader } from '../views/timeline/loader.ts';
import { grouped } from '../views/words.ts';
import { button, element, Host } from './host.ts';
import { Lines } from './lines.ts';

/** Nearer than this to its end, the terminal goes on showing its end. */
const followPixels = 40;
const refreshMs = 1000;

const status = element('span', { id: 'status', role: 'status' });
const toEnd = button('To the end', 'Go to where the recording ends, or goes on', () => goTo(position.end));
const tools = element('div', { id: 'tools', role: 'toolbar', 'aria-label': 'Guest terminal' }, toEnd, status);
const content = element('div', { id: 'lines' });
const screen = element(
  'div',
  { id: 'screen', tabindex: '0', role: 'log', 'aria-live': 'off', 'aria-label': 'What the guest printed' },
  content,
);
const tip = element('div', { id: 'tip', role: 'tooltip', hidden: '' });
document.body.append(tools, screen, tip);

const lines = new Lines(content);
let feed = new ConsoleFeed();
let position: Position = { moment: 0, end: 0, live: false, running: false };
let session: string | undefined;
let problem = '';

// What was printed

const feeds = new Loader<{ readonly from: number; readonly of: ConsoleFeed }, ConsoleAnswer>(
  ({ from }) => host.ask('chronovisor/console', { from }, consoleAnswer),
  (answer, { of }) => {
    if (of !== feed) return; // it was of another session
    if (feed.take(answer)) feeds.want({ ...feed.wanted, of: feed });
    show();
  },
  (error) => complain(error),
);

const complain = (error: unknown): void => {
  problem = error instanceof Error ? error.message : String(error);
  show();
};

/** Whether what was printed last is to be scrolled to, once it is there. */
let toReveal = false;
let showing = false;
const show = (): void => {
  if (showing) return;
  showing = true;
  requestAnimationFrame(() => {
    showing = false;
    const follows = screen.scrollHeight - screen.scrollTop - screen.clientHeight < followPixels;
    lines.update(feed.screen, position.moment);
    status.textContent = session === undefined ? 'Start a Chronovisor debug session to see its console.' : statusText();
    toEnd.disabled = session === undefined || position.running || position.moment === position.end;
    if (follows && position.moment === position.end) screen.scrollTop = screen.scrollHeight;
    const reached = toReveal ? lines.elementBefore(position.moment) : undefined;
    reached?.scrollIntoView({ block: 'nearest' });
    toReveal &&= reached === undefined;
  });
};

const statusText = (): string => {
  if (problem !== '') return problem;
  const parts: string[] = [];
  if (position.live || position.running) parts.push('live: what you type here goes to the guest');
  else parts.push(`moment ${grouped(position.moment)} of ${grouped(position.end)}: what is dimmed comes later`);
  if (feed.isEmpty && position.moment > 0) parts.push('what was printed is known once the history is indexed');
  if (feed.isCut) parts.push('the beginning is not known');
  if (feed.hasGap) parts.push('there is more, not known without a gap yet');
  return parts.join(' · ');
};

const host: Host = new Host((state) => {
  const isNew = state.session !== session;
  session = state.session;
  if (isNew) feed = new ConsoleFeed();
  const moves = state.position !== undefined && state.position.moment !== position.moment;
  position = state.position ?? { moment: 0, end: 0, live: false, running: false };
  if (moves) problem = '';
  if (moves || isNew) toReveal = !position.running;
  document.body.classList.toggle('empty', session === undefined);
  if (session !== undefined) feeds.want({ ...feed.wanted, of: feed });
  show();
});
setInterval(() => {
  if (session === undefined || document.visibilityState !== 'visible' || feeds.busy) return;
  if (position.running || feed.hasGap) feeds.want({ ...feed.wanted, of: feed });
}, refreshMs);

// Typing

let typed = '';
const typing = new Loader<null, unknown>(
  () => {
    const text = typed;
    typed = '';
    return text === '' ? Promise.resolve(undefined) : host.ask('chronovisor/type', { text }, v.unknown());
  },
  () => {},
  complain,
);
const type = (text: string): void => {
  if (session === undefined) return;
  if (!position.live && !position.running) {
    complain(new Error('This is the past, which cannot be typed into. Go to the live end first.'));
    return;
  }
  typed += text;
  typing.want(null);
};

screen.addEventListener('keydown', (event) => {
  const isLeaving = event.key === 'Tab' && event.shiftKey;
  const isCopying = event.ctrlKey && event.key === 'c' && !(getSelection()?.isCollapsed ?? true);
  const isPasting = event.ctrlKey && event.key === 'v';
  if (isLeaving || isCopying || isPasting || event.isComposing) return;
  if (event.altKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
    event.preventDefault();
    beside(event.key === 'ArrowDown');
    return;
  }
  const text = typedBy(event);
  if (text === undefined) return;
  event.preventDefault();
  type(text);
});
screen.addEventListener('paste', (event) => {
  event.preventDefault();
  type((event.clipboardData?.getData('text/plain') ?? '').replace(/\r?\n/g, '\r').slice(0, 65_536));
});

// Going to where something was printed

const goTo = (moment: number): void => {
  problem = '';
  host.ask('chronovisor/goTo', { moment }, v.unknown()).catch(complain);
};

/** The line before or after the one that was printed last. */
const beside = (forwards: boolean): void => {
  const { moments } = lines;
  const { moment: now } = position;
  const found = forwards ? moments.find((moment) => moment > now) : moments.findLast((moment) => moment < now);
  if (found !== undefined && !position.running) goTo(found);
};

screen.addEventListener('click', ({ clientX, clientY }) => {
  // While it runs a click is for typing; and a selection is no click.
  if (position.running || !(getSelection()?.isCollapsed ?? true)) return;
  const moment = lines.momentAt(clientX, clientY);
  if (moment !== undefined) goTo(moment);
});
screen.addEventListener('mousemove', ({ clientX, clientY }) => {
  const moment = position.running ? undefined : lines.momentAt(clientX, clientY);
  tip.hidden = moment === undefined;
  if (moment === undefined) return;
  tip.textContent = `Printed at moment ${grouped(moment)}. Click to go there.`;
  tip.style.left = `${Math.max(0, Math.min(clientX + 12, document.body.clientWidth - tip.offsetWidth - 4))}px`;
  tip.style.top = `${Math.min(clientY + 18, document.body.clientHeight - tip.offsetHeight - 4)}px`;
});
screen.addEventListener('mouseleave', () => {
  tip.hidden = true;
});
