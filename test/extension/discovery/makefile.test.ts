/** Makefiles are read as GNU make reads them, as far as no program must be run. */

import { expect, test } from 'vitest';
import { makeLines } from '../../../extension/src/discovery/makefile.ts';
import { speltOut } from '../../../extension/src/discovery/unknown.ts';

const run = 'run:\n\tqemu-system-riscv64 -kernel k';

/** The words behind `-kernel k` of the line in `run`; what only a build knows is spelt out between marks. */
const check = async (makefile: string, expected: string, files: Readonly<Record<string, string>> = {}) => {
  const [first] = await makeLines('Makefile', makefile, async (name) => files[name]);
  expect(first?.words.slice(2).map(speltOut).join(' ')).toBe(expected);
};

test('variables are expanded when they are used', () => check(`A = $(B)x\nB = 1\n${run} $(A)`, '1x'));
test('simple variables are expanded when they are set', () => check(`B = 1\nA := $(B)\nB = 2\n${run} $A`, '1'));
test('a value that is there stays with ?=', () => check(`A = 1\nA ?= 2\nB ?= 3\n${run} $A $B`, '1 3'));
test('values are added to with +=', () => check(`A = 1\nA += 2\nA += $(B)\nB = 3\n${run} $A`, '1 2 3'));
test('lines go on behind a backslash', () => check(`A = 1 \\\n  2\n${run} \\\n\t\t$A \\\n\t\t3`, '1 2 3'));
test('comments are left out', () => check(`A = 1 # one\n# B\n${run} $A`, '1'));
test('variables that are not set are empty', () => check(`${run} $(NOTHING) x`, 'x'));
test('automatic variables are those of the rule', () =>
  check('run: a b\n\tqemu-system-riscv64 -kernel k $< $^ $@', 'a a b run'));
test('endings are substituted', () => check(`A = x.o y.o\n${run} $(A:.o=.c) $(A:%.o=d/%)`, 'x.c y.c d/x d/y'));
test('functions of text are known', () =>
  check(
    `A = a/x.o\n${run} $(notdir $A) $(basename $A) $(addprefix p,$A) $(patsubst %.o,%.b,$A) $(if $A,yes,no) $(subst a,b,aa)`,
    'x.o a/x pa/x.o a/x.b yes bb',
  ));
test('what a program would say is not known', () => check(`${run} $(shell nproc) x`, '$(shell nproc) x'));
test('the folder is where one is', () => check(`${run} $(CURDIR)/d $(shell pwd)/e`, './d ./e'));
test('a variable that is its own value ends', () => check(`A = $(A)\n${run} x`, 'x'));

test('of conditionals only one branch counts', () =>
  check(`ifeq ($(A),)\nB = none\nelse ifeq ($(A),1)\nB = one\nelse\nB = other\nendif\n${run} $B`, 'none'));
test('conditionals are nested', () =>
  check(`A = 1\nifdef A\nifneq ($A,1)\nB = no\nelse\nB = yes\nendif\nelse\nB = never\nendif\n${run} $B`, 'yes'));
test('a conditional may be in a recipe', () =>
  check(`BOARD ?= qemu\nrun:\nifeq ($(BOARD),qemu)\n\t@qemu-system-riscv64 -kernel k 1\nelse\n\tflash\nendif`, '1'));
test('what is not known equals nothing', () =>
  check(`ifeq ($(shell uname),Linux)\nA = 1\nelse\nA = 2\nendif\n${run} $A`, '2'));

test('other files are included', () =>
  check(`include config.mk\n-include missing.mk\n${run} $A`, '1', { 'config.mk': 'A = 1' }));
test('a file that includes itself ends', () => check(`include a.mk\n${run} x`, 'x', { 'a.mk': 'include a.mk' }));
test('a recipe may be a variable of several lines', () =>
  check('define start\necho hello\nqemu-system-riscv64 -kernel k 1\nendef\nrun:\n\t$(start)', '1'));

test('commands before it and redirections do not matter', () =>
  check('run:\n\t@cd . && FOO=1 timeout 10 qemu-system-riscv64 -kernel k 1 2>&1 >log | tee x', '1'));
test('quotes are taken off as a shell does it', () =>
  check(`${run} -append "a 'b' $$X" 'c d'`, `-append a 'b' $X c d`));
test('the program may be a variable', () =>
  check('QEMU := $(shell which qemu-system-riscv64)\nrun:\n\t$(QEMU) -kernel k 1', '1'));
test('other machines are not found', async () => {
  const text = 'run:\n\tqemu-system-arm -kernel k\n\techo qemu-system-riscv64 -kernel\n\tqemu-system-riscv64 --version';
  expect(await makeLines('Makefile', text, async () => undefined)).toEqual([]);
});
test('each line is found with its target and its place', async () => {
  const text =
    'A = 1\n\nqemu: k\n\tqemu-system-riscv64 -kernel k\n\nqemu-gdb:\n\t@echo\n\tqemu-system-riscv64 -kernel k -S';
  const lines = await makeLines('os/Makefile', text, async () => undefined);
  expect(lines.map(({ target, file, line }) => `${target} ${file}:${line}`)).toEqual([
    'qemu os/Makefile:4',
    'qemu-gdb os/Makefile:8',
  ]);
});

test('whatever a makefile holds, it is read to its end', async () => {
  const pieces = [
    '$(',
    ')',
    '${',
    '\n',
    '\t',
    'ifeq (',
    'endif',
    'define x',
    ':',
    '=',
    '$',
    '\\\n',
    '"',
    "'",
    'a',
    ' ',
  ];
  let seed = 1;
  const next = (count: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor(seed / 65_536) % count;
  };
  for (let round = 0; round < 500; round += 1) {
    const text = Array.from({ length: 40 }, () => pieces[next(pieces.length)]).join('');
    await makeLines('Makefile', `${text}\n${run}`, async () => text);
  }
});
