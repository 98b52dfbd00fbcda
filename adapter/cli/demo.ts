/**
 * `npm run demo`: the main job on the built-in demo kernel. Records it to its panic, replays and verifies the recording,
 * then goes back from the panic to the instruction that did the damage millions of steps before, telling the story.
 */

import { resolve } from 'node:path';
import { styleText } from 'node:util';
import { moment } from '../../traces/time.ts';
import { disassemble } from '../../vmm/isa/disassemble.ts';
import { peekRegister } from '../../vmm/machine/registers.ts';
import { virtualPolicy } from '../boot/configuration.ts';
import { setV8Flags } from '../host/v8-flags.ts';
import { describePlace, type SymbolTable } from '../program/symbols.ts';
import { createRecording } from '../session/record.ts';
import { openRecording } from '../session/replay.ts';
import { denseCheckpoints, noCheckpoints, type ReplaySession, symbolsOf } from '../session/session.ts';
import { parseMachineOptions } from './qemu-options.ts';

const kernel = resolve(import.meta.dirname, '..', 'test', 'guests', 'demo', 'demo.elf');
const trace = resolve('demo.chrono');
const machineLine = `-machine virt -bios none -kernel ${kernel} -m 128M -nographic`;

/** In the demo kernel's source: `next` is the last word of its 256-byte `struct buffer`, `name` at 16 in `struct process`. */
const nextOffset = 248;
const nameOffset = 16;

setV8Flags();

const say = (text: string): void => console.log(text);
const title = (text: string): void => say(`\n${styleText('bold', text)}`);
const count = (value: number): string => value.toLocaleString('en-US');
const hex = (value: bigint | number): string => `0x${value.toString(16)}`;
const seconds = (sinceMs: number): string => `${((performance.now() - sinceMs) / 1000).toFixed(2)} s`;

const main = async (): Promise<void> => {
  const console = await record();
  await verify();
  await walkBack(console);
  tellHowToSeeIt();
};

/** Gives what the guest printed. */
const record = async (): Promise<string> => {
  title('1. Record: a small kernel runs until it panics');
  const started = performance.now();
  let printed = '';
  const session = await createRecording({
    options: parseMachineOptions(machineLine.split(' ')),
    policy: virtualPolicy,
    trace: { file: trace, embedded: true },
    checkpoints: noCheckpoints,
    console: (bytes) => {
      printed += Buffer.from(bytes).toString('latin1');
    },
  });
  const { recorder, timeline } = session;
  for (;;) {
    const stop = timeline.forward(moment(Number.MAX_SAFE_INTEGER));
    if (stop.reason !== 'power') continue;
    recorder.end({ reason: 'poweroff', exitCode: stop.exitCode });
    break;
  }
  for (const line of printed.trimEnd().split('\n')) say(styleText('gray', `   | ${line.trimEnd()}`));
  say(`   ${count(timeline.end)} steps recorded into demo.chrono in ${seconds(started)}`);
  return printed;
};

const verify = async (): Promise<void> => {
  title('2. Replay and verify: the same steps again, compared with the recording');
  const started = performance.now();
  const session = await openRecording({
    file: trace,
    verify: true,
    checkpoints: noCheckpoints,
    console: () => {},
  });
  session.timeline.seek(session.trace.until);
  session.replayer.verifyEnd();
  const { digestsCompared } = session.replayer;
  say(
    `   ${count(session.timeline.now)} steps replayed in ${seconds(started)}; ${digestsCompared} state digests equal`,
  );
  session.close();
};

