/** Breakpoints, their conditions and counts, and exception filters, as a client sets them. */
import { beforeAll, describe, expect, test } from 'vitest';
import { bareElf, demoElf, record, replay } from './fixture.ts';

let demo = '';
let fault = '';
beforeAll(async () => {
  demo = await record(demoElf, 'demo', 6_000_000);
  fault = await record(bareElf('fault'), 'fault', 1_000_000);
});

describe('a breakpoint', () => {
  test('stops at a function, whichever the direction, and names itself', async () => {
    const client = await replay(demo);
    const [breakpoint] = await client.functionBreakpoints({ name: 'trap_from_user' });
    expect(breakpoint).toMatchObject({ verified: true });
    await client.move('configurationDone');
    const stopped = await client.move('continue');
    expect(stopped).toMatchObject({ reason: 'function breakpoint', hitBreakpointIds: [breakpoint!.id] });
    expect((await client.frame()).name).toBe('trap_from_user');
    const first = await client.moment();
    await client.move('continue');
    expect(await client.moment()).toBeGreaterThan(first);
    await client.move('reverseContinue');
    expect(await client.moment()).toBe(first);
  });

  test('stops at an address, given as an instruction with an offset', async () => {
    const client = await replay(demo);
    const [place] = await client.functionBreakpoints({ name: 'trap_from_user' });
    await client.functionBreakpoints();
    const { body } = await client.customRequest('setInstructionBreakpoints', {
      breakpoints: [{ instructionReference: place!.instructionReference, offset: 2 }],
    });
    expect(body.breakpoints).toMatchObject([{ verified: true }]);
    await client.move('configurationDone');
    expect(await client.move('continue')).toMatchObject({ reason: 'instruction breakpoint' });
    const address = BigInt(place!.instructionReference!) + 2n;
    expect((await client.frame()).instructionPointerReference).toBe(`0x${address.toString(16)}`);
  });

  test('stops at a symbol with an offset, or at a number', async () => {
    const client = await replay(demo);
    const found = await client.functionBreakpoints(
      { name: 'panic' },
      { name: 'panic+2' },
      { name: '*0x80000000' },
      { name: '0x80000002' },
    );
    const [panic, behind, ...numbers] = found.map(({ instructionReference }) => instructionReference!);
    expect(BigInt(behind!)).toBe(BigInt(panic!) + 2n);
    expect(numbers).toEqual(['0x80000000', '0x80000002']);
  });

  test('stops only when its condition holds', async () => {
    const client = await replay(demo);
    await client.functionBreakpoints({ name: 'path_resolve', condition: 'a0 != 0 && sp < 0x80000000' });
    await client.move('configurationDone');
    expect(await client.move('continue')).toMatchObject({ description: 'Reached the end of the recording' });
    await client.functionBreakpoints({ name: 'path_resolve', condition: '$sp >= 0x80000000' });
    expect(await client.move('reverseContinue')).toMatchObject({ reason: 'function breakpoint' });
  });

  test('counts its hits: the third one, and every second one', async () => {
    const client = await replay(demo);
    await client.functionBreakpoints({ name: 'trap_from_user' });
    await client.move('configurationDone');
    const moments: number[] = [];
    for (let hit = 0; hit < 4; hit += 1) {
      await client.move('continue');
      moments.push(await client.moment());
    }
    await client.functionBreakpoints();
    await client.goTo(0);
    await client.functionBreakpoints({ name: 'trap_from_user', hitCondition: '3' });
    await client.move('continue');
    expect(await client.moment()).toBe(moments[2]);
    await client.functionBreakpoints();
    await client.goTo(0);
    await client.functionBreakpoints({ name: 'trap_from_user', hitCondition: '%2' });
    await client.move('continue');
    expect(await client.moment()).toBe(moments[1]);
    await client.move('continue');
    expect(await client.moment()).toBe(moments[3]);
    await client.functionBreakpoints();
    await client.functionBreakpoints({ name: 'trap_from_user', hitCondition: '==2' });
    await client.move('reverseContinue');
    expect(await client.moment()).toBe(moments[1]);
  });

  test('says a message instead of stopping when it has one', async () => {
    const client = await replay(demo);
    let said = '';
    client.on('output', (event) => {
      if (event.body.category === 'console') said += event.body.output;
    });
    await client.functionBreakpoints({
      name: 'trap_from_user',
      hitCondition: '<=2',
      logMessage: 'from {sepc} at {pc + 0}',
    });
    await client.move('configurationDone');
    expect(await client.move('continue')).toMatchObject({ description: 'Reached the end of the recording' });
    expect(said).toMatch(/^from 0x[0-9a-f]+ at 0x8[0-9a-f]+\nfrom 0x[0-9a-f]+ at 0x8[0-9a-f]+\n$/);
  });

  test('that cannot be set says why, and leaves the others', async () => {
    const client = await replay(demo);
    const found = await client.functionBreakpoints(
      { name: 'no_such_function' },
      { name: 'panic', condition: 'a0 ==' },
      { name: 'panic', hitCondition: 'often' },
      { name: 'panic', logMessage: '{nobody}' },
      { name: '0x80000001' },
      { name: 'panic' },
    );
    expect(found.map(({ verified }) => verified)).toEqual([false, false, false, false, false, true]);
    expect(found[0]!.message).toContain('Nothing is called no_such_function');
    expect(found[1]!.message).toContain('The expression "a0 ==" cannot be understood');
    const { body } = await client.setBreakpointsRequest({ source: { path: 'main.c' }, breakpoints: [{ line: 9999 }] });
    expect(body.breakpoints).toMatchObject([{ verified: false, line: 9999 }]);
  });
});

