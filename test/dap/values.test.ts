/** Registers, memory and disassembly, as a client looks at them. */
import { beforeAll, describe, expect, test } from 'vitest';
import { refusal } from './client.ts';
import { bareElf, demoElf, record, replay } from './fixture.ts';

let demo = '';
let fault = '';
beforeAll(async () => {
  demo = await record(demoElf, 'demo', 6_000_000);
  fault = await record(bareElf('fault'), 'fault', 1_000_000);
});

const atPathResolve = async () => {
  const client = await replay(demo);
  await client.functionBreakpoints({ name: 'path_resolve' });
  await client.move('configurationDone');
  await client.move('continue');
  return client;
};

describe('the registers', () => {
  test('have the names of the ABI, and pc says where it is', async () => {
    const client = await atPathResolve();
    const registers = await client.scope('Registers');
    expect([...registers.keys()].slice(0, 5)).toEqual(['pc', 'zero', 'ra', 'sp', 'gp']);
    expect(registers.get('pc')!.value).toMatch(/^0x8[0-9a-f]+ path_resolve$/);
    expect(registers.size).toBe(33);
  });

  test('of control and status have their fields as children', async () => {
    const client = await atPathResolve();
    const csrs = await client.scope('CSRs');
    const satp = await client.children(csrs.get('satp')!.variablesReference);
    expect([...satp].map(([name, { value }]) => [name, value])).toEqual([
      ['MODE', '8 (Sv39)'],
      ['ASID', '0'],
      ['PPN', expect.stringMatching(/^0x80[0-9a-f]+$/)],
    ]);
    const sstatus = await client.children(csrs.get('sstatus')!.variablesReference);
    expect(sstatus.get('SPP')!.value).toBe('0 (U)');
    expect(sstatus.get('UXL')!.value).toBe('2 (64)');
    expect(csrs.get('mie')!.value).toContain('STIE');
    expect(csrs.get('scause')!.value).toBe('0x8 environment call from U-mode');
  });

  test('of floating point are shown as values and bits', async () => {
    const client = await atPathResolve();
    const float = await client.scope('Floating point');
    expect(float.get('fa0')!.value).toBe('0 (0x0000000000000000)');
    const fcsr = await client.children(float.get('fcsr')!.variablesReference);
    expect(fcsr.get('RM')!.value).toBe('0 (to nearest, ties to even)');
  });

  test('come with the position in the recording', async () => {
    const client = await atPathResolve();
    const position = await client.scope('Position');
    expect(position.get('moment')!.value).toBe(`${await client.moment()}`);
    expect(position.get('mode')!.value).toBe('S-mode');
    expect(position.get('recording')!.value).toBe('made');
  });

  test('of a stop that is over are refused', async () => {
    const client = await atPathResolve();
    const { id } = await client.frame();
    await client.move('stepIn');
    expect(await refusal(client.scopesRequest({ frameId: id }))).toContain(`There is no stack frame ${id}`);
    expect(await refusal(client.variablesRequest({ variablesReference: 12345 }))).toContain('no variables 12345');
  });
});

describe('an expression', () => {
  test('has registers, symbols and operators', async () => {
    const client = await atPathResolve();
    expect(await client.evaluate('pc - path_resolve')).toBe('0');
    expect(await client.evaluate('$zero == 0 && (1 << 4) + 2 * 3 == 22')).toBe('1');
    expect(await client.evaluate('path_resolve + 2')).toContain('path_resolve+0x2');
    expect(await client.evaluate('-1')).toBe('0xffffffffffffffff (-1)');
    expect(await refusal(client.evaluateRequest({ expression: 'nobody' }))).toContain('Nothing is called nobody');
  });

  test('may be a command of the console', async () => {
    const client = await atPathResolve();
    expect(await client.evaluate('moment')).toBe(`${await client.moment()}`);
    expect(await client.evaluate('info')).toContain('1 hart, 32 MiB, bios none, virtual time');
    expect(await client.evaluate('help')).toContain('go MOMENT');
    const stopped = client.nextStop();
    expect(await client.evaluate('go 1234')).toBe('going to moment 1234');
    expect(await stopped).toMatchObject({ reason: 'goto' });
    expect(await client.moment()).toBe(1234);
    expect(await refusal(client.evaluateRequest({ expression: 'go 99999999999', context: 'repl' }))).toContain(
      'This is no moment of the recording',
    );
  });
});

