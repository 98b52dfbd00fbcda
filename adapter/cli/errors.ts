/** What can be wrong with a command line, each as one function and one sentence. */

import { brief, InputError, type Sentence } from '../program/input-error.ts';

export class UsageError extends InputError {
  constructor(sentence: Sentence) {
    super(sentence);
    this.name = 'UsageError';
  }
}

const listPlace = '"chronovisor record --help" lists the options';

export const unknownOption = (option: string, nearest: string | undefined) =>
  new UsageError({
    what: `The machine has no option ${brief(option)}`,
    expected: nearest === undefined ? 'an option of qemu-system-riscv64 -M virt' : `perhaps ${nearest}`,
    found: brief(option),
    remedy: listPlace,
  });

export const strayWord = (word: string) =>
  new UsageError({
    what: "A word among the machine's options belongs to none of them",
    expected: 'each option to begin with - and to have at most one value',
    found: `"${brief(word)}"`,
    remedy: 'Name a disk with -drive and a kernel with -kernel, and quote values that have spaces',
  });

export const refusedOption = (option: string, instead: string) =>
  new UsageError({
    what: `The option ${brief(option)} is QEMU's and not this machine's`,
    expected: 'options of the machine alone',
    found: brief(option),
    remedy: instead,
  });

export const missingValue = (option: string, argument: string) =>
  new UsageError({
    what: `The option ${option} has no value`,
    expected: `${option} ${argument}`,
    found: 'the end of the command line',
    remedy: listPlace,
  });

export const badValue = (option: string, expected: string, found: string, remedy = listPlace) =>
  new UsageError({
    what: `The value of ${option} is not one that the machine has`,
    expected,
    found: brief(found),
    remedy,
  });

export const unknownProperty = (option: string, property: string, known: readonly string[]) =>
  new UsageError({
    what: `${option} has no property "${brief(property)}"`,
    expected: known.length === 0 ? 'no properties' : `one of ${known.join(', ')}`,
    found: brief(property),
    remedy: 'Leave it out',
  });

export const missingProperty = (option: string, property: string, remedy: string) =>
  new UsageError({
    what: `${option} is not complete`,
    expected: `the property ${property}=`,
    found: 'none',
    remedy,
  });

export const twice = (option: string, thing: string) =>
  new UsageError({
    what: `There are two of ${option}`,
    expected: `one ${thing}`,
    found: 'another',
    remedy: 'Leave one out',
  });

export const noSuchDrive = (id: string, known: readonly string[]) =>
  new UsageError({
    what: 'A device names a drive that is not there',
    expected: known.length === 0 ? 'a -drive option with this id' : `one of ${known.map(brief).join(', ')}`,
    found: `"${brief(id)}"`,
    remedy: `Add -drive file=FILE,if=none,format=raw,id=${brief(id)}`,
  });

export const noFreeSlot = (device: string, slot: number | undefined) =>
  new UsageError({
    what: `There is no slot for -device ${device}`,
    expected: slot === undefined ? 'at most eight virtio devices' : `virtio-mmio-bus.${slot} to be free`,
    found: slot === undefined ? 'nine' : 'two devices that ask for it',
    remedy: slot === undefined ? 'Leave one out' : 'Give one of them another bus, virtio-mmio-bus.0 to .7',
  });

export const optionOfLiveRun = (option: string, trace: string) =>
  new UsageError({
    what: `The option ${option} does not go with a trace`,
    expected: 'options that a replay has, --until among them',
    found: `${option} with "${brief(trace)}"`,
    remedy: 'Leave it out, or give a machine behind "--" in place of the trace',
  });
