/**
 * The machine's options, spelt as for `qemu-system-riscv64 -M virt`, so that the line of a kernel's Makefile works as it
 * is. THE table of options: one row each, either taken or refused with what to use instead. It opens no file.
 */

import type { ConsoleOption, MachineOptions } from '../boot/machine-options.ts';
import { takeBoard, takeCounting, takeCpu } from './board-options.ts';
import { takeDevice, takeDrive, takeGlobal, useDrive } from './device-options.ts';
import { badValue, missingValue, refusedOption, strayWord, twice, UsageError, unknownOption } from './errors.ts';
import { type Draft, finish, newDraft } from './option-draft.ts';
import { nearest, onlyKnown, properties, sizeOf, wholeNumber } from './option-values.ts';

const mebibyte = 2 ** 20;
const [ramBytesMin, ramBytesMax] = [16 * mebibyte, 2048 * mebibyte];
const hartsMax = 8;

/** @throws {UsageError} that names the first option that the machine does not have */
export const parseMachineOptions = (words: readonly string[]): MachineOptions => {
  const draft = newDraft();
  const rest = /(^|\/)qemu-system-riscv64$/.test(words[0] ?? '') ? words.slice(1) : words;
  for (let index = 0; index < rest.length; ) index += takeOption(draft, rest, index);
  return finish(draft);
};

/**
 * Takes the option at `index`, and gives how many words it has.
 * @throws {UsageError} when the machine does not have it
 */
const takeOption = (draft: Draft, words: readonly string[], index: number): number => {
  const word = words[index]!;
  if (!word.startsWith('-') || word === '-') throw strayWord(word);
  const option = word.startsWith('--') ? word.slice(1) : word;
  const row = rowOf(option);
  if (row === undefined) throw unknownOption(word, nearest(option, knownOptions));
  if ('instead' in row) throw refusedOption(option, row.instead);
  if (row.argument === undefined) {
    row.take(draft, '', option);
    return 1;
  }
  const value = words[index + 1];
  if (value === undefined) throw missingValue(option, row.argument);
  row.take(draft, value, option);
  return 2;
};

/** What of a line of QEMU's this machine has. */
export interface FittedOptions {
  readonly words: readonly string[];
  /** The rest, each option with why, as the end of a sentence. */
  readonly leftOut: readonly { readonly words: readonly string[]; readonly why: string }[];
}

/**
 * The options of a line that was written for QEMU, without those that this machine has not. Each is looked at by itself: what
 * is left may still be no machine, such as a device whose drive was left out.
 */
export const fitMachineOptions = (words: readonly string[]): FittedOptions => {
  const draft = newDraft();
  const kept: string[] = [];
  const leftOut: FittedOptions['leftOut'][number][] = [];
  for (let index = 0; index < words.length; ) {
    try {
      const count = takeOption(draft, words, index);
      kept.push(...words.slice(index, index + count));
      index += count;
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      const row = rowOf(words[index]!.replace(/^--/, '-'));
      // Of an option that the machine has not, only its look says whether the next word is its value.
      const hasValue =
        row !== undefined && 'take' in row ? row.argument !== undefined : !/^-/.test(words[index + 1] ?? '-');
      const own = words.slice(index, index + (hasValue ? 2 : 1));
      leftOut.push({ words: own, why: whyOf(error) });
      index += own.length;
    }
  }
  return { words: kept, leftOut };
};

const whyOf = ({ message, remedy }: UsageError): string =>
  /^Leave it out: (.*)$/.exec(remedy)?.[1] ?? message.replace(/\.$/, '');

/** The options as --help lists them: `-m SIZE`, and what it means. */
export const optionHelp = (): readonly (readonly [spelling: string, meaning: string])[] =>
  rows
    .filter((row): row is TakenRow => 'take' in row && row.meaning !== undefined)
    .map(({ names, argument, meaning }) => [
      `${names.join(', ')}${argument === undefined ? '' : ` ${argument}`}`,
      meaning ?? '',
    ]);

interface TakenRow {
  readonly names: readonly string[];
  /** How --help names its value; without one the option has none. */
  readonly argument?: string;
  /** Absent for what changes nothing here and is taken so that a line need not be edited. */
  readonly meaning?: string;
  readonly take: (draft: Draft, value: string, option: string) => void;
}

interface RefusedRow {
  readonly names: readonly string[];
  readonly instead: string;
}

