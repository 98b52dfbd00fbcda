/** What pause.ts pauses: guests that go on for ever, each slow in another way or not at all, and what a person does with them. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { encode } from '../../vmm/isa/encode.ts';
import { TestClient } from '../dap/client.ts';

const [zero, ra, t0, t1, t2] = [0, 1, 5, 6, 7];
const mtvec = 0x305;
const uartPage = 0x10000n;
const lineStatus = 5n;

const addi = (rd: number, rs1: number, imm: bigint): number => encode('addi', { rd, rs1, imm });
const jump = (instructions: number, rd = zero): number => encode('jal', { rd, imm: BigInt(4 * instructions) });
const here = (rd: number): number => encode('auipc', { rd, imm: 0n });

const guests = {
  'counts up': [addi(t0, t0, 1n), jump(-1)],
  /** The handler of the trap is the ecall itself. */
  'traps at each step': [
    here(t0),
    addi(t0, t0, 12n),
    encode('csrrw', { rd: zero, csr: mtvec, rs1: t0 }),
    encode('ecall', {}),
  ],
  'reads a device': [
    encode('lui', { rd: t0, imm: uartPage << 12n }),
    encode('lbu', { rd: t1, rs1: t0, imm: lineStatus }),
    jump(-1),
  ],
  'stores over its own code': [
    here(t0),
    encode('lw', { rd: t1, rs1: t0, imm: 12n }),
    encode('sw', { rs1: t0, rs2: t1, imm: 12n }),
    addi(t2, t2, 1n),
    jump(-2),
  ],
  'calls what never returns': [jump(2, ra), jump(0), addi(t0, t0, 1n), jump(-1)],
} as const;
export type Guest = keyof typeof guests;

/** The address of the instruction before the jump back, which is executed in each round; the trap's own where there is no jump. */
const roundOf = (guest: Guest): string => {
  const { length } = guests[guest];
  return `0x${(0x8000_0000 + 4 * (guest === 'traps at each step' ? length - 1 : length - 2)).toString(16)}`;
};

const motions = {
  'it runs live': { live: true },
  'it runs live and a log point tells of each round': { live: true },
  'it is searched backwards live': { live: true },
  'a recording is replayed': { live: false },
  'a recording is searched backwards, nothing known': { live: false },
  'a recording is searched backwards, all known': { live: false },
  'a question is answered and it runs': { live: false },
  'a question is answered': { live: false },
  'a call is stepped over': { live: true },
} as const;
export type Motion = keyof typeof motions;

export interface Scene {
  readonly guest: Guest;
  readonly motion: Motion;
}

const slow: readonly Guest[] = ['traps at each step', 'reads a device', 'stores over its own code'];
export const scenes: readonly Scene[] = (Object.keys(motions) as Motion[]).flatMap((motion): Scene[] => {
  if (motion === 'a call is stepped over') return [{ guest: 'calls what never returns', motion }];
  return (['counts up', ...slow] as const).map((guest) => ({ guest, motion }));
});

/** How far a recording goes: longer than anything that is paused in it takes. */
const recordedMs = 1500;
const folder = mkdtempSync(join(tmpdir(), 'chronovisor-pause-'));

/** Of the adapter's main thread, so far; 0 where the system does not say. */
const processorMsOf = ({ pid }: ChildProcess): number => {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'latin1').split(' ')[0]) / 1e6;
  } catch {
    return 0;
  }
};

/** The adapter of a scene, which is set in motion and paused again and again. */
export class Paused {
  readonly #scene: Scene;
  readonly #adapter: ChildProcess;
  readonly #client: TestClient;
  #question: number | undefined;
  #start = 0;
  #end = 0;

  private constructor(scene: Scene) {
    this.#scene = scene;
    const program = resolve(import.meta.dirname, 'chronovisor.cjs');
    const adapter = spawn(process.execPath, [program, 'dap'], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#adapter = adapter;
    this.#client = new TestClient({ input: adapter.stdin, output: adapter.stdout });
    this.#client.defaultTimeout = 60_000;
  }

  static async open(scene: Scene): Promise<Paused> {
    const kernel = join(folder, 'kernel.bin');
    writeFileSync(kernel, Uint32Array.from(guests[scene.guest]));
    const machine = `-m 32M -nographic -bios none -kernel '${kernel}'`;
    const trace = join(folder, 'run.chrono');
    const { live } = motions[scene.motion];
    if (!live) await new Paused(scene).#record({ machine, record: trace });
    const paused = new Paused(scene);
    await paused.#launch(live ? { machine } : { trace });
    await paused.#prepare();
    return paused;
  }

  async #record(launch: object): Promise<void> {
    await this.#launch(launch);
    await this.#client.customRequest('continue', { threadId: 1 });
    await setTimeout(recordedMs);
    await this.#client.move('pause');
    await this.close();
  }

