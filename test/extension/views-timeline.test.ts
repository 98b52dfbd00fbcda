/** The timeline's logic without a screen: stretches, lanes, what is drawn, what is told, what keys do. */

import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { pictureOf, type TimelinePicture } from '../../adapter/dap/timeline.ts';
import { timelineAnswer } from '../../extension/src/views/messages.ts';
import type { TimelineAnswer } from '../../extension/src/views/requests.ts';
import { laneAt, layoutOf } from '../../extension/src/views/timeline/lanes.ts';
import { Loader } from '../../extension/src/views/timeline/loader.ts';
import { TimelineModel } from '../../extension/src/views/timeline/model.ts';
import { type Palette, type Pen, paint } from '../../extension/src/views/timeline/paint.ts';
import { modesOf, piecesOf } from '../../extension/src/views/timeline/scene.ts';
import { momentAt, moved, ticksOf, within, xOf, zoomed } from '../../extension/src/views/timeline/stretch.ts';
import { grouped, inert, short } from '../../extension/src/views/words.ts';
import { moment } from '../../traces/time.ts';
import { kernelHistory } from '../dap/fake-history.ts';

const history = kernelHistory(10_000_000, 400);
const end = 4_000_000_000;

const answerOf = (picture: TimelinePicture, from: number, to: number, more: Partial<TimelineAnswer> = {}) =>
  v.parse(timelineAnswer, {
    ...{ from, to, harts: 2, indexed: true, checkpoints: [], stops: [] },
    position: { moment: 1_000_000, end, live: false, running: false },
    ...JSON.parse(JSON.stringify(picture)),
    ...more,
  });
const answer = (from: number, to: number, columns = 1000, more: Partial<TimelineAnswer> = {}): TimelineAnswer =>
  answerOf(pictureOf(history, { from: moment(from), to: moment(to) }, columns), from, to, more);

const state = { session: 'one', position: { moment: 1_000_000, end, live: false, running: false }, marks: [] };
/** A model that shows a stretch with all that is known of it. */
const modelAt = (from: number, to: number, more: Partial<TimelineAnswer> = {}): TimelineModel => {
  const model = new TimelineModel();
  model.resize(1190); // 1000 of them for the picture
  model.take(state);
  model.answered(answer(0, end), true);
  model.stretch = { from, to };
  model.answered(answer(from, to, 1000, more), false);
  return model;
};
const laneOf = (model: TimelineModel, title: string) => {
  const lane = model.scene.layout.lanes.find((each) => each.title === title);
  if (lane === undefined) throw new Error(`there is no lane ${title}`);
  return lane;
};
const tellAt = (model: TimelineModel, title: string, at: number) => {
  const { top, height } = laneOf(model, title);
  return model.tell(xOf(at, model.stretch, 190, 1000), top + height / 2);
};

describe('a stretch', () => {
  test('keeps what is under the pointer there while one zooms', () => {
    for (const factor of [0.5, 2, 0.01]) {
      const shown = zoomed({ from: 1e9, to: 2e9 }, factor, 1.25e9, end);
      expect(xOf(1.25e9, shown, 0, 1000)).toBeCloseTo(250, 6);
    }
  });

  test('stays within the history, and is not less than some steps', () => {
    expect(moved({ from: 100, to: 200 }, -1000, end)).toEqual({ from: 0, to: 100 });
    expect(moved({ from: 100, to: 200 }, 1e12, end)).toEqual({ from: end - 100, to: end });
    expect(zoomed({ from: 0, to: 100 }, 1e-9, 50, end)).toEqual({ from: 42, to: 58 });
    expect(within({ from: -5, to: 5e9 }, end)).toEqual({ from: 0, to: end });
    expect(within({ from: 0, to: 0 }, 3)).toEqual({ from: 0, to: 16 });
  });

  test('gives the moment that is drawn at a place', () => {
    const shown = { from: 1_000_000, to: 1_000_100 };
    for (let at = shown.from; at < shown.to; at += 1)
      expect(momentAt(xOf(at + 0.5, shown, 190, 731), shown, 190, 731)).toBe(at);
  });

  test('has round moments on its ruler', () => {
    expect(ticksOf({ from: 0, to: 4e9 }, 1000, 110)).toEqual([0, 5e8, 1e9, 1.5e9, 2e9, 2.5e9, 3e9, 3.5e9, 4e9]);
    expect(ticksOf({ from: 5, to: 21 }, 1600, 110)).toEqual([6, 8, 10, 12, 14, 16, 18, 20]);
  });
});

