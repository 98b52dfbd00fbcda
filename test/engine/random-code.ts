/**
 * Random programs that never end and are worth translating: functions that call each other by every link register, with
 * loops, branches, jump tables, accesses to memory, CSRs, traps, two stacks each hart, and now and then a store into code
 * or into the page table that maps it. Not a test. Where it lies and who runs it is in random-machine.ts.
 */

import { csr } from '../../vmm/isa/csr-names.ts';
import { Assembler, Label } from '../oracle/assembler.ts';
import type { Random } from '../oracle/random.ts';
import { emitPatch, emitRemap } from './random-changes.ts';
import { emitCsr, emitFlow, emitReservation, emitRights, emitSpan } from './random-constructs.ts';
import { memoryWord, plainWord, register, rootsDiffer, temporaries, values } from './random-words.ts';

const [a, b, c] = temporaries;
const links = [1, 1, 1, 5, 6, 7] as const;
const frameBytes = 32;
const secondStackBytes = 0x8000;

/** What a program may do, by the mode that it runs in. */
export interface Choices {
  readonly machineMode: boolean;
  readonly userMode: boolean;
  /** Constructs between two changes of code; 0: it never changes. */
  readonly changeEvery: number;
  /** Constructs of which one traps. */
  readonly trapEvery: number;
  readonly functions: number;
}

export interface RandomCode {
  readonly bytes: Uint8Array;
  /** Offset of the entry. */
  readonly entry: number;
  /** Offsets of instructions that the program changes, `addi` all of them. */
  readonly patches: readonly number[];
}

interface Routine {
  readonly label: Label;
  readonly link: number;
}

export const randomCode = (random: Random, choices: Choices): RandomCode => {
  const writer = new Writer(random, choices);
  return writer.finish();
};

class Writer {
  readonly #random: Random;
  readonly #choices: Choices;
  readonly #asm = new Assembler(0);
  readonly #routines: readonly Routine[];
  readonly #patches: readonly Label[];
  /** Where calls come back to, or pages begin: these are changed too. */
  readonly #sites: Label[] = [];
  readonly #start = new Label();
  readonly #yield = new Label();
  #looping = false;

