/** The timeline's page: joins the model to a canvas, the pointer, the keyboard and the extension. */

import * as v from 'valibot';
import { findEventAnswer, timelineAnswer } from '../views/messages.ts';
import type { FindEventArguments, TimelineAnswer, TimelineArguments } from '../views/requests.ts';
import { Loader } from '../views/timeline/loader.ts';
import { TimelineModel } from '../views/timeline/model.ts';
import { paint } from '../views/timeline/paint.ts';
import { momentAt } from '../views/timeline/stretch.ts';
import type { Told } from '../views/timeline/tell.ts';
import { grouped } from '../views/words.ts';
import { button, element, Host } from './host.ts';
import { onThemeChange, readPalette } from './palette.ts';

const refreshMs = 1000;
const saveMs = 300;
const wheelZoom = 1.0015;
/** A pointer that moved less was a click. */
const clickPixels = 4;

const model = new TimelineModel();
const keptStretch = v.object({ session: v.string(), from: v.number(), to: v.number() });

// The page

const canvas = element('canvas', {
  tabindex: '0',
  role: 'application',
  'aria-roledescription': 'timeline',
  'aria-label': 'Timeline of the recording',
  'aria-describedby': 'keys',
});
const tip = element('div', { id: 'tip', role: 'tooltip', hidden: '' });
const spoken = element('div', { class: 'spoken', 'aria-live': 'polite', role: 'status' });
const status = element('span', { id: 'status' });
const keys = element(
  'p',
  { id: 'keys', class: 'spoken' },
  'Left and right move through time, up and down through the lanes, with Control to the next event of the lane. Plus and minus zoom. Enter goes to the moment.',
);
const tools = element(
  'div',
  { id: 'tools', role: 'toolbar', 'aria-label': 'Timeline' },
  button('−', 'Zoom out', () => change(() => model.zoom(2))),
  button('+', 'Zoom in', () => change(() => model.zoom(0.5))),
  button('All', 'Show the whole recording', () => change(() => model.showAll())),
  button('Now', 'Show the steps around the present moment', () => change(() => model.showNow())),
  status,
);
const scroller = element('div', { id: 'scroller' }, canvas);
document.body.append(tools, scroller, tip, spoken, keys);
model.resize(scroller.clientWidth);
const pen = canvas.getContext('2d')!;
let palette = readPalette();

// Asking

const describe = (error: unknown): void => {
  status.textContent = error instanceof Error ? error.message : String(error);
};
const load = (wanted: TimelineArguments): Promise<TimelineAnswer> =>
  host.ask('chronovisor/timeline', wanted, timelineAnswer);
const details = new Loader(load, (answer) => took(answer, false), describe);
const overviews = new Loader(load, (answer) => took(answer, true), describe);

const took = (answer: TimelineAnswer, isOverview: boolean): void => {
  model.answered(answer, isOverview);
  if (isOverview) describe(new Error(statusOf(answer)));
  draw();
};

const statusOf = ({ indexed, covered, from, to, position }: TimelineAnswer): string => {
  const where = `moment ${grouped(position.moment)} of ${grouped(position.end)}`;
  const known = covered.reduce((sum, part) => sum + part.to - part.from, 0);
  if (!indexed) return `${where} · no history index yet: only stops and checkpoints are shown`;
  return known < to - from ? `${where} · ${Math.floor((known / (to - from)) * 100)} % indexed` : where;
};

const refresh = (): void => {
  if (!model.hasSession) return;
  overviews.want(model.overviewWanted);
  if (!model.isWhole) details.want(model.detailWanted);
};
setInterval(() => {
  if (document.visibilityState === 'visible' && model.grows && !overviews.busy) refresh();
}, refreshMs);

let session = '';
const host = new Host((state) => {
  const isNew = state.session !== undefined && state.session !== session;
  session = state.session ?? '';
  document.body.classList.toggle('empty', !model.take(state));
  const kept = v.safeParse(keptStretch, host.kept);
  if (isNew && kept.success && kept.output.session === session) model.restore(kept.output);
  if (!model.hasSession) status.textContent = 'Start a Chronovisor debug session to see its history.';
  refresh();
  draw();
});

let saving: ReturnType<typeof setTimeout> | undefined;
/** The stretch changes: drawn at once from what there is, then asked for. */
const change = (act: () => void): void => {
  act();
  draw();
  if (model.hasSession) details.want(model.detailWanted);
  clearTimeout(saving);
  saving = setTimeout(() => host.keep({ session, ...model.stretch }), saveMs);
};