describe('words', () => {
  test('have moments in groups of three digits', () => {
    expect([0, 999, 1000, 1234567].map(grouped)).toEqual(['0', '999', '1,000', '1,234,567']);
  });
  test('have short moments that still differ from tick to tick', () => {
    expect([short(1_500_000_000, 5e8), short(2e9, 5e8), short(1_234_000, 1000)]).toEqual(['1.5 G', '2.0 G', '1.234 M']);
    expect(short(1_234_567, 1)).toBe('1,234,567');
  });
  test('show what a guest printed without what it would do', () => {
    expect(inert('a\x1b[31m\u202eb\n')).toBe('a·[31m·b·');
  });
});

describe('lanes', () => {
  test('are there for what occurs, from the ruler to the checkpoints', () => {
    const titles = layoutOf([answer(0, end)], [{ kind: 'bookmark', moment: 3, words: 'here' }], 1200).lanes.map(
      ({ title }) => title,
    );
    expect(titles).toEqual([
      ...['Moment', 'Stops of this session', 'Bookmarks', 'Privilege modes', 'Hart 0', 'Hart 1'],
      ...[
        'Environment call from U-mode',
        'Supervisor timer interrupt',
        'Address spaces',
        'Console output',
        'Checkpoints',
      ],
    ]);
  });
  test('are fewer without an index', () => {
    const none = answerOf(pictureOf(undefined, { from: moment(0), to: moment(9) }, 9), 0, 9, { indexed: false });
    expect(layoutOf([none], [], 1200).lanes.map(({ title }) => title)).toEqual([
      'Moment',
      'Stops of this session',
      'Checkpoints',
    ]);
  });
  test('are found by where they are', () => {
    const layout = layoutOf([answer(0, end)], [], 1200);
    for (const lane of layout.lanes) expect(laneAt(layout, lane.top + 1)).toBe(lane);
    expect(laneAt(layout, layout.height + 1)).toBeUndefined();
  });
});

describe('a scene', () => {
  test('is drawn from the detail where there is one, and else from the overview', () => {
    const model = modelAt(1e9, 2e9);
    model.stretch = { from: 0.5e9, to: 1.5e9 };
    expect(piecesOf(model.scene).map(({ from, to }) => [from, to])).toEqual([
      [0.5e9, 1e9],
      [1e9, 1.5e9],
    ]);
  });

  test('knows the modes of a hart from its traps and returns', () => {
    const { events } = pictureOf(history, { from: moment(0), to: moment(1600) }, 100);
    expect(modesOf(events!, 0, 0, 1600)).toEqual([
      { from: 0, to: 1, level: 0 },
      { from: 1, to: 401, level: 1 },
      { from: 401, to: 801, level: 0 },
      { from: 801, to: 1201, level: 1 },
      { from: 1201, to: 1600, level: 0 },
    ]);
    expect(modesOf(events!, 1, 0, 1600)).toEqual([]);
  });
});

