/** What can be wrong with the images that a machine is to start from, each as one function and one sentence. */

import { brief, hex, InputError, plural, type Sentence } from '../program/input-error.ts';

export type BootErrorCode = 'missing' | 'ram' | 'overlap' | 'format' | 'compression' | 'disk' | 'clock';

export class BootError extends InputError {
  readonly code: BootErrorCode;

  constructor(code: BootErrorCode, sentence: Sentence, options?: ErrorOptions) {
    super(sentence, options);
    this.name = 'BootError';
    this.code = code;
  }
}

/** A range of RAM that something takes: `end` is behind its last byte. */
export interface Region<Address extends number | bigint = number> {
  /** As an error names it: "the initial RAM disk initrd.gz". */
  readonly name: string;
  readonly start: Address;
  readonly end: Address;
}

const range = ({ start, end }: Region<number | bigint>): string => `${hex(start)} to ${hex(BigInt(end) - 1n)}`;

export const nothingToStart = (bios: string) =>
  new BootError('missing', {
    what: 'There is nothing to start',
    expected: bios === 'none' ? 'a kernel for M-mode' : 'a kernel for S-mode',
    found: `-bios ${bios} and no -kernel`,
    remedy: 'Name one with -kernel FILE, or firmware with -bios FILE',
  });

export const initrdWithoutKernel = (name: string) =>
  new BootError('missing', {
    what: `Nothing takes the initial RAM disk ${brief(name)}`,
    expected: 'a kernel with it',
    found: 'no -kernel',
    remedy: 'Name one with -kernel FILE, or leave -initrd out',
  });

export const twoClocks = () =>
  new BootError('clock', {
    what: "The guest's clock cannot go by steps and follow the host's",
    expected: '-icount with virtual time',
    found: "-icount, and the host's time",
    remedy: "Leave one of them out: -icount, or the host's time",
  });

export const imageMissing = (role: string) =>
  new BootError('missing', {
    what: `The ${role} image is not there`,
    expected: 'the contents that the machine was described with',
    found: 'none',
    remedy: 'Record again, or give the file that the recording names',
  });

export const notADisk = (slot: number, role: string, name: string) =>
  new BootError('disk', {
    what: `The disk in slot ${slot} has no medium`,
    expected: 'an image that is listed as a disk',
    found: `the ${role} image ${brief(name)}`,
    remedy: 'The program that wrote the trace did not follow the format; record again with Chronovisor',
  });

export const imageNotFound = (role: string, name: string, folders: readonly string[]) =>
  new BootError('missing', {
    what: `The ${role} image ${brief(name)} is not in the trace`,
    expected: `it beside the trace${folders.length > 1 ? ` or in ${brief(folders.slice(1).join(', '))}` : ''}`,
    found: 'no such file',
    remedy: 'Say where it is with --images FOLDER, or record without --external',
  });

export const imageDiffers = (name: string, expected: string, found: string) =>
  new BootError('missing', {
    what: `The image ${brief(name)} is not the one that was recorded`,
    expected,
    found,
    remedy: 'Give the file of that time; with another one the replay would differ',
  });

export const outsideRam = (region: Region<number | bigint>, ram: Region) =>
  new BootError('ram', {
    what: `${capital(brief(region.name))} does not fit in RAM`,
    expected: `addresses from ${range(ram)}`,
    found: range(region),
    remedy:
      region.start >= ram.start && region.start < 2 ** 32
        ? 'Give the machine more RAM with -m, or make the image smaller'
        : 'Link it for the board, whose RAM begins at 0x80000000',
  });

export const overlap = (first: Region, second: Region) =>
  new BootError('overlap', {
    what: `${capital(brief(first.name))} and ${brief(second.name)} overlap`,
    expected: 'each to have addresses of its own',
    found: `${range(first)} and ${range(second)}`,
    remedy: 'Give the machine more RAM with -m, or link one of them for other addresses',
  });

export const emptyImage = (name: string) =>
  new BootError('format', {
    what: `The file ${brief(name)} is empty`,
    expected: 'an image',
    found: '0 bytes',
    remedy: 'Build it again',
  });

export const otherFormat = (name: string, expected: string, found: string, remedy: string) =>
  new BootError('format', { what: `The file ${brief(name)} cannot be used`, expected, found, remedy });

export const notDecompressed = (name: string, limitBytes: number, cause: unknown) =>
  new BootError(
    'compression',
    {
      what: `The file ${brief(name)} does not decompress`,
      expected: `whole gzip data of at most ${plural(limitBytes, 'byte')}`,
      found: brief(cause instanceof Error ? cause.message : String(cause)),
      remedy: 'Copy or build it again; "gzip -t" checks it',
    },
    { cause },
  );

export const noLoadAddress = (name: string) =>
  new BootError('missing', {
    what: `The file ${brief(name)} does not say where it goes`,
    expected: 'an ELF, or an address',
    found: 'raw bytes without addr=',
    remedy: 'Say -device loader,file=FILE,addr=ADDRESS',
  });

export const nothingToLoad = (name: string) =>
  new BootError('format', {
    what: `The program ${brief(name)} has nothing to load`,
    expected: 'at least one segment of type PT_LOAD',
    found: 'none',
    remedy: 'Name the linked kernel, not its separate debug information',
  });

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
