/**
 * What a command line asks for, as plain data: names of files, not their contents. `cli/qemu-options.ts` makes it from words,
 * `configuration.ts` makes a machine's configuration from it.
 */

export interface MachineOptions {
  readonly harts: number;
  readonly ramBytes: number;
  /** `default` is the SBI inside the VMM. */
  readonly bios: 'default' | 'none' | { readonly file: string };
  readonly kernel: string | undefined;
  readonly initrd: string | undefined;
  readonly dtb: string | undefined;
  /** The kernel's command line. */
  readonly append: string;
  readonly devices: readonly DeviceOption[];
  readonly loaders: readonly LoaderOption[];
  /** Whether virtio-mmio slots have the interface of before virtio 1.0, which is QEMU's default. */
  readonly virtioLegacy: boolean;
  readonly console: ConsoleOption;
  /** Whether a reset ends the run, instead of starting the guest again. */
  readonly noReboot: boolean;
  /** What the real-time clock shows at the start, in seconds since 1970; undefined: what the run's policy says. */
  readonly clockSeconds: number | undefined;
  /** How fast the guest's clock goes with virtual time; undefined: as the run's policy says. */
  readonly stepsPerTick: number | undefined;
}

export type DeviceOption =
  | { readonly kind: 'virtio-blk'; readonly slot: number; readonly file: string; readonly readOnly: boolean }
  | { readonly kind: 'virtio-rng'; readonly slot: number };

/** A file to put into RAM; without an address it is an ELF, or goes where its ELF says. */
export interface LoaderOption {
  readonly file: string;
  readonly address: number | undefined;
}

export type ConsoleOption =
  | { readonly kind: 'terminal' }
  | { readonly kind: 'none' }
  | { readonly kind: 'file'; readonly file: string };
