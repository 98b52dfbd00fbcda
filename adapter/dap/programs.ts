/**
 * All programs that run in the guest, and which of them the code at an address belongs to: the kernel, its modules, and user
 * programs, which lie at the same addresses as one another and hold in their own processes only. What a program knows of
 * itself is in program.ts.
 */

import { type Hart, privilege } from '../../vmm/machine/hart.ts';
import type { GuestMemory } from './guest-memory.ts';
import { MovingLinks } from './moving-links.ts';
import { MovingText } from './moving-text.ts';
import { ProcessText } from './process-text.ts';
import type { Program } from './program.ts';

/**
 * Whose address space a program is in.
 *
 *     kernel   the kernel's: a module, or firmware
 *     content  a process that has its text: user memory is compared with the file
 *     user     every process: there is only one program
 *     root     the process whose satp is this
 */
export type ProgramSpace =
  | { readonly kind: 'kernel' | 'content' | 'user' }
  | { readonly kind: 'root'; readonly satp: bigint };

export interface PlacedProgram {
  readonly program: Program;
  readonly space: ProgramSpace;
}

interface UserProgram extends PlacedProgram {
  readonly text: ProcessText;
  /** Of a position-independent program whose place is not told. */
  readonly moving: { readonly text: MovingText; readonly links: MovingLinks } | undefined;
}

export class Programs {
  readonly kernel: Program;
  /** In the order of the launch configuration, the kernel first. */
  readonly all: readonly Program[];
  readonly #memory: GuestMemory;
  readonly #modules: readonly Program[];
  readonly #users: readonly UserProgram[];

  constructor(kernel: Program, others: readonly PlacedProgram[], memory: GuestMemory) {
    this.kernel = kernel;
    this.#memory = memory;
    this.all = [kernel, ...others.map(({ program }) => program)];
    this.#modules = others.filter(({ space }) => space.kind === 'kernel').map(({ program }) => program);
    this.#users = others
      .filter(({ space }) => space.kind !== 'kernel')
      .map((placed) => ({ ...placed, text: new ProcessText(placed.program.code), moving: movingOf(placed) }));
  }

  /** The program that a hart executes; the kernel where nobody knows. */
  at(hart: Hart): Program {
    const pc = hart.get('pc');
    const user = hart.privilege === privilege.user ? this.userAt(hart, pc) : undefined;
    return user ?? this.inKernel(pc);
  }

  /** The program of kernel code at an address. */
  inKernel(address: bigint): Program {
    return this.#modules.find((program) => program.has(address)) ?? this.kernel;
  }

  /** The program of user code at an address, in the address space that a hart has now, or that memory is read by. */
  userAt(hart: Hart, address: bigint, memory: GuestMemory = this.#memory): Program | undefined {
    return this.#users.find((user) => isThere(user, memory, hart, address))?.program;
  }

  /**
   * Looks where position-independent programs are in the process of a hart, which need not execute them now.
   * @param pc where it will be
   * @returns whether one is at a place where none was met before
   */
  look(hart: Hart, pc: bigint): boolean {
    let isNew = false;
    for (const { moving } of this.#users) {
      const distance = moving?.text.distanceAt(this.#memory, hart, pc) ?? moving?.text.distanceIn(this.#memory, hart);
      if (distance !== undefined && moving?.links.meet(distance) === true) isNew = true;
    }
    return isNew;
  }

  /** Whether the place of a program in its processes has to be found. */
  isMoving(program: Program): boolean {
    return program.links instanceof MovingLinks;
  }

  /** Whether a program is one that user code may belong to. */
  isUser(program: Program): boolean {
    return this.#users.some((user) => user.program === program);
  }

  /** The program that an address would belong to for a hart as it is, in the kernel or in the process that it serves. */
  of(hart: Hart, address: bigint): Program {
    if (hart.privilege === privilege.user || this.#users.some(({ program }) => program.has(address))) {
      const user = this.userAt(hart, address);
      if (user !== undefined) return user;
    }
    return this.inKernel(address);
  }

  /** `0x80001234 (usertrap+0x1c)`, or the number alone. */
  describe(hart: Hart, address: bigint): string {
    return this.of(hart, address).describe(address);
  }
}

/** Only where it is known by its text: what is said of other spaces is said of where it was linked. */
const movingOf = ({ program, space }: PlacedProgram): UserProgram['moving'] => {
  const { links } = program;
  if (!(links instanceof MovingLinks) || space.kind !== 'content') return undefined;
  return { text: new MovingText(program.code, program.codeSegments), links };
};

const isThere = (user: UserProgram, memory: GuestMemory, hart: Hart, address: bigint): boolean => {
  const { program, moving } = user;
  if (moving === undefined) return program.has(address) && isMapped(user, memory, hart, address);
  const distance = moving.text.distanceAt(memory, hart, address);
  if (distance !== undefined) moving.links.meet(distance);
  return distance !== undefined;
};

const isMapped = ({ space, text }: UserProgram, memory: GuestMemory, hart: Hart, address: bigint): boolean => {
  switch (space.kind) {
    case 'root':
      return memory.satp(hart) === space.satp;
    case 'content':
      return text.isAt(memory, hart, address);
    default:
      return true;
  }
};