  async #launch(launch: object): Promise<void> {
    await this.#client.begin({ ...launch, cache: false, stopOnEntry: true });
    await this.#client.move('configurationDone');
  }

  /** Once; what is looked for is looked at often and never found. */
  async #prepare(): Promise<void> {
    const { guest, motion } = this.#scene;
    const client = this.#client;
    if (motion.startsWith('a call')) {
      await this.#breakpoint({}, '0x80000000');
      await client.move('continue');
      this.#start = await client.moment();
    }
    const { body } = await client.customRequest('chronovisor/position');
    this.#end = (body as { end: number }).end;
    if (motion.includes('all known')) await this.#historyKnown();
    if (motion.includes('backwards live')) {
      await client.customRequest('continue', { threadId: 1 });
      await setTimeout(recordedMs);
      await client.move('pause');
    }
    if (motion.includes('backwards')) {
      const condition = 't2 == -1';
      if (guest === 'traps at each step') await client.filters({ filterId: 'ecall-from-m', condition });
      else await this.#breakpoint({ condition });
    }
    if (motion.includes('log point')) await this.#breakpoint({ logMessage: 'round' });
  }

  async #breakpoint(what: object, instructionReference = roundOf(this.#scene.guest)): Promise<void> {
    const breakpoint = { instructionReference, ...what };
    await this.#client.customRequest('setInstructionBreakpoints', { breakpoints: [breakpoint] });
  }

  /** Settles when the background has been through all of the recording. */
  async #historyKnown(): Promise<void> {
    for (;;) {
      const whole = { from: 0, to: Number.MAX_SAFE_INTEGER, columns: 1 };
      const { body } = await this.#client.customRequest('chronovisor/timeline', whole);
      if ((body as { partial?: true }).partial !== true) return;
      await setTimeout(100);
    }
  }

  /** Sets it in motion. */
  async begin(): Promise<void> {
    const { guest, motion } = this.#scene;
    const client = this.#client;
    const isRestarted = motion.startsWith('a recording') || motion.startsWith('a call');
    if (isRestarted) await client.goTo(motion.includes('backwards') ? this.#end : this.#start);
    if (motion.startsWith('a question')) {
      await client.goTo(0);
      const asked = await client.customRequest('chronovisor/ask', {
        question: `executed ${roundOf(guest)} --if "t2 == -1"`,
      });
      this.#question = (asked.body as { id: number }).id;
    }
    if (motion === 'a question is answered') return;
    const command = motion.includes('backwards')
      ? 'reverseContinue'
      : motion.startsWith('a call')
        ? 'next'
        : 'continue';
    await client.customRequest(command, { threadId: 1, granularity: 'instruction' });
  }

  /** Pauses it; what it took. */
  async pause(): Promise<{ readonly ms: number; readonly processorMs: number }> {
    const client = this.#client;
    const isAnswer = this.#scene.motion === 'a question is answered';
    const over = isAnswer ? client.waitForEvent('chronovisor/answer', 60_000) : client.nextStop();
    const [begunMs, before] = [performance.now(), processorMsOf(this.#adapter)];
    if (isAnswer) await client.customRequest('chronovisor/cancelAsk', { id: this.#question });
    else await client.pauseRequest({ threadId: 1 });
    const what = await over;
    const took = { ms: performance.now() - begunMs, processorMs: processorMsOf(this.#adapter) - before };
    if ('reason' in what && what.reason !== 'pause')
      throw new Error(`${this.#scene.guest}, ${this.#scene.motion}: ended by ${what.reason}, not by the pause`);
    if (!isAnswer && this.#question !== undefined)
      await client.customRequest('chronovisor/cancelAsk', { id: this.#question });
    return took;
  }

  async close(): Promise<void> {
    const ended = new Promise((done) => this.#adapter.once('exit', done));
    await this.#client.disconnectRequest();
    this.#adapter.stdin?.end();
    await ended;
  }

  static removeFiles(): void {
    rmSync(folder, { recursive: true, force: true });
  }
}
