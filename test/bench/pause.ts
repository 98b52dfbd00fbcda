/**
 * How soon the machine stands after somebody has asked for a pause, in the middle of a run and of a search backwards:
 * `node dist/bench-pause.mjs [--runs N]`. From the request to the event, in the debug adapter as it is shipped. It asserts no time.
 */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { TestClient } from '../dap/client.ts';
import { median } from './measurement.ts';

const { values: options } = parseArgs({ options: { runs: { type: 'string', default: '10' } } });

/** Guests that go on for ever. */
const guests = {
  /** addi t0,t0,1; j -4 */
  counts: [0x0012_8293, 0xffdf_f06f],
  /** auipc t0,0; addi t0,t0,12; csrw mtvec,t0; ecall: the handler of the trap is the ecall itself. */
  traps: [0x0000_0297, 0x00c2_8293, 0x3052_9073, 0x0000_0073],
} as const;

/** Long enough to be in the middle of it, and never the same. */
const whileMs = (run: number): number => 200 + 37 * run;

const folder = mkdtempSync(join(tmpdir(), 'chronovisor-pause-'));

/** Times of pauses of a guest's run, and of a search back over what it has done that finds nothing. */
const measure = async (guest: keyof typeof guests): Promise<void> => {
  const kernel = join(folder, `${guest}.bin`);
  writeFileSync(kernel, Uint32Array.from(guests[guest]));
  const program = resolve(import.meta.dirname, 'chronovisor.cjs');
  const adapter = spawn(process.execPath, [program, 'dap'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const client = new TestClient({ input: adapter.stdin, output: adapter.stdout });
  client.defaultTimeout = 60_000;
  const machine = `-m 32M -nographic -bios none -kernel '${kernel}'`;
  await client.begin({ machine, cache: false, stopOnEntry: true });
  await client.move('configurationDone');
  const pauses = async (motion: 'continue' | 'reverseContinue'): Promise<void> => {
    const tookMs: number[] = [];
    for (let run = 0; run < Number(options.runs); run += 1) {
      await client.customRequest(motion, { threadId: 1 });
      await setTimeout(whileMs(run));
      const stopped = client.nextStop();
      const beganMs = performance.now();
      await client.pauseRequest({ threadId: 1 });
      const { reason } = await stopped;
      tookMs.push(performance.now() - beganMs);
      if (reason !== 'pause')
        throw new Error(`${motion} of the guest that ${guest} ended by ${reason}, not by the pause`);
    }
    const [middle, most] = [median(tookMs), Math.max(...tookMs)].map((ms) => ms.toFixed(1));
    console.log(`${guest}, ${motion}: median ${middle} ms, longest ${most} ms, at moment ${await client.moment()}`);
  };
  await pauses('continue');
  if (guest === 'traps') await client.filters({ filterId: 'ecall-from-m', condition: 'a0 == 1' });
  else
    await client.customRequest('setInstructionBreakpoints', { breakpoints: [{ instructionReference: '0x80000100' }] });
  await pauses('reverseContinue');
  await client.disconnectRequest();
};

try {
  for (const guest of ['counts', 'traps'] as const) await measure(guest);
  console.log(`load of the host: ${loadavg()[0]!.toFixed(1)}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
