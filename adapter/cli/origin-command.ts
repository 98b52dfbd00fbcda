/** What `origin` does: replays to the moment and asks. Loaded when it does. */

import { moment } from '../../traces/time.ts';
import { findOrigin, originLimits } from '../../vmm/history/origin/origin.ts';
import { momentBeyondEnd, noSuchHart } from '../core/errors.ts';
import { initialMemoryOf, originAnswerJson, originAnswerText, placeOf } from '../questions/origin.ts';
import { denseCheckpoints, symbolsOf } from '../session/session.ts';
import type { CliHost } from './cli.ts';
import type { OriginOptions } from './origin.ts';
import { cacheFolder, goTo, incompleteText, openRecording } from './replay-command.ts';

export const writeOrigin = async (file: string, text: string, options: OriginOptions, host: CliHost): Promise<void> => {
  const session = await openRecording({
    file,
    verify: true,
    checkpoints: denseCheckpoints,
    cacheFolder: cacheFolder(),
    console: () => {},
    salvage: options.salvage === true,
    imageFolders: options.images ?? [],
  });
  try {
    const { machine, timeline, trace } = session;
    const at = moment(options.at ?? trace.until);
    if (at > trace.until) throw momentBeyondEnd(at, trace.until);
    const hart = machine.harts[options.hart];
    if (hart === undefined) throw noSuchHart(options.hart, machine.harts.length);
    await goTo(session, at, 'replaying', host);
    const symbols = symbolsOf(session);
    const place = placeOf(text, hart, symbols);
    const initialMemory = initialMemoryOf(session);
    const limits = { singleStepsMax: options.steps ?? originLimits.singleStepsMax };
    const search = findOrigin(timeline, { place, limits, ...(initialMemory && { initialMemory }) });
    let step = search.next();
    while (step.done !== true) {
      await new Promise(setImmediate); // a signal must be able to end this
      step = search.next();
    }
    const answer = step.value;
    host.stdout.write(
      options.json ? `${originAnswerJson(answer, symbols)}\n` : originAnswerText(answer, symbols, options.lines),
    );
    const incomplete = incompleteText(trace);
    if (at >= trace.until && incomplete !== '') host.stderr.write(`chronovisor: ${incomplete}\n`);
  } finally {
    session.close();
  }
};