const walkBack = async (printed: string): Promise<void> => {
  title('3. Go back: from the panic to the instruction that did the damage');
  const session = await openRecording({ file: trace, verify: false, checkpoints: denseCheckpoints, console: () => {} });
  const { timeline, machine } = session;
  const symbols = symbolsOf(session);
  if (symbols === undefined)
    throw new Error('the demo kernel has no symbols: rebuild it with make in test/guests/demo');
  timeline.seek(timeline.end);

  // Where the panic began: the last time that `panic` was entered.
  const panicAt = back(session, { armed: [addressOf(symbols, 'panic')] });
  say(`   moment ${count(panicAt)}: ${placeOf(session, symbols)} is called; the free list is corrupt.`);

  const node = /free node 0x([0-9a-f]+) has next/.exec(printed)?.[1];
  if (node === undefined) throw new Error('the demo kernel printed no corrupt node: its panic is another one');
  const address = Number.parseInt(node, 16) + nextOffset;
  say(`   The node's "next" lies at ${hex(address)} and holds ${hex(word(session, address))}, which is no buffer.`);
  say('   Who wrote it? Backwards, with a watchpoint on these eight bytes:');

  const started = performance.now();
  const writtenAt = back(session, { watch: address });
  const found = seconds(started);
  const after = word(session, address);
  timeline.seek(moment(writtenAt - 1)); // before the store
  const hart = machine.harts[0]!;
  const pc = peekRegister(hart, 'pc')!;
  const instruction = machine.readRam(Number(pc), 4)!;
  const raw = new DataView(instruction.buffer).getUint32(0, true);
  const { text } = disassemble((raw & 3) === 3 ? raw : raw & 0xffff, pc, { compressedNames: false });
  const process = word(session, Number(addressOf(symbols, 'current')));
  const name = stringAtAddress(session, Number(word(session, Number(process) + nameOffset)));
  say(`   moment ${count(writtenAt - 1)} (found in ${found}), ${count(panicAt - writtenAt)} steps before the panic:`);
  say(styleText('bold', `      ${hex(pc)} <${placeOf(session, symbols)}>   ${text}`));
  say(`      process "${name}", sp = ${hex(peekRegister(hart, 'sp')!)}, ra = ${hex(peekRegister(hart, 'ra')!)}`);
  say(`      ${hex(address)}: ${hex(word(session, address))} -> ${hex(after)}`);

  const stack = addressOf(symbols, 'kernel_stacks');
  const below = Number(stack) - Number(peekRegister(hart, 'sp')!);
  say(`   kernel_stacks begins at ${hex(stack)}: the stack of "${name}" has run ${below} bytes below its end,`);
  say('   into the buffers beside it. path_resolve calls itself for each symbolic link and never counts them.');

  title('   One step at a time, backwards');
  for (let step = 0; step < 6; step += 1) {
    say(styleText('gray', `      moment ${count(timeline.now)}  ${instructionOf(session, symbols)}`));
    timeline.seek(moment(timeline.now - 1));
  }
  session.close();
};

/** Goes back to the last stop of its kind before the present moment and gives its moment. */
const back = (session: ReplaySession, goal: { readonly armed: bigint[] } | { readonly watch: number }): number => {
  const { timeline, machine } = session;
  if ('armed' in goal) machine.engine.arm(goal.armed);
  const options = 'armed' in goal ? { armed: true } : { watch: [{ address: goal.watch, sizeBytes: 8 }] };
  const search = timeline.reverse(options, (stop) =>
    'armed' in goal ? stop.reason === 'breakpoint' && goal.armed.includes(stop.pc) : stop.reason === 'watch',
  );
  for (;;) {
    const { done, value } = search.next();
    if (!done) continue;
    if (value === undefined) throw new Error('the search came to the start of the recording without a hit');
    return timeline.now;
  }
};

const addressOf = (symbols: SymbolTable, name: string): bigint => {
  const symbol = symbols.find(name);
  if (symbol === undefined) throw new Error(`the demo kernel has no symbol ${name}: rebuild it with make`);
  return symbol.address;
};

const placeOf = ({ machine }: ReplaySession, symbols: SymbolTable): string => {
  const pc = peekRegister(machine.harts[0]!, 'pc')!;
  const place = symbols.at(pc);
  return place === undefined ? hex(pc) : describePlace(place);
};

/** The demo kernel maps its memory where it lies, so that its addresses are physical ones. */
const word = ({ machine }: ReplaySession, address: number): bigint => {
  const bytes = machine.readRam(address, 8);
  if (bytes === undefined) throw new Error(`${hex(address)} is not in RAM`);
  return new DataView(bytes.buffer).getBigUint64(0, true);
};

const stringAtAddress = ({ machine }: ReplaySession, address: number): string => {
  const bytes = machine.readRam(address, 16) ?? new Uint8Array(1);
  return Buffer.from(bytes.subarray(0, bytes.indexOf(0))).toString('latin1');
};

const instructionOf = (session: ReplaySession, symbols: SymbolTable): string => {
  const pc = peekRegister(session.machine.harts[0]!, 'pc')!;
  const bytes = session.machine.readRam(Number(pc), 4);
  if (bytes === undefined) return `${hex(pc)}`;
  const raw = new DataView(bytes.buffer).getUint32(0, true);
  const { text } = disassemble((raw & 3) === 3 ? raw : raw & 0xffff, pc, { compressedNames: false });
  return `${hex(pc)} <${placeOf(session, symbols)}>`.padEnd(34) + text;
};

const tellHowToSeeIt = (): void => {
  title('4. The same in VS Code');
  say('   Package and install the extension (npm run package), open this folder, and put into .vscode/launch.json:');
  const launch = {
    type: 'chronovisor',
    request: 'launch',
    name: 'The demo, from its panic backwards',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of VS Code's
    trace: '${workspaceFolder}/demo.chrono',
    stopAt: 'end',
  };
  for (const line of JSON.stringify(launch, null, 2).split('\n')) say(`      ${line}`);
  say('   Press F5, then Step Back. On the command line: npx chronovisor info demo.chrono');
};

await main();