const taken = (names: string, argument: string | undefined, meaning: string | undefined, take: TakenRow['take']) => ({
  names: names.split(' '),
  ...(argument === undefined ? {} : { argument }),
  ...(meaning === undefined ? {} : { meaning }),
  take,
});
const ignored = (names: string, argument?: string): TakenRow => taken(names, argument, undefined, () => {});
const refused = (names: string, instead: string): RefusedRow => ({ names: names.split(' '), instead });

/** Accepts a value that says what is so anyway, and refuses every other. */
const onlyValue = (names: string, accepted: readonly string[], remedy: string): TakenRow =>
  taken(names, accepted[0], undefined, (_, value, option) => {
    if (!accepted.includes(value)) throw badValue(option, accepted.join(' or '), value, remedy);
  });

const debugging = 'Leave it out: debug the recording afterwards, as often as you like, with "chronovisor dap"';
const noDisplay = 'Leave it out: the machine has a serial console and no display';
const noNetwork = 'Leave it out: this machine has no network device';
const traced =
  'Leave it out: the trace holds all that happens; look into it with "chronovisor dap" or "chronovisor info"';

const rows: readonly (TakenRow | RefusedRow)[] = [
  taken('-machine -M', 'virt', 'the board, which is always virt', (_, value, option) => takeBoard(value, option)),
  taken('-cpu', 'rv64', 'the harts, which are always RV64GC', (_, value, option) => takeCpu(value, option)),
  taken('-smp', 'N', 'how many harts, 1 to 8', (draft, value, option) => {
    const found = properties(option, value, 'cpus');
    onlyKnown(option, found, ['cpus', 'maxcpus', 'cores', 'sockets', 'threads']);
    const [sockets, cores, threads] = ['sockets', 'cores', 'threads'].map((name) =>
      wholeNumber(`${option} ${name}`, found.get(name) ?? '1', 1, hartsMax),
    );
    draft.harts = wholeNumber(option, found.get('cpus') ?? String(sockets! * cores! * threads!), 1, hartsMax);
  }),
  taken('-m', 'SIZE', 'RAM, 16M to 2G; a plain number is in MiB (default 128M)', (draft, value, option) => {
    const found = properties(option, value, 'size');
    onlyKnown(option, found, ['size']);
    draft.ramBytes = sizeOf(option, found.get('size') ?? '');
    if (draft.ramBytes < ramBytesMin || draft.ramBytes > ramBytesMax || draft.ramBytes % 4096 !== 0) {
      throw badValue(
        option,
        'from 16M to 2G, in whole pages of 4096 bytes',
        value,
        'Give the machine another size of RAM',
      );
    }
  }),
  taken('-bios', 'none|default|FILE', 'M-mode firmware; default: an SBI inside the VMM', (draft, value) => {
    draft.bios = value === 'none' || value === 'default' ? value : { file: value };
  }),
  taken('-kernel', 'FILE', 'ELF, Linux Image, either with gzip, or raw bytes', (draft, value) => {
    draft.kernel = value;
  }),
  taken('-initrd', 'FILE', 'the initial RAM disk', (draft, value) => {
    draft.initrd = value;
  }),
  taken('-append', 'TEXT', "the kernel's command line", (draft, value) => {
    draft.append = value;
  }),
  taken('-dtb', 'FILE', 'a device tree instead of the generated one', (draft, value) => {
    draft.dtb = value;
  }),
  taken(
    '-drive',
    'file=FILE,if=none,format=raw,id=ID',
    'a disk; what the guest writes stays in the recording',
    (draft, value, option) => takeDrive(draft, value, option),
  ),
  taken(
    '-device',
    'DEVICE',
    'virtio-blk-device,drive=ID | virtio-rng-device [,bus=virtio-mmio-bus.N] | loader,file=FILE[,addr=ADDRESS]',
    (draft, value, option) => takeDevice(draft, value, option),
  ),
  taken(
    '-global',
    'virtio-mmio.force-legacy=BOOL',
    'the interface of the virtio slots (default true)',
    (draft, value, option) => takeGlobal(draft, value, option),
  ),
  taken(
    '-serial',
    'mon:stdio|stdio|none|file:FILE',
    'where the console goes (default: the terminal)',
    (draft, value, option) => {
      if (draft.console !== undefined) throw twice(option, 'serial port');
      draft.console = serialTarget(value, option);
    },
  ),
  taken('-rtc', 'base=utc|DATE', 'what the real-time clock shows at the start', (draft, value, option) => {
    const found = properties(option, value);
    onlyKnown(option, found, ['base', 'clock']);
    const base = found.get('base') ?? 'utc';
    if (base !== 'utc') draft.clockSeconds = dateOf(option, base);
  }),
  taken('-icount', 'shift=N', "the guest's clock: 2^N ns a step, N from 0 to 2 (default: 0)", takeCounting),
  taken('-no-reboot', undefined, 'a reset ends the run', (draft) => {
    draft.noReboot = true;
  }),
  // What says nothing new about this machine.
  ignored('-nographic'),
  ignored('-nodefaults -no-user-config -snapshot'),
  ignored('-name', 'NAME'),
  onlyValue('-display', ['none'], noDisplay),
  onlyValue('-vga', ['none'], noDisplay),
  onlyValue('-monitor', ['none', 'null'], 'Leave it out: there is no monitor'),
  onlyValue('-parallel', ['none', 'null'], 'Leave it out: there is no parallel port'),
  onlyValue('-net', ['none'], noNetwork),
  onlyValue('-nic', ['none'], noNetwork),
  taken('-accel', 'tcg', undefined, (_, value, option) => {
    const kind = properties(option, value, 'accel').get('accel');
    if (kind !== 'tcg') throw badValue(option, 'tcg', value, 'Leave it out: the machine is always translated');
  }),
  taken('-object', 'rng-random,id=ID', undefined, (_, value, option) => {
    const kind = properties(option, value, 'kind').get('kind');
    if (kind !== 'rng-random' && kind !== 'rng-builtin') throw badValue(option, 'rng-random or rng-builtin', value);
  }),
  // What QEMU has and this machine has not.
  refused('-s -S -gdb -singlestep -one-insn-per-tb', debugging),
  refused('-d -D -dfilter -trace -plugin -msg', traced),
  refused('-seed', 'Say --seed TEXT before "--"; every run can be repeated in any case'),
  refused('-enable-kvm -tpmdev -readconfig -writeconfig -set -qmp -qmp-pretty -mon -chardev', 'Leave it out'),
  refused('-netdev', noNetwork),
  refused('-hda -hdb -hdc -hdd -sd -cdrom -fda -fdb -mtdblock -blockdev', useDrive),
  refused('-pflash', 'Use -bios FILE: the board has no flash'),
  refused('-fsdev -virtfs -usb -usbdevice -audiodev -audio', 'Leave it out: this machine has no such device'),
  refused('-spice -vnc -full-screen -k', noDisplay),
  refused('-loadvm -incoming', 'Leave it out: go to any moment of a recording with "chronovisor dap"'),
  refused('-daemonize -pidfile -chroot -runas -sandbox', 'Leave it out: use what your shell has for this'),
  refused(
    '-no-shutdown -action -watchdog-action -boot -option-rom -fw_cfg -numa -semihosting -semihosting-config',
    'Leave it out',
  ),
  refused('-h -help -version', '"chronovisor record --help" lists the options'),
];

const rowsByName = new Map(rows.flatMap((row) => row.names.map((name) => [name, row] as const)));
const knownOptions = rows.filter((row) => 'take' in row).flatMap(({ names }) => names);
const rowOf = (option: string): TakenRow | RefusedRow | undefined => rowsByName.get(option);

const serialTarget = (value: string, option: string): ConsoleOption => {
  if (value === 'mon:stdio' || value === 'stdio') return { kind: 'terminal' };
  if (value === 'none' || value === 'null') return { kind: 'none' };
  if (value.startsWith('file:') && value.length > 5) return { kind: 'file', file: value.slice(5) };
  const remedy = 'Use mon:stdio; "chronovisor record" can also feed the console with --input FILE or --script FILE';
  throw badValue(option, 'mon:stdio, stdio, none, null or file:FILE', value, remedy);
};

const dateOf = (option: string, text: string): number => {
  const match = /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d)?$/.exec(text);
  const seconds =
    match === null ? Number.NaN : Date.parse(match[1] === undefined ? `${text}T00:00:00Z` : `${text}Z`) / 1000;
  if (Number.isNaN(seconds)) throw badValue(`${option} base=`, 'utc or a date such as 2026-01-31T12:00:00', text);
  return seconds;
};
