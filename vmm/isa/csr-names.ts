/**
 * Numbers and names of the standard control and status registers of RV64 (privileged specification, "CSR Listing").
 * The one place where they are written down; what a register holds, and whether a machine has it, is the machine's.
 * Registers that only RV32 has, such as `timeh`, are not here.
 */
// biome-ignore-all format: the listing lines up as in the manual

export const csr = {
  // Unprivileged floating-point and vector, entropy
  fflags: 0x001, frm: 0x002, fcsr: 0x003,
  vstart: 0x008, vxsat: 0x009, vxrm: 0x00a, vcsr: 0x00f, vl: 0xc20, vtype: 0xc21, vlenb: 0xc22,
  seed: 0x015,
  // Unprivileged counters; hpmcounter3 to 31 follow
  cycle: 0xc00, time: 0xc01, instret: 0xc02, hpmcounter3: 0xc03,

  // Supervisor
  sstatus: 0x100, sie: 0x104, stvec: 0x105, scounteren: 0x106, senvcfg: 0x10a,
  sstateen0: 0x10c, sstateen1: 0x10d, sstateen2: 0x10e, sstateen3: 0x10f,
  sscratch: 0x140, sepc: 0x141, scause: 0x142, stval: 0x143, sip: 0x144, stimecmp: 0x14d,
  siselect: 0x150, sireg: 0x151, stopei: 0x15c, satp: 0x180, scontext: 0x5a8, scountovf: 0xda0, stopi: 0xdb0,

  // Hypervisor and virtual supervisor
  vsstatus: 0x200, vsie: 0x204, vstvec: 0x205, vsscratch: 0x240, vsepc: 0x241, vscause: 0x242, vstval: 0x243,
  vsip: 0x244, vstimecmp: 0x24d, vsiselect: 0x250, vsireg: 0x251, vstopei: 0x25c, vsatp: 0x280, vstopi: 0xeb0,
  hstatus: 0x600, hedeleg: 0x602, hideleg: 0x603, hie: 0x604, htimedelta: 0x605, hcounteren: 0x606, hgeie: 0x607,
  hvien: 0x608, hvictl: 0x609, henvcfg: 0x60a, hstateen0: 0x60c, hstateen1: 0x60d, hstateen2: 0x60e, hstateen3: 0x60f,
  htval: 0x643, hip: 0x644, hvip: 0x645, hviprio1: 0x646, hviprio2: 0x647, htinst: 0x64a,
  hgatp: 0x680, hcontext: 0x6a8, hgeip: 0xe12,

  // Machine
  mvendorid: 0xf11, marchid: 0xf12, mimpid: 0xf13, mhartid: 0xf14, mconfigptr: 0xf15, mtopi: 0xfb0,
  mstatus: 0x300, misa: 0x301, medeleg: 0x302, mideleg: 0x303, mie: 0x304, mtvec: 0x305, mcounteren: 0x306,
  mvien: 0x308, mvip: 0x309, menvcfg: 0x30a,
  mstateen0: 0x30c, mstateen1: 0x30d, mstateen2: 0x30e, mstateen3: 0x30f,
  mscratch: 0x340, mepc: 0x341, mcause: 0x342, mtval: 0x343, mip: 0x344, mtinst: 0x34a, mtval2: 0x34b,
  miselect: 0x350, mireg: 0x351, mtopei: 0x35c, mseccfg: 0x747,

  // Physical memory protection; pmpcfg2, 4 ... 14 and pmpaddr1 to 63 follow (RV64 has no odd pmpcfg)
  pmpcfg0: 0x3a0, pmpaddr0: 0x3b0,

  // Machine counters; mhpmcounter4 to 31 and mhpmevent4 to 31 follow
  mcountinhibit: 0x320, mhpmevent3: 0x323, mcycle: 0xb00, minstret: 0xb02, mhpmcounter3: 0xb03,

  // Triggers and debug mode
  tselect: 0x7a0, tdata1: 0x7a1, tdata2: 0x7a2, tdata3: 0x7a3, tinfo: 0x7a4, tcontrol: 0x7a5,
  mcontext: 0x7a8, mscontext: 0x7aa, dcsr: 0x7b0, dpc: 0x7b1, dscratch0: 0x7b2, dscratch1: 0x7b3,
} as const;

export type CsrName = keyof typeof csr;

/** Numbered families: registers `first` to `last` in steps, the first of them in the listing above. */
const families = [
  { prefix: 'hpmcounter',  first: 3, last: 31, step: 1, number: csr.hpmcounter3 },
  { prefix: 'mhpmcounter', first: 3, last: 31, step: 1, number: csr.mhpmcounter3 },
  { prefix: 'mhpmevent',   first: 3, last: 31, step: 1, number: csr.mhpmevent3 },
  { prefix: 'pmpcfg',      first: 0, last: 14, step: 2, number: csr.pmpcfg0 },
  { prefix: 'pmpaddr',     first: 0, last: 63, step: 1, number: csr.pmpaddr0 },
] as const;

const numbersByName: ReadonlyMap<string, number> = new Map([
  ...Object.entries(csr),
  ...families.flatMap(({ prefix, first, last, step, number }) =>
    Array.from({ length: (last - first) / step + 1 }, (_, index): [string, number] => {
      const index0 = index * step;
      return [`${prefix}${first + index0}`, number + index0];
    }),
  ),
]);

const namesByNumber: ReadonlyMap<number, string> = new Map([...numbersByName].map(([name, number]) => [number, name]));

/** Every standard register, as [name, number]. */
export const csrEntries = (): readonly (readonly [name: string, number: number])[] => [...numbersByName];

/** `mstatus` for 0x300; `undefined` for a number without a standard name. */
export const csrName = (number: number): string | undefined => namesByNumber.get(number);

/** 0x300 for `mstatus`; `undefined` for a name that is not a standard one. */
export const csrNumber = (name: string): number | undefined => numbersByName.get(name);
