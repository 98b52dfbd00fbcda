import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Uart } from '../../vmm/devices/uart.ts';
import { accesses, bytes, histories } from './acts.ts';
import { checkSaveAnywhere, FakeBoard } from './board.ts';

const rbr = 0;
const ier = 1;
const iir = 2;
const lcr = 3;
const mcr = 4;
const lsr = 5;
const msr = 6;
const scr = 7;

const make = () => {
  const board = new FakeBoard();
  const uart = new Uart('uart0', board.context);
  const put = (register: number, value: number) => uart.write(register, 1, BigInt(value));
  const get = (register: number) => Number(uart.read(register));
  const type = (text: string) => uart.receive(new TextEncoder().encode(text));
  return { board, uart, put, get, type };
};

/** Does something to a fresh port and compares what a list of registers then reads. */
const check = (
  prepare: (port: ReturnType<typeof make>) => void,
  registers: readonly number[],
  expected: readonly number[],
) => {
  const port = make();
  prepare(port);
  expect(registers.map((register) => port.get(register))).toEqual(expected);
};

describe('registers of the serial port', () => {
  test('a reset port has an empty transmitter, no interrupt and a connected modem', () =>
    check(() => {}, [ier, iir, lcr, mcr, lsr, msr, scr], [0, 0x01, 0, 0x08, 0x60, 0xb0, 0]));
  test('the scratch register keeps what was written', () => check(({ put }) => put(scr, 0xa5), [scr], [0xa5]));
  test('the divisor latch hides behind DLAB', () =>
    check(
      ({ put }) => {
        put(lcr, 0x83);
        put(0, 0x34);
        put(1, 0x12);
      },
      [0, 1, lcr],
      [0x34, 0x12, 0x83],
    ));
  test('only the low four bits of IER exist', () => check(({ put }) => put(ier, 0xff), [ier], [0x0f]));
  test('enabled FIFOs show in IIR as a 16550A', () => check(({ put }) => put(iir, 0x01), [iir], [0xc1]));
  test('loopback wires the modem outputs to the inputs', () => check(({ put }) => put(mcr, 0x1a), [msr], [0x90])); // RTS, OUT2 -> CTS, DCD: what Linux's autoconfig looks for
  test('loopback returns a sent character and sends nothing', () => {
    const port = make();
    port.put(mcr, 0x10);
    port.put(rbr, 0x41);
    expect([port.get(lsr), port.get(rbr), port.get(lsr), port.board.output]).toEqual([0x61, 0x41, 0x60, '']);
  });
});

describe('interrupts of the serial port', () => {
  test('enabling the transmitter interrupt raises it at once and reading IIR acknowledges it', () => {
    const { board, put, get } = make();
    put(ier, 0x02);
    expect([board.line(), get(iir), board.line(), get(iir)]).toEqual([true, 0x02, false, 0x01]);
  });
  test('sending raises the transmitter interrupt again', () => {
    const { board, put, get } = make();
    put(ier, 0x02);
    get(iir);
    put(rbr, 0x48);
    expect([board.output, board.line(), get(iir)]).toEqual(['H', true, 0x02]);
  });
  test('a received character below the trigger level is a timeout, at the level it is data', () => {
    const { board, put, get, type } = make();
    put(iir, 0x41); // FIFOs, trigger at 4
    put(ier, 0x01);
    type('abc');
    const below = get(iir);
    type('d');
    expect([board.line(), below, get(iir)]).toEqual([true, 0xcc, 0xc4]);
  });
  test('received data goes before an empty transmitter', () => {
    const { put, get, type } = make();
    put(ier, 0x03);
    type('x');
    expect([get(iir), get(rbr), get(iir), get(iir)]).toEqual([0x04, 0x78, 0x02, 0x01]);
  });
  test('an overrun in loopback is a line status interrupt that reading LSR clears', () => {
    const { board, put, get } = make();
    put(ier, 0x04);
    put(mcr, 0x10);
    put(rbr, 1);
    put(rbr, 2);
    expect([get(iir), get(lsr), get(iir), board.line()]).toEqual([0x06, 0x63, 0x01, false]);
  });
});

describe('the receiver', () => {
  test('what does not fit waits and arrives in order', () => {
    const { put, get, type } = make();
    put(iir, 0x01);
    const text = 'the quick brown fox jumps over the lazy dog';
    type(text);
    let seen = '';
    while ((get(lsr) & 1) !== 0) seen += String.fromCharCode(get(rbr));
    expect(seen).toBe(text);
  });
  test('clearing the FIFO drops what was received and takes from the backlog', () => {
    const { put, get, type } = make();
    put(iir, 0x01);
    type('0123456789abcdefXY');
    put(iir, 0x03);
    expect(String.fromCharCode(get(rbr), get(rbr))).toBe('XY');
  });
  test('an empty receiver reads zero', () => check(() => {}, [rbr, lsr], [0, 0x60]));
});

test('the port saved anywhere goes on the same', () => {
  const typing = fc.string({ maxLength: 20 }).map((text) => ({
    kind: 'other' as const,
    run: (uart: { receive?(bytes: Uint8Array): void }) => uart.receive?.(new TextEncoder().encode(text)),
  }));
  const act = fc.oneof({ weight: 6, arbitrary: accesses([0, 1, 2, 3, 4, 5, 6, 7], bytes, [1, 4]) }, typing);
  fc.assert(
    fc.property(histories(act), ([acts, at]) =>
      checkSaveAnywhere((board) => new Uart('uart0', board.context), acts, at),
    ),
  );
});
