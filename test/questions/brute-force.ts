/** Random questions about a stretch of a recording, compared with what single steps found there. */

import { expect } from 'vitest';
import type { Asker, Item } from '../../adapter/questions/api.ts';
import { privilege } from '../../vmm/machine/hart.ts';
import { ramBase } from '../../vmm/machine/memory.ts';
import { randomNumbers } from '../replay/support.ts';
import type { Stepped, Written } from './oracle.ts';

export const answers = async (items: AsyncIterable<Item>): Promise<Item[]> => {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
};

const place = ({ moment, hart, pc }: { readonly moment: number; readonly hart: number; readonly pc: bigint }) => ({
  moment,
  hart,
  pc: `0x${pc.toString(16)}`,
});

const touches = (write: Written, address: number, sizeBytes: number): boolean =>
  write.physical < address + sizeBytes && address < write.physical + write.sizeBytes;

/** `last-write` of bytes of RAM that are at their physical addresses for the kernel, from random moments. */
export const checkLastWrites = async (asker: Asker, stepped: Stepped, count: number, seed: number): Promise<void> => {
  const random = randomNumbers(seed);
  const { from, to, writes } = stepped;
  const inRam = writes.filter(({ physical }) => physical >= ramBase);
  if (inRam.length === 0) return;
  for (let asked = 0; asked < count; asked += 1) {
    const near = inRam[random(inRam.length)]!;
    const sizeBytes = 1 + random(8);
    const address = near.physical + random(8) - 4;
    const at = from + 1 + random(to - from);
    const expected = inRam.findLast((write) => write.moment < at && touches(write, address, sizeBytes));
    const question = { question: 'last-write', arguments: { expression: `${address},${sizeBytes}`, from } };
    // A process may have got its page tables meanwhile, which is told before.
    const [item] = (await answers(asker.ask(question, { at }))).filter(({ kind }) => kind === 'write');
    const found = item === undefined ? undefined : { moment: 0, hart: 0, pc: '', ...item };
    expect(
      found && { moment: found.moment, hart: found.hart, pc: found.pc },
      `the last write to ${sizeBytes} bytes at 0x${address.toString(16)} before ${at}`,
    ).toEqual(expected && place(expected));
  }
};

/** `last-write` of addresses of processes, from moments at which the process runs. Each page is given once and stays. */
export const checkUserWrites = async (asker: Asker, stepped: Stepped, count: number, seed: number): Promise<void> => {
  const random = randomNumbers(seed);
  const ofUser = stepped.writes.filter(({ mode }) => mode === privilege.user);
  for (let asked = 0; asked < Math.min(count, ofUser.length); asked += 1) {
    const { virtual, physical, sizeBytes, satp } = ofUser[random(ofUser.length)]!;
    const there = ofUser.filter((write) => write.satp === satp);
    const at = there[random(there.length)]!.moment;
    const expected = stepped.writes.findLast((write) => write.moment < at && touches(write, physical, sizeBytes));
    const question = {
      question: 'last-write',
      arguments: { expression: `${virtual},${sizeBytes}`, from: stepped.from },
    };
    const found = (await answers(asker.ask(question, { at }))).filter(({ kind }) => kind === 'write');
    const what = `the last write to 0x${virtual.toString(16)} before ${at}`;
    expect(found, what).toMatchObject(expected === undefined ? [] : [place(expected)]);
  }
};

/** `executed` of random instructions: the last, the next and how many. */
export const checkExecutions = async (asker: Asker, stepped: Stepped, count: number, seed: number): Promise<void> => {
  const random = randomNumbers(seed);
  const { from, to, runs } = stepped;
  for (let asked = 0; asked < count; asked += 1) {
    const { pc } = runs[random(runs.length)]!;
    const at = from + random(to - from + 1);
    const all = runs.filter((run) => run.pc === pc);
    const ask = async (which: string) => {
      const range = { from, to, which, place: `0x${pc.toString(16)}` };
      return answers(asker.ask({ question: 'executed', arguments: range }, { at }));
    };
    const what = `0x${pc.toString(16)} around ${at}`;
    const [last, next, counted] = [
      all.findLast((run) => run.moment < at),
      all.find((run) => run.moment >= at),
      [{ kind: 'count', count: all.length }],
    ];
    switch (asked % 3) {
      case 0:
        expect(await ask('last'), what).toMatchObject(last === undefined ? [] : [place(last)]);
        break;
      case 1:
        expect(await ask('next'), what).toMatchObject(next === undefined ? [] : [place(next)]);
        break;
      default:
        expect(await ask('count'), what).toEqual(counted);
    }
  }
};

/** Each byte that was printed from the beginning of a recording on. */
export const checkConsole = async (asker: Asker, { from, prints }: Stepped): Promise<void> => {
  for (const [offset, moment] of from === 0 ? prints.entries() : [])
    expect(await answers(asker.ask(`console-char ${offset}`))).toMatchObject([{ offset, moment }]);
};

/** All writes to random places, with what they left there, and all traps. */
export const checkAll = async (asker: Asker, stepped: Stepped, count: number, seed: number): Promise<void> => {
  const random = randomNumbers(seed);
  const { from, to, writes, traps } = stepped;
  const inRam = writes.filter(({ physical }) => physical >= ramBase);
  for (let asked = 0; asked < Math.min(count, inRam.length); asked += 1) {
    const { physical, sizeBytes } = inRam[random(inRam.length)]!;
    const expected = inRam.filter((write) => touches(write, physical, sizeBytes));
    const question = { question: 'writes', arguments: { expression: `${physical},${sizeBytes}`, from, to } };
    const found = await answers(asker.ask(question, { at: to }));
    expect(found, `all writes to 0x${physical.toString(16)}`).toMatchObject(expected.map(place));
    for (const [index, item] of found.entries()) {
      const before = found[index - 1];
      if (item.kind === 'write' && before?.kind === 'write') expect(item.before).toBe(before.after);
    }
  }
  const found = await answers(asker.ask({ question: 'traps', arguments: { from, to } }));
  const code = (cause: bigint) => ({ cause: Number(cause & 0xffffn), interrupt: cause >> 63n === 1n });
  expect(found).toMatchObject(traps.map((trap) => ({ ...place(trap), ...code(trap.cause) })));
};
