/**
 * `npm run verify:tier -- FILE [--tier interpreted] [--from 260G] [--to 277G]`: verifies a recording, or a part of it, with another
 * tier of the engine than the one that made it, also when its recorder was stopped. A part begins at a whole state of the
 * recording, so that where two tiers part in a run of hours is found in minutes; parts can be verified at the same time.
 */

import { parseArgs } from 'node:util';
import { parseMoment } from '../../adapter/cli/values.ts';
import { setV8Flags } from '../../adapter/host/v8-flags.ts';
import { type TierName, tierNames, verifyIn } from '../support/tiers.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { tier: { type: 'string', default: 'interpreted' }, from: { type: 'string' }, to: { type: 'string' } },
});
const [file] = positionals;
if (file === undefined || positionals.length > 1)
  throw new Error(`expected one recording, found ${positionals.length}`);
const tier = tierNames.find((name) => name === values.tier);
if (tier === undefined) throw new Error(`--tier: expected one of ${tierNames.join(', ')}; found "${values.tier}"`);

const toldStepsMin = 10_000_000_000;

const verify = async (name: TierName): Promise<void> => {
  setV8Flags();
  const { user: before } = process.cpuUsage();
  let told = 0;
  const { at, compared, steps } = await verifyIn(name, file, {
    ...(values.from !== undefined && { from: parseMoment(values.from) }),
    ...(values.to !== undefined && { to: parseMoment(values.to) }),
    salvage: true,
    reached: (now, { replayer }) => {
      if (told === 0) told = now;
      if (now - told < toldStepsMin) return;
      told = now;
      console.log(`at ${(now / 1e9).toFixed(1)} G steps; ${replayer.digestsCompared} digests are equal`);
    },
  });
  const speed = steps / (process.cpuUsage().user - before);
  console.log(
    `${name}: ${(steps / 1e9).toFixed(1)} G steps to ${(at / 1e9).toFixed(1)} G, ${compared} digests compared and equal, ` +
      `${speed.toFixed(0)} M steps a CPU second`,
  );
};

await verify(tier);