  constructor(random: Random, choices: Choices) {
    this.#random = random;
    this.#choices = choices;
    this.#routines = Array.from({ length: choices.functions }, () => ({
      label: new Label(),
      link: random.pick(links),
    }));
    this.#patches = Array.from({ length: 3 * choices.functions }, () => new Label());
  }

  finish(): RandomCode {
    const asm = this.#asm;
    const unused = this.#random.shuffle(this.#patches);
    this.#main();
    for (const [index, routine] of this.#routines.entries()) {
      if (this.#random.oneIn(2)) asm.half(0x0001);
      asm.bind(routine.label);
      this.#routine(routine, unused.slice(index * 3, index * 3 + 3));
      asm.flushLiterals();
    }
    const entry = this.#start.offset!;
    return { bytes: asm.finish(), entry, patches: [...this.#patches, ...this.#sites].map(({ offset }) => offset!) };
  }

  /** Both stacks anew, and then calls for ever, from the one and from the other. */
  #main(): void {
    const asm = this.#asm;
    const second = new Label();
    asm.bind(this.#start);
    asm.op('addi', { rd: register.stack, rs1: register.top });
    asm.op('lui', { rd: a, imm: BigInt(secondStackBytes) });
    asm.op('sub', { rd: a, rs1: register.top, rs2: a });
    asm.addi(a, a, -16);
    asm.la(b, second);
    asm.store('sd', b, 0, a);
    asm.store('sd', 0, 8, a);
    asm.store('sd', a, 0, register.own);
    this.#forever();
    asm.bind(second);
    this.#forever();
    // Goes on with the other stack: what it left there is where it goes on, and its loop's count.
    asm.bind(this.#yield);
    asm.addi(register.stack, register.stack, -16);
    asm.store('sd', 1, 0, register.stack);
    asm.store('sd', register.count, 8, register.stack);
    asm.load('ld', a, 0, register.own);
    asm.store('sd', register.stack, 0, register.own);
    asm.op('addi', { rd: register.stack, rs1: a });
    asm.load('ld', 1, 0, register.stack);
    asm.load('ld', register.count, 8, register.stack);
    asm.addi(register.stack, register.stack, 16);
    asm.op('jalr', { rs1: 1 });
    asm.flushLiterals();
  }

  #forever(): void {
    const asm = this.#asm;
    const again = asm.bind(new Label());
    const fuel = this.#random.pick([6, 20, 60, 400]);
    asm.addi(register.fuel, 0, fuel);
    asm.readCsr(values[0], csr.cycle);
    asm.op('mul', { rd: values[1], rs1: values[0], rs2: this.#value() });
    asm.op('xor', { rd: this.#value(), rs1: values[1], rs2: this.#value() });
    for (let calls = 0; calls < 3; calls += 1) this.#call();
    asm.jal(1, this.#yield);
    asm.jal(0, again);
  }

  #routine({ link }: Routine, patches: readonly Label[]): void {
    const asm = this.#asm;
    const end = new Label();
    asm.addi(register.stack, register.stack, -frameBytes);
    asm.store('sd', link, 0, register.stack);
    asm.store('sd', register.count, 8, register.stack);
    asm.addi(register.fuel, register.fuel, -1);
    const go = new Label();
    asm.branch('blt', 0, register.fuel, go);
    asm.jal(0, end);
    asm.bind(go);
    this.#looping = false;
    for (const patch of patches) {
      for (let constructs = 1 + this.#random.below(3); constructs > 0; constructs -= 1) this.#construct();
      const rd = this.#value();
      asm.bind(patch);
      asm.addi(rd, this.#random.oneIn(2) ? rd : this.#value(), this.#random.below(2048));
    }
    this.#construct();
    if (this.#random.oneIn(2)) this.#change();
    asm.bind(end);
    asm.load('ld', link, 0, register.stack);
    asm.load('ld', register.count, 8, register.stack);
    asm.addi(register.stack, register.stack, frameBytes);
    const other = this.#random.pick(this.#routines);
    if (this.#random.oneIn(5) && other.link === link) {
      const stop = new Label();
      asm.branch('bge', 0, register.fuel, stop); // a tail call, while there is fuel
      asm.jal(0, other.label);
      asm.bind(stop);
    }
    if (link === 1 && this.#random.oneIn(2))
      asm.half(0x8082); // c.jr ra
    else asm.op('jalr', { rs1: link });
  }

  #construct(): void {
    this.#cross();
    const [asm, random] = [this.#asm, this.#random];
    const { machineMode, userMode } = this.#choices;
    const csrs = (): void => emitCsr(asm, random, machineMode ? 'machine' : userMode ? 'user' : 'supervisor');
    const constructs: (() => unknown)[] = [
      () => this.#plain(),
      () => this.#plain(),
      () => this.#memory(),
      () => this.#memory(),
      () => this.#branch(),
      () => this.#branch(),
      () => this.#call(),
      () => this.#call(),
      () => this.#table(),
      () => this.#system(),
      () => this.#rarely(63, () => asm.jal(1, this.#yield)),
      () => this.#rarely(255, () => asm.jal(0, this.#start)),
      () => this.#hop(),
      () => this.#change(),
      () => emitSpan(asm, random, !machineMode),
      () => emitSpan(asm, random, !machineMode),
      () => emitReservation(asm, random, csrs),
      csrs,
      csrs,
      () => emitFlow(asm, random),
      () => emitFlow(asm, random),
      () => machineMode || this.#rarely(random.pick([3, 15]), () => emitRights(asm, random)),
    ];
    if (!this.#looping)
      constructs.push(
        () => this.#loop(),
        () => this.#loop(),
      );
    random.pick(constructs)();
  }

  #value(): number {
    return this.#random.pick(values);
  }

  #plain(): void {
    for (let count = 1 + this.#random.below(6); count > 0; count -= 1) this.#asm.raw(plainWord(this.#random));
  }

  /** Of data, mostly in its pages, at times across two of them or by their other addresses. */
  #memory(): void {
    const asm = this.#asm;
    const { raw, atomic } = memoryWord(this.#random, b);
    const misaligned = this.#random.oneIn(4) && !atomic;
    asm.op('andi', { rd: b, rs1: this.#value(), imm: misaligned ? 0x7ffn : 0x7f8n });
    asm.op('add', { rd: b, rs1: b, rs2: register.data });
    if (this.#random.oneIn(4)) asm.op('add', { rd: b, rs1: b, rs2: register.alias });
    asm.raw(raw);
  }

  #branch(): void {
    const asm = this.#asm;
    const [other, end] = [new Label(), new Label()];
    const name = this.#random.pick(['beq', 'bne', 'blt', 'bge', 'bltu', 'bgeu']);
    asm.op('andi', { rd: a, rs1: this.#value(), imm: BigInt(this.#random.pick([1, 3, 15])) });
    asm.branch(name, a, this.#random.oneIn(2) ? 0 : this.#value(), other);
    this.#plain();
    if (this.#random.oneIn(2)) this.#call();
    if (this.#random.oneIn(2)) asm.jal(0, end);
    asm.bind(other);
    this.#memory();
    asm.bind(end);
  }

  /** At times entered in its middle, which makes the graph irreducible. */
  #loop(): void {
    const asm = this.#asm;
    const [head, middle, out] = [new Label(), new Label(), new Label()];
    this.#looping = true;
    asm.addi(register.count, 0, 1 + this.#random.below(this.#random.oneIn(9) ? 60 : 4));
    asm.op('andi', { rd: a, rs1: this.#value(), imm: 1n });
    if (this.#random.oneIn(3)) asm.branch('bne', a, 0, middle);
    asm.bind(head);
    this.#construct();
    asm.bind(middle);
    this.#construct();
    asm.addi(register.count, register.count, -1);
    asm.branch('bge', 0, register.fuel, out);
    asm.branch('bne', register.count, 0, head);
    asm.bind(out);
    this.#looping = false;
  }

  #call(): void {
    const asm = this.#asm;
    const { label, link } = this.#random.pick(this.#routines);
    const way = this.#random.below(4);
    if (way <= 1) asm.jal(link, label);
    else {
      asm.la(c, label);
      if (this.#random.oneIn(4)) asm.op('xor', { rd: c, rs1: c, rs2: register.alias });
      if (way === 2 && link === 1)
        asm.half(0x9002 | (c << 7)); // c.jalr
      else asm.op('jalr', { rd: link, rs1: c });
    }
    this.#site();
  }

  /** An instruction that is changed by whoever knows its address. */
  #site(): void {
    const rd = this.#value();
    this.#sites.push(this.#asm.bind(new Label()));
    this.#asm.addi(rd, rd, this.#random.below(2048));
  }

  /** Lays a site across the end of a page that is near. */
  #cross(): void {
    const asm = this.#asm;
    const rest = 0x1000 - (asm.here & 0xfff);
    if (rest > 120 || rest === 2) return;
    while ((asm.here & 0xfff) !== 0xffe) asm.half(0x0001);
    this.#site();
  }

  #table(): void {
    const asm = this.#asm;
    const [table, end] = [new Label(), new Label()];
    const places = Array.from({ length: 4 }, () => new Label());
    asm.op('andi', { rd: b, rs1: this.#value(), imm: 3n });
    asm.la(c, table);
    asm.op('sh2add', { rd: c, rs1: b, rs2: c });
    asm.op('jalr', { rs1: c });
    asm.bind(table);
    for (const place of places) asm.jal(0, place);
    for (const place of places) {
      asm.bind(place);
      asm.raw(plainWord(this.#random));
      if (this.#random.oneIn(2)) asm.jal(0, end);
    }
    asm.bind(end);
  }

  /** Goes on at the other address of the same code. */
  #hop(): void {
    const asm = this.#asm;
    const there = new Label();
    asm.la(c, there);
    asm.op('xor', { rd: c, rs1: c, rs2: register.alias });
    asm.op('jalr', { rs1: c });
    asm.bind(there);
  }

  #rarely(mask: number, emit: () => void): void {
    const asm = this.#asm;
    const over = new Label();
    asm.readCsr(a, csr.cycle);
    asm.op('andi', { rd: a, rs1: a, imm: BigInt(mask) });
    asm.branch('bne', a, 0, over);
    emit();
    asm.bind(over);
  }

  #system(): void {
    const asm = this.#asm;
    const { machineMode, userMode, trapEvery } = this.#choices;
    if (this.#random.oneIn(trapEvery)) {
      asm.word(this.#random.pick([0x0000_0073, 0x0010_0073, 0xffff_ffff, 0x1050_0073])); // ecall ebreak illegal wfi
      return;
    }
    const rd = this.#value();
    const status = machineMode ? csr.mstatus : csr.sstatus;
    const choices: (() => unknown)[] = [
      () => asm.readCsr(rd, this.#random.pick([csr.cycle, csr.instret, csr.time, csr.fcsr, csr.fflags])),
      () => asm.csrImmediate('csrrwi', rd, csr.frm, this.#random.below(5)),
      () => asm.csr('csrrw', rd, csr.fflags, this.#value()),
      () => asm.op(this.#random.pick(['fence.i', 'fence'])),
    ];
    if (!userMode)
      choices.push(
        () => asm.csrImmediate('csrrci', rd, status, machineMode ? 8 : 2),
        () => asm.csrImmediate('csrrsi', rd, status, machineMode ? 8 : 2),
        () => asm.csrImmediate('csrrsi', rd, machineMode ? csr.mip : csr.sip, 2),
        () => asm.op('sfence.vma'),
        () => machineMode || this.#rarely(7, () => this.#switchRoot()),
      );
    this.#random.pick(choices)();
  }

  #switchRoot(): void {
    const asm = this.#asm;
    asm.readCsr(b, csr.satp);
    asm.li(c, BigInt(rootsDiffer));
    asm.op('xor', { rd: b, rs1: b, rs2: c });
    asm.writeCsr(csr.satp, b);
  }

  /** Once in a while stores another instruction, or maps another page of code. */
  #change(): void {
    const { machineMode, changeEvery } = this.#choices;
    if (changeEvery === 0) return;
    const asm = this.#asm;
    const random = this.#random;
    const over = new Label();
    asm.load('ld', a, 8, register.own);
    asm.addi(a, a, -1);
    asm.store('sd', a, 8, register.own);
    asm.branch('bne', a, 0, over);
    const isPatch = machineMode || random.oneIn(3);
    // What is stored into often is translated no more; a mapping may change for ever.
    asm.li(a, BigInt(1 + random.below(isPatch ? changeEvery : 1 + (changeEvery >> 3))));
    asm.store('sd', a, 8, register.own);
    if (isPatch) emitPatch(asm, random, this.#patches);
    else emitRemap(asm, random);
    asm.bind(over);
  }
}
