/**
 * THE table of where time goes: which function's time is of which category. A sample belongs to the first frame, from the
 * top of the stack down, that the table knows; functions that many use (sorting, hashing, halves of numbers) are left out
 * and so count for whoever called them. `test/stats/categories.test.ts` fails when something that is named here is gone.
 */

export const categories = [
  { id: 'translated', words: 'translated code' },
  { id: 'interpreter', words: 'interpreter' },
  { id: 'emission', words: 'translation: emitting' },
  { id: 'compilation', words: "translation: V8's compiler" },
  { id: 'tlb', words: 'TLB fills, slow accesses' },
  { id: 'devices', words: 'devices' },
  { id: 'traps', words: 'traps, CSRs, firmware' },
  { id: 'float', words: 'floating-point helpers' },
  { id: 'scheduling', words: 'run loop between slices' },
  { id: 'recording', words: 'recording and digests' },
  { id: 'checkpoints', words: 'checkpoints' },
  { id: 'garbage', words: 'garbage collection' },
  { id: 'idle', words: 'host waits (idle)' },
  { id: 'other', words: 'other' },
] as const satisfies readonly { readonly id: string; readonly words: string }[];

export type Category = (typeof categories)[number]['id'];

/** `caller`: of whoever called it. `none`: the measuring itself, which is left out. */
export type Attribution = Category | 'caller' | 'none';

export interface FileRow {
  /** A file of the sources, or a folder, which ends in `/`. */
  readonly file: string;
  /** Only these; all of the file when absent. A class's constructor has the class's name. */
  readonly functions?: readonly string[];
  readonly category: Attribution;
}

/** The first row that fits counts. */
// biome-ignore format: a table
export const fileRows: readonly FileRow[] = [
  { file: 'vmm/machine/slowpath.ts',     functions: ['system', 'trap', 'leave'],       category: 'traps' },
  { file: 'vmm/machine/slowpath.ts',     functions: ['callFloat'],                    category: 'float' },
  { file: 'vmm/machine/slowpath.ts',     functions: ['createSlowPath'],               category: 'other' },
  { file: 'vmm/machine/slowpath.ts',                                                  category: 'tlb' },
  { file: 'vmm/machine/mmu.ts',          functions: ['dataContext', 'fetchContext'],  category: 'caller' },
  { file: 'vmm/machine/mmu.ts',                                                       category: 'tlb' },
  { file: 'vmm/machine/pmp.ts',                                                       category: 'tlb' },
  { file: 'vmm/machine/translations.ts', functions: ['dropWrites', 'dropCode', 'watch', 'select', 'reset'], category: 'caller' },
  { file: 'vmm/machine/translations.ts', functions: ['findDevice', 'insertDevice'],   category: 'devices' },
  { file: 'vmm/machine/translations.ts',                                              category: 'tlb' },
  { file: 'vmm/machine/tlb.ts',          functions: ['dropWrites', 'select'],         category: 'caller' },
  { file: 'vmm/machine/tlb.ts',          functions: ['findDevice', 'insertDevice'],   category: 'devices' },
  { file: 'vmm/machine/tlb.ts',                                                       category: 'tlb' },
  { file: 'vmm/machine/page-tables.ts',  functions: ['reset'],                        category: 'caller' },
  { file: 'vmm/machine/page-tables.ts',                                               category: 'tlb' },
  { file: 'vmm/machine/refill.ts',                                                    category: 'tlb' },
  { file: 'vmm/machine/walk-cache.ts',                                                category: 'tlb' },
  { file: 'vmm/machine/system.ts',                                                    category: 'traps' },
  { file: 'vmm/machine/trap.ts',                                                      category: 'traps' },
  { file: 'vmm/machine/csr.ts',                                                       category: 'traps' },
  { file: 'vmm/machine/csr/',                                                         category: 'traps' },
  { file: 'vmm/machine/sbi.ts',                                                       category: 'traps' },
  { file: 'vmm/machine/sbi/',                                                         category: 'traps' },
  { file: 'vmm/float/',                                                               category: 'float' },
  { file: 'vmm/machine/bus.ts',                                                       category: 'devices' },
  { file: 'vmm/machine/board.ts',                                                     category: 'devices' },
  { file: 'vmm/devices/',                                                             category: 'devices' },
  { file: 'vmm/engine/jit/jit.ts',       functions: ['ran'],                          category: 'caller' },
  { file: 'vmm/engine/jit/',                                                          category: 'emission' },
  { file: 'vmm/engine/engine.ts',        functions: ['run', 'ran'],                   category: 'scheduling' },
  { file: 'vmm/engine/engine.ts',        functions: ['arm'],                          category: 'caller' },
  { file: 'vmm/engine/layout.ts',                                                     category: 'caller' },
  { file: 'vmm/engine/',                                                              category: 'emission' },
  { file: 'vmm/wasm/',                                                                category: 'emission' },
  { file: 'vmm/machine/machine.ts',      functions: ['run', '#prepare', '#schedule', '#idle', '#runHart'], category: 'scheduling' },
  { file: 'vmm/machine/agenda.ts',                                                    category: 'scheduling' },
  { file: 'vmm/timeline/timeline.ts',    functions: ['forward', 'travel', 'reverse'], category: 'scheduling' },
  { file: 'vmm/timeline/checkpoints.ts',                                              category: 'checkpoints' },
  { file: 'vmm/timeline/page-store.ts',                                               category: 'checkpoints' },
  { file: 'vmm/machine/digest.ts',                                                    category: 'recording' },
  { file: 'vmm/record/recorder.ts',                                                   category: 'recording' },
  { file: 'vmm/replay/',                                                              category: 'recording' },
  { file: 'traces/time.ts',                                                           category: 'caller' },
  { file: 'traces/',                                                                  category: 'recording' },
  { file: 'adapter/host/sampler.ts',                                                  category: 'none' },
  { file: 'adapter/stats/',                                                           category: 'none' },
  { file: 'adapter/',                                                                 category: 'other' },
];

/** Of V8 and Node: no file, only a name. What is not here counts for its caller. */
export const nativeRows: Readonly<Record<string, Category>> = {
  Module: 'compilation', // WebAssembly.Module
  Instance: 'compilation',
  '(garbage collector)': 'garbage',
  '(idle)': 'idle',
  '(program)': 'other',
};

/**
 * The interpreter's module, by what it exports; `run` goes from region to region. What else is in it counts for its
 * caller there.
 */
export const wasmRows: Readonly<Record<string, Category>> = {
  interpret: 'interpreter',
  run: 'translated',
};
