/** The thread that replays a trace in the background lets those go first who are waited for. */

import { expect, test } from 'vitest';
import { BackgroundHistory } from '../../adapter/history/background-history.ts';
import { openRecording } from '../../adapter/session/replay.ts';
import { denseCheckpoints } from '../../adapter/session/session.ts';
import { demoElf, folder, record } from '../dap/fixture.ts';
import { bundleWorker } from '../farm/bundle.ts';

const begin = async (name: string) => {
  const file = await record(demoElf, name, 2_000_000);
  const session = await openRecording({ file, verify: false, checkpoints: denseCheckpoints, console: () => {} });
  const workerFile = await bundleWorker(folder, 'history/history-worker');
  return { session, history: new BackgroundHistory(session, { file, workerFile, processors: 1 }) };
};

test('it goes on, and finds everything, when nobody is waited for any more', async () => {
  const { session, history } = await begin('way-made');
  const [oneIsOver, otherIsOver] = [history.makeWay(), history.makeWay()];
  oneIsOver();
  const again = history.makeWay();
  otherIsOver();
  expect(history.index.covered).toEqual([]);
  again();
  await history.finished;
  expect(history.index.covered).toEqual([{ from: 0, to: session.timeline.end }]);
  session.close();
});

test('it can be ended while it waits', async () => {
  const { session, history } = await begin('way-closed');
  history.makeWay();
  history.close();
  await history.finished;
  expect(history.index.covered).toEqual([]);
  session.close();
});
