/** Traps in words, as the tables of mcause and scause name them (Privileged 3.1.15, table 3.6). */

import { cause } from '../../vmm/machine/trap.ts';

export interface TrapCause {
  readonly code: number;
  readonly interrupt: boolean;
}

export const trapCause = (register: bigint): TrapCause => ({
  code: Number(register & 0xffff_ffffn),
  interrupt: register >> 63n === 1n,
});

/** Whether the code that trapped asked for it. */
export const isEnvironmentCall = ({ code, interrupt }: TrapCause): boolean =>
  !interrupt && (code === cause.ecallFromUser || code === cause.ecallFromSupervisor || code === cause.ecallFromMachine);

interface ExceptionName {
  readonly code: number;
  /** An identifier for a filter. */
  readonly id: string;
  readonly words: string;
  /** What the value register holds: the address of the access, of the instruction, its bits, or nothing of use. */
  readonly value: 'access' | 'fetch' | 'instruction' | 'none';
}

const exception = (code: number, id: string, words: string, value: ExceptionName['value']): ExceptionName => ({
  code,
  id,
  words,
  value,
});

// biome-ignore format: a table
export const exceptions: readonly ExceptionName[] = [
  exception(cause.instructionMisaligned,  'instruction-misaligned',   'instruction address misaligned',    'fetch'),
  exception(cause.instructionAccessFault, 'instruction-access-fault', 'instruction access fault',          'fetch'),
  exception(cause.illegalInstruction,     'illegal-instruction',      'illegal instruction',               'instruction'),
  exception(cause.breakpoint,             'breakpoint',               'breakpoint (ebreak)',               'none'),
  exception(cause.loadMisaligned,         'load-misaligned',          'load address misaligned',           'access'),
  exception(cause.loadAccessFault,        'load-access-fault',        'load access fault',                 'access'),
  exception(cause.storeMisaligned,        'store-misaligned',         'store/AMO address misaligned',      'access'),
  exception(cause.storeAccessFault,       'store-access-fault',       'store/AMO access fault',            'access'),
  exception(cause.ecallFromUser,          'ecall-from-u',             'environment call from U-mode',      'none'),
  exception(cause.ecallFromSupervisor,    'ecall-from-s',             'environment call from S-mode',      'none'),
  exception(cause.ecallFromMachine,       'ecall-from-m',             'environment call from M-mode',      'none'),
  exception(cause.instructionPageFault,   'instruction-page-fault',   'instruction page fault',            'fetch'),
  exception(cause.loadPageFault,          'load-page-fault',          'load page fault',                   'access'),
  exception(cause.storePageFault,         'store-page-fault',         'store/AMO page fault',              'access'),
];

interface InterruptName {
  readonly code: number;
  readonly id: string;
  readonly words: string;
}

// biome-ignore format: a table
export const interrupts: readonly InterruptName[] = [
  { code: 1,  id: 'ssi', words: 'supervisor software interrupt' },
  { code: 3,  id: 'msi', words: 'machine software interrupt' },
  { code: 5,  id: 'sti', words: 'supervisor timer interrupt' },
  { code: 7,  id: 'mti', words: 'machine timer interrupt' },
  { code: 9,  id: 'sei', words: 'supervisor external interrupt' },
  { code: 11, id: 'mei', words: 'machine external interrupt' },
];

/** The identifier of a cause, as filters have it. */
export const idOf = ({ code, interrupt }: TrapCause): string =>
  (interrupt ? interrupts : exceptions).find((row) => row.code === code)?.id ??
  `${interrupt ? 'interrupt' : 'exception'}-${code}`;

export const causeWords = ({ code, interrupt }: TrapCause): string => {
  const found = (interrupt ? interrupts : exceptions).find((row) => row.code === code);
  return found?.words ?? `${interrupt ? 'interrupt' : 'exception'} ${code}`;
};

/** A trap as its three registers tell it: "load page fault at 0x80001234 accessing 0x8". `place` words an address. */
export const trapWords = (
  causeRegister: bigint,
  epc: bigint,
  value: bigint,
  place: (address: bigint) => string,
): string => {
  const found = trapCause(causeRegister);
  const words = `${causeWords(found)} at ${place(epc)}`;
  if (found.interrupt) return words;
  switch (exceptions.find(({ code }) => code === found.code)?.value) {
    case 'access':
      return `${words} accessing ${place(value)}`;
    case 'fetch':
      return value === epc ? words : `${words} fetching ${place(value)}`;
    case 'instruction':
      return value === 0n ? words : `${words}: 0x${value.toString(16)}`;
    default:
      return words;
  }
};