describe('an exception filter', () => {
  test('for load page faults stops at each of them, in both directions', async () => {
    const client = await replay(fault);
    await client.filters({ filterId: 'load-page-fault' });
    await client.move('configurationDone');
    const stops: { readonly moment: number; readonly words: string }[] = [];
    for (;;) {
      const { reason, description } = await client.move('continue');
      if (reason !== 'exception') break;
      stops.push({ moment: await client.moment(), words: description! });
      expect((await client.scope('CSRs')).get('scause')!.value).toBe('0xd load page fault');
    }
    expect(stops.length).toBeGreaterThan(1);
    expect(stops[0]!.words).toMatch(/^Paused on load page fault at 0x.* accessing 0x/);
    for (const { moment, words } of [...stops].reverse()) {
      expect(await client.move('reverseContinue')).toMatchObject({ reason: 'exception', description: words });
      expect(await client.moment()).toBe(moment);
    }
  });

  test('stops only where its condition holds', async () => {
    const client = await replay(fault);
    await client.filters({ filterId: 'load-page-fault', condition: 'stval == 0x12345' });
    await client.move('configurationDone');
    expect(await client.move('continue')).toMatchObject({ description: 'Reached the end of the recording' });
  });

  test('for the guest panic is refused where there is no such symbol', async () => {
    const client = await replay(fault);
    const { body } = await client.setExceptionBreakpointsRequest({ filters: ['panic', 'interrupt'] });
    expect(body).toEqual({
      breakpoints: [
        { verified: false, message: 'The program has no symbol panic, and no panic handler of Rust' },
        { verified: true },
      ],
    });
  });

  test('from a page fault in user mode leads back to the instruction that made it', async () => {
    const client = await replay(fault);
    await client.filters({ filterId: 'store-page-fault', condition: '(sstatus & 0x100) == 0' });
    await client.move('configurationDone');
    expect(await client.move('continue')).toMatchObject({ reason: 'exception' });
    const sepc = await client.evaluate('sepc + 0');
    await client.move('stepBack');
    expect((await client.threadsRequest()).body.threads[0]!.name).toBe('hart 0 (U-mode)');
    expect(await client.evaluate('pc + 0')).toBe(sepc);
    await client.move('stepIn');
    expect((await client.threadsRequest()).body.threads[0]!.name).toBe('hart 0 (S-mode)');
  });
});