const bytesAt = async (
  client: Awaited<ReturnType<typeof replay>>,
  memoryReference: string,
  count: number,
  offset = 0,
) => {
  const { body } = await client.customRequest('readMemory', { memoryReference, count, offset });
  return { ...body, bytes: Buffer.from(body.data ?? '', 'base64').toString('hex') };
};

describe('memory', () => {
  test('is read by the translation of the present moment', async () => {
    const client = await replay(fault);
    await client.filters({ filterId: 'ecall-from-u' }, { filterId: 'load-page-fault' });
    await client.move('configurationDone');
    expect((await bytesAt(client, '0x40000000', 8)).bytes).toBe('');
    await client.move('continue');
    // The user's page, which the kernel itself may not read without SUM.
    expect((await bytesAt(client, '0x40000000', 8)).bytes).toHaveLength(16);
    const across = await bytesAt(client, '0x40001ffc', 16);
    expect(across).toMatchObject({ address: '0x40001ffc', unreadableBytes: 12 });
    expect((await bytesAt(client, '0x40002000', 4)).unreadableBytes).toBe(4);
  });

  test('of the boot ROM is read, of devices is not', async () => {
    const client = await replay(demo);
    await client.move('configurationDone');
    expect((await bytesAt(client, '0x1000', 4)).bytes).toBe('97020000');
    expect((await bytesAt(client, '0x10000000', 4)).unreadableBytes).toBe(4);
    expect((await bytesAt(client, '0x80000000', 0)).bytes).toBe('');
    expect((await bytesAt(client, '0xffffffffffffffff', 4)).unreadableBytes).toBe(4);
  });

  test('of the past cannot be changed', async () => {
    const client = await atPathResolve();
    const change = client.customRequest('writeMemory', { memoryReference: '0x80000000', data: 'AAAA' });
    expect(await refusal(change)).toContain('The past cannot be changed');
  });
});

describe('the disassembly', () => {
  const disassemble = async (client: Awaited<ReturnType<typeof replay>>, args: object) => {
    const { body } = await client.customRequest('disassemble', { resolveSymbols: true, ...args });
    return body.instructions as { address: string; instruction: string; symbol?: string; presentationHint?: string }[];
  };

  test('begins where it is asked to, with symbols, in instructions of both lengths', async () => {
    const client = await atPathResolve();
    const { instructionPointerReference: memoryReference } = await client.frame();
    const lines = await disassemble(client, { memoryReference, instructionCount: 8 });
    expect(lines).toHaveLength(8);
    expect(lines[0]).toMatchObject({ address: memoryReference, symbol: 'path_resolve' });
    expect(lines[1]!.symbol).toBe('path_resolve+0x2');
    expect(lines.some(({ instruction }) => instruction.includes('ra,168(sp)'))).toBe(true);
  });

  test('goes backwards to the same lines that going forwards passes', async () => {
    const client = await atPathResolve();
    const { instructionPointerReference: memoryReference } = await client.frame();
    const back = await disassemble(client, { memoryReference, instructionOffset: -200, instructionCount: 400 });
    expect(back).toHaveLength(400);
    expect(back[200]!.address).toBe(memoryReference);
    expect(back.filter(({ presentationHint }) => presentationHint === 'invalid')).toEqual([]);
    for (const at of [0, 57, 150]) {
      const forth = await disassemble(client, { memoryReference: back[at]!.address, instructionCount: 400 - at });
      expect(forth).toEqual(back.slice(at));
    }
    const addresses = back.map(({ address }) => BigInt(address));
    expect(addresses).toEqual([...addresses].sort((a, b) => (a < b ? -1 : 1)));
  });

  test('has as many lines as were asked for where no memory is', async () => {
    const client = await atPathResolve();
    for (const memoryReference of ['0x0', '0x5000', '0xfffffffffffffff0', '0x81fffff8']) {
      const lines = await disassemble(client, { memoryReference, instructionOffset: -50, instructionCount: 100 });
      expect(lines).toHaveLength(100);
      expect(lines[50]!.address).toBe(memoryReference);
    }
  });

  test('shows the boot ROM at the start of a recording', async () => {
    const client = await replay(demo);
    await client.move('configurationDone');
    const lines = await disassemble(client, { memoryReference: '0x1000', instructionOffset: -3, instructionCount: 6 });
    expect(lines[2]).toMatchObject({ presentationHint: 'invalid' });
    expect(lines[3]).toMatchObject({ address: '0x1000', instruction: 'auipc t0,0x0' });
  });
});
