/**
 * What the tasks of a page's main thread take while something is done in it, in milliseconds of the processor: other programs run
 * beside. The pages of views run in the thread of the window that they are in.
 */

/** A task that is longer is felt. */
export const longMs = 50;

const categories = ['toplevel', 'disabled-by-default-toplevel', '__metadata'];

export const tasksDuring = async (page, act) => {
  const browser = page.context().browser();
  await browser.startTracing(page, { categories });
  await act();
  return taskTimes(JSON.parse(String(await browser.stopTracing())));
};

const taskTimes = ({ traceEvents }) => {
  const isMain = ({ ph, name, args }) => ph === 'M' && name === 'thread_name' && args.name === 'CrRendererMain';
  const threads = new Set(traceEvents.filter(isMain).map(({ pid, tid }) => `${pid} ${tid}`));
  return traceEvents
    .filter(({ name, tdur, pid, tid }) => /RunTask$/.test(name) && tdur !== undefined && threads.has(`${pid} ${tid}`))
    .map(({ tdur }) => tdur / 1000);
};

export const tasksInWords = (tasksMs) =>
  `${tasksMs.length} tasks, the longest ${Math.max(0, ...tasksMs).toFixed(1)} ms, ${tasksMs.filter((ms) => ms > longMs).length} over ${longMs} ms`;