describe('a place of the timeline', () => {
  test('tells how often something happened where it happened often, and a click finds the first', () => {
    expect(tellAt(modelAt(0, end), 'Supervisor timer interrupt', 2e9 + 1)).toEqual({
      text: '1,200 × Supervisor timer interrupt from moment 2,000,000,000 to 2,004,000,000',
      goal: {
        kind: 'first',
        wanted: { kind: 'trap', cause: 5, interrupt: true, from: 2_000_000_000, to: 2_004_000_000 },
      },
    });
  });

  test('tells how often a hart was trapped, where it is told apart by nothing else', () => {
    const found = tellAt(modelAt(0, end), 'Hart 0', 2e9 + 1);
    expect(found?.text).toMatch(/^[\d,]+ × Trap of hart 0 from moment 2,000,000,000 to 2,004,000,000$/);
    expect(found?.goal).toMatchObject({ kind: 'first', wanted: { kind: 'trap', hart: 0 } });
    expect(tellAt(modelAt(0, end), 'Hart 1', 2e9 + 1)?.text).toMatch(/^[\d,]+ × Trap of hart 1 from/);
  });

  test('tells an event where there are few', () => {
    const model = modelAt(4_000_000, 4_003_200);
    expect(tellAt(model, 'Environment call from U-mode', 4_000_005)).toEqual({
      text: 'Moment 4,000,000: Environment call from U-mode, hart 0, from user mode to supervisor mode',
      goal: { kind: 'moment', moment: 4_000_000 },
    });
    expect(tellAt(model, 'Console output', 4_001_600)?.text).toBe('Moment 4,001,600: prints "C"');
    expect(tellAt(model, 'Address spaces', 4_002_390)?.text).toBe(
      'Moment 4,002,400: satp becomes 0x8000000000080001, hart 0',
    );
    expect(tellAt(model, 'Address spaces', 4_000_300)).toEqual({
      text: 'Moment 4,000,300',
      goal: { kind: 'moment', moment: 4_000_300 },
    });
  });

  test('tells the share of each mode', () => {
    expect(tellAt(modelAt(0, end), 'Privilege modes', 1e9)?.text).toBe(
      'Moment 1,000,000,000: 50 % user mode, 50 % supervisor mode',
    );
  });

  test('tells where the session stopped', () => {
    const model = modelAt(0, 10_000, { stops: [{ moment: 5000, words: 'Paused on breakpoint' }] });
    expect(tellAt(model, 'Stops of this session', 5040)).toEqual({
      text: 'Moment 5,000: Paused on breakpoint',
      goal: { kind: 'moment', moment: 5000 },
    });
  });

  test('tells what is not known', () => {
    const model = modelAt(0, 10_000, { covered: [{ from: 0, to: 3000 }] });
    expect(tellAt(model, 'Console output', 5000)?.text).toBe('Moment 5,000: not indexed yet');
  });

  test('tells nothing beside the picture', () => {
    expect(modelAt(0, end).tell(20, 50)).toBeUndefined();
  });
});

describe('keys', () => {
  test('move through time and lanes, and say where one is', () => {
    const model = modelAt(0, 10_000);
    model.setCaret(5000);
    for (const key of ['ArrowRight', 'ArrowRight', 'ArrowLeft', 'ArrowDown'])
      expect(model.press(key, false)).toBe(true);
    expect(model.tellCaret()).toBe('Stops of this session. Moment 5,100');
    expect(model.press('Enter', false)).toBe('go');
    expect(model.press('x', false)).toBe(false);
  });

  test('go to the ends, and the stretch goes along', () => {
    const model = modelAt(1e9, 1e9 + 1000);
    model.press('End', false);
    expect([model.caret, model.stretch]).toEqual([end, { from: end - 1000, to: end }]);
    model.press('Home', false);
    expect([model.caret, model.stretch]).toEqual([0, { from: 0, to: 1000 }]);
  });

  test('ask for the next and the last event of a lane', () => {
    const model = modelAt(0, end);
    const { lanes } = model.scene.layout;
    model.setCaret(5000);
    for (let lane = lanes.findIndex(({ title }) => title === 'Console output'); lane > 0; lane -= 1)
      model.press('ArrowDown', false);
    expect(model.press('ArrowRight', true)).toEqual({ kind: 'console', from: 5001, to: end + 1, last: false });
    expect(model.press('ArrowLeft', true)).toEqual({ kind: 'console', from: 0, to: 5000, last: true });
  });

  test('zoom around the keyboard', () => {
    const model = modelAt(0, end);
    model.setCaret(1e9);
    model.press('+', false);
    expect(model.stretch).toEqual({ from: 0.5e9, to: 2.5e9 });
    model.press('-', false);
    expect(model.isWhole).toBe(true);
  });
});