const goTo = (moment: number): void => {
  host.ask('chronovisor/goTo', { moment }, v.unknown()).catch(describe);
};

const follow = (goal: Told['goal']): void => {
  if (goal.kind === 'moment') goTo(goal.moment);
  else find(goal.wanted, goTo);
};

const find = (wanted: FindEventArguments, found: (moment: number) => void): void => {
  host.ask('chronovisor/findEvent', wanted, findEventAnswer).then(({ event }) => {
    if (event === undefined) spoken.textContent = 'There is none in what is indexed.';
    else found(event.at);
  }, describe);
};

// Drawing

let drawing = false;
const draw = (): void => {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    const { scene } = model;
    const [ratio, width, height] = [devicePixelRatio, scroller.clientWidth, scene.layout.height];
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== wide || canvas.height !== high) {
      [canvas.width, canvas.height] = [wide, high];
      canvas.style.height = `${height}px`;
    }
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    paint(pen, scene, palette);
  });
};

new ResizeObserver(() => {
  change(() => model.resize(scroller.clientWidth));
  refresh();
}).observe(scroller);
onThemeChange(() => {
  palette = readPalette();
  draw();
});

// The pointer

const plot = () => {
  const { layout, width } = model.scene;
  return { left: layout.left, width: width - layout.left };
};
let held: { readonly x: number; readonly y: number; moved: boolean; last: number } | undefined;

canvas.addEventListener('pointerdown', ({ pointerId, offsetX, offsetY, button: which }) => {
  if (which !== 0) return;
  canvas.setPointerCapture(pointerId);
  held = { x: offsetX, y: offsetY, moved: false, last: offsetX };
});
canvas.addEventListener('pointermove', ({ offsetX, offsetY }) => {
  if (held === undefined) {
    hover(offsetX, offsetY);
    return;
  }
  held.moved ||= Math.abs(offsetX - held.x) > clickPixels;
  if (!held.moved) return;
  const share = (held.last - offsetX) / plot().width;
  held.last = offsetX;
  tip.hidden = true;
  change(() => model.move(share));
});
canvas.addEventListener('pointerup', ({ offsetX, offsetY }) => {
  const click = held !== undefined && !held.moved;
  held = undefined;
  if (!click) return;
  const told = model.tell(offsetX, offsetY);
  model.focusAt(offsetX, offsetY);
  if (told !== undefined) follow(told.goal);
  draw();
});
canvas.addEventListener('pointerleave', () => {
  tip.hidden = true;
});
canvas.addEventListener(
  'wheel',
  (event) => {
    const { left, width } = plot();
    const sideways = event.shiftKey ? event.deltaY : event.deltaX;
    const canScroll = scroller.scrollHeight > scroller.clientHeight && !event.ctrlKey && event.offsetX < left;
    if (canScroll) return;
    event.preventDefault();
    if (sideways !== 0) change(() => model.move(sideways / width));
    else {
      const around = momentAt(event.offsetX, model.stretch, left, width);
      change(() => model.zoom(wheelZoom ** event.deltaY, around));
    }
  },
  { passive: false },
);

const hover = (x: number, y: number): void => {
  const told = model.tell(x, y);
  tip.hidden = told === undefined;
  if (told === undefined) return;
  tip.textContent = told.text;
  const area = canvas.getBoundingClientRect();
  const [left, top] = [area.left + x + 12, area.top + y + 14];
  tip.style.left = `${Math.max(0, Math.min(left, document.body.clientWidth - tip.offsetWidth - 4))}px`;
  tip.style.top = `${top + tip.offsetHeight > innerHeight ? area.top + y - tip.offsetHeight - 8 : top}px`;
};

// The keyboard

canvas.addEventListener('focus', () => {
  model.showCaret();
  draw();
});
canvas.addEventListener('keydown', (event) => {
  if (event.altKey || event.metaKey) return;
  const meant = model.press(event.key, event.ctrlKey);
  if (meant === false) return;
  event.preventDefault();
  tip.hidden = true;
  if (meant === 'go') {
    if (model.caret !== undefined) goTo(model.caret);
  } else if (meant !== true) {
    find(meant, (moment) => {
      change(() => model.setCaret(moment));
      spoken.textContent = model.tellCaret();
    });
  }
  change(() => {});
  spoken.textContent = model.tellCaret();
});