describe('a timeline', () => {
  test('shows the whole of a recording that grows, and follows the machine when it leaves the stretch', () => {
    const model = modelAt(0, end);
    model.take({ ...state, position: { ...state.position, end: end + 1000, moment: end + 1000 } });
    expect(model.stretch.to).toBe(end + 1000);
    model.stretch = { from: 0, to: 1000 };
    model.take({ ...state, position: { ...state.position, moment: 5000 } });
    expect(model.stretch).toEqual({ from: 4500, to: 5500 });
  });

  test('begins anew with another session', () => {
    const model = modelAt(1000, 2000);
    model.take({ ...state, session: 'two', position: { ...state.position, end: 500 } });
    expect([model.stretch, model.scene.detail, model.scene.overview]).toEqual([
      { from: 0, to: 500 },
      undefined,
      undefined,
    ]);
  });

  test('draws nothing where there is no place', () => {
    const model = modelAt(0, end);
    for (const width of [0, 1, 95]) {
      model.resize(width);
      paint({ clearRect: () => {} } as unknown as Pen, model.scene, {} as Palette);
    }
  });

  test('draws ten million events in as many rectangles as there are pixels', () => {
    const model = modelAt(0, end, { checkpoints: Array.from({ length: 800 }, (_, index) => index * 5_000_000) });
    let rectangles = 0;
    const count = (): void => {
      rectangles += 1;
    };
    const nothing = (): void => {};
    const pen = {
      ...{ rect: count, fillRect: count, clearRect: nothing, beginPath: nothing, fill: nothing, clip: nothing },
      ...{ save: nothing, restore: nothing, fillText: nothing, strokeRect: count, lineWidth: 1 },
    } as unknown as Pen;
    paint(pen, model.scene, {} as Palette);
    expect(rectangles).toBeGreaterThan(2000);
    expect(rectangles).toBeLessThan(1000 * model.scene.layout.lanes.length);
  });
});

describe('a loader', () => {
  test('asks one thing at a time, and of those that come up meanwhile the last', async () => {
    const asked: number[] = [];
    const loaded: number[] = [];
    let release: () => void = () => {};
    const loader = new Loader<number, number>(
      (wanted) => {
        asked.push(wanted);
        return new Promise((resolve) => {
          release = () => resolve(wanted);
        });
      },
      (answer) => loaded.push(answer),
      () => {},
    );
    for (const wanted of [1, 2, 3, 4]) loader.want(wanted);
    expect([asked, loader.busy]).toEqual([[1], true]);
    release();
    await Promise.resolve();
    await Promise.resolve();
    expect([asked, loaded]).toEqual([[1, 4], [1]]);
    release();
    await new Promise((resolve) => setImmediate(resolve));
    expect([loaded, loader.busy]).toEqual([[1, 4], false]);
  });

  test('goes on after a refusal', async () => {
    const failed: unknown[] = [];
    const loader = new Loader<string, string>(
      (wanted) => Promise.reject(new Error(wanted)),
      () => {},
      (error) => failed.push(String(error)),
    );
    loader.want('a');
    await new Promise((resolve) => setImmediate(resolve));
    loader.want('b');
    await new Promise((resolve) => setImmediate(resolve));
    expect(failed).toEqual(['Error: a', 'Error: b']);
  });
});
